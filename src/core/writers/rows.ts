import { type Category, categories } from '../category.ts';
import { compareRaw, type RawName, type RawPath } from '../rawpath.ts';
import type { WriteRow } from './tally.ts';
import type { Writer } from './writer.ts';

/** What one writer wrote of one category in one directory. */
export interface WrittenRow {
  readonly writer: Writer;
  readonly directory: RawPath;
  /** Also what is below the directory. */
  readonly deep: boolean;
  readonly category: Category;
  readonly writes: number;
  /** As many as are known, sorted. */
  readonly names: readonly RawName[];
  /** Among `writes` are some of files that are not in `names`. */
  readonly hasMore: boolean;
  /** Seconds since 1970; of all that the writer wrote there, whatever its category. */
  readonly first: number;
  readonly last: number;
}

/** The rows by category, the most written first, where they are equal the latest. */
export function writtenRows(rows: Iterable<WriteRow>, isWanted: (category: Category) => boolean): WrittenRow[] {
  const written: WrittenRow[] = [];
  for (const row of rows) {
    for (const category of categoriesOf(row)) if (isWanted(category)) written.push(partOf(row, category));
  }
  return written.sort(
    (a, b) => b.writes - a.writes || b.last - a.last || compareRaw(a.directory, b.directory) || byCategory(a, b),
  );
}

function byCategory(a: WrittenRow, b: WrittenRow): number {
  return categories.indexOf(a.category) - categories.indexOf(b.category);
}

function categoriesOf({ names, more }: WriteRow): Set<Category> {
  const found = new Set(more.keys());
  for (const { category } of names.values()) found.add(category);
  return found;
}

function partOf({ writer, directory, deep, first, last, names, more }: WriteRow, category: Category): WrittenRow {
  const unnamed = more.get(category) ?? 0;
  let writes = unnamed;
  const mine: RawName[] = [];
  for (const [name, known] of names) {
    if (known.category !== category) continue;
    writes += known.count;
    mine.push(name);
  }
  return {
    ...{ writer, directory, deep, category, writes, first, last },
    ...{ names: mine.sort(compareRaw), hasMore: unnamed > 0 },
  };
}
