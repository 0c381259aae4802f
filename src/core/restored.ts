import type { Restored } from './history.ts';
import { covers, type RawPath } from './rawpath.ts';

/** So many are remembered: what is restored again and again is among the newest. */
const MOST = 500;
/** A run that brings back more than so many paths one by one brings back a directory. */
const SINGLE = 32;
/** Whoever brings all of `/etc` or `/var/lib` back missed something in it, nobody knows what. */
const sweeping = /^\/([^/]*|(var|usr|home)\/[^/]+)$/s;

/** What a restore is remembered by: the paths that it made, or where these are many those that were asked for. */
export function rememberable(asked: readonly RawPath[], made: readonly RawPath[]): RawPath[] {
  if (made.length === 0) return [];
  return (made.length <= SINGLE ? made : asked).filter((path) => !sweeping.test(path));
}

/** The marks with these paths restored at `at` (seconds since 1970) added; the newest first. */
export function withRestored(marks: readonly Restored[], paths: readonly RawPath[], at: number): Restored[] {
  const times = new Map(marks.map((mark) => [mark.path, mark.times]));
  const fresh = [...new Set(paths)].map((path) => ({ path, times: (times.get(path) ?? 0) + 1, at }));
  const taken = new Set(paths);
  return [...fresh, ...marks.filter(({ path }) => !taken.has(path))].slice(0, MOST);
}

/** What was restored of the path: itself, else something in it, else what it lies in. */
export function restoredAt(marks: readonly Restored[], path: RawPath): Restored | undefined {
  return (
    marks.find((mark) => mark.path === path) ??
    marks.find((mark) => covers(path, mark.path)) ??
    marks.find((mark) => covers(mark.path, path))
  );
}

const SCHEMA = 'ebb.restored/1';

/** Paths are byte strings, and stand in the JSON as such: `\u00e9` is the byte 0xe9. */
export function restoredText(marks: readonly Restored[]): string {
  return `${JSON.stringify({ schema: SCHEMA, paths: marks })}\n`;
}

/** What cannot be understood is not there: it tells something, and nothing hangs on it. */
export function parseRestored(text: string | undefined): Restored[] {
  const value = parsed(text) as { schema?: unknown; paths?: unknown } | undefined;
  if (value?.schema !== SCHEMA || !Array.isArray(value.paths)) return [];
  return value.paths.filter(isMark).slice(0, MOST);
}

function isMark(value: unknown): value is Restored {
  const { path, times, at } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof path === 'string' && /^\/[\0-\xff]*$/.test(path) && Number.isSafeInteger(times) && isMoment(at);
}

/** That a `Date` can hold. */
function isMoment(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) <= 8.64e12;
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
