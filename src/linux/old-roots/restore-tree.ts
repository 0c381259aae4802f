import { EntryType } from '../../core/change.ts';
import { join, nameOf, type RawName, type RawPath } from '../../core/rawpath.ts';
import { SystemError, systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { Removal } from './removal.ts';
import { check, type EntryCopy, type Kept } from './restore-copy.ts';
import type { HardLinks } from './restore-links.ts';

export const EEXIST = 17;
const EXDEV = 18;
const EISDIR = 21;
const EMLINK = 31;
const PRIVATE = 0o700;

/** What happens while a tree is copied. Paths are those of the old root. */
export interface TreeEvents {
  made(bytes: number): void;
  failed(path: RawPath, error: SystemError): void;
  attributeFailed(path: RawPath, name: string, errno: number): void;
  leftOut(path: RawPath): void;
}

/** A directory that was made and filled, and has yet to be put in place and get its owner and mode. */
export interface NewTree {
  readonly fd: number;
  readonly source: number;
  readonly kept: Kept;
}

/**
 * Copies whole directories. The new one is its maker's own until it is in place (0700), so that nobody reaches into it,
 * and it is marked: a later run goes on with it, and with nothing that others put there instead.
 */
export class TreeCopy {
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #copy: EntryCopy;
  readonly #links: HardLinks;
  readonly #events: TreeEvents;
  readonly #uid = process.geteuid?.() ?? 0;
  /** Others than root cannot set or see `trusted` attributes. */
  readonly #mark = this.#uid === 0 ? 'trusted.ebb.restore' : 'user.ebb.restore';

  constructor(calls: Syscalls, write: WriteCalls, copy: EntryCopy, links: HardLinks, events: TreeEvents) {
    this.#calls = calls;
    this.#write = write;
    this.#copy = copy;
    this.#links = links;
    this.#events = events;
  }

  /** Copies the directory `path`, the last component of which lies in `source`, to `temporary` in `directory`. */
  make(path: RawPath, source: number, directory: number, temporary: RawName): NewTree {
    const write = this.#write;
    const from = check('openat2', write.openAt(source, write.cstring(nameOf(path)), 'sourceDirectory'), path);
    let fd = -1;
    try {
      check('statx', write.statFd(from));
      const kept = this.#copy.keep();
      const begun = this.#begin(directory, temporary, this.#links.key());
      fd = begun.fd;
      this.#fill(from, fd, path, begun.resumes);
      this.#events.made(0);
      return { fd, source: from, kept };
    } catch (error) {
      write.close(from);
      if (fd >= 0) write.close(fd);
      throw error;
    }
  }

  /** Gives the directory, which is in place now, to its owner. */
  finish({ fd, source, kept }: NewTree, path: RawPath): void {
    const failed = (name: string, errno: number): void => this.#events.attributeFailed(path, name, errno);
    this.#copy.directory(source, fd, kept, false, failed);
    this.#write.removeAttribute(fd, this.#mark);
  }

  /** A directory that is in place, but for its owner and mode: a run was stopped just then. */
  isMarked(fd: number): boolean {
    return typeof this.#write.attributeOf(fd, this.#mark, false) === 'string';
  }

  unmark(fd: number): void {
    this.#write.removeAttribute(fd, this.#mark);
  }

  #begin(directory: number, temporary: RawName, origin: string): { readonly fd: number; readonly resumes: boolean } {
    const write = this.#write;
    const made = write.mkdir(directory, write.cstring(temporary));
    if (made === -EEXIST) return this.#resume(directory, temporary, origin);
    check('mkdirat', made);
    const fd = check('openat2', write.openAt(directory, write.cstring(temporary), 'directory'));
    // Swapped for another directory meanwhile: what is somebody else's, or holds anything, is not the one made here.
    if (!this.isOwn(fd) || !this.#isEmpty(fd)) {
      write.close(fd);
      throw systemError('openat2 (replaced by somebody meanwhile)', EEXIST, undefined);
    }
    this.#copy.removeInherited(fd);
    check('fchmod', write.chmod(fd, PRIVATE));
    write.setAttribute(fd, this.#mark, origin);
    return { fd, resumes: false };
  }

  #resume(directory: number, temporary: RawName, origin: string): { readonly fd: number; readonly resumes: boolean } {
    const write = this.#write;
    const fd = write.openAt(directory, write.cstring(temporary), 'directory');
    if (fd >= 0 && this.isOwn(fd) && this.isMarked(fd)) {
      if (write.attributeOf(fd, this.#mark, false) === origin) return { fd, resumes: true };
      // From another old root.
      write.close(fd);
      new Removal(this.#calls, () => false).remove(directory, temporary);
      return this.#begin(directory, temporary, origin);
    }
    if (fd >= 0) write.close(fd);
    // Stopped before it was marked, so it is empty; or it is not ebb's, and stays.
    let error = write.unlink(directory, write.cstring(temporary), true);
    if (fd < 0) error = write.unlink(directory, write.cstring(temporary));
    if (error < 0) throw systemError(`mkdirat (${temporary} is in the way)`, -error, undefined);
    return this.#begin(directory, temporary, origin);
  }

  /** Nobody else can reach into it, or give it away. */
  isOwn(fd: number): boolean {
    if (this.#write.statFd(fd) < 0) return false;
    // A parent may hand down its setgid bit.
    return this.#write.uid === this.#uid && (this.#write.mode & 0o777) === PRIVATE;
  }

  #isEmpty(fd: number): boolean {
    let entries = 0;
    const result = this.#write.list(fd, () => entries++);
    return result === 0 && entries === 0;
  }

  /** `resumes`: something of it may be there. */
  #fill(from: number, to: number, path: RawPath, resumes: boolean): void {
    const write = this.#write;
    const directories: RawName[] = [];
    const wanted = resumes ? new Set<string>() : undefined;
    const result = write.list(from, (listed, name, length) => {
      wanted?.add(write.text(name, length));
      let type = listed;
      if (type === EntryType.unknown && write.stat(from, name) === 0) type = write.type;
      if (type === EntryType.directory) directories.push(write.text(name, length) as RawName);
      else this.#attempt(path, name, length, () => this.#entry(type, from, to, path, name, length, resumes));
    });
    check('getdents64', result, path);
    for (const name of directories) {
      const below = join(path, name);
      try {
        this.#directory(from, to, below, resumes);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        this.#events.failed(below, error);
      }
    }
    if (wanted !== undefined) this.#removeOthers(to, wanted);
  }

  #attempt(path: RawPath, name: number, length: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#events.failed(join(path, this.#write.text(name, length)), error);
    }
  }

  #directory(from: number, to: number, path: RawPath, resumes: boolean): void {
    const write = this.#write;
    const name = nameOf(path);
    const source = check('openat2', write.openAt(from, write.cstring(name), 'sourceDirectory'), path);
    let fd = -1;
    try {
      check('statx', write.statFd(source));
      const kept = this.#copy.keep();
      let made = write.mkdir(to, write.cstring(name));
      const there = made === -EEXIST && resumes;
      if (there) {
        fd = write.openAt(to, write.cstring(name), 'directory');
        if (fd < 0) {
          check('unlinkat', write.unlink(to, write.cstring(name)));
          made = write.mkdir(to, write.cstring(name));
        } else made = 0;
      }
      check('mkdirat', made, path);
      if (fd < 0) fd = check('openat2', write.openAt(to, write.cstring(name), 'directory'), path);
      this.#fill(source, fd, path, there);
      const failed = (attribute: string, errno: number): void => this.#events.attributeFailed(path, attribute, errno);
      this.#copy.directory(source, fd, kept, there, failed);
      this.#events.made(0);
    } finally {
      write.close(source);
      if (fd >= 0) write.close(fd);
    }
  }

  #entry(type: number, from: number, to: number, path: RawPath, name: number, length: number, resumes: boolean): void {
    if (type === EntryType.socket) {
      this.#events.leftOut(join(path, this.#write.text(name, length)));
      return;
    }
    if (type === EntryType.file) {
      this.#file(from, to, path, name, length, resumes);
      return;
    }
    const failed = this.#failedAttribute(path, name, length);
    const text = this.#write.text(name, length);
    let made = this.#copy.special(from, text, to, text, failed);
    if (made === -EEXIST && resumes) {
      this.#remove(to, text);
      made = this.#copy.special(from, text, to, text, failed);
    }
    check('mknodat', made);
    this.#events.made(0);
  }

  #file(from: number, to: number, path: RawPath, name: number, length: number, resumes: boolean): void {
    const write = this.#write;
    const source = check('openat2', write.openAt(from, name, 'sourceFile'));
    try {
      check('statx', write.statFd(source));
      if (write.type !== EntryType.file) throw systemError('openat2', EISDIR, undefined);
      const { size } = write;
      const key = write.links > 1 ? this.#links.key() : undefined;
      if (resumes && this.#isDone(source, to, name, path, length, key)) return;
      if (key !== undefined) {
        const linked = this.#links.link(key, to, name);
        if (linked === 0) {
          this.#events.made(0);
          return;
        }
        if (linked !== undefined && linked !== -EMLINK && linked !== -EXDEV) check('linkat', linked);
        check('statx', write.statFd(source));
      }
      const made = check('openat2', this.#copy.file(source, to, name, true, this.#failedAttribute(path, name, length)));
      if (key !== undefined) this.#links.remember(key, join(path, write.text(name, length)), made);
      write.closeSoon(made);
      this.#events.made(size);
    } finally {
      write.closeSoon(source);
    }
  }

  /** Times are set last: where they are right, the file was finished. What is there and is not is removed. */
  #isDone(source: number, to: number, name: number, path: RawPath, length: number, key: string | undefined): boolean {
    const write = this.#write;
    const wanted = write.facts();
    let done = false;
    if (write.stat(to, name) === 0) {
      const there = write.facts();
      done =
        there.mode === wanted.mode &&
        there.uid === wanted.uid &&
        there.gid === wanted.gid &&
        there.size === wanted.size &&
        there.mtimeSec === wanted.mtimeSec &&
        there.mtimeNsec === wanted.mtimeNsec;
      if (done && key !== undefined) done = this.#isName(key, to, name, join(path, write.text(name, length)));
      if (!done) this.#remove(to, write.text(name, length));
    }
    check('statx', write.statFd(source));
    return done;
  }

  /** The earlier run may have linked it to a file that was made anew since. */
  #isName(key: string, directory: number, name: number, path: RawPath): boolean {
    const fd = this.#write.openAt(directory, name, 'place');
    if (fd < 0) return false;
    const is = this.#links.isName(key, fd);
    if (is) this.#links.remember(key, path, fd);
    this.#write.close(fd);
    return is;
  }

  #failedAttribute(path: RawPath, name: number, length: number): (attribute: string, errno: number) => void {
    return (attribute, errno) =>
      this.#events.attributeFailed(join(path, this.#write.text(name, length)), attribute, errno);
  }

  #removeOthers(directory: number, wanted: ReadonlySet<string>): void {
    const others: string[] = [];
    // The descriptor stands where it was opened: at the beginning.
    check(
      'getdents64',
      this.#write.list(directory, (_type, name, length) => {
        const text = this.#write.text(name, length);
        if (!wanted.has(text)) others.push(text);
      }),
    );
    for (const name of others) this.#remove(directory, name);
  }

  /** `name` may be a directory that the earlier run filled from another old root. */
  #remove(directory: number, name: string): void {
    const error = this.#write.unlink(directory, this.#write.cstring(name));
    if (error === -EISDIR) new Removal(this.#calls, () => false).remove(directory, name);
    else check('unlinkat', error);
  }
}
