import { BaselineError, type ByteSource, pathStart, typeOfRecord } from './baseline-format.ts';
import { NameTable } from './name-table.ts';
import { bytesOf, type RawPath, rawFromBytes } from './rawpath.ts';

/** The records of one directory: where each begins in the source, by its name. */
export type Records = NameTable;

/** Finds the records of a directory, whose path is relative: `` for the root, else `var/lib`. */
export interface RecordIndex {
  recordsOf(directory: string): Records | undefined;
  /** The same for these names only. */
  recordsNamed(directory: string, names: Iterable<string>): Records;
  /** Absolute paths of the directories without records; none where all would have to be read for it. */
  emptyDirectories(): Iterable<RawPath>;
}

export const noRecords: Records = new NameTable(new Uint8Array());

export function nameAt(records: Records, index: number): string {
  return rawFromBytes(records.bytes, records.startAt(index), records.endAt(index));
}

export function indexOfName(records: Records, name: string): number {
  const bytes = bytesOf(name);
  return records.indexOf(bytes, 0, bytes.length);
}

/** The letter of its type is the first byte of a record. */
export function typeAt(source: ByteSource, start: number): number {
  return typeOfRecord(source.read(start, FIELDS));
}

/** As much of a record as its fields take, the path aside. */
export const FIELDS = 256;

export function directoryOf(path: string, slash: number): string {
  return slash < 0 ? '' : path.slice(0, slash);
}

/** Whether the path at `path`, whose last slash is at `slash` (or one before it), lies right in `directory`. */
export function holds(bytes: Uint8Array, path: number, slash: number, directory: string): boolean {
  if (Math.max(0, slash - path) !== directory.length) return false;
  for (let i = directory.length - 1; i >= 0; i--) if (bytes[path + i] !== directory.charCodeAt(i)) return false;
  return true;
}

/** The names of a path that has them of its own: none is empty, `.` or `..`. @throws BaselineError */
export function checkName(bytes: Uint8Array, path: number, slash: number, stop: number): void {
  const length = stop - slash - 1;
  const isDots = length <= 2 && bytes[slash + 1] === DOT && (length === 1 || bytes[slash + 2] === DOT);
  if (length > 0 && !isDots && bytes[path] !== SLASH) return;
  throw new BaselineError('malformed', `it has a path that is none in a root: ${rawFromBytes(bytes, path, stop)}`);
}

const DOT = 0x2e;
const SLASH = 0x2f;

/** Its records would be met by nobody who walks from the root. */
export function orphaned(directory: string): BaselineError {
  return new BaselineError('malformed', `it has entries of ${directory}, and no such directory`);
}

export function pathOrFail(bytes: Uint8Array, start: number): number {
  const path = pathStart(bytes, start);
  if (path < 0) throw new BaselineError('malformed', 'a record is not of the form');
  return path;
}
