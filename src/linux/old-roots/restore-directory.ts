import type { RawName } from '../../core/rawpath.ts';
import { EEXIST, EISDIR, ENOTEMPTY } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { Removal } from './removal.ts';
import { check, type EntryCopy } from './restore-copy.ts';

const PRIVATE = 0o700;

/**
 * Directories that are not in place yet. One is its maker's own (0700), so that nobody reaches into it, and one that is
 * filled is marked: a later run goes on with it, and with nothing that others put there instead.
 */
export class NewDirectories {
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #copy: EntryCopy;
  readonly #uid = process.geteuid?.() ?? 0;
  /** Others than root cannot set or see `trusted` attributes. */
  readonly #mark = this.#uid === 0 ? 'trusted.ebb.restore' : 'user.ebb.restore';

  constructor(calls: Syscalls, write: WriteCalls, copy: EntryCopy) {
    this.#calls = calls;
    this.#write = write;
    this.#copy = copy;
  }

  /** Makes `name`, which must not be there, and opens it: the descriptor, or -EEXIST. @throws SystemError */
  make(directory: number, name: RawName): number {
    const write = this.#write;
    const made = write.mkdir(directory, write.cstring(name));
    if (made === -EEXIST) return made;
    check('mkdirat', made);
    const fd = check('openat2', write.openAt(directory, write.cstring(name), 'directory'));
    // Swapped for another directory meanwhile: what is somebody else's, or holds anything, is not the one made here.
    if (!this.#isOwn(fd) || !this.#isEmpty(fd)) {
      write.close(fd);
      throw systemError('openat2 (replaced by somebody meanwhile)', EEXIST, undefined);
    }
    this.#copy.removeInherited(fd);
    check('fchmod', write.chmod(fd, PRIVATE));
    return fd;
  }

  /** Makes `name`, or opens the one that an earlier run made from the same `origin`. @throws SystemError */
  makeOrResume(directory: number, name: RawName, origin: string): { readonly fd: number; readonly resumes: boolean } {
    const there = this.#openMarked(directory, name);
    if (there >= 0) {
      if (this.#markOf(there) === origin) return { fd: there, resumes: true };
      // From another old root.
      this.#write.close(there);
    }
    let fd = this.make(directory, name);
    if (fd === -EEXIST) {
      this.clear(directory, name);
      fd = check('mkdirat', this.make(directory, name));
    }
    this.#write.setAttribute(fd, this.#mark, origin);
    return { fd, resumes: false };
  }

  /** Removes what an earlier run left under a temporary name; what is not ebb's stays. @throws SystemError */
  clear(directory: number, name: RawName): void {
    const write = this.#write;
    let error = write.unlink(directory, write.cstring(name));
    if (error === -EISDIR) error = write.unlink(directory, write.cstring(name), true);
    if (error === -ENOTEMPTY) {
      const fd = this.#openMarked(directory, name);
      if (fd >= 0) {
        write.close(fd);
        new Removal(this.#calls, () => false).remove(directory, name);
        return;
      }
    }
    if (error < 0) throw systemError(`unlinkat (${name} is in the way)`, -error, undefined);
  }

  /** A directory that is in place, but for its owner and mode: a run was stopped just then. */
  isMarked(fd: number): boolean {
    return this.#markOf(fd) !== undefined;
  }

  unmark(fd: number): void {
    this.#write.removeAttribute(fd, this.#mark);
  }

  #openMarked(directory: number, name: RawName): number {
    const fd = this.#write.openAt(directory, this.#write.cstring(name), 'directory');
    if (fd < 0 || (this.#isOwn(fd) && this.isMarked(fd))) return fd;
    this.#write.close(fd);
    return -EEXIST;
  }

  #markOf(fd: number): string | undefined {
    const mark = this.#write.attributeOf(fd, this.#mark, false);
    return typeof mark === 'string' ? mark : undefined;
  }

  /** Nobody else can reach into it, or give it away. */
  #isOwn(fd: number): boolean {
    if (this.#write.statFd(fd) < 0) return false;
    // A parent may hand down its setgid bit.
    return this.#write.uid === this.#uid && (this.#write.mode & 0o777) === PRIVATE;
  }

  #isEmpty(fd: number): boolean {
    let entries = 0;
    const result = this.#write.list(fd, () => entries++);
    return result === 0 && entries === 0;
  }
}
