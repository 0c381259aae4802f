import { EntryType } from '../../core/change.ts';
import { nameOf, parentOf, type RawName, type RawPath } from '../../core/rawpath.ts';
import { type RestoreStep, temporaryNameFor } from '../../core/restore-plan.ts';
import type { RestoreFailure, RestoreOutcome } from '../../ports/restore.ts';
import { SystemError, systemError } from '../system/errors.ts';
import { A_DIRECTORY, RENAME_EXCHANGE, RENAME_NOREPLACE } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';
import { check, EntryCopy } from './restore-copy.ts';
import { HardLinks } from './restore-links.ts';
import { EEXIST, type NewTree, TreeCopy } from './restore-tree.ts';
import { BELOW_SOURCE, BELOW_TARGET } from './restore-view.ts';

const ENOENT = 2;
const EBUSY = 16;
const ENOTDIR = 20;
const EISDIR = 21;
const ENOSPC = 28;
const ELOOP = 40;
const EDQUOT = 122;
/** Written out and put in place together. */
const AT_ONCE = 1000;
const BYTES_AT_ONCE = 2 ** 28;
/** So few files are written out one by one: the filesystem may hold much of others that is not written yet. */
const FEW = 16;
const FAILURES_LISTED = 1000;

/** A directory of the target, open as long as something is to be done in it. */
interface Place {
  readonly path: RawPath;
  readonly fd: number;
  users: number;
}

/** What is made and has yet to be put in place. */
interface Pending {
  readonly index: number;
  readonly path: RawPath;
  readonly place: Place;
  readonly temporary: RawName;
  readonly replaces: boolean;
  readonly tree: NewTree | undefined;
  readonly made: Extent;
}

interface Extent {
  entries: number;
  bytes: number;
}

/** Nothing more can be done. */
class Stop extends Error {}

/**
 * Carries out a plan. What is made is made under a temporary name beside its place, written out, and renamed into
 * place: files by themselves, new directories with all that is in them. Every name is looked up in the descriptor of
 * its directory, and no symlink is followed.
 */
export class Restoration {
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #copy: EntryCopy;
  readonly #links: HardLinks;
  readonly #trees: TreeCopy;
  readonly #source: number;
  readonly #target: number;
  readonly #progress: (entries: number) => void;
  readonly #pending: Pending[] = [];
  #pendingBytes = 0;
  #place: Place | undefined;
  #sourcePlace: { readonly path: RawPath; readonly fd: number } | undefined;
  /** Directories to be given what they had, once all is in them. */
  readonly #merged: { readonly path: RawPath; readonly timesOnly: boolean }[] = [];
  readonly #made = new Map<number, Extent>();
  #making: Extent = { entries: 0, bytes: 0 };
  #entries = 0;
  readonly #failures: RestoreFailure[] = [];
  #moreFailures = 0;
  readonly #leftOut: RawPath[] = [];
  #few = true;

