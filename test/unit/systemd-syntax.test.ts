/** The parsers of what systemd reads, on any bytes; what systemd itself reads in them is in test/contract/systemd-units. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { checkPattern } from '../../src/core/pattern.ts';
import { bytesOf, type RawPath } from '../../src/core/rawpath.ts';
import { parseCommands, withVariables } from '../../src/core/systemd/command-line.ts';
import { ANY_NAME, OWN_HOME, patternOf, tidied } from '../../src/core/systemd/open-path.ts';
import { systemSpecifiers, unitSpecifiers } from '../../src/core/systemd/specifiers.ts';
import { parseSysusers } from '../../src/core/systemd/sysusers.ts';
import { patternsOfGlob } from '../../src/core/systemd/tmpfiles-glob.ts';
import { parseTmpfiles } from '../../src/core/systemd/tmpfiles-line.ts';
import { claimsOfUnit } from '../../src/core/systemd/unit-claims.ts';
import { factsOfSettings } from '../../src/core/systemd/unit-facts.ts';
import { parseUnitFile } from '../../src/core/systemd/unit-file.ts';
import { dropInNames, parseUnitName, type UnitName, unescapeUnitName } from '../../src/core/systemd/unit-name.ts';
import { settingsOf, wantedSettings } from '../../src/core/systemd/unit-settings.ts';
import { commandWords, escapedWords, wordsOf } from '../../src/core/systemd/words.ts';

const byteString = fc.uint8Array({ maxLength: 40 }).map((bytes) => String.fromCharCode(...bytes));
/** Bytes that mean something stand in it more often. */
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...' \t"\'\\%=;#[]{}*?~/.:-+@!\n\r\0$'), byteString), { maxLength: 12 })
  .map((pieces) => pieces.join(''));
const specifiers = systemSpecifiers(() => undefined);
const file = '/etc/x.conf' as RawPath;
const name = (text: string): UnitName => parseUnitName(text) as UnitName;

