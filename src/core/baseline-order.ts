import { BaselineError, type BaselineFrame, type ByteSource, pathStart } from './baseline-format.ts';
import { checkName, holds, orphaned, pathOrFail } from './baseline-index.ts';
import { rawFromBytes } from './rawpath.ts';

/** What is read at once. */
const PIECE = 256 * 1024;
const DIRECTORY = 0x64;
const SLASH = 0x2f;

/**
 * Reads all of a sorted baseline once, and that it is sorted: a record out of its place is not found by halving, and
 * what it is of would not be missed. @throws BaselineError
 */
export function verifyOrder(source: ByteSource, { start, end }: BaselineFrame): void {
  const directories = new Set<string>(['']);
  let directory = '';
  // Each piece begins with the last record of the one before.
  let base = start;
  for (let length = PIECE; base < end; ) {
    const bytes = source.read(base, Math.min(length, end - base));
    let nameStart = -1;
    let nameEnd = -1;
    let last = 0;
    let at = 0;
    while (at < bytes.length) {
      const path = pathStart(bytes, at);
      if (path < 0) {
        if (base + bytes.length === end) pathOrFail(bytes, at);
        break;
      }
      let slash = path - 1;
      let stop = path;
      for (let byte = bytes[stop]; byte !== 0 && byte !== undefined; byte = bytes[++stop])
        if (byte === SLASH) slash = stop;
      if (stop === bytes.length) break;
      if (stop > path) {
        checkName(bytes, path, slash, stop);
        if (!holds(bytes, path, slash, directory)) {
          const next = source.text(bytes, path, Math.max(path, slash));
          if (next < directory) throw unordered(rawFromBytes(bytes, path, stop));
          if (!directories.has(next)) throw orphaned(next);
          directory = next;
        } else if (nameStart >= 0 && isAfter(bytes, nameStart, nameEnd, slash + 1, stop)) {
          throw unordered(rawFromBytes(bytes, path, stop));
        }
        if (bytes[at] === DIRECTORY) directories.add(source.text(bytes, path, stop));
        nameStart = slash + 1;
        nameEnd = stop;
      }
      last = at;
      at = stop + 1;
    }
    if (at === bytes.length && base + at === end) return;
    if (last === 0) length *= 2;
    base += last;
  }
}

/** Whether the first name comes after the second; both are of one directory. */
export function isAfter(bytes: Uint8Array, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  const length = Math.min(end - start, otherEnd - otherStart);
  for (let i = 0; i < length; i++) {
    const difference = (bytes[start + i] as number) - (bytes[otherStart + i] as number);
    if (difference !== 0) return difference > 0;
  }
  return end - start > otherEnd - otherStart;
}

export function unordered(path: string): BaselineError {
  return new BaselineError('malformed', `it says that it is sorted, and is not: ${path} is out of its place`);
}
