import { EntryType } from '../../core/change.ts';
import { nameOf, parentOf, type RawName, type RawPath } from '../../core/rawpath.ts';
import type { RestoreStep } from '../../core/restore-plan.ts';
import type { RestoreOutcome } from '../../ports/restore.ts';
import { EEXIST, EISDIR, ESTALE } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { check, EntryCopy } from './restore-copy.ts';
import { NewDirectories } from './restore-directory.ts';
import { Failures, Stop } from './restore-failures.ts';
import { HardLinks } from './restore-links.ts';
import { descriptorsToHold, type Place, Places } from './restore-places.ts';
import { SingleCopy } from './restore-single.ts';
import { type NewTree, TreeCopy } from './restore-tree.ts';
import { identityOf } from './restore-view.ts';

/** Written out and put in place together. */
const AT_ONCE = 1000;
const BYTES_AT_ONCE = 2 ** 28;
/** So few files are written out one by one: the filesystem may hold much of others that is not written yet. */
const FEW = 16;

/** What is made and has yet to be put in place. */
interface Pending {
  readonly index: number;
  readonly path: RawPath;
  readonly place: Place;
  readonly temporary: RawName;
  /** Which file or directory was made. */
  readonly identity: string;
  readonly replaces: boolean;
  readonly tree: NewTree | undefined;
  readonly made: Extent;
}

interface Extent {
  entries: number;
  bytes: number;
}

/** What a restore works on. */
export interface Trees {
  readonly source: number;
  readonly target: number;
  /** Of temporary names, where another run at the same time must not take them. */
  readonly suffix: string;
}

/**
 * Carries out a plan. What is made is made under a temporary name beside its place, written out, and renamed into
 * place: files by themselves, new directories with all that is in them. Every name is looked up in the descriptor of
 * its directory, and no symlink is followed.
 */
export class Restoration {
  readonly #write: WriteCalls;
  readonly #copy: EntryCopy;
  readonly #links: HardLinks;
  readonly #directories: NewDirectories;
  readonly #single: SingleCopy;
  readonly #trees: TreeCopy;
  readonly #places: Places;
  readonly #failures = new Failures();
  readonly #progress: (entries: number) => void;
  readonly #pending: Pending[] = [];
  #pendingBytes = 0;
  /** Three for each at most: its place, and the two of a tree. */
  readonly #mostPending = Math.min(AT_ONCE, Math.floor(descriptorsToHold() / 3));
  /** Directories to be given what they had, once all is in them. */
  readonly #merged: { readonly path: RawPath; readonly timesOnly: boolean }[] = [];
  readonly #made = new Map<number, Extent>();
  #making: Extent = { entries: 0, bytes: 0 };
  #entries = 0;
  readonly #leftOut: RawPath[] = [];
  #few = true;