describe('words', () => {
  test('come back as they were escaped', () => {
    const word = byteString.map((text) => text.replaceAll('\0', ''));
    const escaped = (text: string): string =>
      `"${Array.from(bytesOf(text), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
    const check = fc.property(fc.array(word), (words) => {
      const read = wordsOf(words.map(escaped).join(' '), escapedWords);
      assert.deepEqual(read, { words, broken: false });
    });
    fc.assert(check);
  });

  test('are what systemd makes of quotes, escapes and what is neither', () => {
    const cases: [string, string[], boolean][] = [
      [`a "b c" 'd e'f \\x41\\101\\s\\u00e9`, ['a', 'b c', 'd ef', 'AA \xc3\xa9'], false],
      ['a "b', ['a'], true],
      ['a \\q b', ['a'], true],
      ['"" x', ['', 'x'], false],
      ['\\x00', [], true],
    ];
    for (const [value, words, broken] of cases)
      assert.deepEqual(wordsOf(value, escapedWords), { words, broken }, value);
    assert.deepEqual(wordsOf('a \\q \\', commandWords).words, ['a', '\\q', '\\']);
  });
});

describe('commands', () => {
  test('are parted by semicolons that stand alone, and lose the marks of their programs', () => {
    const commands = parseCommands('-@/bin/a zero --x=%% ; +/bin/b \\; ";" $A ; !!/bin/c', specifiers);
    assert.deepEqual(commands, [['/bin/a', '--x=%'], ['/bin/b', ';', ';', '$A'], ['/bin/c']]);
  });

  test('have variables replaced that are known', () => {
    const variables = new Map([
      ['A', 'one two'],
      ['B', '/srv/b'],
    ]);
    assert.deepEqual(withVariables(['/bin/x', '$A', '--b=${B}', '$C', '${A}'], variables), [
      ...['/bin/x', 'one', 'two', '--b=/srv/b', '$C', 'one two'],
    ]);
  });
});

describe('names of units', () => {
  test('have drop-in directories of the closest name first', () => {
    assert.deepEqual(dropInNames(name('a-b-c.service')), ['a-b-c.service', 'a-b-.service', 'a-.service']);
    assert.deepEqual(dropInNames(name('x@i.service')), ['x@i.service', 'x@.service']);
    assert.deepEqual(dropInNames(name('a-b@i.service')), [
      ...['a-b@i.service', 'a-b@.service', 'a-.service', 'a-@i.service', 'a-@.service'],
    ]);
  });

  test('are unescaped', () => {
    assert.equal(unescapeUnitName('srv-a\\x2db'), 'srv/a-b');
    assert.equal(unescapeUnitName('a\\xzz'), undefined);
  });

  test('may be long and have many dashes', () => {
    assert.equal(dropInNames(name(`${'a-'.repeat(120)}b.service`)).length, 121);
    assert.equal(parseUnitName(`${'a'.repeat(300)}.service`), undefined);
  });
});

test('paths are tidied, and what is open in them becomes a pattern', () => {
  assert.equal(tidied('//a/./b//'), '/a/b');
  assert.equal(tidied('/a/../b'), undefined);
  assert.equal(tidied('/'), '/');
  assert.equal(patternOf(`/srv/[${ANY_NAME}`), '/srv/\\[*');
  assert.equal(patternOf(`${OWN_HOME}/a*`), '~/a\\*');
});

test('globs are said in patterns where they mean the same for sure', () => {
  assert.deepEqual(patternsOfGlob('/a/*b'), ['/a/[!.]*b']);
  assert.deepEqual(patternsOfGlob('/a/{b,c{d,e}}'), ['/a/b', '/a/cd', '/a/ce']);
  assert.deepEqual(patternsOfGlob('/a/x[^0-9]'), ['/a/x[!0-9]']);
  for (const glob of ['/a/[[:alpha:]]', '/a/[!x]y', '/a/{', '/a/[', '/{a,b}{c,d}{e,f}{g,h}{i,j}{k,l}{m,n}']) {
    assert.equal(patternsOfGlob(glob), undefined, glob);
  }
});

test('no bytes make a parser fail, and every claim has a pattern', () => {
  const keys = [...wantedSettings];
  const line = fc.tuple(fc.constantFrom(...keys), hostile).map(([key, value]) => `${key}=${value}`);
  const section = fc.constantFrom('[Service]', '[Unit]', '[Socket]', '[Mount]', '[Timer]', '[Swap]', '[');
  const text = fc
    .array(fc.oneof(line, line, section, hostile), { maxLength: 12 })
    .map((lines) => `[Service]\n${lines.join('\n')}`);
  const unit = fc.constantFrom('a.service', 'a@.service', 'a-b@c-d.socket', 'm.mount', 's.swap', 't.timer').map(name);
  const context = { accountOf: () => undefined, homes: new Set<string>(), look: () => undefined };
  const check = fc.property(text, unit, (content, of) => {
    const settings = settingsOf(of, [parseUnitFile(content, wantedSettings)]);
    const facts = factsOfSettings(of, settings, unitSpecifiers(of, file, specifiers));
    for (const scope of ['system', { states: ['.local/state'] }] as const) {
      for (const { pattern, evidence } of claimsOfUnit(facts, { ...context, scope })) {
        checkPattern(pattern, 'test');
        assert.ok(/^[\x00-\xff]*$/.test(pattern + evidence.detail), 'nothing but bytes');
      }
    }
  });
  fc.assert(check, { numRuns: 300 });
});

test('no bytes make the parsers of tmpfiles.d and sysusers.d fail', () => {
  const letters = fc.constantFrom('d ', 'L+ /x ', 'f~ /y - - - - ', 'R! /*', 'u ', 'g x', 'C /a ');
  const text = fc.array(
    fc.tuple(letters, hostile).map((parts) => parts.join('')),
    { maxLength: 8 },
  );
  const check = fc.property(text, (lines) => {
    for (const { path } of parseTmpfiles(lines.join('\n'), file, specifiers)) {
      assert.equal(tidied(path), path);
      for (const pattern of patternsOfGlob(path) ?? []) checkPattern(pattern, 'test');
    }
    parseSysusers(lines.join('\n'), file, specifiers);
  });
  fc.assert(check, { numRuns: 300 });
});

test('the argument of a line may be in base64, and a wrong one makes the line void', () => {
  const [line] = parseTmpfiles('f~ /x - - - - aGVsbG8A\n', file, specifiers);
  assert.equal(line?.argument, 'hello\0');
  for (const wrong of ['f~ /x - - - - a', 'f~ /x - - - - ###', 'L~ /x - - - - aGVsbG8=', 'f /x - - - - \\q']) {
    assert.deepEqual(parseTmpfiles(wrong, file, specifiers), [], wrong);
  }
});
