import { closeSync, constants, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import type { Baseline } from '../../core/baseline.ts';
import {
  type BaselineRecord,
  emptyRecord,
  formatRecord,
  headerRecord,
  trailerRecord,
} from '../../core/baseline-format.ts';
import { EntryType } from '../../core/change.ts';
import { compareRaw, covers, join, nameOf, parentOf, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { CaptureOutcome } from '../../ports/capture.ts';
import type { Facts } from '../system/entry-calls.ts';
import { SystemError, systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { check, EntryCopy, type Kept } from './restore-copy.ts';
import { HardLinks } from './restore-links.ts';

const ENOENT = 2;
const EMLINK = 31;
const ENOSPC = 28;
const EDQUOT = 122;
const NO_ROOM = [ENOSPC, EDQUOT];

/** A directory on the way to what is copied, there and here. */
interface Level {
  readonly path: RawPath;
  readonly from: number;
  readonly to: number;
  readonly kept: Kept;
}

export interface CaptureTrees {
  readonly source: number;
  /** Empty, and nobody else's. */
  readonly target: number;
  /** What the paths differ from, where it is known. */
  readonly baseline: Baseline | undefined;
  readonly boot: string;
}

/**
 * Copies single paths of a root to a new one, with the directories above them, and writes what tells of them: which
 * boot it was, and a baseline that holds of the root's own what these paths differ from, so that a comparison with it
 * gives these paths and no others.
 * @throws SystemError where there is no room; other failures are those of single paths.
 */
export class Capture {
  readonly #write: WriteCalls;
  readonly #trees: CaptureTrees;
  readonly #copy: EntryCopy;
  readonly #links: HardLinks;
  readonly #progress: (entries: number) => void;
  readonly #levels: Level[] = [];
  readonly #records: { readonly path: RawPath; readonly record: string }[] = [];
  readonly #leftOut: RawPath[] = [];
  readonly #failures: { readonly path: RawPath; readonly problem: string }[] = [];
  #entries = 0;
  #bytes = 0;

  constructor(calls: Syscalls, write: WriteCalls, trees: CaptureTrees, progress: (entries: number) => void) {
    this.#write = write;
    this.#trees = trees;
    this.#copy = new EntryCopy(write);
    this.#links = new HardLinks(calls, write, trees.target);
    this.#progress = progress;
  }

  run(paths: readonly RawPath[]): CaptureOutcome {
    // Files and directories are made with the permissions that are asked for.
    const umask = process.umask(0);
    try {
      const changed = new Set(paths);
      this.#enterRoot(changed.has(ROOT));
      for (const path of [...changed].sort(depthFirst)) {
        if (path !== ROOT) this.#attempt(path, () => this.#take(path, changed));
      }
      while (this.#levels.length > 0) this.#leave();
      this.#writeFacts();
    } finally {
      for (const { from, to } of this.#levels.splice(0)) this.#close(from, to);
      this.#write.closeAll();
      process.umask(umask);
    }
    return { entries: this.#entries, bytes: this.#bytes, leftOut: this.#leftOut, failures: this.#failures };
  }

  #take(path: RawPath, changed: ReadonlySet<RawPath>): void {
    const write = this.#write;
    this.#remember(path);
    const parent = this.#enter(parentOf(path), changed);
    // Deleted: with its directory, perhaps.
    if (parent === undefined) return;
    const found = write.stat(parent.from, write.cstring(nameOf(path)));
    if (found === -ENOENT) return;
    check('statx', found, path);
    switch (write.type) {
      case EntryType.directory:
        this.#enter(path, changed);
        return;
      case EntryType.file:
        this.#file(path, parent);
        break;
      case EntryType.socket:
        this.#leftOut.push(path);
        return;
      default:
        check('mknodat', this.#copy.special(parent.from, nameOf(path), parent.to, nameOf(path), this.#failed(path)));
    }
    this.#count(0);
  }

  #file(path: RawPath, { from, to }: Level): void {
    const write = this.#write;
    const name = nameOf(path);
    const source = check('openat2', write.openAt(from, write.cstring(name), 'sourceFile'), path);
    try {
      check('statx', write.statFd(source));
      const { size } = write;
      const key = write.links > 1 ? this.#links.key() : undefined;
      if (key !== undefined) {
        const linked = this.#links.link(key, to, write.cstring(name));
        if (linked === 0) return;
        if (linked !== undefined && linked !== -EMLINK) check('linkat', linked, path);
        check('statx', write.statFd(source));
      }
      const made = check('openat2', this.#copy.file(source, to, write.cstring(name), true, this.#failed(path)), path);
      if (key !== undefined) this.#links.remember(key, path, made);
      write.closeSoon(made);
      this.#bytes += size;
    } finally {
      write.closeSoon(source);
    }
  }

  #enterRoot(isChanged: boolean): void {
    const { source, target } = this.#trees;
    const from = openSync(`/proc/self/fd/${source}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
    const to = openSync(`/proc/self/fd/${target}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
    check('statx', this.#write.statFd(from));
    this.#levels.push({ path: ROOT, from, to, kept: this.#copy.keep() });
    if (isChanged) this.#remember(ROOT);
  }

  /** The level of the directory, made with those above it; undefined where it is not there, or no directory. */
  #enter(path: RawPath, changed: ReadonlySet<RawPath>): Level | undefined {
    while (!covers((this.#levels.at(-1) as Level).path, path)) this.#leave();
    for (;;) {
      const level = this.#levels.at(-1) as Level;
      if (level.path === path) return level;
      const below = level.path === ROOT ? path.slice(1) : path.slice(level.path.length + 1);
      const name = below.split('/', 1)[0] as string;
      if (!this.#descend(level, join(level.path, name), changed)) return undefined;
    }
  }

  #descend(parent: Level, path: RawPath, changed: ReadonlySet<RawPath>): boolean {
    const write = this.#write;
    const name = nameOf(path);
    const found = write.stat(parent.from, write.cstring(name));
    if (found === -ENOENT || (found === 0 && write.type !== EntryType.directory)) return false;
    check('statx', found, path);
    const from = check('openat2', write.openAt(parent.from, write.cstring(name), 'sourceDirectory'), path);
    let to = -1;
    try {
      check('statx', write.statFd(from));
      const kept = this.#copy.keep();
      check('mkdirat', write.mkdir(parent.to, write.cstring(name)), path);
      to = check('openat2', write.openAt(parent.to, write.cstring(name), 'directory'), path);
      this.#levels.push({ path, from, to, kept });
      // Only the way to what changed: as it is, it was before.
      if (!changed.has(path)) this.#records.push({ path, record: formatRecord(recordOf(kept.facts), path.slice(1)) });
      this.#count(0);
      return true;
    } catch (error) {
      this.#close(from, to);
      throw error;
    }
  }

  /** With all in it: what was done in it moved its times. */
  #leave(): void {
    const level = this.#levels.pop();
    if (level === undefined) return;
    const { path, from, to, kept } = level;
    this.#attempt(path, () => this.#copy.directory(from, to, kept, false, this.#failed(path)));
    this.#close(from, to);
  }

  #close(from: number, to: number): void {
    this.#write.close(from);
    if (to >= 0) this.#write.close(to);
  }

  /** What the path was before. */
  #remember(path: RawPath): void {
    const record = this.#trees.baseline?.record(path);
    if (record !== undefined) this.#records.push({ path, record: formatRecord(record, path.slice(1)) });
  }

  #writeFacts(): void {
    const at = `/proc/self/fd/${this.#trees.target}/.ebb`;
    mkdirSync(at, 0o700);
    const recorded = this.#trees.baseline?.header.recorded ?? 0;
    const parts = [
      headerRecord({ recorded, uptime: undefined, generation: undefined, subvolume: undefined, sorted: true }),
    ];
    const sorted = this.#records.sort(
      (a, b) => compareRaw(parentOf(a.path), parentOf(b.path)) || compareRaw(nameOf(a.path), nameOf(b.path)),
    );
    for (const { record } of sorted) parts.push(record);
    parts.push(trailerRecord);
    writeNew(`${at}/baseline`, parts.join(''));
    writeNew(`${at}/boot.json`, this.#trees.boot);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#entries++;
    if (this.#entries % 256 === 0) this.#progress(this.#entries);
  }

  #attempt(path: RawPath, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof SystemError) || NO_ROOM.includes(error.errno)) throw error;
      // Gone meanwhile, which is as good as gone before.
      if (error.errno !== ENOENT) this.#failures.push({ path, problem: error.message });
    }
  }

  #failed(path: RawPath): (attribute: string, errno: number) => void {
    return (attribute, errno) => {
      const { message } = systemError('setxattr', errno, path);
      this.#failures.push({ path, problem: `copied without ${attribute}: ${message}` });
    };
  }
}

function writeNew(path: string, content: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    const bytes = Buffer.from(content, 'latin1');
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A directory before what is in it, and all of that before its neighbour. */
function depthFirst(a: RawPath, b: RawPath): number {
  return compareRaw(a.replaceAll('/', '\0'), b.replaceAll('/', '\0'));
}

/** Of a directory, of which a comparison looks at type, owner and mode. */
function recordOf({ mode, uid, gid, inode, size, mtimeSec, mtimeNsec }: Facts): BaselineRecord {
  const times = { mtimeSec, mtimeNsec, ctimeSec: mtimeSec, ctimeNsec: mtimeNsec };
  return { ...emptyRecord(), type: mode >>> 12, mode: mode & 0o7777, ...{ uid, gid, inode, size }, ...times };
}
