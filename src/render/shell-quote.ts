import { isPrintable, type Unit, unitsOf } from './escape.ts';

/** At the beginning zsh takes `=` for more than itself. */
const bare = /^(?!=)[\w@%+=:,./-]+$/;

/**
 * The byte string as one word of any POSIX shell, printable and on one line: as it is, in single quotes, or as
 * `"$(printf '…')"` where it holds what cannot be shown. That drops newlines at the end: a path gets a slash behind
 * them, which changes nothing.
 */
export function shellQuote(path: string): string {
  if (bare.test(path)) return path;
  const units = [...unitsOf(path.endsWith('\n') ? `${path}/` : path)];
  if (units.every(isShown)) return `'${textOf(units).replaceAll("'", "'\\''")}'`;
  return `"$(printf '${units.map(formatted).join('')}')"`;
}

/** A command, to be pasted. */
export function commandLine(words: readonly string[]): string {
  return words.map(shellQuote).join(' ');
}

function isShown({ character }: Unit): boolean {
  // A mark draws over the quote before it.
  return character !== undefined && isPrintable(character) && !/^\p{M}/u.test(character);
}

function textOf(units: readonly Unit[]): string {
  return units.map(({ character }) => character).join('');
}

/**
 * In the format of printf(1). Between double quotes, older interactive shells see an exclamation
 * mark even there; a dash at the beginning would be an option.
 */
function formatted(unit: Unit, at: number): string {
  const { raw, character = '' } = unit;
  if (character === '%') return '%%';
  const isPlain = isShown(unit) && !/['\\!]/.test(character) && (at > 0 || character !== '-');
  // Three digits always: the next character could be one.
  return isPlain
    ? character
    : Array.from(raw, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`).join('');
}
