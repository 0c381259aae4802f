import { HOMES } from './home.ts';
import { textOf } from './rawpath.ts';

/**
 * The patterns of the catalogue. One is a byte string that names paths, component by component; within a component
 * `*` stands for any bytes (none and a leading dot too), `?` for one byte, `[abc]`, `[a-z]` and `[!abc]` for one byte
 * of a set, and a backslash takes the next byte as it is. A component `**` stands for any number of components, none
 * too. A leading `~/` is a user's home: `/root` or a directory of `/home`; of the catalogue's also the home that a
 * flatpak or a snap has within it (rules.ts).
 */
export const ANY_DEPTH = '**';

/** The pattern as absolute ones: two where it begins with `~/`. */
export function spellingsOf(pattern: string): string[] {
  const plain = withoutRepeats(pattern);
  if (!plain.startsWith('~/')) return [plain.startsWith('/') ? plain : `/${plain}`];
  const rest = plain.slice(2);
  return HOMES.map((home) => (rest === '' ? home : `${home}/${rest}`));
}

/** Two `**` in a row say no more than one. */
export function withoutRepeats(pattern: string): string {
  return pattern.includes('**/**') ? pattern.replace(/\*\*(\/\*\*)+(?=\/|$)/g, '**') : pattern;
}

/** The pattern that matches this path and no other. */
export function literalPattern(path: string): string {
  return path.replace(/[*?[\]\\]/g, '\\$&');
}

/** A RangeError that names both where `pattern`, of the file `file`, is not a pattern. */
export function checkPattern(pattern: string, file: string): void {
  const problem = problemOf(pattern);
  if (problem !== undefined) throw new RangeError(`${file}: pattern "${textOf(pattern) ?? pattern}" ${problem}`);
}

