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
  return text
    .split('\n')
    .flatMap((line) => parseLine(line.replace(/^[ \t\r]+|[ \t\r]+$/g, ''), file, specifiers) ?? []);
}

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
  if (path === undefined || /[\n\0]/.test(path)) return undefined;
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

function isAge(text: string | undefined): boolean {
  const unit =
    '(usec|us|msec|ms|seconds?|sec|s|minutes?|min|m|hours?|hr|h|days?|d|weeks?|w|months?|M|years?|y|\u00c2?\u00b5s)?';
  const age = new RegExp(`^~?([abcmABCM ]+:)?\\s*(\\d+(\\.\\d+)?\\s*${unit}\\s*)+$`);
  return text === undefined || text === '' || text === '-' || text === 'infinity' || age.test(text);
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
  const [, digits = '', padding = ''] = /^([A-Za-z0-9+/\s]*)([=\s]*)$/.exec(text) ?? [undefined, undefined, 'x'];
  const letters = digits.replace(/\s/g, '');
  const missing = padding.replace(/\s/g, '').length;
  if (padding === 'x' || missing > 2 || (letters.length + missing) % 4 !== 0) return undefined;
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
