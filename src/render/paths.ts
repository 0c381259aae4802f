import { bytesOf, rawFromText } from '../core/rawpath.ts';
import { display, plainText } from './escape.ts';

/**
 * One path for another program. Ended by NUL it is the bytes themselves. Ended by a newline it is the bytes where they
 * are printable UTF-8 without a backslash, and otherwise what `display` makes of them: such a line holds a backslash,
 * so a reader can tell.
 */
export function pathLine(raw: string, nul: boolean): Uint8Array {
  if (nul) return bytesOf(`${raw}\0`);
  const shown = plainText(raw) === undefined ? rawFromText(display(raw)) : raw;
  return bytesOf(`${shown}\n`);
}