/** Why it is not a pattern, as it follows the pattern in a sentence; undefined where it is one. */
export function problemOf(pattern: string): string | undefined {
  if (!/^(\/|~\/|\*\*\/)/.test(pattern)) return 'must begin with /, ~/ or **/';
  for (const spelling of spellingsOf(pattern)) {
    for (const component of spelling === '/' ? [] : spelling.slice(1).split('/')) {
      if (component === '' || component === '.' || component === '..') {
        return `must not have the component "${component}"`;
      }
      const problem = component === ANY_DEPTH ? undefined : problemOfGlob(component);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function problemOfGlob(component: string): string | undefined {
  let found: string | undefined;
  try {
    new Glob(component, (problem) => {
      found = problem;
      return new RangeError(problem);
    });
  } catch (error) {
    if (found === undefined) throw error;
  }
  return found;
}

/** A run of any bytes. */
const RUN = -1;
/** A byte, a run, or the set of bytes that may stand here as a table of 256. */
type Token = number | Uint8Array;

/** One component of a pattern. */
export class Glob {
  /** The last bytes that a name which matches can have; undefined: any. */
  readonly lastBytes: readonly number[] | undefined;
  /** What stands before and after its only run, or all of it where it has none. */
  readonly #before: string;
  readonly #after: string;
  readonly #hasRun: boolean;
  /** Where it is not as simple as that. */
  readonly #tokens: readonly Token[] | undefined;

  constructor(
    source: string,
    fail: (problem: string) => Error = (problem) => new RangeError(`"${source}" ${problem}`),
  ) {
    // Most are plain names or have one run, and many are compiled whenever ebb starts: a loop over a few characters
    // is all that these cost.
    let run = -1;
    let isSimple = true;
    for (let i = 0; i < source.length; i++) {
      const character = source.charCodeAt(i);
      if (character === ASTERISK && run < 0) run = i;
      else if (character === ASTERISK || character === QUESTION || character === BRACKET || character === BACKSLASH) {
        isSimple = false;
        break;
      }
    }
    this.#hasRun = run >= 0;
    this.#before = run < 0 ? source : source.slice(0, run);
    this.#after = run < 0 ? '' : source.slice(run + 1);
    this.#tokens = isSimple ? undefined : tokensOf(source, fail);
    if (this.#tokens !== undefined) this.lastBytes = lastBytesOf(this.#tokens[this.#tokens.length - 1]);
    else this.lastBytes = source.endsWith('*') ? undefined : [source.charCodeAt(source.length - 1)];
  }

  matches(names: Uint8Array, start: number, end: number): boolean {
    if (this.#tokens !== undefined) return matchTokens(this.#tokens, names, start, end);
    const before = this.#before;
    const after = this.#after;
    const spare = end - start - before.length - after.length;
    if (this.#hasRun ? spare < 0 : spare !== 0) return false;
    // From the end: names of one directory differ there more often than at their beginning.
    for (let i = after.length - 1, at = end - 1; i >= 0; i--, at--) if (names[at] !== after.charCodeAt(i)) return false;
    for (let i = before.length - 1; i >= 0; i--) if (names[start + i] !== before.charCodeAt(i)) return false;
    return true;
  }
}

const ASTERISK = 0x2a;
const QUESTION = 0x3f;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;

function lastBytesOf(last: Token): readonly number[] | undefined {
  if (typeof last === 'number') return last === RUN ? undefined : [last];
  const bytes = [...last.keys()].filter((byte) => last[byte] === 1);
  return bytes.length === 256 ? undefined : bytes;
}

function tokensOf(source: string, fail: (problem: string) => Error): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const character = source[at];
    if (character === '*') {
      if (tokens.at(-1) === RUN) throw fail('has ** that is not a component of its own');
      tokens.push(RUN);
      at++;
    } else if (character === '?') {
      tokens.push(new Uint8Array(256).fill(1));
      at++;
    } else if (character === '[') {
      const set = parseSet(source, at, fail);
      tokens.push(set.bytes);
      at = set.end;
    } else {
      const byte = byteAt(source, at, fail);
      tokens.push(byte.value);
      at = byte.end;
    }
  }
  return tokens;
}

/** The set that begins with the `[` at `start`. A `]` right at its beginning is taken as itself, as in fnmatch(3). */
function parseSet(source: string, start: number, fail: (problem: string) => Error) {
  const negated = source[start + 1] === '!';
  const bytes = new Uint8Array(256).fill(negated ? 1 : 0);
  const first = start + (negated ? 2 : 1);
  let at = first;
  while (source[at] !== ']' || at === first) {
    const from = byteAt(source, at, fail);
    const isRange = source[from.end] === '-' && source[from.end + 1] !== ']';
    const to = isRange ? byteAt(source, from.end + 1, fail) : from;
    if (to.value < from.value) throw fail('has a range that runs backwards');
    bytes.fill(negated ? 0 : 1, from.value, to.value + 1);
    at = to.end;
  }
  return { bytes, end: at + 1 };
}

/** The byte that stands at `at`, with or without a backslash. */
function byteAt(source: string, at: number, fail: (problem: string) => Error) {
  const byte = source[at] === '\\' ? at + 1 : at;
  if (byte >= source.length) throw fail(byte === at ? 'has a [ without its ]' : 'ends a component in a backslash');
  return { value: source.charCodeAt(byte), end: byte + 1 };
}

/** Where a byte does not fit, only the latest run has to grow: an earlier one could not fit what this one cannot. */
function matchTokens(tokens: readonly Token[], names: Uint8Array, start: number, end: number): boolean {
  let token = 0;
  let at = start;
  let runToken = -1;
  let runAt = start;
  while (at < end) {
    const expected = token < tokens.length ? tokens[token] : undefined;
    if (expected === RUN) {
      runToken = token++;
      runAt = at;
    } else if (expected === names[at] || (typeof expected === 'object' && expected[names[at]] === 1)) {
      token++;
      at++;
    } else if (runToken >= 0) {
      token = runToken + 1;
      at = ++runAt;
    } else {
      return false;
    }
  }
  while (token < tokens.length && tokens[token] === RUN) token++;
  return token === tokens.length;
}
