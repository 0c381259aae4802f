import { END, EntryCalls, STAT } from './entry-calls.ts';
import { AT_EMPTY_PATH, AT_FDCWD } from './flags.ts';
import { type Native, native } from './native.ts';

// Of the memory, behind what is needed for entries: two timespecs, names of attributes, a value of one, and data.
const TIMES = END;
const LIST = TIMES + 32;
/** XATTR_LIST_MAX and XATTR_SIZE_MAX. */
const XATTR_MAX = 65536;
const VALUE = LIST + XATTR_MAX;
const COPY = VALUE + XATTR_MAX;
const COPY_ROOM = 262144;
const MEMORY = COPY + COPY_ROOM;

/** System calls that make entries what they are: their data, owners, modes, times and extended attributes. */
export class WriteCalls extends EntryCalls {
  /** undefined where system calls cannot be made. */
  static load(): WriteCalls | undefined {
    const calls = native();
    return calls === undefined ? undefined : new WriteCalls(calls);
  }

  private constructor(calls: Native) {
    super(calls, MEMORY);
  }

  /** Copies like `send`, through memory. */
  copyThrough(from: number, to: number, length: number): number {
    const buffer = this.memory.address + COPY;
    const count = this.read(from, buffer, Math.min(length, COPY_ROOM));
    for (let at = 0; at < count; ) {
      const written = this.syscall(this.numbers.write, to, buffer + at, count - at);
      if (written < 0) return written;
      at += written;
    }
    return count;
  }

  /** Access and modification time of the last `stat`, as `setTimes` takes them. */
  keepTimes(): Uint8Array {
    const times = new Uint8Array(32);
    times.set(this.memory.bytes.subarray(STAT + 64, STAT + 80));
    times.set(this.memory.bytes.subarray(STAT + 112, STAT + 128), 16);
    return times;
  }

  /** Of the last `stat`, where `times` does not say it. A statx timestamp is a timespec: its padding is zero. */
  setTimes(fd: number, times?: Uint8Array): number {
    this.#times(times);
    return this.syscall(this.numbers.utimensat, fd, 0, this.memory.address + TIMES, 0);
  }

  /** Of a place that is no file or directory. */
  setTimesOfPlace(fd: number, times: Uint8Array): number {
    this.#times(times);
    return this.syscall(this.numbers.utimensat, fd, this.emptyName, this.memory.address + TIMES, AT_EMPTY_PATH);
  }

  #times(times: Uint8Array | undefined): void {
    if (times === undefined) {
      this.memory.bytes.copyWithin(TIMES, STAT + 64, STAT + 80);
      this.memory.bytes.copyWithin(TIMES + 16, STAT + 112, STAT + 128);
    } else this.memory.bytes.set(times, TIMES);
  }

  chown(fd: number, uid: number, gid: number): number {
    return this.syscall(this.numbers.fchown, fd, uid, gid);
  }

  chownPlace(fd: number, uid: number, gid: number): number {
    return this.syscall(this.numbers.fchownat, fd, this.emptyName, uid, gid, AT_EMPTY_PATH);
  }

  chmod(fd: number, mode: number): number {
    return this.syscall(this.numbers.fchmod, fd, mode & 0o7777);
  }

  chmodPlace(fd: number, mode: number): number {
    return this.syscall(this.numbers.fchmodat, AT_FDCWD, this.procPath(fd), mode & 0o7777);
  }

  /** Bytes of names that `listAttributes` found, or minus errno. */
  listAttributes(fd: number): number {
    return this.syscall(this.numbers.flistxattr, fd, this.memory.address + LIST, XATTR_MAX);
  }

  listAttributesOfPlace(fd: number): number {
    return this.syscall(this.numbers.listxattr, this.procPath(fd), this.memory.address + LIST, XATTR_MAX);
  }

  /** The names that a list of `length` bytes holds. */
  attributeNames(length: number): string[] {
    return length <= 0 ? [] : this.memory.text(LIST, length - 1).split('\0');
  }

  /** The value as a byte string, or minus errno. */
  attributeOf(fd: number, name: string, isPlace: boolean): string | number {
    const length = this.#getAttribute(fd, this.cstring(name), isPlace);
    return length < 0 ? length : this.memory.text(VALUE, length);
  }

  /** Gives the attribute of one to the other. */
  copyAttribute(from: number, to: number, name: string, isPlace: boolean): number {
    const address = this.cstring(name);
    const length = this.#getAttribute(from, address, isPlace);
    if (length < 0) return length;
    const value = this.memory.address + VALUE;
    return isPlace
      ? this.syscall(this.numbers.setxattr, this.procPath(to), address, value, length, 0)
      : this.syscall(this.numbers.fsetxattr, to, address, value, length, 0);
  }

  #getAttribute(fd: number, name: number, isPlace: boolean): number {
    const value = this.memory.address + VALUE;
    return isPlace
      ? this.syscall(this.numbers.getxattr, this.procPath(fd), name, value, XATTR_MAX)
      : this.syscall(this.numbers.fgetxattr, fd, name, value, XATTR_MAX);
  }

  setAttribute(fd: number, name: string, value: string): number {
    const address = this.cstring(value, 1);
    return this.syscall(this.numbers.fsetxattr, fd, this.cstring(name), address, value.length, 0);
  }

  removeAttribute(fd: number, name: string): number {
    return this.syscall(this.numbers.fremovexattr, fd, this.cstring(name));
  }

  removeAttributeOfPlace(fd: number, name: string): number {
    return this.syscall(this.numbers.removexattr, this.procPath(fd), this.cstring(name));
  }
}
