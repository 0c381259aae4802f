import { CallMemory } from './call-memory.ts';
import { DescriptorCalls } from './descriptor-calls.ts';
import {
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_REMOVEDIR,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  RENAME_NOREPLACE,
  STATX_BASIC_STATS,
  STATX_BTIME,
} from './flags.ts';
import { type Native, native } from './native.ts';
import { OPEN_TREE, OPENAT2 } from './syscall-numbers.ts';

const OPEN_TREE_CLONE = 1;
const CLONE_NEWNS = 0x20000;

// Of the memory: struct open_how, paths, and a result behind them.
const HOW = 24;
const PATHS = 64;
const SECOND_PATH = PATHS + 4096;
const RESULT = 16384 - 256;
const MEMORY = 16384;

/** The system calls that ebb makes itself, because Node has none for them or needs a path string for each. */
export class Syscalls extends DescriptorCalls {
  readonly #native: Native;
  readonly #memory: CallMemory;

  /** undefined where system calls cannot be made. */
  static load(): Syscalls | undefined {
    if (Syscalls.#loaded === undefined) {
      const calls = native();
      Syscalls.#loaded = calls === undefined ? null : new Syscalls(calls);
    }
    return Syscalls.#loaded ?? undefined;
  }

  static #loaded: Syscalls | null | undefined;

  private constructor(calls: Native) {
    super(calls);
    this.#native = calls;
    this.#memory = new CallMemory(calls, MEMORY);
  }

  addressOf(buffer: ArrayBufferLike): number {
    return this.#native.addressOf(buffer);
  }

  #path(path: string, at = PATHS): number {
    return this.#memory.cstring(path, at, RESULT);
  }

  /** A detached clone of the mount at `path` without what is mounted below it, see open_tree(2). Needs privilege. */
  openTreeClone(path: string): number {
    return this.syscall(OPEN_TREE, AT_FDCWD, this.#path(path), OPEN_TREE_CLONE | O_CLOEXEC);
  }

  /** openat2(2); gives a descriptor or minus errno. */
  openAt(directory: number, path: string, flags: number, resolve: number): number {
    const { words, address } = this.#memory;
    // Mode and the upper halves stay zero.
    words[0] = flags | O_CLOEXEC;
    words[4] = resolve;
    return this.syscall(OPENAT2, directory, this.#path(path), address, HOW);
  }

  /** statx(2) of the C string at `name` in `directory`, not followed, into 256 bytes at `result`. */
  statx(directory: number, name: number, result: number, mask = STATX_BASIC_STATS | STATX_BTIME): number {
    const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
    return this.syscall(this.numbers.statx, directory, name, flags, mask, result);
  }

  /** Device and inode of what is `name` in `directory`, not followed; undefined where there is none. */
  identityAt(directory: number, name: string): string | undefined {
    if (this.statx(directory, this.#path(name), this.#memory.address + RESULT) !== 0) return undefined;
    // struct statx: stx_ino u64 at 32, stx_dev_major and _minor u32 at 136.
    const at = (offset: number): number => this.#memory.words[(RESULT + offset) / 4] as number;
    return `${at(136)}:${at(140)} ${at(36)}:${at(32)}`;
  }

  /** readlinkat(2) of the C string at `name` into `length` bytes at `result`. */
  readlink(directory: number, name: number, result: number, length: number): number {
    return this.syscall(this.numbers.readlinkat, directory, name, result, length);
  }

  /** unlinkat(2); `name` is one component. */
  unlinkAt(directory: number, name: string, isDirectory: boolean): number {
    return this.syscall(this.numbers.unlinkat, directory, this.#path(name), isDirectory ? AT_REMOVEDIR : 0);
  }

  /** renameat2(2) that never replaces anything. Names are one component each. */
  renameNoReplace(from: number, name: string, to: number, newName: string): number {
    return this.#rename(from, name, to, newName, RENAME_NOREPLACE);
  }

  #rename(from: number, name: string, to: number, newName: string, flags: number): number {
    const target = this.#path(newName, SECOND_PATH);
    return this.syscall(this.numbers.renameat2, from, this.#path(name), to, target, flags);
  }

  mkdirAt(directory: number, name: string, mode: number): number {
    return this.syscall(this.numbers.mkdirat, directory, this.#path(name), mode);
  }

  /** The disk serves this process last: ioprio_set(2), class idle. */
  setIdlePriority(): void {
    this.syscall(this.numbers.ioprio_set, 1, 0, 3 << 13);
  }

  /** Gives this process a mount namespace of its own, unshare(2): threads that are there already keep the old one. */
  unshareMounts(): number {
    return this.syscall(this.numbers.unshare, CLONE_NEWNS);
  }

  /** mount(2). `source`, `filesystem` and `data` may be empty; `target` is a path. */
  mount(source: string, target: string, filesystem: string, flags: number, data: string): number {
    let end = PATHS;
    const addresses = [source, target, filesystem, data].map((text) => {
      const address = this.#path(text, end);
      end += text.length + 1;
      return address;
    }) as [number, number, number, number];
    return this.syscall(this.numbers.mount, addresses[0], addresses[1], addresses[2], flags, addresses[3]);
  }
}
