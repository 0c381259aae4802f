import { CallMemory } from './call-memory.ts';
import { DescriptorCalls } from './descriptor-calls.ts';
import { EPERM } from './errno.ts';
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_REMOVEDIR,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  BELOW,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_WRONLY,
  STATX_BASIC_STATS,
  STATX_SUBVOL,
  STRICTLY_BELOW,
} from './flags.ts';
import type { Native } from './native.ts';
import { CLOSE_RANGE, OPENAT2 } from './syscall-numbers.ts';

/** How `openAt` opens: flags, mode and what openat2(2) may resolve. */
const ways = {
  /** In an old root: what is mounted there is not of it. */
  sourceFile: [O_NOFOLLOW | O_NONBLOCK | O_NOATIME, 0, STRICTLY_BELOW],
  sourceDirectory: [O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOATIME, 0, STRICTLY_BELOW],
  sourcePlace: [O_PATH | O_NOFOLLOW, 0, STRICTLY_BELOW],
  /** In the target, whose mounts belong to it. */
  newFile: [O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600, BELOW],
  directory: [O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK, 0, BELOW],
  place: [O_PATH | O_NOFOLLOW, 0, BELOW],
} as const;
export type OpenWay = keyof typeof ways;
const wayNames = Object.keys(ways) as OpenWay[];

/** A system call costs more than all else that is done for a small file. */
const CLOSE_AT_ONCE = 256;
const STATX_MASK = STATX_BASIC_STATS | STATX_SUBVOL;

// Of the memory: struct open_how of each way, two names, struct statx, an empty name, a symlink, and a part of a listing.
const HOW = 24;
const NAMES = 512;
const NAME_ROOM = 4352;
export const STAT = NAMES + 2 * NAME_ROOM;
const EMPTY = STAT + 256;
const LINK = EMPTY + 16;
const LINK_MAX = 4096;
const DIRENTS = LINK + LINK_MAX;
const DIRENTS_ROOM = 32768;
export const END = DIRENTS + DIRENTS_ROOM;

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
  readonly ctimeSec: number;
  readonly ctimeNsec: number;
}

/**
 * System calls on the entries of directories, without a string or an object a call: names are addresses of C strings
 * (`cstring`). Every name is one component, except where it says otherwise.
 */
export class EntryCalls extends DescriptorCalls {
  protected readonly memory: CallMemory;
  #noAtime = true;
  readonly #closing = new Int32Array(CLOSE_AT_ONCE);
  #closingCount = 0;

  /** `size`: of the memory, up to `END` for what is here. */
  protected constructor(native: Native, size: number) {
    super(native);
    this.memory = new CallMemory(native, size);
    wayNames.forEach((way, i) => {
      const [flags, mode, resolve] = ways[way];
      this.memory.words.set([flags | O_CLOEXEC, 0, mode, 0, resolve, 0], (i * HOW) / 4);
    });
  }

  /** The byte string as a C string; it stands until the next one in the same slot. */
  cstring(text: string, slot: 0 | 1 = 0): number {
    const at = NAMES + slot * NAME_ROOM;
    return this.memory.cstring(text, at, at + NAME_ROOM);
  }

  protected get emptyName(): number {
    return this.memory.address + EMPTY;
  }

  /** A path of what the descriptor is, which cannot be swapped, for calls that take no O_PATH descriptor. */
  protected procPath(fd: number): number {
    return this.cstring(`/proc/self/fd/${fd}`, 1);
  }

  openAt(directory: number, name: number, way: OpenWay): number {
    const how = this.memory.address + wayNames.indexOf(way) * HOW;
    const fd = this.syscall(OPENAT2, directory, name, how, HOW);
    if (fd !== -EPERM || !this.#noAtime || (way !== 'sourceFile' && way !== 'sourceDirectory')) return fd;
    // Only an owner may ask to leave times of access alone.
    this.#noAtime = false;
    for (const source of ['sourceFile', 'sourceDirectory'] as const) {
      this.memory.words[(wayNames.indexOf(source) * HOW) / 4] = (ways[source][0] & ~O_NOATIME) | O_CLOEXEC;
    }
    return this.syscall(OPENAT2, directory, name, how, HOW);
  }

  /** A file that was not there, with these permissions; of the others only its owner's. */
  newFile(directory: number, name: number, mode: number): number {
    this.memory.words[(wayNames.indexOf('newFile') * HOW + 8) / 4] = mode;
    return this.openAt(directory, name, 'newFile');
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
      if (this.syscall(CLOSE_RANGE, from, to, 0) < 0) for (let fd = from; fd <= to; fd++) this.close(fd);
      first = last + 1;
    }
  }

  /** statx(2) of `name`, not followed: what it found is read from the properties below, or copied by `facts`. */
  stat(directory: number, name: number): number {
    const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    return this.syscall(this.numbers.statx, directory, name, flags, STATX_MASK, this.memory.address + STAT);
  }

