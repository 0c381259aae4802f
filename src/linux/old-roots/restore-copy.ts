import { EntryType } from '../../core/change.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { Facts } from '../system/entry-calls.ts';
import { EINVAL, ENODATA, ENOSYS, ENXIO, ESTALE } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { SEEK_DATA, SEEK_HOLE, SEEK_SET } from '../system/flags.ts';
import type { WriteCalls } from '../system/write-calls.ts';

const INHERITED = ['system.posix_acl_access', 'system.posix_acl_default'] as const;

/** Says which attribute of what is made could not be set, and why. */
export type AttributeFailure = (name: string, errno: number) => void;

/** Owner, mode and times of a directory, kept while it is filled. */
export interface Kept {
  readonly facts: Facts;
  readonly times: Uint8Array;
}

/** Makes single entries as they are in an old root, under names that the caller chooses. */
export class EntryCopy {
  readonly #write: WriteCalls;
  readonly #uid = process.geteuid?.() ?? 0;
  readonly #gid = process.getegid?.() ?? 0;
  /** Off once a filesystem has said that it shares no data, until the target changes. */
  #clones = true;

  constructor(write: WriteCalls) {
    this.#write = write;
  }

  /** Another filesystem may be able to share data where the last one could not. */
  onAnotherFilesystem(): void {
    this.#clones = true;
  }

  /**
   * Makes a file as `name` in `directory`, which must not be there, from the open file `from`, whose facts the last
   * `stat` found. Until it is whole nobody but its owner can open it. `isPrivate`: nobody else can reach the directory,
   * so nothing was inherited from it. Gives its descriptor, or minus errno where it could not be made.
   */
  file(from: number, directory: number, name: number, isPrivate: boolean, failed: AttributeFailure): number {
    const write = this.#write;
    const { mode } = write;
    // Where nobody else can reach the directory, its permissions may be there from the beginning.
    const to = write.newFile(directory, name, isPrivate ? mode & 0o777 : 0o600);
    if (to < 0) return to;
    try {
      const { size } = write;
      if (size > 0) this.#content(from, to, size, write.allocated < size);
      if (!isPrivate) for (const acl of INHERITED) write.removeAttribute(to, acl);
      if (!isPrivate || write.uid !== this.#uid || write.gid !== this.#gid) {
        check('fchown', write.chown(to, write.uid, write.gid));
      }
      const length = write.listAttributes(from);
      if (length > 0) this.#attributes(from, to, length, false, failed);
      // An ACL may have changed them, and a new owner takes setuid away.
      if (!isPrivate || length > 0 || (mode & 0o7000) !== 0) check('fchmod', write.chmod(to, mode));
      check('utimensat', write.setTimes(to));
      return to;
    } catch (error) {
      write.close(to);
      write.unlink(directory, name);
      throw error;
    }
  }

