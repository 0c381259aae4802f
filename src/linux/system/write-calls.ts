import { EPERM } from './errno.ts';
import { type Native, native } from './native.ts';
import { RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from './syscalls.ts';

const numbers = {
  x64: {
    ...{ read: 0, write: 1, close: 3, lseek: 8, ioctl: 16, sendfile: 40, flock: 73, fsync: 74, ftruncate: 77 },
    ...{ fchmod: 91, fchown: 93, setxattr: 188, getxattr: 191, listxattr: 194, removexattr: 197, fsetxattr: 190 },
    ...{ fgetxattr: 193, flistxattr: 196, fremovexattr: 199, getdents64: 217, mkdirat: 258, mknodat: 259 },
    ...{ fchownat: 260, unlinkat: 263, linkat: 265, symlinkat: 266, readlinkat: 267, fchmodat: 268, utimensat: 280 },
    ...{ syncfs: 306, renameat2: 316, statx: 332 },
  },
  arm64: {
    ...{ read: 63, write: 64, close: 57, lseek: 62, ioctl: 29, sendfile: 71, flock: 32, fsync: 82, ftruncate: 46 },
    ...{ fchmod: 52, fchown: 55, setxattr: 5, getxattr: 8, listxattr: 11, removexattr: 14, fsetxattr: 7 },
    ...{ fgetxattr: 10, flistxattr: 13, fremovexattr: 16, getdents64: 61, mkdirat: 34, mknodat: 33 },
    ...{ fchownat: 54, unlinkat: 35, linkat: 37, symlinkat: 36, readlinkat: 78, fchmodat: 53, utimensat: 88 },
    ...{ syncfs: 267, renameat2: 276, statx: 291 },
  },
} as const;
type Numbers = { readonly [call in keyof (typeof numbers)['x64']]: number };
const CLOSE_RANGE = 436;
const OPENAT2 = 437;

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_FOLLOW = 0x400;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
/** With the subvolume, where the kernel knows it (Linux 6.10). */
const STATX_BASIC_SUBVOL = 0x87ff;
const FICLONE = 0x40049409;
const LOCK_EX_NB = 6;

const O_WRONLY = 1;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_NONBLOCK = 0o4000;
const O_DIRECTORY = process.arch === 'arm64' ? 0o40000 : 0o200000;
const O_NOFOLLOW = process.arch === 'arm64' ? 0o100000 : 0o400000;
const O_CLOEXEC = 0o2000000;
const O_NOATIME = 0o1000000;
const O_PATH = 0o10000000;

const BELOW = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;

/** How `openAt` opens: flags, mode and what openat2(2) may resolve. */
const ways = {
  /** In an old root: what is mounted there is not of it. */
  sourceFile: [O_NOFOLLOW | O_NONBLOCK | O_NOATIME, 0, BELOW | RESOLVE_NO_XDEV],
  sourceDirectory: [O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME, 0, BELOW | RESOLVE_NO_XDEV],
  sourcePlace: [O_PATH | O_NOFOLLOW, 0, BELOW | RESOLVE_NO_XDEV],
  /** In the target, whose mounts belong to it. */
  newFile: [O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600, BELOW],
  directory: [O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK, 0, BELOW],
  place: [O_PATH | O_NOFOLLOW, 0, BELOW],
} as const;
export type OpenWay = keyof typeof ways;
const wayNames = Object.keys(ways) as OpenWay[];

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;
export const SEEK_SET = 0;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

/** A system call costs more than all else that is done for a small file. */
const CLOSE_AT_ONCE = 256;

const HOW = 24;
const NAMES = 512;
const NAME_ROOM = 4352;
const STAT = NAMES + 2 * NAME_ROOM;
const TIMES = STAT + 256;
const EMPTY = TIMES + 32;
const LIST = EMPTY + 16;
/** XATTR_LIST_MAX and XATTR_SIZE_MAX. */
const XATTR_MAX = 65536;
const VALUE = LIST + XATTR_MAX;
const DIRENTS = VALUE + XATTR_MAX;
const DIRENTS_ROOM = 32768;
const COPY = DIRENTS + DIRENTS_ROOM;
const COPY_ROOM = 262144;
const MEMORY = COPY + COPY_ROOM;

/** What the last `stat` found. */
export interface Facts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly links: number;
  readonly size: number;
  readonly allocated: number;
  readonly inode: number;
  readonly filesystem: number;
  /** 0 where the kernel does not say. On bcachefs, a snapshot has the device and the inode numbers of its original. */
  readonly subvolume: number;
  readonly device: number;
  readonly major: number;
  readonly minor: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
}

