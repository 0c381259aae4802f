import { compareVerdicts, hiddenCategories } from './category.ts';
import { ChangeMaker } from './change-maker.ts';
import { differsInCategoryOnly } from './class-code.ts';
import { summedUp } from './fold.ts';
import { combined, type DirectoryRows, type Gathered, RowKind } from './gathered.ts';
import { compareRaw, componentsOf, type RawPath } from './rawpath.ts';
import type { Change } from './report.ts';
import { RowsApart } from './rows-apart.ts';
import type { Rule } from './rule.ts';

/**
 * The rows of a whole examination, in no order: each wholly new directory takes up the directories below it that share
 * its class; one of which nothing is known, and whose content is all of one class, becomes of that class. They come one
 * at a time, as most of a large answer is hidden. What the first thread gathered is used up by it.
 */
export function* changesOf(parts: readonly Gathered[], rules: readonly Rule[]): Iterable<Change> {
  const [own, other] = parts;
  if (own === undefined) return;
  const gathered = combined(own, other);
  const changes = new ChangeMaker(gathered, rules);
  shareBytes(gathered, (number) => changes.pathOf(number));
  const apart = new RowsApart(gathered);
  for (const directory of takenUp(gathered, apart)) {
    for (const row of apart.rowsOf(directory)) yield changes.changeOf(row, apart.entries[row]);
  }
}

/**
 * Goes through the directories, the deepest first, and moves the rows apart of each to where they belong. Gives those
 * that are no rows themselves: the rows apart in them are final.
 */
function* takenUp({ directories }: Gathered, apart: RowsApart): Iterable<number> {
  const { parent, kind, code, rule, entries, bytes, mtime } = directories;
  for (const directory of deepestFirst(directories)) {
    if (kind[directory] === RowKind.none) {
      yield directory;
      continue;
    }
    // Of nothing but itself: it takes the category of what is in it; whether it is hidden or ignored is its own.
    const common = rule[directory] === -1 && entries[directory] === 1 ? apart.commonCode(directory) : undefined;
    if (common !== undefined && differsInCategoryOnly(code[directory], common)) {
      code[directory] = common;
      for (const row of apart.rowsOf(directory)) apart.addTo(directory, row);
      apart.clear(directory);
    }
    const above = parent[directory];
    const isNew = kind[directory] === RowKind.added || kind[directory] === RowKind.mountPoint;
    if (isNew && kind[above] !== RowKind.none && code[above] === code[directory]) {
      entries[above] += entries[directory];
      bytes[above] += bytes[directory];
      mtime[above] = Math.max(mtime[above], mtime[directory]);
    } else {
      // A directory with nothing of its own is named by what is in it.
      const bare =
        kind[directory] === RowKind.mountPoint
          ? entries[directory] === 0
          : isNew && entries[directory] === 1 && apart.entries[directory] > 0;
      if (!bare) apart.add(above, directory);
    }
    apart.moveAll(directory, above);
  }
}

/** A file with several hard links counts once: in the row with the first path, whoever met which of them when. */
function shareBytes({ directories, lone, shared }: Gathered, pathOf: (row: number) => RawPath): void {
  const rowOf = (i: number): number => (shared.target[i] >> 1) + ((shared.target[i] & 1) === 0 ? 0 : directories.count);
  const first = new Map<number, Map<number, number>>();
  for (let i = 0; i < shared.count; i++) {
    let inodes = first.get(shared.device[i]);
    if (inodes === undefined) {
      inodes = new Map();
      first.set(shared.device[i], inodes);
    }
    const known = inodes.get(shared.inode[i]);
    if (known === undefined || pathOf(rowOf(i)) < pathOf(rowOf(known))) inodes.set(shared.inode[i], i);
  }
  for (const inodes of first.values()) {
    for (const i of inodes.values()) {
      const target = (shared.target[i] & 1) === 0 ? directories : lone;
      target.bytes[shared.target[i] >> 1] += shared.bytes[i];
    }
  }
}

/** By counting, since there may be a million of them. Directories that another one continues are left out. */
function deepestFirst({ count, depth, origin }: DirectoryRows): Int32Array {
  let deepest = 0;
  for (let i = 0; i < count; i++) deepest = Math.max(deepest, depth[i]);
  const from = new Int32Array(deepest + 2);
  let all = 0;
  for (let i = 0; i < count; i++) {
    if (origin[i] >= 0) continue;
    from[deepest - depth[i] + 1]++;
    all++;
  }
  for (let i = 1; i < from.length; i++) from[i] += from[i - 1];
  const order = new Int32Array(all);
  for (let i = 0; i < count; i++) if (origin[i] < 0) order[from[deepest - depth[i]]++] = i;
  return order;
}

/** Whether a person sees it only when asking for everything. */
export function isHidden(change: Change): boolean {
  return change.ignored || hiddenCategories.has(change.category);
}

/** By verdict, then size; the path settles ties, so that the order is always the same. */
export function sorted(changes: readonly Change[]): Change[] {
  return [...changes].sort(
    (a, b) => compareVerdicts(a.verdict, b.verdict) || b.bytes - a.bytes || compareRaw(a.path, b.path),
  );
}

/** Rows deeper than `depth` components are summed up, by category and verdict, in a row of their ancestor at that depth. */
export function collapsed(changes: readonly Change[], depth: number): Change[] {
  const groups = new Map<string, { components: string[]; rows: Change[] }>();
  for (const change of changes) {
    const components = componentsOf(change.path).slice(0, depth);
    const key = [change.category, change.verdict, change.ignored, change.shadowed, ...components].join('/');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { components, rows: [change] });
    else group.rows.push(change);
  }
  return [...groups.values()].map(({ components, rows }) => {
    const [only] = rows;
    const isItself = only !== undefined && rows.length === 1 && componentsOf(only.path).length <= depth;
    return isItself ? only : summedUp(rows, components);
  });
}
