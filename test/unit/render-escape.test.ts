import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rawFromText } from '../../src/core/rawpath.ts';
import { display, escapeJson, plainText } from '../../src/render/escape.ts';
import { pathLine } from '../../src/render/paths.ts';
import { warningsText } from '../../src/render/warnings.ts';
import { anyRaw, anyText } from '../support/arbitrary-names.ts';

/** The bytes that a displayed text stands for. */
function undisplay(shown: string): string {
  const named: Record<string, string> = { '\\': '\\', n: '\n', t: '\t', r: '\r', e: '\x1b' };
  return shown.replace(/\\u\{([0-9a-f]+)\}|\\x([0-9a-f]{2})|\\(.)|([^\\]+)/gu, (_, code, byte, name, text) => {
    if (code !== undefined) return rawFromText(String.fromCodePoint(parseInt(code, 16)));
    if (byte !== undefined) return String.fromCharCode(parseInt(byte, 16));
    return name === undefined ? rawFromText(text) : named[name];
  });
}

const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

test('what is displayed can be read back to the same bytes, so no two byte strings look alike', () => {
  fc.assert(
    fc.property(anyRaw, (raw) => assert.equal(undisplay(display(raw)), raw)),
    { numRuns: 2000 },
  );
});

test('nothing that is displayed acts on a terminal or hides from the eye', () => {
  fc.assert(
    fc.property(anyRaw, (raw) => assert.doesNotMatch(display(raw), unseen)),
    { numRuns: 2000 },
  );
});

test('each kind of character has its form', () => {
  const forms: [string, string][] = [
    ['/srv/notes.txt', '/srv/notes.txt'],
    [rawFromText('/srv/café/日本語'), '/srv/café/日本語'],
    ['a\\b', 'a\\\\b'],
    ['\n\t\r\x1b\x07\x7f', '\\n\\t\\r\\e\\x07\\x7f'],
    ['caf\xe9', 'caf\\xe9'],
    [rawFromText('\u009b31m'), '\\u{9b}31m'],
    [rawFromText('a\u202etxt.exe'), 'a\\u{202e}txt.exe'],
    [rawFromText('a\u200bb\u2028c\u00a0d\ufeff'), 'a\\u{200b}b\\u{2028}c\\u{a0}d\\u{feff}'],
    [rawFromText('\u{e0041}'), '\\u{e0041}'],
    // Overlong slash, a surrogate, beyond the last character, a sequence that breaks off.
    ['\xc0\xaf', '\\xc0\\xaf'],
    ['\xed\xa0\x80', '\\xed\\xa0\\x80'],
    ['\xf4\x90\x80\x80', '\\xf4\\x90\\x80\\x80'],
    ['\xe6\x97', '\\xe6\\x97'],
    // A mark stays on its letter, and is not drawn over a slash.
    [rawFromText('/e\u0301/\u0301'), '/e\u0301/\\u{301}'],
  ];
  for (const [raw, shown] of forms) assert.equal(display(raw), shown);
});

test('plain text is what display leaves alone', () => {
  assert.equal(plainText(rawFromText('/srv/café')), '/srv/café');
  assert.equal(plainText('/srv/a\\b'), undefined);
  assert.equal(plainText('/srv/\xff'), undefined);
});

test('JSON in which the unseen is escaped means the same', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const json = escapeJson(JSON.stringify(text));
      assert.doesNotMatch(json, unseen);
      assert.equal(JSON.parse(json), text);
    }),
  );
});

test('a path ended by NUL is its bytes; on a line of its own it is escaped where it has to be', () => {
  const line = (raw: string, nul: boolean) => Buffer.from(pathLine(raw, nul)).toString('latin1');
  assert.equal(line('/a\n\xff', true), '/a\n\xff\0');
  assert.equal(line('/a\n\xff', false), '/a\\n\\xff\n');
  assert.equal(line(rawFromText('/café'), false), `${rawFromText('/café')}\n`);
  assert.equal(line('/a\\n', false), '/a\\\\n\n');
});

test('a warning takes one line, whatever it quotes', () => {
  const text = warningsText([{ code: 'unreadable', message: 'cannot read /a\n\x1b[2J' }], { colour: false });
  assert.equal(text, 'ebb: warning: cannot read /a\\n\\e[2J\n');
  assert.equal(warningsText([], { colour: true }), '');
});
