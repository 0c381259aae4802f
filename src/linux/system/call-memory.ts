import type { Native } from './native.ts';

/** Where arguments and results of system calls lie. Calls are synchronous, so one piece serves all. */
export class CallMemory {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly address: number;
  readonly #latin1: Buffer;

  constructor(native: Native, size: number) {
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.words = new Uint32Array(buffer);
    this.#latin1 = Buffer.from(buffer);
    this.address = native.addressOf(buffer);
  }

  /** The byte string as a C string, before `end`; gives its address. */
  cstring(text: string, at: number, end: number): number {
    if (text.length >= end - at) throw new RangeError('too long for one system call');
    for (let i = 0; i < text.length; i++) this.bytes[at + i] = text.charCodeAt(i);
    this.bytes[at + text.length] = 0;
    return this.address + at;
  }

  /** As a byte string. */
  text(at: number, length: number): string {
    return this.#latin1.toString('latin1', at, at + length);
  }

  /** A number of 64 bits of which 53 are used. */
  wide(at: number): number {
    return (this.words[at / 4] as number) + (this.words[at / 4 + 1] as number) * 0x1_0000_0000;
  }

  /** The same, where it may be negative. */
  signed(at: number): number {
    return (this.words[at / 4] as number) + ((this.words[at / 4 + 1] as number) | 0) * 0x1_0000_0000;
  }
}
