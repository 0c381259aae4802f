import type { Category } from '../category.ts';
import { covers, join, parentOf, type RawName, type RawPath, ROOT } from '../rawpath.ts';
import { otherWriters, type Writer, writerKey } from './writer.ts';

/** What one writer did in one directory, as it was seen. A file that was written counts once, however much was. */
export interface Writes {
  readonly writer: Writer;
  readonly directory: RawPath;
  /** One each time; the same may come again. */
  readonly names: readonly RawName[];
  /** Writes of which no name was kept. */
  readonly more: number;
}

/** A writer and a directory, with what was written there. */
export interface WriteRow {
  readonly writer: Writer;
  readonly directory: RawPath;
  /** It stands for all that is below the directory, too: there was too much to tell it apart. */
  readonly deep: boolean;
  /** Seconds since 1970. */
  first: number;
  last: number;
  readonly names: Map<RawName, NamedWrites>;
  /** Writes without a name, by what they are likely to be. */
  readonly more: Map<Category, number>;
}

export interface NamedWrites {
  readonly category: Category;
  count: number;
}

export interface TallyLimits {
  readonly rows: number;
  readonly writers: number;
  /** Names in one row. */
  readonly names: number;
}

export const usualLimits: TallyLimits = { rows: 1500, writers: 200, names: 16 };
/** What is left when there is too much: a part, so that there is not too much again at once. */
const LEFT = 0.5;
const NAMELESS = '\x01';

/** Sums up writes by writer and directory, in a memory that does not grow without end. */
export class Tally {
  readonly #limits: TallyLimits;
  readonly #categoryOf: (path: RawPath) => Category;
  readonly #byWriter = new Map<string, WriterRows>();
  #rows = 0;

  constructor(categoryOf: (path: RawPath) => Category, limits: TallyLimits = usualLimits) {
    this.#categoryOf = categoryOf;
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#rows === 0;
  }

  add({ writer, directory, names, more }: Writes, at: number): void {
    const row = this.#rowFor(writer, directory, at);
    if (row.deep) {
      this.#addMore(row, this.#categoryIn(directory), names.length + more);
    } else {
      for (const name of names) {
        const known = row.names.get(name);
        if (known !== undefined) known.count++;
        else if (row.names.size < this.#limits.names) {
          row.names.set(name, { category: this.#categoryOf(join(directory, name)), count: 1 });
        } else this.#addMore(row, this.#categoryOf(join(directory, name)), 1);
      }
      if (more > 0) this.#addMore(row, this.#categoryIn(directory), more);
    }
    row.first = Math.min(row.first, at);
    row.last = Math.max(row.last, at);
    if (this.#rows > this.#limits.rows || this.#byWriter.size > this.#limits.writers) this.#sumUp();
  }

  /**
   * Whether it is known who wrote `name` in `directory` at `since` or later; of somebody who wrote more there than was kept by
   * name, that it was theirs.
   */
  knows(directory: RawPath, name: RawName, since: number): boolean {
    for (const { writer, flat, deep } of this.#byWriter.values()) {
      const row = flat.get(directory) ?? deepRowOver(deep, directory);
      if (row === undefined || row.last < since) continue;
      if (row.names.has(name) || (row.more.size > 0 && writer.kind !== 'unknown')) return true;
    }
    return false;
  }

  /** In no order. */
  *rows(): Generator<WriteRow> {
    for (const { flat, deep } of this.#byWriter.values()) {
      yield* flat.values();
      yield* deep.values();
    }
  }

  /** Adds a row as `rows` gives it, of an earlier watch. Its names keep the categories that it has for them. */
  merge(row: WriteRow): void {
    this.#mergeInto(row.writer, row);
    if (this.#rows > this.#limits.rows || this.#byWriter.size > this.#limits.writers) this.#sumUp();
  }

  #mergeInto(writer: Writer, row: WriteRow): void {
    const mine = this.#rowsOf(writer);
    if (row.deep && deepRowOver(mine.deep, row.directory) === undefined) this.#deepen(mine, row.directory, row.first);
    const into = this.#rowFor(writer, row.directory, row.first);
    for (const [name, { category, count }] of row.names) {
      const known = into.names.get(name);
      if (known !== undefined) known.count += count;
      else if (!into.deep && into.names.size < this.#limits.names) into.names.set(name, { category, count });
      else this.#addMore(into, category, count);
    }
    for (const [category, count] of row.more) this.#addMore(into, category, count);
    into.first = Math.min(into.first, row.first);
    into.last = Math.max(into.last, row.last);
  }

  /** Of what has no name that any rule could know. */
  #categoryIn(directory: RawPath): Category {
    return this.#categoryOf(join(directory, NAMELESS));
  }

  #addMore(row: WriteRow, category: Category, count: number): void {
    if (count > 0) row.more.set(category, (row.more.get(category) ?? 0) + count);
  }

  #rowsOf(writer: Writer): WriterRows {
    const key = writerKey(writer);
    let rows = this.#byWriter.get(key);
    if (rows === undefined) {
      rows = { writer, flat: new Map(), deep: new Map() };
      this.#byWriter.set(key, rows);
    }
    return rows;
  }

  #rowFor(writer: Writer, directory: RawPath, at: number): WriteRow {
    const { flat, deep } = this.#rowsOf(writer);
    const known = flat.get(directory) ?? deepRowOver(deep, directory);
    if (known !== undefined) return known;
    const row: WriteRow = {
      ...{ writer, directory, deep: false, first: at, last: at },
      ...{ names: new Map(), more: new Map() },
    };
    flat.set(directory, row);
    this.#rows++;
    return row;
  }

