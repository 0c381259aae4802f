import { withRoom } from './columns.ts';

/**
 * A map from names to numbers, for directories of many entries: names are looked up as bytes where they lie, so that a
 * million of them cost no strings. Each name is a range of one buffer: a given one, or the
 * table's own.
 */
export class NameTable {
  bytes: Uint8Array;
  count = 0;
  #starts: Int32Array<ArrayBuffer>;
  #ends: Int32Array<ArrayBuffer>;
  #values: Int32Array<ArrayBuffer>;
  #hashes: Int32Array<ArrayBuffer>;
  /** Index of a name plus one, by its hash; 0: none. A power of two, at most half full. */
  #slots: Int32Array;

  constructor(bytes: Uint8Array = new Uint8Array(256), expected = 32) {
    this.bytes = bytes;
    const room = Math.max(16, expected);
    this.#starts = new Int32Array(room);
    this.#ends = new Int32Array(room);
    this.#values = new Int32Array(room);
    this.#hashes = new Int32Array(room);
    this.#slots = new Int32Array(2 << (32 - Math.clz32(room - 1)));
  }

  /** The name `bytes[start, end)`; of equal names the first counts. */
  add(start: number, end: number, value: number): void {
    if (this.count === this.#starts.length) this.#grow();
    const hash = hashOf(this.bytes, start, end);
    const slot = this.#slotOf(hash, this.bytes, start, end);
    if (this.#slots[slot] !== 0) return;
    const index = this.count++;
    this.#starts[index] = start;
    this.#ends[index] = end;
    this.#values[index] = value;
    this.#hashes[index] = hash;
    this.#slots[slot] = index + 1;
  }

  /** The same for `from[start, end)`, which the table keeps a copy of; then it must have been given no buffer. */
  addCopy(from: Uint8Array, start: number, end: number, value: number): void {
    const at = this.count === 0 ? 0 : this.#ends[this.count - 1];
    const stop = at + end - start;
    if (stop > this.bytes.length) {
      this.bytes = withRoom(this.bytes as Uint8Array<ArrayBuffer>, Math.max(stop, 2 * this.bytes.length));
    }
    for (let i = start; i < end; i++) this.bytes[at + i - start] = from[i];
    this.add(at, stop, value);
  }

  /** The index of the name `names[start, end)`; -1 where it is not there. */
  indexOf(names: Uint8Array, start: number, end: number): number {
    return (this.#slots[this.#slotOf(hashOf(names, start, end), names, start, end)] as number) - 1;
  }

  valueAt(index: number): number {
    return this.#values[index] as number;
  }

  startAt(index: number): number {
    return this.#starts[index] as number;
  }

  endAt(index: number): number {
    return this.#ends[index] as number;
  }

  /** The slot of the name `names[start, end)`, or the free one where it would be. */
  #slotOf(hash: number, names: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const length = end - start;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = (slots[slot] as number) - 1;
      if (index < 0) return slot;
      const from = this.#starts[index] as number;
      if (this.#hashes[index] !== hash || (this.#ends[index] as number) - from !== length) continue;
      let i = 0;
      while (i < length && this.bytes[from + i] === names[start + i]) i++;
      if (i === length) return slot;
    }
  }

  #grow(): void {
    const room = this.#starts.length * (this.#starts.length < 4096 ? 4 : 2);
    this.#starts = withRoom(this.#starts, room);
    this.#ends = withRoom(this.#ends, room);
    this.#values = withRoom(this.#values, room);
    this.#hashes = withRoom(this.#hashes, room);
    this.#slots = new Int32Array(2 << (32 - Math.clz32(room - 1)));
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.count; index++) {
      let slot = (this.#hashes[index] as number) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}

/** FNV-1a, folded: names of a directory often differ in their last bytes only. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}
