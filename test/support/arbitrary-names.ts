/** Arbitrary text and arbitrary file names, rich in what is hard to show. */
import fc from 'fast-check';
import { rawFromBytes, rawFromText } from '../../src/core/rawpath.ts';

// fc.string({ unit: 'binary' }) means the same and takes two seconds to get ready.
const anyCharacter = fc.oneof(
  fc.integer({ min: 0, max: 0x17f }),
  fc.integer({ min: 0x2000, max: 0x206f }),
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
);

/** Text of any characters, controls and unassigned ones among them. */
export const anyText = fc.array(anyCharacter, { maxLength: 12 }).map((codes) => String.fromCodePoint(...codes));

/** Bytes that are mostly not UTF-8, and such as are. */
export const anyRaw = fc.oneof(
  fc.uint8Array({ maxLength: 30 }).map((bytes) => rawFromBytes(bytes)),
  anyText.map(rawFromText),
);
