import { textOf } from '../core/rawpath.ts';

/**
 * Byte strings as text that is safe to print: no terminal acts on it, no line breaks in it, and no two byte strings
 * look the same to a program. What this file calls printable, nix.ts and toml.ts also write as it is.
 */

/** Part of a byte string: one well-formed UTF-8 sequence, or one byte that belongs to none. */
export interface Unit {
  readonly raw: string;
  /** The character; undefined where the byte is not UTF-8. */
  readonly character: string | undefined;
}

// The Unicode standard's table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF. ASCII and what is
// not UTF-8 is taken byte by byte, by the last alternative.
const sequences =
  /[\u00c2-\u00df][\u0080-\u00bf]|\u00e0[\u00a0-\u00bf][\u0080-\u00bf]|[\u00e1-\u00ec\u00ee\u00ef][\u0080-\u00bf]{2}|\u00ed[\u0080-\u009f][\u0080-\u00bf]|\u00f0[\u0090-\u00bf][\u0080-\u00bf]{2}|[\u00f1-\u00f3][\u0080-\u00bf]{3}|\u00f4[\u0080-\u008f][\u0080-\u00bf]{2}|./gs;

export function* unitsOf(raw: string): Generator<Unit> {
  for (const [sequence] of raw.matchAll(sequences)) yield { raw: sequence, character: characterOf(sequence) };
}

/** Marks of the first byte by the length of the sequence that it begins. */
const leadBits = [0, 0x7f, 0x1f, 0x0f, 0x07];

function characterOf(sequence: string): string | undefined {
  const lead = sequence.charCodeAt(0);
  // Above 0xff: not a byte string at all. It is somebody's mistake, and still must not reach a terminal unescaped.
  if (sequence.length === 1) return lead < 0x80 || lead > 0xff ? sequence : undefined;
  let codePoint = lead & leadBits[sequence.length];
  for (let i = 1; i < sequence.length; i++) codePoint = (codePoint << 6) | (sequence.charCodeAt(i) & 0x3f);
  return String.fromCodePoint(codePoint);
}

/**
 * Controls, format characters (bidirectional overrides, joiners), surrogates, private use and unassigned characters,
 * line and paragraph separators, everything else that a terminal draws as nothing, and spaces that are not U+0020.
 */
const unprintable = '[\\p{C}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]|(?! )\\p{Zs}';

/** Whether a character can be shown as it is; a backslash can. */
export function isPrintable(character: string): boolean {
  return !classes().unprintable.test(character);
}

const plain = /^[ -[\]-~]*$/;
const notBytes = /[\u0100-\uffff]/;

let made: ReturnType<typeof makeClasses> | undefined;

/** Made when first needed: most runs meet ASCII alone, and V8 takes a millisecond to read these. */
function classes(): ReturnType<typeof makeClasses> {
  made ??= makeClasses();
  return made;
}

function makeClasses() {
  return {
    unprintable: new RegExp(unprintable, 'u'),
    every: new RegExp(unprintable, 'gu'),
    mark: /^\p{M}/u,
    // What needs a closer look; most names in any language do not.
    special: new RegExp(`${unprintable}|\\p{M}|\\\\`, 'u'),
  };
}

const named: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\t': '\\t', '\r': '\\r', '\x1b': '\\e' };

/**
 * A byte string for a person to read: printable UTF-8 as it is, a backslash as `\\`, other control bytes and bytes
 * that are not UTF-8 as `\n`, `\t`, `\r`, `\e` or `\xNN`, other characters that cannot be seen as `\u{...}`.
 */
export function display(raw: string): string {
  if (plain.test(raw)) return raw;
  const text = notBytes.test(raw) ? undefined : textOf(raw);
  if (text !== undefined && !classes().special.test(text)) return text;
  let shown = '';
  // A combining mark draws over what stands before it: over a slash or an escape it would make that unreadable.
  let base = false;
  for (const { raw: sequence, character } of unitsOf(raw)) {
    let escaped: string | undefined = escapeOf(sequence, character);
    if (character !== undefined && escaped === undefined && !base && classes().mark.test(character))
      escaped = braced(character);
    base = escaped === undefined && character !== '/';
    shown += escaped ?? character;
  }
  return shown;
}

function escapeOf(sequence: string, character: string | undefined): string | undefined {
  if (character === undefined) return hex(sequence);
  if (character in named) return named[character];
  if (isPrintable(character)) return undefined;
  return character < '\u0080' ? hex(character) : braced(character);
}

function hex(byte: string): string {
  return `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function braced(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** The text that these bytes are, where a person can read it as it is; undefined where `display` changes something. */
export function plainText(raw: string): string | undefined {
  const shown = display(raw);
  // `display` doubles every backslash, so text without one was not changed.
  return shown.includes('\\') ? undefined : shown;
}

/** JSON in which everything unprintable is escaped: by UTF-16 units, as JSON wants it. */
export function escapeJson(json: string): string {
  return json.replace(classes().every, (character) =>
    Array.from({ length: character.length }, (_, i) => hex4(character.charCodeAt(i))).join(''),
  );
}

/** Text in which everything unprintable is escaped: by characters, as a TOML string wants it. */
export function escapeToml(text: string): string {
  return text.replace(classes().every, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : hex4(code);
  });
}

function hex4(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`;
}
