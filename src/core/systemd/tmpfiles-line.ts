import type { RawPath } from '../rawpath.ts';
import { isAbsolute, tidied } from './open-path.ts';
import { type Specifiers, withSpecifiers } from './specifiers.ts';
import { escapedWords, unescaped, wordAt } from './words.ts';

/** A line of tmpfiles.d(5) that systemd-tmpfiles would heed at boot. Byte strings. */
export interface TmpfilesLine {
  /** One letter: `d`, `L`, `R` and so on. */
  readonly type: string;
  /** `+`, `!`, `-`, `=`, `~`, `^`, `$` and `?`. */
  readonly modifiers: string;
  /** Of some types a glob. */
  readonly path: RawPath;
  /** undefined where they are left to systemd. */
  readonly mode: string | undefined;
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly age: string | undefined;
  /** What stands in the file or in the link; undefined where there is none, or only a credential has it. */
  readonly argument: string | undefined;
  /** The path of the file that it stands in. */
  readonly file: RawPath;
}

const TYPES = 'fFwdDevqQpLcbCxXrRzZmtThHaA';
const globbing = 'wexXrRzZmtThHaA';
const takingArguments = 'fFwLCcbtThHaA';

/** Whether lines of this type are about all paths that a glob matches. */
export function isGlobbing(type: string): boolean {
  return globbing.includes(type);
}

/** The lines of one file; without those that systemd passes over, and those whose specifiers are not known. */
export function parseTmpfiles(text: string, file: RawPath, specifiers: Specifiers): TmpfilesLine[] {
  return text.split('\n').flatMap((line) => parseLine(stripped(line), file, specifiers) ?? []);
}

/** Without the spaces around it; by hand, as a pattern would look at each space in a long line again and again. */
function stripped(line: string): string {
  const isSpace = (at: number): boolean => ' \t\r'.includes(line.charAt(at));
  let [start, end] = [0, line.length];
  while (start < end && isSpace(start)) start++;
  while (end > start && isSpace(end - 1)) end--;
  return line.slice(start, end);
}

/** The kernel takes no path of more bytes. */
const LONGEST_PATH = 4095;

function parseLine(line: string, file: RawPath, specifiers: Specifiers): TmpfilesLine | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  const fields: string[] = [];
  let at = 0;
  while (fields.length < 6) {
    const word = wordAt(line, at, escapedWords);
    if (word === 'broken') return undefined;
    if (word === undefined) break;
    fields.push(word.text);
    at = word.end;
  }
  const [action = '', rawPath = '', mode, user, group, age] = fields;
  const type = action.charAt(0);
  const modifiers = action.slice(1);
  if (fields.length < 2 || !TYPES.includes(type) || type === '' || !/^[-+!=~^$?]*$/.test(modifiers)) return undefined;
  if (new Set(modifiers).size < modifiers.length) return undefined;
  // Where a line writes no content, some versions void it by these.
  if (/[~^]/.test(modifiers) && !'fFw'.includes(type)) return undefined;
  const expanded = withSpecifiers(rawPath, specifiers);
  const path = expanded === undefined || !isAbsolute(expanded) ? undefined : tidied(expanded);
  if (path === undefined || path.length > LONGEST_PATH || /[\n\0]/.test(path)) return undefined;
  const rest = line.slice(at);
  const given = rest === '' || rest === '-' || !takingArguments.includes(type) ? undefined : rest;
  const argument = given === undefined ? undefined : argumentOf(given, type, modifiers, specifiers);
  // One that cannot be read makes the whole line void.
  if (argument === VOID) return undefined;
  if (!isMode(mode) || !isAge(age)) return undefined;
  const field = (value: string | undefined): string | undefined =>
    value === undefined || value === '' || value === '-' ? undefined : value;
  return {
    ...{ type, modifiers, path: path.replace(/^\/var\/run\//, '/run/') as RawPath, argument, file },
    ...{ mode: field(mode), user: field(user), group: field(group), age: field(age) },
  };
}

function isMode(text: string | undefined): boolean {
  return text === undefined || text === '' || /^([~:]*[0-7]{1,5}|-)$/.test(text);
}

/** The longest first, as the first that fits is taken: `min` is no `m`. */
const units = [
  ...['seconds', 'minutes', 'second', 'minute', 'months', 'hours', 'month', 'weeks', 'years', 'usec', 'msec', 'hour'],
  ...[
    'days',
    'week',
    'year',
    'sec',
    'min',
    'day',
    '\u00c2\u00b5s',
    '\u00b5s',
    'us',
    'ms',
    'hr',
    's',
    'm',
    'h',
    'd',
    'w',
    'M',
    'y',
  ],
].join('|');

/** By terms, each of which ends where it has to: there is one way to read `11111`. */
function isAge(text: string | undefined): boolean {
  if (text === undefined || text === '' || text === '-' || text === 'infinity') return true;
  const term = new RegExp(`\\s*\\d+(\\.\\d+)?\\s*(${units})?\\s*`, 'y');
  term.lastIndex = /^~?([abcmABCM ]+:)?/.exec(text)?.[0].length ?? 0;
  do if (!term.test(text)) return false;
  while (term.lastIndex < text.length);
  return true;
}

const VOID = Symbol('void');

function argumentOf(
  given: string,
  type: string,
  modifiers: string,
  specifiers: Specifiers,
): string | undefined | typeof VOID {
  if (modifiers.includes('^')) return undefined;
  if (modifiers.includes('~')) return 'fFw'.includes(type) ? (decoded(given) ?? VOID) : VOID;
  if (!'fFwLC'.includes(type)) return given;
  const plain = unescaped(given);
  return plain === undefined ? VOID : (withSpecifiers(plain, specifiers) ?? VOID);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** What the bytes are in base64; undefined where they are none. */
function decoded(text: string): string | undefined {
  const whole = text.replace(/\s/g, '');
  const letters = whole.replace(/={0,2}$/, '');
  if (whole.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(letters)) return undefined;
  let result = '';
  let bits = 0;
  let count = 0;
  for (const letter of letters) {
    bits = ((bits << 6) | ALPHABET.indexOf(letter)) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    result += String.fromCharCode((bits >> count) & 0xff);
  }
  return result;
}
