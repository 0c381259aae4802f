import { ANY_DEPTH } from './pattern.ts';
import { componentsOf } from './rawpath.ts';

/**
 * Patterns in an order in which those that begin alike stand together: a tree of them grows where it is walked, and
 * nothing has to be compiled before. Plain data, so that a thread can be given it.
 */
export interface SortedPatterns {
  readonly lines: readonly string[];
  /** Of each line the index of its rule, before others were put between. */
  readonly ruleOf: readonly number[];
  /** From the rule `from` on, indexes are greater by `by`: others were put between. In ascending order. */
  readonly shifts: readonly { readonly from: number; readonly by: number }[];
  /** The indexes of those others, whose patterns are not among the lines. */
  readonly others: readonly number[];
}

/** The index of the rule of a line among all rules. */
export function ruleAt({ ruleOf, shifts }: SortedPatterns, line: number): number {
  const rule = ruleOf[line] as number;
  for (let i = shifts.length - 1; i >= 0; i--) {
    const { from, by } = shifts[i] as SortedPatterns['shifts'][number];
    if (rule >= from) return rule + by;
  }
  return rule;
}

/** The order of `patterns`, as their indexes: `**` and then a shorter one first, so that ends come before what goes on. */
export function sortPatterns(patterns: readonly string[]): number[] {
  const components = patterns.map(splitPattern);
  return patterns.map((_, index) => index).sort((a, b) => compare(components[a] ?? [], components[b] ?? []) || a - b);
}

/** Where lines of these beginnings stop: first those that begin with `**`, then with `/`, then with `~/`. */
export function beginningsOf(lines: readonly string[]): { readonly anyDepth: number; readonly plain: number } {
  const rankAt = (line: number): number => beginnings.indexOf(beginningOf(lines[line] as string));
  return {
    anyDepth: firstWhere(0, lines.length, (line) => rankAt(line) >= 1),
    plain: firstWhere(0, lines.length, (line) => rankAt(line) >= 2),
  };
}

/** The lines from `start` on that are `pattern` or go on below it. */
export function linesBelow(
  lines: readonly string[],
  start: number,
  pattern: string,
): { readonly from: number; readonly to: number } {
  const components = splitPattern(pattern);
  const compareAt = (line: number): number =>
    compare(splitPattern(lines[line] as string).slice(0, components.length), components);
  const from = firstWhere(start, lines.length, (line) => compareAt(line) >= 0);
  return { from, to: firstWhere(from, lines.length, (line) => compareAt(line) > 0) };
}

/** The first of the numbers from `low` on for which `holds`, where it does for all that follow; `high` for none. */
function firstWhere(low: number, high: number, holds: (at: number) => boolean): number {
  let [from, to] = [low, high];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}

const beginnings = ['*', '/', '~'];

function beginningOf(pattern: string): string {
  return pattern[0] as string;
}

function splitPattern(pattern: string): string[] {
  return [beginningOf(pattern), ...componentsOf(restOf(pattern))];
}

/** As an absolute one: only its components count here. */
function restOf(pattern: string): string {
  if (pattern.startsWith('~/')) return pattern.slice(1);
  return pattern.startsWith('/') ? pattern : `/${pattern}`;
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x, y] = [a[i] as string, b[i] as string];
    if (x === y) continue;
    if (i === 0) return beginnings.indexOf(x) - beginnings.indexOf(y);
    if (x === ANY_DEPTH || y === ANY_DEPTH) return x === ANY_DEPTH ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}