  #content(from: number, to: number, size: number, hasHoles: boolean): void {
    const write = this.#write;
    if (this.#clones) {
      const error = write.clone(from, to);
      if (error === 0) return;
      // Anything else but EINVAL (a file that must not be shared) holds for the next file, too.
      if (error !== -EINVAL) this.#clones = false;
    }
    if (!hasHoles) {
      this.#range(from, to, size);
      return;
    }
    for (let at = 0; at < size; ) {
      const start = write.seek(from, at, SEEK_DATA);
      if (start === -ENXIO) break;
      check('lseek', start);
      const end = Math.min(size, check('lseek', write.seek(from, start, SEEK_HOLE)));
      check('lseek', write.seek(from, start, SEEK_SET));
      check('lseek', write.seek(to, start, SEEK_SET));
      this.#range(from, to, end - start);
      at = end;
    }
    check('ftruncate', write.truncate(to, size));
  }

  #range(from: number, to: number, length: number): void {
    const write = this.#write;
    let inKernel = true;
    for (let left = length; left > 0; ) {
      let count = inKernel ? write.send(from, to, Math.min(left, 0x1000_0000)) : write.copyThrough(from, to, left);
      if (inKernel && (count === -EINVAL || count === -ENOSYS)) {
        inKernel = false;
        count = write.copyThrough(from, to, left);
      }
      check('sendfile', count);
      // Shorter than it was a moment ago.
      if (count === 0) throw systemError('read', ESTALE, undefined);
      left -= count;
    }
  }

  /** Makes a symlink, fifo or device node as `name` in `directory`. Gives 0, or minus errno where it cannot. */
  special(from: number, fromText: string, directory: number, text: string, failed: AttributeFailure): number {
    const write = this.#write;
    const fromName = (): number => write.cstring(fromText);
    const name = (): number => write.cstring(text);
    check('statx', write.stat(from, fromName()));
    const kept = this.keep();
    const { mode, major, minor } = kept.facts;
    const type = mode >>> 12;
    const held = type === EntryType.symlink ? write.readLink(from, fromName()) : undefined;
    if (typeof held === 'number') throw systemError('readlinkat', -held, undefined);
    const made =
      held === undefined ? write.mknod(directory, name(), type, major, minor) : write.symlink(held, directory, name());
    if (made < 0) return made;
    try {
      const source = check('openat2', write.openAt(from, fromName(), 'sourcePlace'));
      try {
        const place = check('openat2', write.openAt(directory, name(), 'place'));
        try {
          this.#mustBeOwn(place, type);
          this.#placeAttributes(source, place, kept, failed);
        } finally {
          write.close(place);
        }
      } finally {
        write.close(source);
      }
      return 0;
    } catch (error) {
      write.unlink(directory, name());
      throw error;
    }
  }

  /** What was made by name could have been swapped for something else before it was opened. */
  #mustBeOwn(place: number, type: number): void {
    check('statx', this.#write.statFd(place));
    const { mode, uid, links } = this.#write;
    if (mode >>> 12 !== type || uid !== this.#uid || links !== 1) throw systemError('openat2', ESTALE, undefined);
  }

  #placeAttributes(source: number, place: number, { facts, times }: Kept, failed: AttributeFailure): void {
    const write = this.#write;
    check('fchownat', write.chownPlace(place, facts.uid, facts.gid));
    if (facts.mode >>> 12 !== EntryType.symlink) write.removeAttributeOfPlace(place, INHERITED[0]);
    const length = write.listAttributesOfPlace(source);
    if (length > 0) this.#attributes(source, place, length, true, failed);
    if (facts.mode >>> 12 !== EntryType.symlink) check('fchmodat', write.chmodPlace(place, facts.mode));
    check('utimensat', write.setTimesOfPlace(place, times));
  }

  /** What the last `stat` found. */
  keep(): Kept {
    return { facts: this.#write.facts(), times: this.#write.keepTimes() };
  }

  /**
   * Gives the directory `to` what the directory `from` has. `exact`: it may have attributes of its own, which go.
   */
  directory(from: number, to: number, { facts, times }: Kept, exact: boolean, failed: AttributeFailure): void {
    const write = this.#write;
    check('fchown', write.chown(to, facts.uid, facts.gid));
    const length = write.listAttributes(from);
    if (exact) this.#removeOthers(to, write.attributeNames(length));
    if (length > 0) this.#attributes(from, to, write.listAttributes(from), false, failed);
    check('fchmod', write.chmod(to, facts.mode));
    check('utimensat', write.setTimes(to, times));
  }

  /** What the policy of the machine sets stays. */
  #removeOthers(to: number, wanted: readonly string[]): void {
    for (const name of this.#write.attributeNames(this.#write.listAttributes(to))) {
      if (!wanted.includes(name) && !name.startsWith('security.')) this.#write.removeAttribute(to, name);
    }
  }

  /** A new directory begins with what its parent hands down. */
  removeInherited(fd: number): void {
    for (const acl of INHERITED) this.#write.removeAttribute(fd, acl);
  }

  #attributes(from: number, to: number, length: number, isPlace: boolean, failed: AttributeFailure): void {
    for (const name of this.#write.attributeNames(length)) {
      const result = this.#write.copyAttribute(from, to, name, isPlace);
      if (result < 0 && result !== -ENODATA) failed(name, -result);
    }
  }
}

/** @throws SystemError where the result is minus errno. */
export function check(call: string, result: number, path?: RawPath): number {
  if (result < 0) throw systemError(call, -result, path);
  return result;
}
