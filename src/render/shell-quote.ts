import { isPrintable, unitsOf } from './escape.ts';

const bare = /^[\w@%+=:,./-]+$/;

/**
 * The byte string as one word of a shell, printable and on one line: as it is, in single quotes, or as `$'…'` with
 * octal escapes where it holds what cannot be shown (POSIX 2024; bash, zsh, ksh and busybox have it, dash has not).
 */
export function shellQuote(raw: string): string {
  if (bare.test(raw)) return raw;
  const units = [...unitsOf(raw)];
  if (units.every(({ character }) => character !== undefined && isPrintable(character) && !isMark.test(character))) {
    const text = units.map(({ character }) => character).join('');
    return `'${text.replaceAll("'", "'\\''")}'`;
  }
  // Three digits always: the next character could be one.
  const shown = units.map(({ raw: bytes, character }) =>
    character !== undefined && isPrintable(character) && !isMark.test(character)
      ? character.replace(/['\\]/, '\\$&')
      : Array.from(bytes, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`).join(''),
  );
  return `$'${shown.join('')}'`;
}

/** It draws over the quote before it. */
const isMark = /^\p{M}/u;
