import { systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';

const TREE_SEARCH_V2 = 0xc0709411;
const ARGUMENTS = 112;
const BUFFER = 256 * 1024;
const HEADER = 32;
const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** Types of items, include/uapi/linux/btrfs_tree.h. */
export const ItemType = {
  inodeItem: 1,
  inodeRef: 12,
  inodeExtref: 13,
  dirIndex: 96,
  rootItem: 132,
  rootRef: 156,
  quotaInfo: 242,
} as const;

/** Inodes of a subvolume: its root directory is the first, and negative numbers are special. */
export const FIRST_INODE = 256;
const LAST_INODE = MAX_U64 - 255n;

export interface SearchRange {
  /** 0: the subvolume of the descriptor. */
  readonly tree: number;
  readonly minObject?: number;
  readonly maxObject?: number;
  readonly minType?: number;
  readonly maxType?: number;
  readonly minOffset?: number;
  readonly maxOffset?: number;
  /** Leaves that were written in this transaction or later; whole leaves, so older items come along. */
  readonly minTransaction?: number;
  /** Only items of these types are visited, though all of the range are read: a range of keys cannot leave any out. */
  readonly types?: readonly number[];
}

/** One item: its key, and where its data lies in the buffer. */
export interface Item {
  object: number;
  type: number;
  offset: number;
  /** Start of the data in `TreeSearch.bytes`. */
  start: number;
  length: number;
}

/** BTRFS_IOC_TREE_SEARCH_V2: items of a tree in the order of their keys. Needs CAP_SYS_ADMIN. */
export class TreeSearch {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #calls: Syscalls;
  readonly #fd: number;
  readonly #words: BigUint64Array;
  readonly #halves: Uint32Array;
  readonly #address: number;

  constructor(calls: Syscalls, fd: number) {
    const memory = new ArrayBuffer(ARGUMENTS + BUFFER);
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.#words = new BigUint64Array(memory, 0, ARGUMENTS / 8);
    this.#halves = new Uint32Array(memory, 0, ARGUMENTS / 4);
    this.#address = calls.addressOf(memory);
    this.#calls = calls;
    this.#fd = fd;
  }

  /**
   * Calls `visit` for each item of the range, until it gives false; the item is valid during the call, and no search may
   * run in it.
   */
  each(range: SearchRange, visit: (item: Item) => unknown): void {
    const item: Item = { object: 0, type: 0, offset: 0, start: 0, length: 0 };
    const wanted = new Uint8Array(256).fill(range.types === undefined ? 1 : 0);
    for (const type of range.types ?? []) wanted[type] = 1;
    const words = this.#words;
    let minObject = BigInt(range.minObject ?? FIRST_INODE);
    let minType = range.minType ?? 0;
    let minOffset = BigInt(range.minOffset ?? 0);
    for (;;) {
      words[0] = BigInt(range.tree);
      words[1] = minObject;
      words[2] = range.maxObject === undefined ? LAST_INODE : BigInt(range.maxObject);
      words[3] = minOffset;
      words[4] = range.maxOffset === undefined ? MAX_U64 : BigInt(range.maxOffset);
      words[5] = BigInt(range.minTransaction ?? 0);
      words[6] = MAX_U64;
      this.#halves[14] = minType;
      this.#halves[15] = range.maxType ?? 255;
      this.#halves[16] = 0xffff_ffff;
      words[13] = BigInt(BUFFER);
      const result = this.#calls.ioctl(this.#fd, TREE_SEARCH_V2, this.#address);
      if (result < 0) throw systemError('BTRFS_IOC_TREE_SEARCH_V2', -result, undefined);
      const count = this.#halves[16] as number;
      if (count === 0) return;
      const lastHeader = this.#visitAll(count, wanted, item, visit);
      if (lastHeader === undefined) return;
      // The next key in order.
      minObject = this.view.getBigUint64(lastHeader + 8, true);
      minOffset = this.view.getBigUint64(lastHeader + 16, true);
      minType = this.view.getUint32(lastHeader + 24, true);
      if (minOffset < MAX_U64) minOffset++;
      else {
        minOffset = 0n;
        if (minType < 255) minType++;
        else {
          minType = 0;
          minObject++;
        }
      }
    }
  }

  /** Header: transid u64, objectid u64, offset u64, type u32, len u32. Gives where the last one began; undefined: stop. */
  #visitAll(count: number, wanted: Uint8Array, item: Item, visit: (item: Item) => unknown): number | undefined {
    const { view } = this;
    let at = ARGUMENTS;
    let header = at;
    for (let i = 0; i < count; i++) {
      header = at;
      const type = view.getUint32(at + 24, true);
      const length = view.getUint32(at + 28, true);
      at += HEADER + length;
      if (wanted[type & 0xff] === 0) continue;
      item.object = view.getUint32(header + 8, true) + view.getUint32(header + 12, true) * 0x1_0000_0000;
      item.offset = view.getUint32(header + 16, true) + view.getUint32(header + 20, true) * 0x1_0000_0000;
      item.type = type;
      item.length = length;
      item.start = header + HEADER;
      if (visit(item) === false) return undefined;
    }
    return header;
  }

  /** The byte string of `bytes[start, start + length)`. */
  text(start: number, length: number): string {
    return Buffer.from(this.bytes.buffer, start, length).toString('latin1');
  }

  u64(at: number): number {
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 0x1_0000_0000;
  }
}
