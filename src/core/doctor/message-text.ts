/**
 * The text of a message with what varies left open, as the files of `messages/` write it: a byte string in which `*`
 * stands for any bytes, none too, and a word in braces for a part that has a form:
 *
 * - `{path}`: an absolute path, in quotes or bare; `{file}`: one that may be relative
 * - `{unit}`: the name of a unit; `{word}`: anything without white space; `{number}`: digits
 *
 * A backslash takes the next character as it is. All of the message has to match, upper and lower case being the same.
 *
 * Not regular expressions: journals are written by whoever likes to, and every message meets these. Each literal is
 * looked for a few times at most, and what stands beside it is read once, so that a match takes time that grows with the
 * length of the message and not faster.
 */
export interface MessageText {
  readonly source: string;
  /** What stands between the `*`. */
  readonly segments: readonly Segment[];
  /** A `*` stands before the first one, and behind the last one. */
  readonly openStart: boolean;
  readonly openEnd: boolean;
  /** A message without this, in lower case, cannot match: the longest literal. */
  readonly key: string;
}

type HoleKind = 'path' | 'file' | 'unit' | 'word' | 'number';
export type Piece = { readonly literal: string } | { readonly hole: HoleKind };
export type Segment = readonly Piece[];

/** What the open parts of a message hold: byte strings. */
export interface Captures {
  /** The first path or file, as it stands there, its quotes aside. */
  readonly file: string | undefined;
  readonly unit: string | undefined;
}

/** A message of which hardly anything is given would match what it is not about. */
const LEAST_LITERAL = 6;
/** How often a literal is looked for, where what stands beside it is not what it should be. */
const MOST_TRIES = 8;
/** PATH_MAX, with a little for quotes. */
const LONGEST_HOLE = 4200;
/** UNIT_NAME_MAX of systemd. */
const LONGEST_UNIT = 255;

const kinds: ReadonlySet<string> = new Set<HoleKind>(['path', 'file', 'unit', 'word', 'number']);

/** A RangeError that says what is wrong with it, where something is. */
export function parseMessageText(source: string): MessageText {
  const segments: Piece[][] = [[]];
  let literal = '';
  const last = (): Piece[] => segments[segments.length - 1] as Piece[];
  const close = (): void => {
    if (literal !== '') last().push({ literal: literal.toLowerCase() });
    literal = '';
  };
  for (let at = 0; at < source.length; at++) {
    const character = source[at];
    if (character === '\\') {
      if (++at === source.length) throw new RangeError('ends in a backslash');
      literal += source[at];
    } else if (character === '*') {
      close();
      segments.push([]);
    } else if (character === '{') {
      close();
      const end = source.indexOf('}', at);
      const word = source.slice(at + 1, end < 0 ? undefined : end);
      if (end < 0 || !kinds.has(word)) throw new RangeError(`has {${word}: there are {${[...kinds].join('}, {')}}`);
      const before = last().at(-1);
      if (before !== undefined && 'hole' in before) throw new RangeError(`has nothing before {${word}}`);
      last().push({ hole: word as HoleKind });
      at = end;
    } else literal += character;
  }
  close();
  const openStart = segments[0]?.length === 0 && segments.length > 1;
  const openEnd = segments.at(-1)?.length === 0 && segments.length > 1;
  const filled = segments.filter((segment) => segment.length > 0);
  const literals = filled.flat().flatMap((piece) => ('literal' in piece ? [piece.literal] : []));
  const key = literals.reduce((longest, one) => (one.length > longest.length ? one : longest), '');
  if (key.length < LEAST_LITERAL) throw new RangeError(`has no text of ${LEAST_LITERAL} characters in a row`);
  const bare = filled.find((segment) => !segment.some((piece) => 'literal' in piece));
  if (bare !== undefined) throw new RangeError('has braces with nothing but * beside them');
  return { source, segments: filled, openStart, openEnd, key };
}

/** Typographic quotes, as their UTF-8 bytes. */
const curly = /\xe2\x80([\x98-\x9d])/g;

/** A message, once for all texts that it is compared with. */
export interface Message {
  readonly text: string;
  readonly lower: string;
}

export function messageOf(raw: string): Message {
  let text = raw.includes('\xe2\x80') ? raw.replace(curly, (_, byte: string) => (byte < '\x9c' ? "'" : '"')) : raw;
  // Some programs end a message with the end of a line.
  const last = text.charCodeAt(text.length - 1);
  if (last <= 0x20) text = text.trimEnd();
  return { text, lower: text.toLowerCase() };
}

/** What the open parts hold; undefined where the message is another one. */
export function matchText({ segments, openStart, openEnd, key }: MessageText, message: Message): Captures | undefined {
  if (!message.lower.includes(key)) return undefined;
  const found: Found = { file: undefined, unit: undefined };
  let at = 0;
  for (const [i, segment] of segments.entries()) {
    const isLast = i === segments.length - 1;
    const mustEnd = isLast && !openEnd;
    const end =
      i === 0 && !openStart
        ? matchFrom(segment, 0, message, at, mustEnd, found)
        : matchSomewhere(segment, message, at, mustEnd, found);
    if (end < 0) return undefined;
    at = end;
  }
  return found;
}

interface Found {
  file: string | undefined;
  unit: string | undefined;
}

