/** Text in the columns of a terminal. Everything here takes text that is safe already (`display`), without colours. */

const printableAscii = /^[ -~]*$/;

// East Asian Wide and Fullwidth of Unicode 16 (EastAsianWidth.txt), by blocks; emoji are a property of their own. The two
// letters that make a flag count one column each.
const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d37f}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]|(?![\u{1f1e6}-\u{1f1ff}])\p{Emoji_Presentation}/u;
// Marks, and the vowels and finals that join a Hangul syllable.
const zero = /[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]/u;

/** How many columns a terminal gives the text: the sum over its characters, which is what wcwidth(3) gives. */
export function widthOf(text: string): number {
  if (printableAscii.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += zero.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return columns;
}

export function padLeft(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - widthOf(text))) + text;
}

export function padRight(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - widthOf(text)));
}

// What may not be cut in two: an escape of `display`, or a character with its marks.
const pieces = /\\u\{[0-9a-f]+\}|\\x[0-9a-f]{2}|\\?.[\p{M}\u1160-\u11ff\ud7b0-\ud7ff]*/gsu;

/** The text with `…` in its middle where it needs more than `columns`. */
export function shortenText(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const all = text.match(pieces) ?? [];
  const room = Math.max(0, columns - 1);
  const head = taking(all, Math.floor(room / 2));
  const tail = taking(all.toReversed(), room - widthOf(head.join('')));
  return `${head.join('')}…${tail.reverse().join('')}`;
}

/** As many of the first pieces as fit. */
function taking(all: readonly string[], room: number): string[] {
  let used = 0;
  const end = all.findIndex((piece) => {
    used += widthOf(piece);
    return used > room;
  });
  return all.slice(0, end === -1 ? all.length : end);
}

/** A path with `…` for components in its middle, or within its last one, where it needs more than `columns`. */
export function shortenPath(path: string, columns: number): string {
  if (widthOf(path) <= columns) return path;
  const components = path.match(/[^/]*\/|[^/]+$/g) ?? [];
  // The first is the slash of the root, and says nothing alone.
  let head = 2;
  let tail = 1;
  const shortened = () => `${components.slice(0, head).join('')}…/${components.slice(-tail).join('')}`;
  if (components.length <= head + tail || widthOf(shortened()) > columns) return shortenText(path, columns);
  // What is nearest to the end tells paths apart best, so it comes first; the beginning takes what is left.
  while (head + tail < components.length - 1) {
    tail++;
    if (widthOf(shortened()) > columns) {
      tail--;
      break;
    }
  }
  while (head + tail < components.length - 1) {
    head++;
    if (widthOf(shortened()) > columns) {
      head--;
      break;
    }
  }
  return shortened();
}

/**
 * Segments joined by `separator`, on as few lines as they need: a line breaks between segments, and within one only
 * where it alone is too long. No width: one line.
 */
export function flow(segments: readonly string[], width: number | undefined, separator = ' · '): string[] {
  const lines: string[] = [];
  for (const segment of segments) {
    const joined = lines.length === 0 ? segment : lines[lines.length - 1] + separator + segment;
    if (width === undefined || (lines.length > 0 && widthOf(joined) <= width)) lines.splice(-1, 1, joined);
    else if (widthOf(segment) <= width || !segment.includes(' ')) lines.push(segment);
    else lines.push(...flow(segment.split(' '), width, ' '));
  }
  return lines;
}