  constructor(
    calls: Syscalls,
    write: WriteCalls,
    trees: { readonly source: number; readonly target: number },
    progress: (entries: number) => void,
  ) {
    this.#calls = calls;
    this.#write = write;
    this.#copy = new EntryCopy(write);
    this.#links = new HardLinks(calls, write, trees.target);
    this.#trees = new TreeCopy(calls, write, this.#copy, this.#links, {
      made: (bytes) => this.#count(bytes),
      failed: (path, error) => this.#failed(path, error),
      attributeFailed: (path, name, errno) => this.#attributeFailed(path, name, errno),
      leftOut: (path) => this.#leftOut.push(path),
    });
    this.#source = trees.source;
    this.#target = trees.target;
    this.#progress = progress;
  }

  carryOut(steps: readonly RestoreStep[]): RestoreOutcome {
    const making = steps.filter(({ action }) => action === 'create' || action === 'replace');
    this.#few = making.length <= FEW && making.every(({ type }) => type !== EntryType.directory);
    let stopped: string | undefined;
    // Files and directories are made with the permissions that are asked for.
    const umask = process.umask(0);
    try {
      steps.forEach((step, index) => {
        this.#attempt(step.path, () => this.#step(step, index));
      });
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      stopped = error.message;
    }
    this.#flush();
    // The innermost first: what is done in a directory moves its times.
    for (const { path, timesOnly } of this.#merged.reverse()) {
      this.#attempt(path, () => this.#giveAttributes(path, timesOnly), false);
    }
    this.#leave();
    this.#write.closeAll();
    process.umask(umask);
    if (this.#sourcePlace !== undefined) this.#write.close(this.#sourcePlace.fd);
    const [made, failures, moreFailures] = [this.#made, this.#failures, this.#moreFailures];
    return { made, failures, moreFailures, leftOut: this.#leftOut, stopped };
  }

  #step(step: RestoreStep, index: number): void {
    switch (step.action) {
      case 'parent':
      case 'create':
      case 'replace':
        this.#make(step, index);
        break;
      case 'same':
        if (step.type === EntryType.file && step.entry.links > 1) this.#rememberSame(step.path);
        break;
      case 'merge':
        if (step.setAttributes || this.#isMarked(step.path)) this.#merged.push({ path: step.path, timesOnly: false });
        break;
      case 'skip':
      case 'leave-out':
      case 'blocked':
        break;
    }
  }

  #make(step: RestoreStep, index: number): void {
    const { path, type } = step;
    const place = this.#placeOf(parentOf(path));
    const source = this.#sourceOf(parentOf(path));
    const temporary = temporaryNameFor(path);
    const made: Extent = { entries: 0, bytes: 0 };
    this.#making = made;
    if (step.action === 'parent') {
      this.#makeParent(path, source, place, temporary);
      this.#merged.push({ path, timesOnly: true });
      this.#made.set(index, made);
      return;
    }
    let tree: NewTree | undefined;
    this.#links.notInPlace(path, temporary);
    if (type === EntryType.directory) tree = this.#trees.make(path, source, place.fd, temporary);
    else if (type === EntryType.file) this.#makeFile(path, source, place.fd, temporary);
    else this.#makeSpecial(path, source, place.fd, temporary);
    place.users++;
    this.#pending.push({ index, path, place, temporary, replaces: step.action === 'replace', tree, made });
    this.#pendingBytes += made.bytes;
    if (this.#pending.length >= AT_ONCE || this.#pendingBytes >= BYTES_AT_ONCE) this.#flush();
  }

  /** An empty directory, for what is restored in it. */
  #makeParent(path: RawPath, source: number, place: Place, temporary: RawName): void {
    const write = this.#write;
    const from = check('openat2', write.openAt(source, write.cstring(nameOf(path)), 'sourceDirectory'), path);
    let fd = -1;
    try {
      check('statx', write.statFd(from));
      const kept = this.#copy.keep();
      check(
        'mkdirat',
        this.#cleared(place.fd, temporary, () => write.mkdir(place.fd, write.cstring(temporary))),
        path,
      );
      fd = check('openat2', write.openAt(place.fd, write.cstring(temporary), 'directory'), path);
      // Swapped for a directory of somebody else meanwhile.
      if (!this.#trees.isOwn(fd)) throw systemError('openat2', ENOENT, path);
      this.#copy.removeInherited(fd);
      this.#copy.directory(from, fd, kept, false, (name, errno) => this.#attributeFailed(path, name, errno));
      const error = write.rename(place.fd, temporary, nameOf(path), RENAME_NOREPLACE);
      if (error < 0) write.unlink(place.fd, write.cstring(temporary), true);
      // Somebody else made it: what comes into it will tell whether it is a directory.
      if (error !== -EEXIST) check('renameat2', error, path);
      check('fsync', write.fsync(place.fd));
      this.#count(0);
    } finally {
      write.close(from);
      if (fd >= 0) write.close(fd);
    }
  }

  #makeFile(path: RawPath, source: number, place: number, temporary: RawName): void {
    const write = this.#write;
    const from = check('openat2', write.openAt(source, write.cstring(nameOf(path)), 'sourceFile'), path);
    try {
      check('statx', write.statFd(from));
      if (write.type !== EntryType.file) throw systemError('openat2', ENOENT, path);
      const { size } = write;
      const key = write.links > 1 ? this.#links.key() : undefined;
      if (key !== undefined) {
        const linked = this.#cleared(place, temporary, () => this.#links.link(key, place, write.cstring(temporary)));
        if (linked === 0) {
          this.#count(0);
          return;
        }
      }
      const failed = (name: string, errno: number): void => this.#attributeFailed(path, name, errno);
      const attempt = (): number => {
        check('statx', write.statFd(from));
        return this.#copy.file(from, place, write.cstring(temporary), false, failed);
      };
      const to = check('openat2', this.#cleared(place, temporary, attempt), path);
      if (key !== undefined) this.#links.remember(key, path, to);
      if (this.#few) check('fsync', write.fsync(to), path);
      write.closeSoon(to);
      this.#count(size);
    } finally {
      write.closeSoon(from);
    }
  }

  #makeSpecial(path: RawPath, source: number, place: number, temporary: RawName): void {
    const failed = (name: string, errno: number): void => this.#attributeFailed(path, name, errno);
    const made = this.#cleared(place, temporary, () =>
      this.#copy.special(source, nameOf(path), place, temporary, failed),
    );
    check('mknodat', made, path);
    this.#count(0);
  }

  /** What an earlier run left under this name goes first. */
  #cleared<Result extends number | undefined>(place: number, temporary: RawName, attempt: () => Result): Result {
    const result = attempt();
    if (result !== -EEXIST) return result;
    const error = this.#write.unlink(place, this.#write.cstring(temporary));
    check('unlinkat', error === -EISDIR ? this.#write.unlink(place, this.#write.cstring(temporary), true) : error);
    return attempt();
  }

  /** Writes out what was made, and puts it in place. */
  #flush(): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending.splice(0);
    this.#pendingBytes = 0;
    const changed = new Set(pending.map(({ place }) => place));
    // One by one they are written out already.
    if (!this.#few) for (const fd of this.#filesystemsOf(changed)) this.#write.syncFilesystem(fd);
    for (const one of pending) {
      this.#attempt(one.path, () => this.#putInPlace(one), false);
      this.#links.inPlace(one.path);
      if (one.tree !== undefined) {
        this.#write.close(one.tree.fd);
        this.#write.close(one.tree.source);
      }
    }
    if (changed.size <= FEW) for (const { fd } of changed) this.#write.fsync(fd);
    else for (const fd of this.#filesystemsOf(changed)) this.#write.syncFilesystem(fd);
    for (const { place } of pending) this.#release(place);
  }

  #putInPlace({ index, path, place, temporary, replaces, tree, made }: Pending): void {
    const write = this.#write;
    const name = nameOf(path);
    // A directory takes the place of a file by changing places with it.
    const flags = replaces ? (tree === undefined ? 0 : RENAME_EXCHANGE) : RENAME_NOREPLACE;
    const error = write.rename(place.fd, temporary, name, flags);
    if (error < 0) {
      if (tree === undefined) write.unlink(place.fd, write.cstring(temporary));
      throw systemError('renameat2', -error, path);
    }
    // Two names of one file: rename(2) leaves both.
    if (replaces) write.unlink(place.fd, write.cstring(temporary));
    if (tree !== undefined) this.#trees.finish(tree, path);
    this.#made.set(index, made);
  }

  /** One descriptor for each filesystem that the directories lie on. */
  #filesystemsOf(places: Iterable<Place>): Iterable<number> {
    const filesystems = new Map<number, number>();
    for (const { fd } of places) {
      if (this.#write.statFd(fd) === 0) filesystems.set(this.#write.facts().filesystem, fd);
    }
    return filesystems.values();
  }

  #isMarked(path: RawPath): boolean {
    const fd = openInSteps(this.#calls, this.#target, path, A_DIRECTORY, BELOW_TARGET);
    if (fd < 0) return false;
    const marked = this.#trees.isMarked(fd);
    this.#calls.close(fd);
    return marked;
  }

  /** To a directory that was there. */
  #giveAttributes(path: RawPath, timesOnly: boolean): void {
    const write = this.#write;
    const from = check('openat2', openInSteps(this.#calls, this.#source, path, A_DIRECTORY, BELOW_SOURCE), path);
    let fd = -1;
    try {
      check('statx', write.statFd(from));
      const kept = this.#copy.keep();
      fd = check('openat2', openInSteps(this.#calls, this.#target, path, A_DIRECTORY, BELOW_TARGET), path);
      if (timesOnly) check('utimensat', write.setTimes(fd, kept.times));
      else this.#copy.directory(from, fd, kept, true, (name, errno) => this.#attributeFailed(path, name, errno));
      this.#write.fsync(fd);
    } finally {
      write.close(from);
      if (fd >= 0) write.close(fd);
    }
  }

  #rememberSame(path: RawPath): void {
    const write = this.#write;
    if (write.stat(this.#sourceOf(parentOf(path)), write.cstring(nameOf(path))) < 0) return;
    const key = this.#links.key();
    const fd = this.#links.open(path);
    if (fd < 0) return;
    this.#links.remember(key, path, fd);
    this.#calls.close(fd);
  }

  #placeOf(path: RawPath): Place {
    if (this.#place?.path === path) return this.#place;
    this.#leave();
    const fd = check('openat2', openInSteps(this.#calls, this.#target, path, A_DIRECTORY, BELOW_TARGET), path);
    this.#place = { path, fd, users: 1 };
    this.#copy.onAnotherFilesystem();
    return this.#place;
  }

  #leave(): void {
    if (this.#place !== undefined) this.#release(this.#place);
    this.#place = undefined;
  }

  #release(place: Place): void {
    if (--place.users === 0) this.#calls.close(place.fd);
  }

  #sourceOf(path: RawPath): number {
    if (this.#sourcePlace?.path === path) return this.#sourcePlace.fd;
    if (this.#sourcePlace !== undefined) this.#calls.close(this.#sourcePlace.fd);
    this.#sourcePlace = undefined;
    const fd = check('openat2', openInSteps(this.#calls, this.#source, path, A_DIRECTORY, BELOW_SOURCE), path);
    this.#sourcePlace = { path, fd };
    return fd;
  }

  #count(bytes: number): void {
    this.#making.entries++;
    this.#making.bytes += bytes;
    this.#entries++;
    if (this.#entries % 256 === 0) this.#progress(this.#entries);
  }

  /** One path's failure is not the others'. */
  #attempt(path: RawPath, act: () => void, mayStop = true): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#fail(path, problemOf(error), false);
      if (mayStop && isFull(error)) throw new Stop(error.message);
    }
  }

  #failed(path: RawPath, error: SystemError): void {
    this.#fail(path, problemOf(error), false);
    if (isFull(error)) throw new Stop(error.message);
  }

  #attributeFailed(path: RawPath, name: string, errno: number): void {
    this.#fail(path, `restored without ${name}: ${systemError('setxattr', errno, path).message}`, true);
  }

  #fail(path: RawPath, problem: string, onlyAttribute: boolean): void {
    if (this.#failures.length < FAILURES_LISTED) this.#failures.push({ path, problem, onlyAttribute });
    else this.#moreFailures++;
  }
}

function isFull({ errno }: SystemError): boolean {
  return errno === ENOSPC || errno === EDQUOT;
}

function problemOf(error: SystemError): string {
  const { errno, call, message } = error;
  if (call === 'renameat2' && errno === EEXIST) return 'something appeared there meanwhile';
  if (call === 'renameat2' && errno === EISDIR) return 'a directory appeared there meanwhile';
  if (call === 'renameat2' && errno === EBUSY)
    return 'something is mounted there: restore to where that comes from (--to)';
  if (call === 'renameat2' && errno === ENOENT) return 'its directory was changed by somebody meanwhile';
  if (call === 'openat2' && [ENOENT, ENOTDIR, ELOOP].includes(errno)) {
    return 'it, or a directory above it, was replaced or removed meanwhile';
  }
  return message;
}
