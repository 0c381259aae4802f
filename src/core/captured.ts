import { type BaselineRecord, emptyRecord, formatRecord } from './baseline-format.ts';
import { EntryType } from './change.ts';
import type { RawPath } from './rawpath.ts';

/**
 * `/.ebb/captured` of a capture: a record of each changed path as the root had it, in the form of the baseline's records
 * (one that was deleted has no type), and of a file a digest of what the capture holds. A later capture of the same root takes
 * from an earlier one what is the same by both, and tells by the others whether it lacks something. The record alone will not
 * do: what is written through a mapping of a file does not always move its times.
 */
const HEADER = 'ebb-captured 2';
const TRAILER = 'end';

/** Digests by records; empty for what is no file. A mark before it: the capture has it without some attribute. */
export type CapturedRecords = ReadonlyMap<string, string>;

export function formatCaptured(records: CapturedRecords): string {
  return [HEADER, ...[...records].flat(), TRAILER, ''].join('\0');
}

/** undefined where it is none of this version, or cut off. */
export function parseCaptured(text: string): CapturedRecords | undefined {
  const words = text.split('\0');
  const end = words.splice(-2).join('\0');
  if (words[0] !== HEADER || end !== `${TRAILER}\0` || words.length % 2 === 0) return undefined;
  const records = new Map<string, string>();
  for (let i = 1; i < words.length; i += 2) records.set(words[i] as string, words[i + 1] as string);
  return records;
}

export function capturedRecord(facts: BaselineRecord, path: RawPath): string {
  return formatRecord(facts, path.slice(1)).slice(0, -1);
}

const PARTLY = '!';

/** Of what the capture lacks an attribute of: never taken for what has all. */
export function partly(digest: string): string {
  return PARTLY + digest;
}

/** The first of the paths that the earlier capture has with everything, and the later one not: an attribute is lost with it. */
export function firstPartly(earlier: CapturedRecords, later: CapturedRecords): RawPath | undefined {
  const whole = new Set(
    Array.from(earlier, ([record, digest]) => (digest.startsWith(PARTLY) ? undefined : pathOfRecord(record))),
  );
  for (const [record, digest] of later) {
    if (digest.startsWith(PARTLY) && whole.has(pathOfRecord(record))) return pathOfRecord(record);
  }
  return undefined;
}

/** Of a path that the root's baseline has and the root has not. */
export function deletedRecord(path: RawPath): string {
  return capturedRecord(emptyRecord(), path);
}

export function pathOfRecord(record: string): RawPath {
  let start = 0;
  for (let spaces = 0; spaces < 8; spaces++) start = record.indexOf(' ', start) + 1;
  return `/${record.slice(start)}` as RawPath;
}

/** A path of the earlier capture that the later one has not as it was, or not at all. */
export interface Suspect {
  readonly path: RawPath;
  /** An `EntryType`. */
  readonly type: number;
  readonly size: number;
}

/**
 * The paths of the earlier capture that may be lost with it: what has no content is not, nor a file whose content the later
 * one has under any name. Deletions come first, then small files: they are quickly looked at.
 */
export function suspects(earlier: CapturedRecords, later: CapturedRecords): Suspect[] {
  const changed = [...earlier].filter(([record, digest]) => later.get(record) !== digest);
  if (changed.length === 0) return [];
  const digests = new Set(later.values());
  const there = new Map(Array.from(later.keys(), (record) => [pathOfRecord(record), typeOf(record)]));
  const rank = ({ path, type, size }: Suspect): number => (there.get(path) === type ? size : -1);
  return changed
    .map(([record, digest]) => ({ path: pathOfRecord(record), type: typeOf(record), size: sizeOf(record), digest }))
    .filter(({ type, size, digest }) => {
      if (type !== EntryType.file) return type !== EntryType.unknown && type !== EntryType.directory;
      return size > 0 && !digests.has(digest);
    })
    .map(({ path, type, size }) => ({ path, type, size }))
    .sort((a, b) => rank(a) - rank(b));
}

const types: Readonly<Record<string, number>> = { p: 1, c: 2, d: 4, b: 6, f: 8, l: 10 };

function typeOf(record: string): number {
  return types[record.charAt(0)] ?? EntryType.unknown;
}

function sizeOf(record: string): number {
  return Number(record.split(' ', 6)[5]);
}
