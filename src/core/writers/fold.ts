import { covers, parentOf, type RawPath, ROOT } from '../rawpath.ts';
import type { WrittenRow } from './rows.ts';
import { writerKey } from './writer.ts';

/** Sums up directories of one writer and category beside each other, the most first, until there are no more rows than this. */
export function foldedRows(rows: readonly WrittenRow[], limit: number): WrittenRow[] {
  let folded = [...rows];
  while (folded.length > limit) {
    const group = largestGroup(folded);
    if (group === undefined) break;
    folded = withFold(folded, group);
  }
  return folded;
}

interface Group {
  /** Of writer and category. */
  readonly key: string;
  readonly parent: RawPath;
  readonly count: number;
}

function largestGroup(rows: readonly WrittenRow[]): Group | undefined {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    if (row.directory === ROOT) continue;
    const parent = parentOf(row.directory);
    const key = keyOf(row);
    const known = groups.get(`${key} ${parent}`);
    groups.set(`${key} ${parent}`, { key, parent, count: (known?.count ?? 0) + 1 });
  }
  let largest: Group | undefined;
  for (const group of groups.values()) {
    if (group.count < 2 || group.parent === ROOT) continue;
    const isDeeper = group.count === largest?.count && group.parent.length > largest.parent.length;
    if (largest === undefined || group.count > largest.count || isDeeper) largest = group;
  }
  return largest;
}

/** One row for all of the group and what lies below it, in the place of its first, and in the order of the writes. */
function withFold(rows: readonly WrittenRow[], { key, parent }: Group): WrittenRow[] {
  const isIn = (row: WrittenRow): boolean => keyOf(row) === key && covers(parent, row.directory);
  const members = rows.filter(isIn);
  const [first] = members;
  if (first === undefined) return [...rows];
  const sum: WrittenRow = {
    ...first,
    directory: parent,
    deep: true,
    writes: members.reduce((writes, row) => writes + row.writes, 0),
    names: [],
    hasMore: true,
    first: Math.min(...members.map((row) => row.first)),
    last: Math.max(...members.map((row) => row.last)),
  };
  return [...rows.filter((row) => !isIn(row)), sum].sort((a, b) => b.writes - a.writes || b.last - a.last);
}

function keyOf({ writer, category }: WrittenRow): string {
  return `${writerKey(writer)} ${category}`;
}