/**
 * System calls that write, and those that go with them, without a string or an object a call: names are addresses of C
 * strings (`cstring`), results are values or minus errno. Every name is one component, except where it says otherwise.
 */
export class WriteCalls {
  readonly #native: Native;
  readonly #n: Numbers;
  readonly #memory = new ArrayBuffer(MEMORY);
  readonly #bytes = new Uint8Array(this.#memory);
  readonly #words = new Uint32Array(this.#memory, 0, LIST / 4);
  readonly #view = new DataView(this.#memory);
  readonly #latin1 = Buffer.from(this.#memory);
  readonly #address: number;
  #noAtime = true;
  readonly #closing = new Int32Array(CLOSE_AT_ONCE);
  #closingCount = 0;

  /** undefined where system calls cannot be made: no koffi, or an architecture whose numbers we do not know. */
  static load(): WriteCalls | undefined {
    const calls = native();
    const { arch } = process;
    return calls !== undefined && (arch === 'x64' || arch === 'arm64')
      ? new WriteCalls(calls, numbers[arch])
      : undefined;
  }

  private constructor(calls: Native, n: Numbers) {
    this.#native = calls;
    this.#n = n;
    this.#address = calls.addressOf(this.#memory);
    wayNames.forEach((way, i) => {
      const [flags, mode, resolve] = ways[way];
      this.#view.setBigUint64(i * HOW, BigInt(flags | O_CLOEXEC), true);
      this.#view.setBigUint64(i * HOW + 8, BigInt(mode), true);
      this.#view.setBigUint64(i * HOW + 16, BigInt(resolve), true);
    });
  }

  /** The byte string as a C string; it stands until the next one in the same slot. */
  cstring(text: string, slot: 0 | 1 = 0): number {
    if (text.length >= NAME_ROOM) throw new RangeError('too long for one system call');
    const start = NAMES + slot * NAME_ROOM;
    for (let i = 0; i < text.length; i++) this.#bytes[start + i] = text.charCodeAt(i);
    this.#bytes[start + text.length] = 0;
    return this.#address + start;
  }

