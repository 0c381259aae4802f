import { appendNames, type Names, noNames, putName, startOf, withRoom } from './columns.ts';
import type { Place } from './finding.ts';
import type { Listing } from './listing.ts';
import { join, type RawPath, rawFromBytes } from './rawpath.ts';

/** Places as plain data, for another thread. */
export interface PackedPlaces {
  /** Those that need more words than a name. */
  readonly single: readonly Place[];
  /** Directories of which the others are entries, and how many of each, in the order of these. */
  readonly parents: readonly RawPath[];
  readonly children: readonly number[];
  readonly names: Names;
  readonly ids: Int32Array;
  readonly flags: Uint8Array;
}

const NEW = 1;
const SHADOWED = 2;

/**
 * The directories that are still to be examined: a stack. A directory may hold a hundred thousand others, so each is a
 * name and a number; the path of what they lie in is kept once.
 */
export class PendingPlaces {
  #single: Place[] = [];
  #parents: RawPath[] = [];
  /** How many of the directories, from the bottom on, lie in these and the parents before. */
  #childrenEnd: number[] = [];
  #names = noNames();
  #ids = new Int32Array(16);
  #flags = new Uint8Array(16);
  #count = 0;

  get length(): number {
    return this.#single.length + this.#count;
  }

  /** At the bottom of the stack. */
  add(place: Place): void {
    this.#single.push(place);
  }

  /** Entry `i` of the directory `parent`. */
  push(parent: RawPath, listing: Listing, i: number, id: number, isNew: boolean, shadowed: boolean): void {
    const at = this.#count++;
    putName(this.#names, at, listing.names, listing.nameStart[i], listing.nameEnd[i]);
    this.#ids = withRoom(this.#ids, at + 1);
    this.#flags = withRoom(this.#flags, at + 1);
    this.#ids[at] = id;
    this.#flags[at] = (isNew ? NEW : 0) | (shadowed ? SHADOWED : 0);
    this.#lieIn(parent, 1);
  }

  pop(): Place | undefined {
    if (this.#count === 0) return this.#single.pop();
    const at = --this.#count;
    const { bytes, ends } = this.#names;
    const parent = this.#parents[this.#parents.length - 1];
    const path = join(parent, rawFromBytes(bytes, startOf(this.#names, at), ends[at]));
    const last = this.#childrenEnd.length - 1;
    this.#childrenEnd[last] = at;
    if (at === (last === 0 ? 0 : this.#childrenEnd[last - 1])) {
      this.#childrenEnd.pop();
      this.#parents.pop();
    }
    const flags = this.#flags[at];
    const [isNew, shadowed] = [(flags & NEW) !== 0, (flags & SHADOWED) !== 0];
    return { id: this.#ids[at], path, isNew, shadowed, scope: undefined };
  }

  /** Takes out half of them, the oldest: those have the most below them. */
  takeHalf(): PackedPlaces {
    const half = Math.ceil(this.length / 2);
    const single = this.#single.splice(0, half);
    const count = half - single.length;
    const all = { parents: this.#parents, ends: this.#childrenEnd, names: this.#names };
    const cut = startOf(all.names, count);
    const taken = packed(all.parents, all.ends, 0, count);
    const kept = packed(all.parents, all.ends, count, this.#count);
    const names = { bytes: all.names.bytes.slice(0, cut), ends: all.names.ends.slice(0, count) };
    const ids = this.#ids.slice(0, count);
    const flags = this.#flags.slice(0, count);
    // What stays moves down, in the memory that is there.
    all.names.bytes.copyWithin(0, cut, startOf(all.names, this.#count));
    for (let i = count; i < this.#count; i++) all.names.ends[i - count] = all.names.ends[i] - cut;
    this.#ids.copyWithin(0, count, this.#count);
    this.#flags.copyWithin(0, count, this.#count);
    this.#count -= count;
    this.#parents = [];
    this.#childrenEnd = [];
    kept.parents.forEach((parent, i) => {
      this.#parents.push(parent);
      this.#childrenEnd.push((this.#childrenEnd.at(-1) ?? 0) + kept.children[i]);
    });
    return { single, ...taken, names, ids, flags };
  }

  /** `idOf` gives the id that a place has here. */
  addPacked(places: PackedPlaces, idOf: (index: number) => number): void {
    const { single, parents, children, ids, flags } = places;
    for (let i = 0; i < single.length; i++) this.#single.push({ ...single[i], id: idOf(i) });
    appendNames(this.#names, this.#count, places.names, ids.length);
    this.#ids = withRoom(this.#ids, this.#count + ids.length);
    this.#flags = withRoom(this.#flags, this.#count + ids.length);
    this.#flags.set(flags, this.#count);
    for (let i = 0; i < ids.length; i++) this.#ids[this.#count + i] = idOf(single.length + i);
    this.#count += ids.length;
    for (let i = 0; i < parents.length; i++) this.#lieIn(parents[i], children[i]);
  }

  /** The last `children` of the directories lie in `parent`. */
  #lieIn(parent: RawPath, children: number): void {
    const last = this.#parents.length - 1;
    if (last >= 0 && this.#parents[last] === parent) {
      this.#childrenEnd[last] += children;
      return;
    }
    this.#parents.push(parent);
    this.#childrenEnd.push((this.#childrenEnd.at(-1) ?? 0) + children);
  }
}

/** The parents of the directories `[from, to)`, with how many of these lie in each. */
function packed(
  parents: readonly RawPath[],
  ends: readonly number[],
  from: number,
  to: number,
): { parents: RawPath[]; children: number[] } {
  const result = { parents: [] as RawPath[], children: [] as number[] };
  parents.forEach((parent, i) => {
    const start = Math.max(from, i === 0 ? 0 : ends[i - 1]);
    const end = Math.min(to, ends[i]);
    if (start >= end) return;
    result.parents.push(parent);
    result.children.push(end - start);
  });
  return result;
}
