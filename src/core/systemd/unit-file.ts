import { textOf } from '../rawpath.ts';

/** One `key = value` of a unit file; both without the spaces around them. Byte strings. */
export interface Assignment {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x09 || code === 0x0d;

/**
 * The assignments of a unit file whose keys are among `wanted`, in the order of the file. What systemd passes over is
 * passed over: lines without `=`, values that are not UTF-8, and all that comes after a broken section header.
 */
export function parseUnitFile(content: string, wanted: ReadonlySet<string>): Assignment[] {
  // These end lines too.
  const text = /[\r\0]/.test(content) ? content.replace(/\r\n|\n\r|[\r\0]/g, '\n') : content;
  const assignments: Assignment[] = [];
  let section = '';
  let continued: string | undefined;
  const length = text.length;
  for (let start = text.startsWith('\xef\xbb\xbf') ? 3 : 0; start < length; ) {
    let end = text.indexOf('\n', start);
    if (end < 0) end = length;
    const next = end + 1;
    let first = start;
    while (first < end && isSpace(text.charCodeAt(first))) first++;
    const mark = text.charCodeAt(first);
    // A comment within a continued line is no part of it.
    const isComment = first < end && (mark === 0x23 || mark === 0x3b);
    if (!isComment) {
      if (endsInBackslash(text, start, end)) {
        continued = `${continued ?? ''}${text.slice(start, end - 1)} `;
      } else if (continued !== undefined) {
        const line = continued + text.slice(start, end);
        continued = undefined;
        take(line, 0, line.length);
      } else if (start < end) take(text, start, end);
      if (section === BROKEN) return assignments;
    }
    start = next;
  }
  if (continued !== undefined) take(continued, 0, continued.length);
  return assignments;

  function take(source: string, from: number, to: number): void {
    let [start, end] = [from, to];
    while (start < end && isSpace(source.charCodeAt(start))) start++;
    while (end > start && isSpace(source.charCodeAt(end - 1))) end--;
    if (start === end) return;
    if (source.charCodeAt(start) === 0x5b) {
      section = source.charCodeAt(end - 1) === 0x5d ? source.slice(start + 1, end - 1) : BROKEN;
      return;
    }
    const equals = source.indexOf('=', start);
    if (equals <= start || equals >= end) return;
    let keyEnd = equals;
    while (keyEnd > start && isSpace(source.charCodeAt(keyEnd - 1))) keyEnd--;
    const key = source.slice(start, keyEnd);
    if (!wanted.has(key)) return;
    let valueStart = equals + 1;
    while (valueStart < end && isSpace(source.charCodeAt(valueStart))) valueStart++;
    const value = source.slice(valueStart, end);
    if (textOf(value) !== undefined) assignments.push({ section, key, value });
  }
}

/** No section is called so. */
const BROKEN = '[';

/** Whether the last byte is a backslash that no other one takes as it is. */
function endsInBackslash(text: string, start: number, end: number): boolean {
  let backslashes = 0;
  for (let at = end - 1; at >= start && text.charCodeAt(at) === 0x5c; at--) backslashes++;
  return backslashes % 2 === 1;
}
