import { FAN_ONDIR, FAN_Q_OVERFLOW } from './watch-calls.ts';

const METADATA_VERSION = 3;
/** struct fanotify_event_metadata. */
const METADATA = 24;
// Types of the records behind it, include/uapi/linux/fanotify.h.
const INFO_FID = 1;
const INFO_DFID_NAME = 2;
const INFO_DFID = 3;

/**
 * Walks along what read(2) gave of a fanotify group, without an object an event: `next` goes to the next one, whose facts
 * are then read from the properties. `bytes` has to begin at a multiple of four.
 */
export class FanotifyEvents {
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #signed: Int32Array;
  #next = 0;
  #end = 0;
  /** The mask's lower half: of the upper one nothing is asked for. */
  mask = 0;
  pid = 0;
  /** Where the descriptor of the file is, -1 where there is none. */
  fd = -1;
  /** Where the handle of the directory is; `handleLength` is 0 where there is none. */
  handleAt = 0;
  handleLength = 0;
  handleType = 0;
  /** The name in the directory; empty where there is none, or where it is the directory itself. */
  nameAt = 0;
  nameEnd = 0;
  /** What the event is about itself, where the group asks for that. */
  targetAt = 0;
  targetLength = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const words = bytes.byteLength >> 2;
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, words);
    this.#signed = new Int32Array(bytes.buffer, bytes.byteOffset, words);
  }

  /** Begins anew: there are `length` bytes. */
  begin(length: number): void {
    this.#next = 0;
    this.#end = Math.min(length, this.#bytes.length);
  }

  /** False at the end, and at what is no event of the version that is known. */
  next(): boolean {
    const at = this.#next;
    if (at + METADATA > this.#end) return false;
    const length = this.#words[at >> 2] as number;
    const version = this.#bytes[at + 4];
    const metadata = (this.#bytes[at + 6] as number) | ((this.#bytes[at + 7] as number) << 8);
    // Never less than itself, and all of it in whole words: what is not so is not from this kernel.
    if (version !== METADATA_VERSION || metadata < METADATA || length < metadata || (length & 3) !== 0) return false;
    if (at + length > this.#end) return false;
    this.#next = at + length;
    this.mask = this.#words[(at + 8) >> 2] as number;
    this.fd = this.#signed[(at + 16) >> 2] as number;
    this.pid = this.#signed[(at + 20) >> 2] as number;
    this.#readRecords(at + metadata);
    return true;
  }

  get isOverflow(): boolean {
    return (this.mask & FAN_Q_OVERFLOW) !== 0;
  }

  get isDirectory(): boolean {
    return (this.mask & FAN_ONDIR) !== 0;
  }

  #readRecords(first: number): void {
    this.handleLength = 0;
    this.nameAt = 0;
    this.nameEnd = 0;
    this.targetLength = 0;
    for (let at = first; at + 4 <= this.#next; ) {
      const type = this.#bytes[at];
      const length = (this.#bytes[at + 2] as number) | ((this.#bytes[at + 3] as number) << 8);
      const end = at + length;
      if (length < 4 || end > this.#next) return;
      // struct fanotify_event_info_fid: header, fsid (8 bytes), struct file_handle (length, type, bytes), a name.
      if (type === INFO_DFID_NAME || type === INFO_DFID || type === INFO_FID) {
        const bytes = length < 20 ? 0 : (this.#words[(at + 12) >> 2] as number);
        if (bytes > 0 && at + 20 + bytes <= end) this.#readHandle(type, at + 20, bytes, end);
      }
      at = end;
    }
  }

  #readHandle(type: number, at: number, length: number, end: number): void {
    if (type === INFO_FID) {
      this.targetAt = at;
      this.targetLength = length;
      return;
    }
    this.handleAt = at;
    this.handleLength = length;
    this.handleType = this.#signed[(at - 4) >> 2] as number;
    if (type !== INFO_DFID_NAME) return;
    let nameEnd = at + length;
    while (nameEnd < end && this.#bytes[nameEnd] !== 0) nameEnd++;
    // Without its NUL it is no name.
    if (nameEnd === end) return;
    const isItself = nameEnd === at + length + 1 && this.#bytes[at + length] === 0x2e;
    this.nameAt = at + length;
    this.nameEnd = isItself ? this.nameAt : nameEnd;
  }
}
