import { constants } from 'node:fs';
import { type Native, native } from './native.ts';

/** Numbers of include/uapi: those from 424 on are the same on every architecture. */
const numbers = {
  x64: {
    ...{
      read: 0,
      close: 3,
      ioctl: 16,
      flock: 73,
      mount: 165,
      getdents64: 217,
      ioprio_set: 251,
      mkdirat: 258,
      unlinkat: 263,
    },
    ...{ readlinkat: 267, unshare: 272, syncfs: 306, renameat2: 316, statx: 332 },
  },
  arm64: {
    ...{
      read: 63,
      close: 57,
      ioctl: 29,
      flock: 32,
      mount: 40,
      getdents64: 61,
      ioprio_set: 30,
      mkdirat: 34,
      unlinkat: 35,
    },
    ...{ readlinkat: 78, unshare: 97, syncfs: 267, renameat2: 276, statx: 291 },
  },
} as const;
type Numbers = { readonly [call in keyof (typeof numbers)['x64']]: number };
const OPEN_TREE = 428;
const OPENAT2 = 437;

export const AT_FDCWD = -100;
const AT_REMOVEDIR = 0x200;
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;
const CLONE_NEWNS = 0x20000;
const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const STATX_BASIC_BTIME = 0xfff;

const O_CLOEXEC = 0o2000000;
// These two differ between architectures.
export const { O_DIRECTORY, O_NOFOLLOW } = constants;
export const O_PATH = 0o10000000;
export const O_NONBLOCK = 0o4000;
const OPEN_TREE_CLONE = 1;

export const RESOLVE_NO_XDEV = 1;
export const RESOLVE_NO_MAGICLINKS = 2;
export const RESOLVE_NO_SYMLINKS = 4;
export const RESOLVE_BENEATH = 8;
export const RESOLVE_IN_ROOT = 16;

/** To open a directory, whatever else may be in its place. */
export const A_DIRECTORY = O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
/** To stay in the tree below a descriptor: no symlink is followed and no mount crossed. */
export const STRICTLY_BELOW = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;

/** The one place for scratch memory of short-lived arguments; calls are synchronous, so one buffer serves all. */
const SCRATCH = 16384;
/** Where a result lies in it: behind two paths. */
const RESULT = 16384 - 256;

/** The system calls that ebb makes itself, because Node has none for them or needs a path string for each. */
export class Syscalls {
  readonly #native: Native;
  readonly #n: Numbers;
  readonly #scratch = new ArrayBuffer(SCRATCH);
  readonly #bytes = new Uint8Array(this.#scratch);
  readonly #words = new BigUint64Array(this.#scratch, 0, 3);
  readonly #halves = new Uint32Array(this.#scratch);
  readonly #address: number;

  /** undefined where system calls cannot be made: no koffi, or an architecture whose numbers we do not know. */
  static load(): Syscalls | undefined {
    if (Syscalls.#loaded === undefined) {
      const calls = native();
      const { arch } = process;
      const known = calls !== undefined && (arch === 'x64' || arch === 'arm64');
      Syscalls.#loaded = known ? new Syscalls(calls, numbers[arch]) : null;
    }
    return Syscalls.#loaded ?? undefined;
  }

  static #loaded: Syscalls | null | undefined;

  private constructor(calls: Native, n: Numbers) {
    this.#native = calls;
    this.#n = n;
    this.#address = calls.addressOf(this.#scratch);
  }

  addressOf(buffer: ArrayBufferLike): number {
    return this.#native.addressOf(buffer);
  }

