import { readSync } from 'node:fs';
import type { ByteSource } from '../../core/baseline-format.ts';

/**
 * A file that is read where it is asked for; small ones at once. What was read last is kept, since a search ends among
 * records that lie close together, and memory that is used again costs nothing: a new page is dearer than a short read.
 */
export class FileByteSource implements ByteSource {
  readonly size: number;
  readonly #fd: number;
  readonly #whole: Uint8Array | undefined;
  #memory = new Uint8Array(WINDOW);
  #start = 0;
  #length = 0;

  /** Borrows the descriptor. */
  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.size = size;
    if (size > WHOLE) return;
    const whole = new Uint8Array(size);
    this.#whole = whole.subarray(0, readFully(fd, whole, 0));
  }

  read(offset: number, length: number): Uint8Array {
    if (this.#whole !== undefined) return this.#whole.subarray(offset, offset + length);
    const within = offset - this.#start;
    const isKept = within >= 0 && within + length <= this.#length;
    if (!isKept) this.#load(offset, length);
    const from = offset - this.#start;
    return this.#memory.subarray(from, Math.min(from + length, this.#length));
  }

  text(bytes: Uint8Array, start: number, end: number): string {
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  }

  #load(offset: number, length: number): void {
    // More of what is there already: only the rest is read.
    const isMore = offset === this.#start && length > this.#length && this.#length > 0;
    // Else a little of what lies around it, too.
    const start = isMore || length >= WINDOW / 2 ? offset : Math.max(0, offset - WINDOW / 2);
    const kept = isMore ? this.#length : 0;
    const wanted = Math.max(WINDOW, offset - start + length);
    if (this.#memory.length < wanted) {
      const larger = new Uint8Array(Math.max(wanted, ROOM));
      larger.set(this.#memory.subarray(0, kept));
      this.#memory = larger;
    }
    this.#start = start;
    this.#length = kept + readFully(this.#fd, this.#memory.subarray(kept, wanted), start + kept);
  }
}

/** Up to this size one read costs less than the probes that it saves. */
const WHOLE = 16 * 1024 * 1024;
const WINDOW = 16 * 1024;
/** What the memory may grow to before it has to be had anew. */
const ROOM = 512 * 1024;

function readFully(fd: number, into: Uint8Array, offset: number): number {
  let at = 0;
  while (at < into.length) {
    const count = readSync(fd, into, at, into.length - at, offset + at);
    if (count === 0) break;
    at += count;
  }
  return at;
}
