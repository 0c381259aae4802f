import { readSync } from 'node:fs';
import type { ByteSource } from '../core/baseline-format.ts';

/** A file that is read where it is asked for, a block at a time; small ones at once. */
export class FileByteSource implements ByteSource {
  readonly size: number;
  readonly #fd: number;
  readonly #whole: Uint8Array | undefined;
  /** Blocks that were read last, by their number, and the memory that the next one takes. */
  readonly #blocks = new Map<number, Uint8Array>();
  #large = Buffer.allocUnsafe(0);

  /** Borrows the descriptor. */
  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.size = size;
    if (size > WHOLE) return;
    const whole = Buffer.allocUnsafe(size);
    this.#whole = plain(whole.subarray(0, readFully(fd, whole, 0)));
  }

  read(offset: number, length: number): Uint8Array {
    if (this.#whole !== undefined) return this.#whole.subarray(offset, offset + length);
    const number = Math.floor(offset / BLOCK);
    const within = offset - number * BLOCK;
    if (within + length <= BLOCK + OVERLAP) return this.#block(number).subarray(within, within + length);
    if (this.#large.length < length) this.#large = Buffer.allocUnsafe(length);
    return plain(this.#large.subarray(0, readFully(this.#fd, this.#large.subarray(0, length), offset)));
  }

  text(bytes: Uint8Array, start: number, end: number): string {
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  }

  /** The block with what follows it: a search ends among records that lie close together. */
  #block(number: number): Uint8Array {
    const known = this.#blocks.get(number);
    if (known !== undefined) return known;
    let memory: Buffer | undefined;
    if (this.#blocks.size === BLOCKS) {
      const [oldest] = this.#blocks as Iterable<[number, Uint8Array]>;
      if (oldest !== undefined) {
        this.#blocks.delete(oldest[0]);
        memory = Buffer.from(oldest[1].buffer, 0, BLOCK + OVERLAP);
      }
    }
    memory ??= Buffer.from(new ArrayBuffer(BLOCK + OVERLAP));
    const block = plain(memory.subarray(0, readFully(this.#fd, memory, number * BLOCK)));
    this.#blocks.set(number, block);
    return block;
  }
}

/** Not as a Buffer: whose `slice` does not copy, as that of an array of bytes does. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** Up to this size one read costs less than the probes that it saves. */
const WHOLE = 16 * 1024 * 1024;
const BLOCK = 64 * 1024;
/** As much as is asked for at once at the end of a search. */
const OVERLAP = 16 * 1024;
const BLOCKS = 32;

function readFully(fd: number, into: Buffer, offset: number): number {
  let at = 0;
  while (at < into.length) {
    const count = readSync(fd, into, at, into.length - at, offset + at);
    if (count === 0) break;
    at += count;
  }
  return at;
}