  /** Byte string to a C string in the scratch memory behind `struct open_how`. */
  #path(path: string, start = 64): number {
    if (path.length > SCRATCH - start - 1) throw new RangeError('path too long for one system call');
    for (let i = 0; i < path.length; i++) this.#bytes[start + i] = path.charCodeAt(i);
    this.#bytes[start + path.length] = 0;
    return this.#address + start;
  }

  /** A detached clone of the mount at `path` without what is mounted below it, see open_tree(2). Needs privilege. */
  openTreeClone(path: string): number {
    return this.#native.syscall(OPEN_TREE, AT_FDCWD, this.#path(path), OPEN_TREE_CLONE | O_CLOEXEC);
  }

  /** openat2(2); gives a descriptor or minus errno. */
  openAt(directory: number, path: string, flags: number, resolve: number): number {
    this.#words[0] = BigInt(flags | O_CLOEXEC);
    this.#words[1] = 0n;
    this.#words[2] = BigInt(resolve);
    return this.#native.syscall(OPENAT2, directory, this.#path(path), this.#address, 24);
  }

  close(fd: number): void {
    this.#native.syscall(this.#n.close, fd);
  }

  /** read(2); gives the length or minus errno. */
  read(fd: number, address: number, length: number): number {
    return this.#native.syscall(this.#n.read, fd, address, length);
  }

  getdents(fd: number, address: number, length: number): number {
    return this.#native.syscall(this.#n.getdents64, fd, address, length);
  }

  /** statx(2) of the C string at `name` in `directory`, not followed, into 256 bytes at `result`. */
  statx(directory: number, name: number, result: number, mask = STATX_BASIC_BTIME): number {
    const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    return this.#native.syscall(this.#n.statx, directory, name, flags, mask, result);
  }

  /** Device and inode of what is `name` in `directory`, not followed; undefined where there is none. */
  identityAt(directory: number, name: string): string | undefined {
    if (this.statx(directory, this.#path(name), this.#address + RESULT) !== 0) return undefined;
    // struct statx: stx_ino u64 at 32, stx_dev_major and _minor u32 at 136.
    const at = (offset: number): number => this.#halves[(RESULT + offset) / 4] as number;
    return `${at(136)}:${at(140)} ${at(36)}:${at(32)}`;
  }

  /** readlinkat(2) of the C string at `name` into `length` bytes at `result`. */
  readlink(directory: number, name: number, result: number, length: number): number {
    return this.#native.syscall(this.#n.readlinkat, directory, name, result, length);
  }

  ioctl(fd: number, request: number, argument: number): number {
    return this.#native.syscall(this.#n.ioctl, fd, request, argument);
  }

  /** unlinkat(2); `name` is one component. */
  unlinkAt(directory: number, name: string, isDirectory: boolean): number {
    return this.#native.syscall(this.#n.unlinkat, directory, this.#path(name), isDirectory ? AT_REMOVEDIR : 0);
  }

  /** renameat2(2) that never replaces anything. Names are one component each. */
  renameNoReplace(from: number, name: string, to: number, newName: string): number {
    return this.#rename(from, name, to, newName, RENAME_NOREPLACE);
  }

  /** renameat2(2): each takes the other's name. */
  renameExchange(from: number, name: string, to: number, newName: string): number {
    return this.#rename(from, name, to, newName, RENAME_EXCHANGE);
  }

  #rename(from: number, name: string, to: number, newName: string, flags: number): number {
    const target = this.#path(newName, 64 + 4096);
    return this.#native.syscall(this.#n.renameat2, from, this.#path(name), to, target, flags);
  }

  mkdirAt(directory: number, name: string, mode: number): number {
    return this.#native.syscall(this.#n.mkdirat, directory, this.#path(name), mode);
  }

  /** flock(2) without waiting; the lock goes with the descriptor. False where somebody else has it. */
  tryLock(fd: number, kind: 'shared' | 'exclusive'): boolean {
    return this.#native.syscall(this.#n.flock, fd, (kind === 'shared' ? LOCK_SH : LOCK_EX) | LOCK_NB) === 0;
  }

  /** The disk serves this process last: ioprio_set(2), class idle. */
  setIdlePriority(): void {
    this.#native.syscall(this.#n.ioprio_set, 1, 0, 3 << 13);
  }

  /** Gives this process a mount namespace of its own, unshare(2): threads that are there already keep the old one. */
  unshareMounts(): number {
    return this.#native.syscall(this.#n.unshare, CLONE_NEWNS);
  }

  /** mount(2). `source`, `filesystem` and `data` may be empty; `target` is a path. */
  mount(source: string, target: string, filesystem: string, flags: number, data: string): number {
    let end = 64;
    const addresses = [source, target, filesystem, data].map((text) => {
      const address = this.#path(text, end);
      end += text.length + 1;
      return address;
    }) as [number, number, number, number];
    return this.#native.syscall(this.#n.mount, addresses[0], addresses[1], addresses[2], flags, addresses[3]);
  }

  syncfs(fd: number): number {
    return this.#native.syscall(this.#n.syncfs, fd);
  }
}