  constructor(calls: Syscalls, write: WriteCalls, trees: Trees, progress: (entries: number) => void) {
    this.#write = write;
    this.#copy = new EntryCopy(write);
    this.#links = new HardLinks(calls, write, trees.target);
    this.#directories = new NewDirectories(calls, write, this.#copy);
    const [copy, links, directories, failures] = [this.#copy, this.#links, this.#directories, this.#failures];
    this.#single = new SingleCopy({ write, copy, links, directories, failures }, trees.suffix);
    this.#trees = new TreeCopy(calls, write, copy, links, {
      made: (bytes) => this.#count(bytes),
      failed: (path, error) => failures.add(path, error),
      attributeFailed: (path, name, errno) => failures.attribute(path, name, errno),
      leftOut: (path) => this.#leftOut.push(path),
    });
    this.#places = new Places(calls, write, trees, () => copy.onAnotherFilesystem());
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
        this.#failures.attempt(step.path, () => this.#step(step, index));
      });
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      stopped = error.message;
    }
    this.#flush();
    // The innermost first: what is done in a directory moves its times.
    for (const { path, timesOnly } of this.#merged.reverse()) {
      this.#failures.attempt(path, () => this.#giveAttributes(path, timesOnly), false);
    }
    this.#places.close();
    this.#write.closeAll();
    process.umask(umask);
    const { listed: failures, more: moreFailures } = this.#failures;
    return { made: this.#made, failures, moreFailures, leftOut: this.#leftOut, stopped };
  }

  #step(step: RestoreStep, index: number): void {
    switch (step.action) {
      case 'parent':
        this.#makeParent(step.path, index);
        break;
      case 'create':
      case 'replace':
        this.#make(step, index);
        break;
      case 'same':
        if (step.type === EntryType.file && step.entry.links > 1) this.#rememberSame(step.path);
        break;
      case 'merge':
        this.#places.know(step.path, step.identity);
        if (step.setAttributes || this.#isMarked(step.path)) this.#merged.push({ path: step.path, timesOnly: false });
        break;
      case 'skip':
      case 'leave-out':
      case 'blocked':
        break;
    }
  }

  #makeParent(path: RawPath, index: number): void {
    const place = this.#places.enter(parentOf(path));
    const source = this.#places.enterSource(parentOf(path));
    const identity = this.#single.parent(path, source, place.fd, this.#single.temporaryFor(path, source));
    this.#making = { entries: 0, bytes: 0 };
    this.#made.set(index, this.#making);
    if (identity === undefined) return;
    this.#count(0);
    this.#places.know(path, identity);
    this.#merged.push({ path, timesOnly: true });
  }

  #make({ path, type, action }: RestoreStep, index: number): void {
    const place = this.#places.enter(parentOf(path));
    const source = this.#places.enterSource(parentOf(path));
    const temporary = this.#single.temporaryFor(path, source);
    const made: Extent = { entries: 0, bytes: 0 };
    this.#making = made;
    this.#links.notInPlace(path, temporary);
    let tree: NewTree | undefined;
    let identity: string;
    if (type === EntryType.directory) {
      tree = this.#trees.make(path, source, place.fd, temporary);
      identity = this.#places.identityOf(tree.fd);
    } else {
      const single =
        type === EntryType.file
          ? this.#single.file(path, source, place.fd, temporary, this.#few)
          : this.#single.special(path, source, place.fd, temporary);
      identity = single.identity;
      this.#count(single.bytes);
    }
    place.users++;
    this.#pending.push({ index, path, place, temporary, identity, replaces: action === 'replace', tree, made });
    this.#pendingBytes += made.bytes;
    if (this.#pending.length >= this.#mostPending || this.#pendingBytes >= BYTES_AT_ONCE) this.#flush();
  }

  /** Writes out what was made, and puts it in place. */
  #flush(): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending.splice(0);
    this.#pendingBytes = 0;
    const changed = new Set(pending.map(({ place }) => place));
    // One by one they are written out already.
    if (!this.#few) for (const fd of this.#places.filesystemsOf(changed)) this.#write.syncFilesystem(fd);
    for (const one of pending) {
      this.#failures.attempt(one.path, () => this.#putInPlace(one), false);
      this.#links.inPlace(one.path);
      if (one.tree !== undefined) {
        this.#write.close(one.tree.fd);
        this.#write.close(one.tree.source);
      }
    }
    if (changed.size <= FEW) for (const { fd } of changed) this.#write.fsync(fd);
    else for (const fd of this.#places.filesystemsOf(changed)) this.#write.syncFilesystem(fd);
    for (const { place } of pending) this.#places.release(place);
  }

  #putInPlace({ index, path, place, temporary, identity, replaces, tree, made }: Pending): void {
    const write = this.#write;
    const name = nameOf(path);
    // What is called so may be another's by now, and its content with it.
    const there = write.stat(place.fd, write.cstring(temporary));
    if (there < 0 || identityOf(write.facts()) !== identity) throw systemError('statx', ESTALE, path);
    // A directory takes the place of a file by changing places with it.
    const flags = replaces ? (tree === undefined ? 0 : RENAME_EXCHANGE) : RENAME_NOREPLACE;
    const error = write.rename(place.fd, temporary, name, flags);
    if (error < 0) {
      // A tree is gone on with, unless there is one now.
      if (tree === undefined || error === -EEXIST) this.#directories.clear(place.fd, temporary);
      throw systemError('renameat2', -error, path);
    }
    // Two names of one file: rename(2) leaves both.
    if (replaces && write.unlink(place.fd, write.cstring(temporary)) === -EISDIR) {
      write.rename(place.fd, temporary, name, RENAME_EXCHANGE);
      throw systemError('renameat2', EISDIR, path);
    }
    if (tree !== undefined) this.#trees.finish(tree, path);
    this.#made.set(index, made);
  }

  #isMarked(path: RawPath): boolean {
    const fd = this.#places.open(path);
    const marked = this.#directories.isMarked(fd);
    this.#write.close(fd);
    return marked;
  }

  /** To a directory that was there. */
  #giveAttributes(path: RawPath, timesOnly: boolean): void {
    const write = this.#write;
    const from = this.#places.openSource(path);
    let fd = -1;
    try {
      check('statx', write.statFd(from));
      const kept = this.#copy.keep();
      fd = this.#places.open(path);
      const failed = (name: string, errno: number): void => this.#failures.attribute(path, name, errno);
      if (timesOnly) check('utimensat', write.setTimes(fd, kept.times));
      else this.#copy.directory(from, fd, kept, true, failed);
      write.fsync(fd);
    } finally {
      write.close(from);
      if (fd >= 0) write.close(fd);
    }
  }

  #rememberSame(path: RawPath): void {
    const write = this.#write;
    if (write.stat(this.#places.enterSource(parentOf(path)), write.cstring(nameOf(path))) < 0) return;
    const key = this.#links.key();
    const fd = this.#links.open(path);
    if (fd < 0) return;
    this.#links.remember(key, path, fd);
    write.close(fd);
  }

  #count(bytes: number): void {
    this.#making.entries++;
    this.#making.bytes += bytes;
    this.#entries++;
    if (this.#entries % 256 === 0) this.#progress(this.#entries);
  }
}
