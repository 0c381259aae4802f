import { readSync } from 'node:fs';
import type { ByteSource } from '../core/baseline-format.ts';

/** A file that is read where it is asked for; small ones at once. */
export class FileByteSource implements ByteSource {
  readonly size: number;
  readonly #fd: number;
  readonly #whole: Buffer | undefined;
  #buffer = Buffer.allocUnsafe(64 * 1024);

  /** Borrows the descriptor. */
  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.size = size;
    if (size <= WHOLE) {
      this.#whole = Buffer.allocUnsafe(size);
      const length = readFully(fd, this.#whole, 0);
      if (length < size) this.#whole = this.#whole.subarray(0, length);
    }
  }

  read(offset: number, length: number): Uint8Array {
    if (this.#whole !== undefined) return plain(this.#whole.subarray(offset, offset + length));
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafe(length);
    return plain(this.#buffer.subarray(0, readFully(this.#fd, this.#buffer.subarray(0, length), offset)));
  }

  text(bytes: Uint8Array, start: number, end: number): string {
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
  }
}

/** Not as a Buffer: whose `slice` does not copy, as that of an array of bytes does. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** Up to this size one read costs less than the probes that it saves. */
const WHOLE = 16 * 1024 * 1024;

function readFully(fd: number, into: Buffer, offset: number): number {
  let at = 0;
  while (at < into.length) {
    const count = readSync(fd, into, at, into.length - at, offset + at);
    if (count === 0) break;
    at += count;
  }
  return at;
}
