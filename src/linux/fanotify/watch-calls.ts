import { CallMemory } from '../system/call-memory.ts';
import { DescriptorCalls } from '../system/descriptor-calls.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../system/flags.ts';
import { type Native, native } from '../system/native.ts';
import { FSCONFIG, FSMOUNT, FSOPEN, OPEN_TREE, OPENAT2 } from '../system/syscall-numbers.ts';

// include/uapi/linux/fanotify.h
export const FAN_MODIFY = 0x2;
export const FAN_CLOSE_WRITE = 0x8;
export const FAN_MOVED_TO = 0x80;
export const FAN_CREATE = 0x100;
export const FAN_DELETE = 0x200;
export const FAN_Q_OVERFLOW = 0x4000;
export const FAN_ONDIR = 0x40000000;
const FAN_CLOEXEC = 0x1;
const FAN_NONBLOCK = 0x2;
export const FAN_REPORT_DFID_NAME = 0xc00;
/** With what it is that the event is about, Linux 5.17. */
export const FAN_REPORT_TARGET_FID = 0x1000 | 0x200;
const FAN_MARK_ADD = 1;
const FAN_MARK_REMOVE = 2;
const FAN_MARK_FILESYSTEM = 0x100;

const OPEN_TREE_CLONE = 1;
const FSCONFIG_SET_FLAG = 0;
const FSCONFIG_SET_STRING = 1;
const FSCONFIG_CMD_CREATE = 6;

// Of the memory: what calls take, two strings, a handle (struct file_handle), what readlink or read give.
const ARGUMENTS = 0;
const STRINGS = 256;
const STRINGS_END = STRINGS + 8704;
const HANDLE = STRINGS_END;
export const HANDLE_MAX = 128;
const RESULT = HANDLE + 8 + HANDLE_MAX;
const RESULT_ROOM = 16384;

/** The system calls of a watch. They give what the kernel gives, or minus errno. */
export class WatchCalls extends DescriptorCalls {
  readonly #native: Native;
  readonly #memory: CallMemory;
  /** Of mounts: what they last as long as, by what they are read by. */
  readonly #places = new Map<number, number>();

  /** undefined where system calls cannot be made. */
  static load(): WatchCalls | undefined {
    const calls = native();
    return calls === undefined ? undefined : new WatchCalls(calls);
  }

  private constructor(calls: Native) {
    super(calls);
    this.#native = calls;
    this.#memory = new CallMemory(calls, RESULT + RESULT_ROOM);
  }

  addressOf(buffer: ArrayBufferLike): number {
    return this.#native.addressOf(buffer);
  }

  fanotify(flags: number): number {
    return this.syscall(this.numbers.fanotify_init, flags | FAN_CLOEXEC | FAN_NONBLOCK, O_CLOEXEC);
  }

  /** Marks the filesystem of the directory, with these events beside those that it is marked with. */
  mark(group: number, mask: number, directory: number): number {
    return this.#changeMark(group, FAN_MARK_ADD, mask, directory);
  }

  unmark(group: number, mask: number, directory: number): number {
    return this.#changeMark(group, FAN_MARK_REMOVE, mask, directory);
  }

