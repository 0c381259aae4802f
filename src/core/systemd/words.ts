import { rawFromText } from '../rawpath.ts';

/** How a value falls into words: what systemd calls the flags of `extract_first_word`. */
export interface WordSyntax {
  readonly separators: string;
  /** Quotes hold a word together and are taken away. */
  readonly unquotes: boolean;
  /**
   * `c`: a backslash begins one of C's escapes; `c or separator`: one of these, or it takes a separator as it is;
   * `c or itself`: where it begins none it is an ordinary byte; `literal`: it takes any byte as it is; `retain`: it is
   * always an ordinary byte.
   */
  readonly backslash: 'c' | 'c or separator' | 'c or itself' | 'literal' | 'retain';
  /** Two separators in a row have an empty word between them. */
  readonly emptyWords?: boolean;
}

export const WHITESPACE = ' \t\n\r';

/** Of commands. */
export const commandWords: WordSyntax = { separators: WHITESPACE, unquotes: true, backslash: 'c or itself' };
/** Of environments and lines of tmpfiles.d. */
export const escapedWords: WordSyntax = { separators: WHITESPACE, unquotes: true, backslash: 'c' };
/** Of lists of paths. */
export const literalWords: WordSyntax = { separators: WHITESPACE, unquotes: true, backslash: 'literal' };
/** Of lists whose words are taken apart further, backslashes and all. */
export const plainWords: WordSyntax = { separators: WHITESPACE, unquotes: true, backslash: 'retain' };
/** Of bind mounts: source, destination and options, and the next. */
export const bindWords: WordSyntax = { ...literalWords, separators: `:${WHITESPACE}`, emptyWords: true };
/** Of what is one word of a list: `name:link`. */
export const colonWords: WordSyntax = { separators: ':', unquotes: false, backslash: 'c or separator' };

export interface Word {
  readonly text: string;
  /** Where the next one may begin, right after a separator; beyond the value's end where none came. */
  readonly end: number;
}

/** The word that begins at `start`, or after separators; undefined at the end, `broken` where it cannot be read. */
export function wordAt(value: string, start: number, syntax: WordSyntax): Word | 'broken' | undefined {
  const { separators, unquotes, backslash } = syntax;
  let at = start;
  if (syntax.emptyWords !== true) while (at < value.length && separators.includes(value.charAt(at))) at++;
  if (at >= value.length) return undefined;
  let text = '';
  let quote = '';
  for (; at < value.length; at++) {
    const character = value.charAt(at);
    if (character === '\\' && backslash !== 'retain') {
      const isLast = at + 1 === value.length && quote === '';
      const sequence =
        isLast && backslash === 'c or itself' ? { text: '\\', end: at + 1 } : escapeAt(value, at + 1, syntax);
      if (sequence === undefined) return 'broken';
      text += sequence.text;
      at = sequence.end - 1;
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else text += character;
    } else if (unquotes && (character === '"' || character === "'")) quote = character;
    else if (separators.includes(character)) return { text, end: afterSeparators(value, at, syntax) };
    else text += character;
  }
  return quote === '' ? { text, end: value.length + 1 } : 'broken';
}

function afterSeparators(value: string, at: number, { separators, emptyWords }: WordSyntax): number {
  let end = at + 1;
  if (emptyWords !== true) while (end < value.length && separators.includes(value.charAt(end))) end++;
  return end;
}

/** All words; those before the first that cannot be read, where there is such a one. */
export function wordsOf(value: string, syntax: WordSyntax): { readonly words: string[]; readonly broken: boolean } {
  const words: string[] = [];
  for (let at = 0; ; ) {
    const word = wordAt(value, at, syntax);
    if (word === undefined || word === 'broken') return { words, broken: word === 'broken' };
    words.push(word.text);
    at = word.end;
  }
}

/** What the escape stands for whose backslash is before `start`. */
function escapeAt(value: string, start: number, { backslash, separators }: WordSyntax): Word | undefined {
  const character = value.charAt(start);
  const literal = character === '' ? undefined : { text: character, end: start + 1 };
  if (backslash === 'literal') return literal;
  const sequence = escapeOfC(value, start);
  if (sequence !== undefined || backslash === 'c') return sequence;
  if (backslash === 'c or itself') return literal && { text: `\\${character}`, end: literal.end };
  return separators.includes(character) ? literal : undefined;
}

const single: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', s: ' ' },
  ...{ '\\': '\\', '"': '"', "'": "'" },
};

/** The escape of C whose backslash is before `start`: bytes for \xHH and \OOO, UTF-8 for \u and \U, and \s a space. */
export function escapeOfC(value: string, start: number): Word | undefined {
  const character = value.charAt(start);
  const plain = single[character];
  if (plain !== undefined) return { text: plain, end: start + 1 };
  if (character === 'x') return numberAt(value, start + 1, 2, 16, 0xff);
  if (character === 'u') return characterAt(value, start + 1, 4);
  if (character === 'U') return characterAt(value, start + 1, 8);
  return numberAt(value, start, 3, 8, 0xff);
}

function characterAt(value: string, start: number, digits: number): Word | undefined {
  const word = numberAt(value, start, digits, 16, 0x10ffff);
  return word && { text: rawFromText(word.text), end: word.end };
}

/** Never zero, which no word can hold. */
function numberAt(value: string, start: number, digits: number, base: number, most: number): Word | undefined {
  const text = value.slice(start, start + digits);
  if (text.length !== digits || !(base === 16 ? /^[0-9a-fA-F]+$/ : /^[0-7]+$/).test(text)) return undefined;
  const code = Number.parseInt(text, base);
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  if (code === 0 || code > most || isSurrogate) return undefined;
  return { text: String.fromCodePoint(code), end: start + digits };
}

/** A string with C's escapes in it, as a whole; undefined where one of them cannot be read. */
export function unescaped(value: string): string | undefined {
  if (!value.includes('\\')) return value;
  let text = '';
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (character !== '\\') {
      text += character;
      continue;
    }
    const sequence = escapeOfC(value, at + 1);
    if (sequence === undefined) return undefined;
    text += sequence.text;
    at = sequence.end - 1;
  }
  return text;
}