  /** statx(2) of what the descriptor is. */
  statFd(fd: number): number {
    return this.syscall(this.numbers.statx, fd, this.emptyName, AT_EMPTY_PATH, STATX_MASK, this.memory.address + STAT);
  }

  // Where these lie in struct statx: statx(2).
  get type(): number {
    return this.mode >>> 12;
  }
  get mode(): number {
    return this.#statWord(28) & 0xffff;
  }
  get uid(): number {
    return this.#statWord(20);
  }
  get gid(): number {
    return this.#statWord(24);
  }
  get links(): number {
    return this.#statWord(16);
  }
  get size(): number {
    return this.memory.wide(STAT + 40);
  }
  get allocated(): number {
    return this.memory.wide(STAT + 48) * 512;
  }
  get inode(): number {
    return this.memory.wide(STAT + 32);
  }
  get mtimeSec(): number {
    return this.memory.signed(STAT + 112);
  }

  /** A copy of what the last `stat` found. */
  facts(): Facts {
    const [major, minor] = [this.#statWord(128), this.#statWord(132)];
    return {
      ...{ mode: this.mode, uid: this.uid, gid: this.gid, links: this.links, size: this.size },
      ...{ allocated: this.allocated, inode: this.inode },
      ...{ mtimeSec: this.mtimeSec, mtimeNsec: this.#statWord(120) },
      ...{ ctimeSec: this.memory.signed(STAT + 96), ctimeNsec: this.#statWord(104) },
      filesystem: deviceNumber(this.#statWord(136), this.#statWord(140)),
      subvolume: this.memory.wide(STAT + 160),
      ...{ major, minor, device: deviceNumber(major, minor) },
    };
  }

  #statWord(offset: number): number {
    return this.memory.words[(STAT + offset) / 4] as number;
  }

  mkdir(directory: number, name: number): number {
    return this.syscall(this.numbers.mkdirat, directory, name, 0o700);
  }

  symlink(target: string, directory: number, name: number): number {
    return this.syscall(this.numbers.symlinkat, this.cstring(target, 1), directory, name);
  }

  /** `type`: an `EntryType`. Nobody but the owner may use it yet. */
  mknod(directory: number, name: number, type: number, major: number, minor: number): number {
    // The kernel's new_encode_dev.
    const device = (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
    return this.syscall(this.numbers.mknodat, directory, name, (type << 12) | 0o600, device >>> 0);
  }

  /** What the symlink holds, as a byte string, or minus errno. */
  readLink(directory: number, name: number): string | number {
    const length = this.syscall(this.numbers.readlinkat, directory, name, this.memory.address + LINK, LINK_MAX);
    return length < 0 ? length : this.memory.text(LINK, length);
  }

  /** Another name for what the descriptor is. */
  link(fd: number, directory: number, name: number): number {
    return this.syscall(this.numbers.linkat, AT_FDCWD, this.procPath(fd), directory, name, AT_SYMLINK_FOLLOW);
  }

  /** Another name for what is `name` in the directory `from`, the same in `to`. */
  linkName(from: number, name: number, to: number): number {
    return this.syscall(this.numbers.linkat, from, name, to, name, 0);
  }

  unlink(directory: number, name: number, isDirectory = false): number {
    return this.syscall(this.numbers.unlinkat, directory, name, isDirectory ? AT_REMOVEDIR : 0);
  }

  rename(directory: number, from: string, to: string, flags: number): number {
    const [old, now] = [this.cstring(from, 0), this.cstring(to, 1)];
    return this.syscall(this.numbers.renameat2, directory, old, directory, now, flags);
  }

  /**
   * Calls `each` with the entries of the directory: type, and the address of the name's C string, which stands during
   * the call only. `each` may not list anything. Gives 0 or minus errno.
   */
  list(fd: number, each: (type: number, name: number, length: number) => void): number {
    const { bytes, address } = this.memory;
    for (;;) {
      const count = this.getdents(fd, address + DIRENTS, DIRENTS_ROOM);
      if (count <= 0) return count;
      // struct linux_dirent64: d_ino u64, d_off u64, d_reclen u16 at 16, d_type u8 at 18, d_name from 19.
      for (let at = DIRENTS; at < DIRENTS + count; ) {
        const reclen = (bytes[at + 16] as number) | ((bytes[at + 17] as number) << 8);
        const start = at + 19;
        // The record is padded to 8 bytes, so the name's end is among its last 8.
        let end = Math.max(start, at + reclen - 8);
        while (bytes[end] !== 0) end++;
        const length = end - start;
        const dots = bytes[start] === 0x2e && (length === 1 || (length === 2 && bytes[start + 1] === 0x2e));
        if (!dots) each(bytes[at + 18] as number, address + start, length);
        at += reclen;
      }
    }
  }

  /** The byte string of a name that `list` gave. */
  text(name: number, length: number): string {
    return this.memory.text(name - this.memory.address, length);
  }
}

function deviceNumber(major: number, minor: number): number {
  return major * 0x10_0000 + minor;
}