  /** Fewer rows, and fewer writers where these are too many. */
  #sumUp(): void {
    const { rows, writers } = this.#limits;
    if (this.#byWriter.size > writers) this.#sumUpWriters(Math.floor(writers * LEFT));
    const left = Math.floor(rows * LEFT);
    while (this.#rows > left) {
      const groups = this.#siblings();
      if (groups.length === 0) break;
      for (const { rows: mine, parent } of groups) {
        if (this.#rows <= left) break;
        // It may lie within another one of them, which has taken it in.
        if (deepRowOver(mine.deep, parent) === undefined) this.#deepen(mine, parent, 0);
      }
    }
    // Nothing but single rows of many writers.
    if (this.#rows > left) this.#sumUpWriters(Math.max(1, Math.floor(this.#byWriter.size / 2)));
  }

  /**
   * The directories with the most rows of one writer in them, the most first. Where none has two, those that lie deepest:
   * a level up they may meet.
   */
  #siblings(): { rows: WriterRows; parent: RawPath; count: number }[] {
    const groups: { rows: WriterRows; parent: RawPath; count: number }[] = [];
    for (const mine of this.#byWriter.values()) {
      const counts = new Map<RawPath, number>();
      for (const { directory } of [...mine.flat.values(), ...mine.deep.values()]) {
        if (directory === ROOT) continue;
        const parent = parentOf(directory);
        counts.set(parent, (counts.get(parent) ?? 0) + 1);
      }
      for (const [parent, count] of counts) groups.push({ rows: mine, parent, count });
    }
    const several = groups.filter(({ count, parent }) => count > 1 && parent !== ROOT);
    if (several.length > 0) return several.sort((a, b) => b.count - a.count || depthOf(b.parent) - depthOf(a.parent));
    const deepest = groups.reduce((most, { parent }) => Math.max(most, depthOf(parent)), 0);
    return groups.filter(({ parent }) => depthOf(parent) === deepest);
  }

  /** All rows of one writer at and below the directory become one. */
  #deepen({ writer, flat, deep }: WriterRows, directory: RawPath, at: number): void {
    const within = [...flat.values(), ...deep.values()].filter((row) => covers(directory, row.directory));
    const first = within.reduce((least, row) => Math.min(least, row.first), at || Number.POSITIVE_INFINITY);
    const sum: WriteRow = {
      ...{ writer, directory, deep: true, first, last: 0 },
      ...{ names: new Map(), more: new Map() },
    };
    for (const row of within) {
      (row.deep ? deep : flat).delete(row.directory);
      sum.last = Math.max(sum.last, row.last);
      for (const { category, count } of row.names.values()) this.#addMore(sum, category, count);
      for (const [category, count] of row.more) this.#addMore(sum, category, count);
    }
    deep.set(directory, sum);
    this.#rows += 1 - within.length;
  }

  /** Those who wrote least become one. */
  #sumUpWriters(left: number): void {
    const others = writerKey(otherWriters);
    const least = [...this.#byWriter]
      .filter(([key]) => key !== others)
      .map(([key, rows]) => ({ key, rows, writes: writesOfAll(rows), last: lastOfAll(rows) }))
      .sort((a, b) => a.writes - b.writes || a.last - b.last)
      .slice(0, Math.max(1, this.#byWriter.size - left));
    for (const { key, rows } of least) {
      this.#byWriter.delete(key);
      for (const row of [...rows.flat.values(), ...rows.deep.values()]) {
        this.#rows--;
        this.#mergeInto(otherWriters, row);
      }
    }
  }
}

interface WriterRows {
  readonly writer: Writer;
  readonly flat: Map<RawPath, WriteRow>;
  readonly deep: Map<RawPath, WriteRow>;
}

function deepRowOver(deep: ReadonlyMap<RawPath, WriteRow>, directory: RawPath): WriteRow | undefined {
  if (deep.size === 0) return undefined;
  for (let at = directory; ; at = parentOf(at)) {
    const row = deep.get(at);
    if (row !== undefined || at === ROOT) return row;
  }
}

export function writesOf({ names, more }: WriteRow): number {
  let writes = 0;
  for (const { count } of names.values()) writes += count;
  for (const count of more.values()) writes += count;
  return writes;
}

function writesOfAll({ flat, deep }: WriterRows): number {
  return [...flat.values(), ...deep.values()].reduce((sum, row) => sum + writesOf(row), 0);
}

function lastOfAll({ flat, deep }: WriterRows): number {
  return [...flat.values(), ...deep.values()].reduce((last, row) => Math.max(last, row.last), 0);
}

function depthOf(path: RawPath): number {
  return path === ROOT ? 0 : path.split('/').length - 1;
}