  openAt(directory: number, name: number, way: OpenWay): number {
    const how = this.#address + wayNames.indexOf(way) * HOW;
    const fd = this.#native.syscall(OPENAT2, directory, name, how, HOW);
    if (fd !== -EPERM || !this.#noAtime || (way !== 'sourceFile' && way !== 'sourceDirectory')) return fd;
    // Only an owner may ask to leave times of access alone.
    this.#noAtime = false;
    for (const source of ['sourceFile', 'sourceDirectory'] as const) {
      const flags = ways[source][0] & ~O_NOATIME;
      this.#view.setBigUint64(wayNames.indexOf(source) * HOW, BigInt(flags | O_CLOEXEC), true);
    }
    return this.#native.syscall(OPENAT2, directory, name, how, HOW);
  }

  /** A file that was not there, with these permissions; of the others only its owner's. */
  newFile(directory: number, name: number, mode: number): number {
    this.#view.setUint32(wayNames.indexOf('newFile') * HOW + 8, mode, true);
    return this.openAt(directory, name, 'newFile');
  }

  close(fd: number): void {
    this.#native.syscall(this.#n.close, fd);
  }

  /** Closes many descriptors with few calls: at the latest with `closeAll`. */
  closeSoon(fd: number): void {
    this.#closing[this.#closingCount++] = fd;
    if (this.#closingCount === CLOSE_AT_ONCE) this.closeAll();
  }

  closeAll(): void {
    const fds = this.#closing.subarray(0, this.#closingCount).sort();
    this.#closingCount = 0;
    for (let first = 0; first < fds.length; ) {
      let last = first;
      while (last + 1 < fds.length && fds[last + 1] === (fds[last] as number) + 1) last++;
      const [from, to] = [fds[first] as number, fds[last] as number];
      // Older than Linux 5.9.
      if (this.#native.syscall(CLOSE_RANGE, from, to, 0) < 0) for (let fd = from; fd <= to; fd++) this.close(fd);
      first = last + 1;
    }
  }

  /** statx(2) of `name`, not followed, into `facts`. */
  stat(directory: number, name: number): number {
    const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    return this.#native.syscall(this.#n.statx, directory, name, flags, STATX_BASIC_SUBVOL, this.#address + STAT);
  }

  /** statx(2) of what the descriptor is. */
  statFd(fd: number): number {
    const empty = this.#address + EMPTY;
    return this.#native.syscall(this.#n.statx, fd, empty, AT_EMPTY_PATH, STATX_BASIC_SUBVOL, this.#address + STAT);
  }

  // struct statx, see statx(2), in words of 4 bytes.
  get type(): number {
    return this.mode >>> 12;
  }
  get mode(): number {
    return (this.#words[STAT / 4 + 7] as number) & 0xffff;
  }
  get uid(): number {
    return this.#words[STAT / 4 + 5] as number;
  }
  get gid(): number {
    return this.#words[STAT / 4 + 6] as number;
  }
  get links(): number {
    return this.#words[STAT / 4 + 4] as number;
  }
  get size(): number {
    return this.#wide(10);
  }
  get allocated(): number {
    return this.#wide(12) * 512;
  }
  get inode(): number {
    return this.#wide(8);
  }
  get mtimeSec(): number {
    return (this.#words[STAT / 4 + 28] as number) + ((this.#words[STAT / 4 + 29] as number) | 0) * 0x1_0000_0000;
  }
  /** A copy of what the last `stat` found. */
  facts(): Facts {
    const word = (at: number): number => this.#words[STAT / 4 + at] as number;
    return {
      ...{ mode: this.mode, uid: this.uid, gid: this.gid, links: this.links, size: this.size },
      ...{ allocated: this.allocated, inode: this.inode, filesystem: word(34) * 0x10_0000 + word(35) },
      subvolume: this.#wide(40),
      ...{ major: word(32), minor: word(33), device: word(32) * 0x10_0000 + word(33) },
      mtimeSec: word(28) + (word(29) | 0) * 0x1_0000_0000,
      mtimeNsec: word(30),
    };
  }

  #wide(at: number): number {
    return (this.#words[STAT / 4 + at] as number) + (this.#words[STAT / 4 + at + 1] as number) * 0x1_0000_0000;
  }

  /** Access and modification time of the last `stat`, as `setTimes` takes them. */
  keepTimes(): Uint8Array {
    const times = new Uint8Array(32);
    times.set(this.#bytes.subarray(STAT + 64, STAT + 80));
    times.set(this.#bytes.subarray(STAT + 112, STAT + 128), 16);
    return times;
  }

  /** Of the last `stat`, where `times` does not say it. A statx timestamp is a timespec: its padding is zero. */
  setTimes(fd: number, times?: Uint8Array): number {
    this.#times(times);
    return this.#native.syscall(this.#n.utimensat, fd, 0, this.#address + TIMES, 0);
  }

  /** Of a place that is no file or directory. */
  setTimesOfPlace(fd: number, times: Uint8Array): number {
    this.#times(times);
    const empty = this.#address + EMPTY;
    return this.#native.syscall(this.#n.utimensat, fd, empty, this.#address + TIMES, AT_EMPTY_PATH);
  }

  #times(times: Uint8Array | undefined): void {
    if (times === undefined) {
      this.#bytes.copyWithin(TIMES, STAT + 64, STAT + 80);
      this.#bytes.copyWithin(TIMES + 16, STAT + 112, STAT + 128);
    } else this.#bytes.set(times, TIMES);
  }

  chown(fd: number, uid: number, gid: number): number {
    return this.#native.syscall(this.#n.fchown, fd, uid, gid);
  }

  chownPlace(fd: number, uid: number, gid: number): number {
    return this.#native.syscall(this.#n.fchownat, fd, this.#address + EMPTY, uid, gid, AT_EMPTY_PATH);
  }

  chmod(fd: number, mode: number): number {
    return this.#native.syscall(this.#n.fchmod, fd, mode & 0o7777);
  }

  /** fchmod(2) takes no O_PATH descriptor; its path in /proc is one that cannot be swapped. */
  chmodPlace(fd: number, mode: number): number {
    return this.#native.syscall(this.#n.fchmodat, AT_FDCWD, this.#procPath(fd), mode & 0o7777);
  }

  #procPath(fd: number): number {
    return this.cstring(`/proc/self/fd/${fd}`, 1);
  }

  mkdir(directory: number, name: number): number {
    return this.#native.syscall(this.#n.mkdirat, directory, name, 0o700);
  }

  symlink(target: string, directory: number, name: number): number {
    return this.#native.syscall(this.#n.symlinkat, this.cstring(target, 1), directory, name);
  }

  /** `type`: an `EntryType`. Nobody but the owner may use it yet. */
  mknod(directory: number, name: number, type: number, major: number, minor: number): number {
    // The kernel's new_encode_dev.
    const device = (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
    return this.#native.syscall(this.#n.mknodat, directory, name, (type << 12) | 0o600, device >>> 0);
  }

  /** What the symlink holds, as a byte string, or minus errno. */
  readLink(directory: number, name: number): string | number {
    const length = this.#native.syscall(this.#n.readlinkat, directory, name, this.#address + COPY, 4096);
    return length < 0 ? length : this.#latin1.toString('latin1', COPY, COPY + length);
  }

  /** Another name for what the descriptor is. */
  link(fd: number, directory: number, name: number): number {
    return this.#native.syscall(this.#n.linkat, AT_FDCWD, this.#procPath(fd), directory, name, AT_SYMLINK_FOLLOW);
  }

  unlink(directory: number, name: number, isDirectory = false): number {
    return this.#native.syscall(this.#n.unlinkat, directory, name, isDirectory ? AT_REMOVEDIR : 0);
  }

  rename(directory: number, from: string, to: string, flags: number): number {
    const [old, now] = [this.cstring(from, 0), this.cstring(to, 1)];
    return this.#native.syscall(this.#n.renameat2, directory, old, directory, now, flags);
  }

  clone(from: number, to: number): number {
    return this.#native.syscall(this.#n.ioctl, to, FICLONE, from);
  }

  seek(fd: number, offset: number, whence: number): number {
    return this.#native.syscall(this.#n.lseek, fd, offset, whence);
  }

  truncate(fd: number, size: number): number {
    return this.#native.syscall(this.#n.ftruncate, fd, size);
  }

  /**
   * Copies within the kernel, from and to where the descriptors stand. Not copy_file_range(2): it has six arguments,
   * shares no more data than `clone` does, and refuses two filesystems.
   */
  send(from: number, to: number, length: number): number {
    return this.#native.syscall(this.#n.sendfile, to, from, 0, length);
  }

  /** The same through memory. */
  copyThrough(from: number, to: number, length: number): number {
    const buffer = this.#address + COPY;
    const count = this.#native.syscall(this.#n.read, from, buffer, Math.min(length, COPY_ROOM));
    for (let at = 0; at < count; ) {
      const written = this.#native.syscall(this.#n.write, to, buffer + at, count - at);
      if (written < 0) return written;
      at += written;
    }
    return count;
  }

  fsync(fd: number): number {
    return this.#native.syscall(this.#n.fsync, fd);
  }

  syncFilesystem(fd: number): number {
    return this.#native.syscall(this.#n.syncfs, fd);
  }

  tryLock(fd: number): boolean {
    return this.#native.syscall(this.#n.flock, fd, LOCK_EX_NB) === 0;
  }

  /**
   * Calls `each` with the entries of the directory: type, and the address of the name's C string, which stands during
   * the call only. `each` may not list anything. Gives 0 or minus errno.
   */
  list(fd: number, each: (type: number, name: number, length: number) => void): number {
    for (;;) {
      const count = this.#native.syscall(this.#n.getdents64, fd, this.#address + DIRENTS, DIRENTS_ROOM);
      if (count <= 0) return count;
      // struct linux_dirent64: d_ino u64, d_off u64, d_reclen u16 at 16, d_type u8 at 18, d_name from 19.
      for (let at = DIRENTS; at < DIRENTS + count; ) {
        const reclen = (this.#bytes[at + 16] as number) | ((this.#bytes[at + 17] as number) << 8);
        const start = at + 19;
        let end = Math.max(start, at + reclen - 8);
        while (this.#bytes[end] !== 0) end++;
        const length = end - start;
        const dots = this.#bytes[start] === 0x2e && (length === 1 || (length === 2 && this.#bytes[start + 1] === 0x2e));
        if (!dots) each(this.#bytes[at + 18] as number, this.#address + start, length);
        at += reclen;
      }
    }
  }

  /** The byte string of a name that `list` gave. */
  text(name: number, length: number): string {
    const start = name - this.#address;
    return this.#latin1.toString('latin1', start, start + length);
  }

  /** Bytes of names that `listAttributes` found, or minus errno. */
  listAttributes(fd: number): number {
    return this.#native.syscall(this.#n.flistxattr, fd, this.#address + LIST, XATTR_MAX);
  }

  listAttributesOfPlace(fd: number): number {
    return this.#native.syscall(this.#n.listxattr, this.#procPath(fd), this.#address + LIST, XATTR_MAX);
  }

  /** The names that a list of `length` bytes holds. */
  attributeNames(length: number): string[] {
    return length <= 0 ? [] : this.#latin1.toString('latin1', LIST, LIST + length - 1).split('\0');
  }

  /** The value as a byte string, or minus errno. */
  attributeOf(fd: number, name: string, isPlace: boolean): string | number {
    const length = this.#getAttribute(fd, this.cstring(name), isPlace);
    return length < 0 ? length : this.#latin1.toString('latin1', VALUE, VALUE + length);
  }

  /** Gives the attribute of one to the other. */
  copyAttribute(from: number, to: number, name: string, isPlace: boolean): number {
    const address = this.cstring(name);
    const length = this.#getAttribute(from, address, isPlace);
    if (length < 0) return length;
    const value = this.#address + VALUE;
    return isPlace
      ? this.#native.syscall(this.#n.setxattr, this.#procPath(to), address, value, length, 0)
      : this.#native.syscall(this.#n.fsetxattr, to, address, value, length, 0);
  }

  #getAttribute(fd: number, name: number, isPlace: boolean): number {
    const value = this.#address + VALUE;
    return isPlace
      ? this.#native.syscall(this.#n.getxattr, this.#procPath(fd), name, value, XATTR_MAX)
      : this.#native.syscall(this.#n.fgetxattr, fd, name, value, XATTR_MAX);
  }

  setAttribute(fd: number, name: string, value: string): number {
    const address = this.cstring(value, 1);
    return this.#native.syscall(this.#n.fsetxattr, fd, this.cstring(name), address, value.length, 0);
  }

  removeAttribute(fd: number, name: string): number {
    return this.#native.syscall(this.#n.fremovexattr, fd, this.cstring(name));
  }

  removeAttributeOfPlace(fd: number, name: string): number {
    return this.#native.syscall(this.#n.removexattr, this.#procPath(fd), this.cstring(name));
  }
}
