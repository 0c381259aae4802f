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

/** Directories in the same one; where there are none, those that have the deepest one above them in common. */
function largestGroup(rows: readonly WrittenRow[]): Group | undefined {
  const siblings = groupsBy(rows, ({ directory }) => (directory === ROOT ? [] : [parentOf(directory)]));
  const [largest] = siblings.sort((a, b) => b.count - a.count || depthOf(b.parent) - depthOf(a.parent));
  if (largest !== undefined) return largest;
  const relatives = groupsBy(rows, ({ directory }) => ancestorsOf(directory));
  return relatives.sort((a, b) => depthOf(b.parent) - depthOf(a.parent) || b.count - a.count)[0];
}

/** Those that have more than one row; all of the root is none. */
function groupsBy(rows: readonly WrittenRow[], parentsOf: (row: WrittenRow) => readonly RawPath[]): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const key = keyOf(row);
    for (const parent of parentsOf(row)) {
      const count = (groups.get(`${key} ${parent}`)?.count ?? 0) + 1;
      groups.set(`${key} ${parent}`, { key, parent, count });
    }
  }
  return [...groups.values()].filter(({ count, parent }) => count > 1 && parent !== ROOT);
}

function ancestorsOf(path: RawPath): RawPath[] {
  const ancestors: RawPath[] = [];
  for (let at = path; at !== ROOT; ) {
    ancestors.push(at);
    at = parentOf(at);
  }
  return ancestors;
}

function depthOf(path: RawPath): number {
  return path.split('/').length;
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
