import { type Category, isCategory } from '../category.ts';
import type { RawName, RawPath } from '../rawpath.ts';
import { type NamedWrites, type WriteRow, writesOf } from './tally.ts';
import { type Writer, writerKinds } from './writer.ts';

/**
 * What `ebb watch --log` keeps of one boot: lines of JSON, of which the first says of what, and each other one is a writer
 * and a directory. The file holds bytes where the strings here hold byte strings, so that a name in UTF-8 reads as one.
 */
export interface WriterLog {
  readonly bootId: string;
  /** When the first watcher of this boot began, and when the last one was last known to watch: seconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** When nobody watched in between. */
  readonly gaps: readonly Gap[];
  /** How often the kernel's queue was full: what was written then was found by a search, without its writers. */
  readonly overflows: number;
  readonly rows: readonly WriteRow[];
}

export interface Gap {
  readonly from: number;
  readonly until: number;
}

const SCHEMA = 'ebb.writers/1';
/** Bytes that the rows may have: who writes most comes first. */
const ROOM = 512 * 1024;
/** More than any log that ebb writes: what is larger is not read. */
export const LARGEST_LOG = 2 * ROOM;
const GAPS = 32;

/** Where logs lie in persistent storage, and where on a machine that has none. One file a boot, called as its id. */
export const LOGS_IN_STORAGE = '.ebb/writers';
export const LOGS_WITHOUT_STORAGE = '/var/lib/ebb/writers' as RawPath;

export function logName(bootId: string): string | undefined {
  return /^[0-9a-zA-Z-]{1,64}$/.test(bootId) ? `${bootId}.log` : undefined;
}

/** The whole file as a byte string. */
export function formatLog({ bootId, from, until, gaps, overflows, rows }: WriterLog): string {
  const lines = [JSON.stringify({ schema: SCHEMA, bootId, from, until, gaps: gaps.slice(-GAPS), overflows })];
  let size = 0;
  for (const row of [...rows].sort((a, b) => writesOf(b) - writesOf(a) || b.last - a.last)) {
    const line = JSON.stringify(rowObject(row));
    size += line.length + 1;
    if (size > ROOM) break;
    lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}

function rowObject({ writer, directory, deep, first, last, names, more }: WriteRow): object {
  const { kind, name, user } = writer;
  return {
    ...{ kind, name, ...(user === undefined ? {} : { user }) },
    ...{ directory, ...(deep ? { deep } : {}), first, last },
    ...(names.size === 0 ? {} : { names: Array.from(names, ([one, { count }]) => [one, count]) }),
    ...(more.size === 0 ? {} : { more: [...more] }),
  };
}

/**
 * The log that a file's bytes, as a byte string, hold; what is wrong with them where they hold none. Rows that this ebb
 * does not understand are left out.
 */
export function parseLog(text: string, categoryOf: (path: RawPath) => Category): WriterLog | { problem: string } {
  const [heading = '', ...lines] = text.split('\n');
  const header = parsed(heading);
  if (header === undefined || header['schema'] !== SCHEMA) return { problem: `is no log of the form ${SCHEMA}` };
  const { bootId, from, until, gaps, overflows } = header;
  if (typeof bootId !== 'string' || !isTime(from) || !isTime(until)) return { problem: 'does not say of which boot' };
  const rows = lines.flatMap((line) => {
    const value = line === '' ? undefined : parsed(line);
    const row = value && rowOf(value, categoryOf);
    return row === undefined ? [] : [row];
  });
  return { bootId, from, until, gaps: gapsIn(gaps), overflows: isCount(overflows) ? overflows : 0, rows };
}

function rowOf(value: Fields, categoryOf: (path: RawPath) => Category): WriteRow | undefined {
  const { directory, deep, first, last } = value;
  const writer = writerIn(value);
  if (writer === undefined || typeof directory !== 'string' || !directory.startsWith('/')) return undefined;
  if (!isTime(first) || !isTime(last)) return undefined;
  const below = directory === '/' ? '/' : `${directory}/`;
  const names = new Map<RawName, NamedWrites>();
  for (const [name, count] of pairsIn(value['names'])) {
    if (name === '' || name.includes('/') || !isCount(count)) continue;
    names.set(name as RawName, { category: categoryOf(`${below}${name}` as RawPath), count });
  }
  const more = new Map<Category, number>();
  for (const [category, count] of pairsIn(value['more'])) {
    if (isCategory(category) && isCount(count)) more.set(category, count);
  }
  return { writer, directory: directory as RawPath, deep: deep === true, first, last, names, more };
}

function writerIn({ kind, name, user }: Fields): Writer | undefined {
  const known = writerKinds.find((one) => one === kind);
  if (known === undefined || typeof name !== 'string') return undefined;
  return { kind: known, name, user: typeof user === 'string' ? user : undefined };
}

function gapsIn(value: unknown): Gap[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((gap: unknown) => {
    const { from, until } = typeof gap === 'object' && gap !== null ? (gap as Fields) : {};
    return isTime(from) && isTime(until) ? [{ from, until }] : [];
  });
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function pairsIn(value: unknown): [string, unknown][] {
  if (!Array.isArray(value)) return [];
  return value.filter((pair): pair is [string, unknown] => Array.isArray(pair) && typeof pair[0] === 'string');
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