/** Where the first match of the segment at or behind `start` ends; -1 where there is none. */
function matchSomewhere(segment: Segment, message: Message, start: number, mustEnd: boolean, found: Found): number {
  const [first, second] = segment;
  const leading = first !== undefined && 'hole' in first ? first.hole : undefined;
  const anchor = leading === undefined ? first : second;
  if (anchor === undefined || !('literal' in anchor)) return -1;
  const { literal } = anchor;
  let from = start + (leading === undefined ? 0 : 1);
  // The end is where it has to end.
  if (mustEnd && segment.length === (leading === undefined ? 1 : 2))
    from = Math.max(from, message.lower.length - literal.length);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const at = message.lower.indexOf(literal, from);
    if (at < 0) return -1;
    const tried: Found = { ...found };
    if (leading === undefined || readBackwards(leading, message, start, at, tried)) {
      const end = matchFrom(segment, leading === undefined ? 0 : 1, message, at, mustEnd, tried);
      if (end >= 0) {
        found.file = tried.file;
        found.unit = tried.unit;
        return end;
      }
    }
    from = at + 1;
  }
  return -1;
}

/** Where the pieces from `index` on, which stand at `start`, end; -1 where something else stands there. */
function matchFrom(
  segment: Segment,
  index: number,
  message: Message,
  start: number,
  mustEnd: boolean,
  found: Found,
): number {
  const { text, lower } = message;
  let at = start;
  for (let i = index; i < segment.length; i++) {
    const piece = segment[i] as Piece;
    if ('literal' in piece) {
      if (!lower.startsWith(piece.literal, at)) return -1;
      at += piece.literal.length;
      continue;
    }
    const next = segment[i + 1];
    const end = holeEnd(text, lower, at, next !== undefined && 'literal' in next ? next.literal : undefined);
    if (end <= at || end - at > LONGEST_HOLE || !keep(piece.hole, text.slice(at, end), found)) return -1;
    at = end;
  }
  return mustEnd && at !== text.length ? -1 : at;
}

const quotes = '"\'`';

/** Where what stands at `at` ends: at its closing quote, at the literal that follows, or at white space. */
function holeEnd(text: string, lower: string, at: number, literal: string | undefined): number {
  // Of a text in JSON the quotes have backslashes.
  const quoteAt = text[at] === '\\' ? at + 1 : at;
  const quote = text[quoteAt] as string;
  if (quote !== undefined && quotes.includes(quote)) {
    const closing = text.indexOf(quote, quoteAt + 1);
    if (closing >= 0) return closing + 1;
  }
  if (literal !== undefined) return lower.indexOf(literal, at + 1);
  let end = at;
  while (end < text.length && !isSpace(text.charCodeAt(end))) end++;
  return end;
}

/** Reads what stands right before `end`. */
function readBackwards(kind: HoleKind, { text }: Message, least: number, end: number, found: Found): boolean {
  const lowest = Math.max(least, end - LONGEST_HOLE);
  const quote = text[end - 1] as string;
  let start = end;
  if (quotes.includes(quote)) {
    start = text.lastIndexOf(quote, end - 2);
    if (start < lowest) return false;
    if (text[start - 1] === '\\' && start > lowest) start--;
  } else while (start > lowest && !isSpace(text.charCodeAt(start - 1))) start--;
  return start < end && keep(kind, text.slice(start, end), found);
}

function isSpace(code: number): boolean {
  return code <= 0x20;
}

/** Whether it has the form of its kind; what is wanted of it is kept. */
function keep(kind: HoleKind, given: string, found: Found): boolean {
  switch (kind) {
    case 'number':
      return /^\d+$/.test(given);
    case 'word':
      return !/[\0-\x20]/.test(given);
    case 'unit': {
      const unit = withoutEnd(unquoted(given), '.,:;');
      if (unit.length > LONGEST_UNIT || !/^[\w:.\\@-]+\.[a-z]+$/.test(unit)) return false;
      found.unit ??= unit;
      return true;
    }
    case 'file':
    case 'path': {
      const file = fileIn(given, kind === 'path');
      if (file === undefined) return false;
      found.file ??= file;
      return true;
    }
  }
}

/** Without any of these characters at its end. Not a regular expression: those begin anew at each of them. */
function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1] as string)) end--;
  return text.slice(0, end);
}

function unquoted(given: string): string {
  const inner = given.startsWith('\\') ? given.slice(1) : given;
  const quote = inner[0] as string;
  if (inner.length < 2 || !quotes.includes(quote) || inner.at(-1) !== quote) return given;
  const content = inner.slice(1, -1);
  return content.endsWith('\\') && inner !== given ? content.slice(0, -1) : content;
}

/** The name of a file in what stands where one should: without quotes, and without what a sentence puts around it. */
function fileIn(given: string, absolute: boolean): string | undefined {
  const content = unquoted(given);
  const isQuoted = content !== given;
  if (/[\0-\x1f]/.test(content)) return undefined;
  if (isQuoted) return acceptable(content, absolute) ? content : undefined;
  // White space in a bare one: more stands there than a name.
  if (content.includes(' ')) return undefined;
  let bare = content.replace(/^(file|unix):\/\//, '');
  const slash = absolute ? beginningOf(bare) : /^[[({<"'`=]*/.exec(bare)?.[0].length;
  if (slash === undefined) return undefined;
  bare = withoutEnd(bare.slice(slash), '.,:;!?)]}>"\'`\\');
  return acceptable(bare, absolute) ? bare : undefined;
}

/** Where an absolute path begins: `path=/var/x`, `(/var/x`, `open:/var/x`; never in the middle of a relative one, or of a URL. */
function beginningOf(bare: string): number | undefined {
  if (bare.startsWith('/')) return 0;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(bare)) return undefined;
  const at = /[=:([{<>,"'`]\//.exec(bare)?.index;
  return at === undefined ? undefined : at + 1;
}

function acceptable(file: string, absolute: boolean): boolean {
  if (file === '' || file === '.' || file === '..' || /^\/+$/.test(file)) return false;
  return !absolute || file.startsWith('/');
}
