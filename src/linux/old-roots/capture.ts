import { constants, openSync } from 'node:fs';
import type { Baseline } from '../../core/baseline.ts';
import { formatRecord } from '../../core/baseline-format.ts';
import { type CapturedRecords, capturedRecord, deletedRecord, partly } from '../../core/captured.ts';
import { EntryType } from '../../core/change.ts';
import { compareRaw, covers, join, nameOf, parentOf, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { CaptureOutcome } from '../../ports/capture.ts';
import { contentDigest } from '../system/content-digest.ts';
import { EDQUOT, EMLINK, ENOENT, ENOSPC, EXDEV } from '../system/errno.ts';
import { SystemError, systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { type BaselineLine, writeRecords } from './capture-records.ts';
import { recordOf } from './capture-survey.ts';
import { check, EntryCopy, type Kept } from './restore-copy.ts';
import { HardLinks } from './restore-links.ts';

const NO_ROOM = [ENOSPC, EDQUOT];

/** A directory on the way to what is copied, there and here. */
interface Level {
  readonly path: RawPath;
  readonly from: number;
  readonly to: number;
  /** In the earlier capture; -1 where it has none. */
  readonly before: number;
  readonly kept: Kept;
}

export interface CaptureTrees {
  readonly source: number;
  /** Empty, and nobody else's. */
  readonly target: number;
  /** What the paths differ from, where it is known. */
  readonly baseline: Baseline | undefined;
  readonly boot: string;
  /** When what the paths differ from was so: seconds since 1970. */
  readonly recorded: number;
  /** An earlier capture of the same root, from which what did not change since is taken. */
  readonly earlier: { readonly fd: number; readonly records: CapturedRecords } | undefined;
}

export interface Captured extends Pick<CaptureOutcome, 'shared' | 'leftOut' | 'failures'> {
  readonly records: CapturedRecords;
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
  /** Of what the earlier capture has: it is on the same filesystem, which may share data where the root's does not. */
  readonly #copyBefore: EntryCopy;
  /** Off where it is another subvolume. */
  #linksBefore = true;
  readonly #links: HardLinks;
  readonly #progress: (entries: number) => void;
  readonly #levels: Level[] = [];
  readonly #records: BaselineLine[] = [];
  readonly #captured = new Map<string, string>();
  /** Files with several names that lack an attribute here. */
  readonly #partly = new Set<string>();
  readonly #shared = { files: 0, bytes: 0 };
  readonly #leftOut: RawPath[] = [];
  readonly #failures: { readonly path: RawPath; readonly problem: string }[] = [];
  #entries = 0;

  constructor(calls: Syscalls, write: WriteCalls, trees: CaptureTrees, progress: (entries: number) => void) {
    this.#write = write;
    this.#trees = trees;
    this.#copy = new EntryCopy(write);
    this.#copyBefore = new EntryCopy(write);
    this.#links = new HardLinks(calls, write, trees.target);
    this.#progress = progress;
  }

  run(paths: readonly RawPath[]): Captured {
    // Files and directories are made with the permissions that are asked for.
    const umask = process.umask(0);
    try {
      const changed = new Set(paths);
      this.#enterRoot(changed.has(ROOT));
      for (const path of [...changed].sort(depthFirst)) {
        if (path !== ROOT) this.#attempt(path, () => this.#take(path, changed));
      }
      while (this.#levels.length > 0) this.#leave();
      writeRecords(this.#trees, this.#records, this.#captured);
    } finally {
      for (const level of this.#levels.splice(0)) this.#close(level);
      this.#write.closeAll();
      process.umask(umask);
    }
    return { shared: this.#shared, leftOut: this.#leftOut, failures: this.#failures, records: this.#captured };
  }

  #take(path: RawPath, changed: ReadonlySet<RawPath>): void {
    const write = this.#write;
    this.#remember(path);
    const parent = this.#enter(parentOf(path), changed);
    // Deleted: with its directory, perhaps.
    const found = parent === undefined ? -ENOENT : write.stat(parent.from, write.cstring(nameOf(path)));
    if (parent === undefined || found === -ENOENT) {
      this.#captured.set(deletedRecord(path), '');
      return;
    }
    check('statx', found, path);
    const { type } = write;
    if (type === EntryType.directory) {
      this.#enter(path, changed);
      return;
    }
    if (type === EntryType.socket) {
      this.#leftOut.push(path);
      return;
    }
    // Before it is read: what changes meanwhile has another record the next time.
    const record = capturedRecord(recordOf(write.facts()), path);
    const failures = this.#failures.length;
    let digest: string | undefined = '';
    let isWhole = true;
    if (type !== EntryType.file) {
      check('mknodat', this.#copy.special(parent.from, nameOf(path), parent.to, nameOf(path), this.#failed(path)));
    } else {
      digest = this.#takeOver(path, record, parent);
      if (digest === undefined && !this.#file(path, parent)) isWhole = false;
      // Of the copy, whatever was written into the file meanwhile.
      digest ??= this.#digestOf(parent.to, path);
    }
    if (this.#failures.length > failures) isWhole = false;
    this.#captured.set(record, isWhole ? digest : partly(digest));
    this.#count();
  }

  #digestOf(directory: number, path: RawPath): string {
    const fd = check('openat2', this.#write.openAt(directory, this.#write.cstring(nameOf(path)), 'sourceFile'), path);
    try {
      return contentDigest(fd) ?? '';
    } catch (error) {
      const { errno } = error as NodeJS.ErrnoException;
      if (errno === undefined) throw error;
      throw systemError('read', Math.abs(errno), path);
    } finally {
      this.#write.closeSoon(fd);
    }
  }

  /**
   * From the earlier capture, where that has the file as it is now and as it was captured. The last `stat` found it. Gives
   * its digest; undefined where it is to be copied.
   */
  #takeOver(path: RawPath, record: string, { from, before, to }: Level): string | undefined {
    const write = this.#write;
    const digest = before < 0 ? undefined : this.#trees.earlier?.records.get(record);
    if (digest === undefined) return undefined;
    const { size, mtimeSec, mtimeNsec, allocated, links } = write.facts();
    const name = write.cstring(nameOf(path));
    if (write.stat(before, name) !== 0 || write.type !== EntryType.file) return undefined;
    const there = write.facts();
    if (there.size !== size || there.mtimeSec !== mtimeSec || there.mtimeNsec !== mtimeNsec) return undefined;
    if (this.#digestOf(from, path) !== digest) return undefined;
    const error = this.#linksBefore ? write.linkName(before, write.cstring(nameOf(path)), to) : -EXDEV;
    if (error === -EXDEV) this.#linksBefore = false;
    // Another subvolume, or all the names that a file can have: as a copy that shares its data, if that is possible.
    if (error !== 0 && (links > 1 || !this.#cloneBefore(path, before, to))) return undefined;
    this.#shared.files++;
    this.#shared.bytes += allocated;
    return digest;
  }

  #cloneBefore(path: RawPath, before: number, to: number): boolean {
    const write = this.#write;
    const name = nameOf(path);
    const source = write.openAt(before, write.cstring(name), 'sourceFile');
    if (source < 0) return false;
    try {
      check('statx', write.statFd(source));
      const made = this.#copyBefore.file(source, to, write.cstring(name), true, this.#failed(path));
      if (made < 0) return false;
      write.closeSoon(made);
      return true;
    } finally {
      write.closeSoon(source);
    }
  }

  /** False where it lacks something although nothing failed: it is another name of a file that does. */
  #file(path: RawPath, { from, to }: Level): boolean {
    const write = this.#write;
    const name = nameOf(path);
    const source = check('openat2', write.openAt(from, write.cstring(name), 'sourceFile'), path);
    try {
      check('statx', write.statFd(source));
      const key = write.links > 1 ? this.#links.key() : undefined;
      if (key !== undefined) {
        const linked = this.#links.link(key, to, write.cstring(name));
        if (linked === 0) return !this.#partly.has(key);
        if (linked !== undefined && linked !== -EMLINK) check('linkat', linked, path);
        check('statx', write.statFd(source));
      }
      const failures = this.#failures.length;
      const made = check('openat2', this.#copy.file(source, to, write.cstring(name), true, this.#failed(path)), path);
      if (key !== undefined && this.#failures.length > failures) this.#partly.add(key);
      if (key !== undefined) this.#links.remember(key, path, made);
      write.closeSoon(made);
      return true;
    } finally {
      write.closeSoon(source);
    }
  }

  #enterRoot(isChanged: boolean): void {
    const { source, target, earlier } = this.#trees;
    const open = (fd: number): number => openSync(`/proc/self/fd/${fd}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
    const [from, to, before] = [open(source), open(target), earlier === undefined ? -1 : open(earlier.fd)];
    check('statx', this.#write.statFd(from));
    this.#levels.push({ path: ROOT, from, to, before, kept: this.#copy.keep() });
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
    let [to, before] = [-1, -1];
    try {
      check('statx', write.statFd(from));
      const kept = this.#copy.keep();
      check('mkdirat', write.mkdir(parent.to, write.cstring(name)), path);
      to = check('openat2', write.openAt(parent.to, write.cstring(name), 'directory'), path);
      if (parent.before >= 0) before = write.openAt(parent.before, write.cstring(name), 'sourceDirectory');
      this.#levels.push({ path, from, to, before, kept });
      // Only the way to what changed: as it is, it was before.
      if (changed.has(path)) this.#captured.set(capturedRecord(recordOf(kept.facts), path), '');
      else this.#records.push({ path, record: formatRecord(recordOf(kept.facts), path.slice(1)) });
      this.#count();
      return true;
    } catch (error) {
      this.#close({ from, to, before });
      throw error;
    }
  }

  /** With all in it: what was done in it moved its times. */
  #leave(): void {
    const level = this.#levels.pop();
    if (level === undefined) return;
    const { path, from, to, kept } = level;
    this.#attempt(path, () => this.#copy.directory(from, to, kept, false, this.#failed(path)));
    this.#close(level);
  }

  #close({ from, to, before }: Pick<Level, 'from' | 'to' | 'before'>): void {
    for (const fd of [from, to, before]) if (fd >= 0) this.#write.close(fd);
  }

  /** What the path was before. */
  #remember(path: RawPath): void {
    const record = this.#trees.baseline?.record(path);
    if (record !== undefined) this.#records.push({ path, record: formatRecord(record, path.slice(1)) });
  }

  #count(): void {
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

/** A directory before what is in it, and all of that before its neighbour. */
function depthFirst(a: RawPath, b: RawPath): number {
  return compareRaw(a.replaceAll('/', '\0'), b.replaceAll('/', '\0'));
}
