import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchText, messageOf, parseMessageText } from '../../src/core/doctor/message-text.ts';
import { rawFromText } from '../../src/core/rawpath.ts';

function file(text: string, message: string): string | undefined {
  return matchText(parseMessageText(text), messageOf(rawFromText(message)))?.file;
}

const missing = '*{path}: no such file or directory*';

test('a path is taken out of what a sentence puts around it', () => {
  for (const around of [
    '%',
    '"%"',
    "'%'",
    '`%`',
    '‘%’',
    '“%”',
    'open %',
    'path=%',
    '(%',
    'error=[%',
    'open:%',
    'x="open %',
  ]) {
    const message = `${around.replace('%', '/var/lib/x')}: No such file or directory.`;
    assert.equal(file(missing, message), '/var/lib/x', message);
  }
});

test('in quotes, also those of JSON, a path may hold what ends one otherwise', () => {
  assert.equal(file(missing, 'cannot open "/srv/a b: c/x": No such file or directory'), '/srv/a b: c/x');
  assert.equal(file(missing, '{"msg":"open \\"/srv/a b\\": no such file or directory"}'), '/srv/a b');
});

test('punctuation behind a path is not part of it', () => {
  for (const end of ['.', ',', ';', ')', '.)', '"', '!', ':']) {
    assert.equal(file('*cannot open {path}*', `cannot open /srv/x${end}`), '/srv/x', end);
    assert.equal(file('*cannot open {path}*', `cannot open /srv/x${end} and gave up`), '/srv/x', end);
  }
});

test('what is relative, a URL or nothing but a slash is no absolute path', () => {
  for (const no of ['var/lib/x', 'x', 'https://example.org/x', '/', '//', '"x"', '""']) {
    assert.equal(file(missing, `${no}: no such file or directory`), undefined, no);
  }
  assert.equal(file(missing, 'unix:///run/x.sock: no such file or directory'), '/run/x.sock');
});

test('a file may be relative', () => {
  const text = 'could not open {file}: *';
  assert.equal(file(text, 'could not open "global/pg filenode.map": gone'), 'global/pg filenode.map');
  assert.equal(file(text, 'could not open data/x: gone'), 'data/x');
});

test('upper and lower case are the same, but in what is taken', () => {
  assert.equal(file('*CANNOT open {path}', 'Cannot OPEN /Srv/X'), '/Srv/X');
});

test('without * at its ends, a text is the whole message', () => {
  const matches = (text: string, message: string) =>
    matchText(parseMessageText(text), messageOf(message)) !== undefined;
  assert.ok(matches('nothing more', 'nothing more\n'));
  assert.ok(!matches('nothing more', 'nothing more at all'));
  assert.ok(!matches('nothing more', 'and nothing more'));
  assert.ok(matches('*nothing more', 'nothing more and nothing more'));
  assert.ok(matches('*is {number} seconds', 'it is what is 12 seconds'));
  assert.ok(!matches('*is {number} seconds', 'it is 1e3 seconds'));
  assert.ok(matches('a \\* and \\{path}', 'a * and {path}'));
});

test('where the first place that looks right is none, later ones are looked at', () => {
  assert.equal(file(missing, 'x: no such file or directory, then /y: no such file or directory'), '/y');
});

test('bytes that are no text come through', () => {
  const found = matchText(parseMessageText(missing), messageOf('open /srv/caf\xe9\x80: no such file or directory'));
  assert.equal(found?.file, '/srv/caf\xe9\x80');
});

test('any path in quotes is taken as it is', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 20, unit: 'binary' })
    .filter((one) => !/[\0-\x1f"'`\\/\u2018-\u201d]/.test(one));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
      const path = `/${names.join('/')}`;
      const raw = rawFromText(path);
      const message = messageOf(rawFromText(`open "${path}": no such file or directory`));
      assert.equal(matchText(parseMessageText(missing), message)?.file, raw);
    }),
    { numRuns: 50 },
  );
});

test('no message, however long and odd, takes more than a moment', () => {
  const texts = [missing, '*({path}) failed: *{word} again*', '*cannot open {file}*', '{unit}: * at step {word} of *'];
  const parts = ['/', '"', "'", ':', '=/', ': no such file or directory', 'cannot open ', '.', '(', ') failed: ', ' '];
  const parsed = texts.map(parseMessageText);
  const start = performance.now();
  let messages = 0;
  for (const a of parts) {
    for (const b of parts) {
      const message = messageOf((a + b).repeat(Math.ceil(16_384 / (a + b).length)).slice(0, 16_384));
      for (const text of parsed) matchText(text, message);
      messages++;
    }
  }
  // Linear in what is read: four orders of magnitude below what trying each place with each other would take.
  assert.ok((performance.now() - start) / messages < 20);
});
