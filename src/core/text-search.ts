import type { FoundLine } from './find-report.ts';
import { rawFromBytes } from './rawpath.ts';

/** Bytes of a line that are kept. */
const LONGEST = 200;
const NEWLINE = 0x0a;

/** The first line of a text that holds `wanted`; undefined where none does, or where it is no text: it holds a NUL. */
export function firstLineWith(content: Uint8Array, wanted: Uint8Array): FoundLine | undefined {
  const at = indexOf(content, wanted);
  if (at < 0 || content.includes(0)) return undefined;
  let number = 1;
  let start = 0;
  for (let end = content.indexOf(NEWLINE); end >= 0 && end < at; end = content.indexOf(NEWLINE, start)) {
    number++;
    start = end + 1;
  }
  const end = content.indexOf(NEWLINE, at);
  // Of a long line, the part that holds it, and a little of what stands before.
  const before = Math.max(0, Math.min(LONGEST / 4, LONGEST - wanted.length));
  const from = at + wanted.length > start + LONGEST ? Math.max(start, at - before) : start;
  return { number, text: rawFromBytes(content, from, Math.min(end < 0 ? content.length : end, from + LONGEST)) };
}

function indexOf(content: Uint8Array, wanted: Uint8Array): number {
  const [first] = wanted;
  if (first === undefined) return 0;
  for (let at = content.indexOf(first); at >= 0; at = content.indexOf(first, at + 1)) {
    let i = 1;
    while (i < wanted.length && content[at + i] === wanted[i]) i++;
    if (i === wanted.length) return at;
  }
  return -1;
}