  #changeMark(group: number, how: number, mask: number, directory: number): number {
    return this.syscall(this.numbers.fanotify_mark, group, how | FAN_MARK_FILESYSTEM, mask, directory, 0);
  }

  /** Waits until there is something to read: 1, or 0 where there is nothing after the time. */
  poll(fd: number, milliseconds: number): number {
    const { words, address } = this.#memory;
    // struct pollfd: fd, events (POLLIN), revents. struct timespec behind it.
    words.set([fd, 1, Math.floor(milliseconds / 1000), 0, (milliseconds % 1000) * 1e6, 0], ARGUMENTS / 4);
    return this.syscall(this.numbers.ppoll, address, 1, address + 8, 0, 8);
  }

  /** Opens as a place what the handle in `bytes[at, at + length)` stands for, on the filesystem of `mount`. */
  openByHandle(mount: number, type: number, bytes: Uint8Array, at: number, length: number): number {
    if (length > HANDLE_MAX) return -1;
    const { words, address } = this.#memory;
    words.set([length, type], HANDLE / 4);
    for (let i = 0; i < length; i++) this.#memory.bytes[HANDLE + 8 + i] = bytes[at + i] as number;
    return this.syscall(this.numbers.open_by_handle_at, mount, address + HANDLE, O_PATH | O_CLOEXEC);
  }

  /** The path of what the descriptor is, as a byte string, or minus errno. */
  pathOf(fd: number): string | number {
    const name = this.#string(`/proc/self/fd/${fd}`, STRINGS);
    const result = this.#memory.address + RESULT;
    const length = this.syscall(this.numbers.readlinkat, AT_FDCWD, name, result, RESULT_ROOM);
    return length < 0 ? length : this.#memory.text(RESULT, length);
  }

  /** The beginning of a file of /proc as a byte string, or minus errno. */
  readSmall(path: string): string | number {
    const { address, words } = this.#memory;
    words.set([O_CLOEXEC, 0, 0, 0, 0, 0], ARGUMENTS / 4);
    const fd = this.syscall(OPENAT2, AT_FDCWD, this.#string(path, STRINGS), address + ARGUMENTS, 24);
    if (fd < 0) return fd;
    const length = this.read(fd, address + RESULT, RESULT_ROOM);
    this.close(fd);
    return length < 0 ? length : this.#memory.text(RESULT, length);
  }

  /** bpf(2) with these arguments. */
  bpf(command: number, argument: Uint32Array): number {
    this.#memory.words.set(argument, ARGUMENTS / 4);
    return this.syscall(this.numbers.bpf, command, this.#memory.address + ARGUMENTS, argument.byteLength);
  }

  /**
   * A mount of the filesystem that is nowhere in the tree of mounts: a descriptor of its top directory, or minus errno.
   * Options without a value are flags. It goes with `closeMount`.
   */
  detachedMount(filesystem: string, options: readonly (readonly [name: string, value?: string])[]): number {
    const context = this.syscall(FSOPEN, this.#string(filesystem, STRINGS), 1);
    if (context < 0) return context;
    const configured = options.reduce((result, [name, value]) => {
      if (result < 0) return result;
      const key = this.#string(name, STRINGS);
      return value === undefined
        ? this.syscall(FSCONFIG, context, FSCONFIG_SET_FLAG, key, 0, 0)
        : this.syscall(FSCONFIG, context, FSCONFIG_SET_STRING, key, this.#string(value, STRINGS + name.length + 1), 0);
    }, 0);
    const created = configured < 0 ? configured : this.syscall(FSCONFIG, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
    const mount = created < 0 ? created : this.syscall(FSMOUNT, context, 1, 0);
    this.close(context);
    return this.#opened(mount);
  }

  /** The same of the mount whose top directory this is, without what is mounted upon it. */
  cloneOfMount(directory: string): number {
    const path = this.#string(directory, STRINGS);
    return this.#opened(this.syscall(OPEN_TREE, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC));
  }

  /** Handles are opened by what is open itself, and not by a place only; the mount lasts as long as the place. */
  #opened(mount: number): number {
    if (mount < 0) return mount;
    const { words, address } = this.#memory;
    words.set([O_DIRECTORY | O_CLOEXEC, 0, 0, 0, 0, 0], ARGUMENTS / 4);
    const fd = this.syscall(OPENAT2, mount, this.#string('.', STRINGS), address + ARGUMENTS, 24);
    if (fd < 0) this.close(mount);
    else this.#places.set(fd, mount);
    return fd;
  }

  closeMount(fd: number): void {
    this.close(fd);
    const place = this.#places.get(fd);
    if (place !== undefined) this.close(place);
    this.#places.delete(fd);
  }

  #string(text: string, at: number): number {
    return this.#memory.cstring(text, at, STRINGS_END);
  }
}
