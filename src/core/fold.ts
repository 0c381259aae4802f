import { compareVerdicts } from './category.ts';
import { componentsOf, type RawPath } from './rawpath.ts';
import type { Change } from './report.ts';

/** Rows of one directory that are summed up together, at the least. */
const WORTH_IT = 3;
/** Nothing is summed up in a directory as high as `/usr`; what should be kept, in none as high as `/var/lib`. */
const HIGHEST = 2;
const HIGHEST_TO_PERSIST = 3;

/**
 * At most about `target` rows, for a person: where there are more, those that share a directory, a category and a
 * verdict become one row of that directory, the deepest first. Nothing is left out: each row counts in one.
 */
export function folded(changes: readonly Change[], target: number): Change[] {
  let rows = [...changes];
  let level = Math.max(...rows.map(({ path }) => componentsOf(path).length), 0) - 1;
  for (; rows.length > target && level >= HIGHEST; level--) rows = foldedAt(rows, level);
  return rows;
}

/** Groups of rows deeper than `level` become rows of their ancestor at that depth. */
function foldedAt(rows: readonly Change[], level: number): Change[] {
  const groups = new Map<string, Change[]>();
  const keyOf = (change: Change): string | undefined => {
    const components = componentsOf(change.path);
    const { category, verdict, ignored, shadowed } = change;
    const highest = verdict === 'persist' ? HIGHEST_TO_PERSIST : HIGHEST;
    if (components.length < level || level < highest) return undefined;
    return [category, verdict, ignored, shadowed, ...components.slice(0, level)].join('/');
  };
  for (const change of rows) {
    const key = keyOf(change);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  const done = new Set<string>();
  return rows.flatMap((change) => {
    const key = keyOf(change);
    const group = key === undefined ? undefined : groups.get(key);
    if (key === undefined || group === undefined || group.length < WORTH_IT) return [change];
    if (done.has(key)) return [];
    done.add(key);
    return [summedUp(group, componentsOf(change.path).slice(0, level))];
  });
}

/** One row for several; the first gives what they have in common. */
export function summedUp(group: readonly Change[], components: readonly string[]): Change {
  const [first] = group as [Change, ...Change[]];
  const path = `/${components.join('/')}` as RawPath;
  const kind = group.every((change) => change.kind === first.kind) ? first.kind : 'modified';
  const verdict = group.map((change) => change.verdict).sort(compareVerdicts)[0] ?? first.verdict;
  const sum = (value: (change: Change) => number): number => group.reduce((total, change) => total + value(change), 0);
  return {
    ...first,
    ...{ path, kind, verdict, type: 'directory', evidence: [], apart: 0 },
    entries: sum(({ entries }) => entries),
    bytes: sum(({ bytes }) => bytes),
    mtime: group.reduce((newest, { mtime }) => Math.max(newest, mtime), first.mtime),
    folds: sum(({ folds }) => folds),
  };
}
