import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessagePatterns, type Recognised } from '../../src/core/doctor/message-pattern.ts';
import { matchText, messageOf, parseMessageText } from '../../src/core/doctor/message-text.ts';
import { rawFromText } from '../../src/core/rawpath.ts';
import { loadMessageFiles, parseMessageFile } from '../../src/linux/messages.ts';

const files = loadMessageFiles(new URL('../../messages', import.meta.url).pathname);
const all = [...files.values()].flatMap(({ patterns }) => patterns);
const patterns = new MessagePatterns(all);
const examples = [...files.values()].flatMap((file) =>
  file.patterns.flatMap((pattern) => (file.examples.get(pattern.id) ?? []).map((example) => ({ pattern, example }))),
);

/** A name that a glob of an identifier matches. */
function nameOf(glob: string): string {
  return glob.replaceAll('*', 'x').replace(/\[(.)[^\]]*\]/g, '$1');
}

function said(identifier: string | undefined, message: string): Recognised | undefined {
  return patterns.recognise(identifier === undefined ? [] : [identifier], undefined, messageOf(rawFromText(message)));
}

test('there are at least 60 patterns of real programs, each with an example and its source', () => {
  const own = all.filter(({ title }) => title !== undefined);
  assert.ok(own.length >= 60, `${own.length}`);
  for (const { pattern, example } of examples) assert.ok(example.source.length > 3, pattern.id);
});

test('each example is recognised as what its pattern says, with the path and the unit that are in it', () => {
  for (const { pattern, example } of examples) {
    for (const identifier of pattern.identifiers.length === 0 ? [undefined] : pattern.identifiers) {
      const found = said(identifier && nameOf(identifier), example.message);
      const told = found && [found.pattern.id, found.captures.file, found.captures.unit];
      const path = example.path && rawFromText(example.path);
      assert.deepEqual(told, [pattern.id, path, example.unit], `${pattern.id} of ${identifier}: ${example.message}`);
    }
  }
});

test('a unit tells whose message it is, where the program has another name', () => {
  const message = messageOf("Can't chdir to '/var/lib/redis': No such file or directory");
  const found = patterns.recognise(['start'], 'redis-main.service', message);
  assert.equal(found?.pattern.title, 'Redis and Valkey');
});

test('no text of a program matches what another program says', () => {
  for (const { pattern, example } of examples) {
    const message = messageOf(rawFromText(example.message));
    for (const other of all) {
      const isGeneral = other.title === undefined || pattern.title === undefined;
      if (isGeneral || other.id === pattern.id) continue;
      const hit = other.texts.find((text) => matchText(parseMessageText(text), message) !== undefined);
      // Of a file the first one counts.
      const isOwn = other.id.split(' ')[0] === pattern.id.split(' ')[0];
      assert.ok(hit === undefined || isOwn, `${other.id} (${hit}) takes ${pattern.id}: ${example.message}`);
    }
  }
});

test('what programs say every day is not recognised by anything', () => {
  for (const [name, { patterns: own, ordinary }] of files) {
    for (const message of ordinary) {
      for (const identifier of own[0]?.identifiers.length ? own[0].identifiers : [undefined]) {
        const found = said(identifier && nameOf(identifier), message);
        assert.ok(
          found === undefined || found.pattern.kind === 'harmless',
          `${name}: ${message}: ${found?.pattern.id}`,
        );
      }
    }
  }
});

test('a mistake in a file is an error that names the file, the line and the key', () => {
  const refused = (source: string, problem: RegExp) => assert.throws(() => parseMessageFile(source, 'x.toml'), problem);
  const head = 'title = "X"\nidentifiers = ["x"]\n';
  refused('title = ', /^RangeError: x\.toml:1: /);
  refused(`${head}colour = 1\n[[message]]\n`, /^RangeError: x\.toml: colour: /);
  const message = (fields: string) => `${head}\n[[message]]\n${fields}\nexamples = [{ message = "m", source = "s" }]\n`;
  refused(message('kind = "bad"\nmeans = "m"\ntexts = ["long enough"]'), /^RangeError: x\.toml:4: message 1: kind: /);
  refused(
    message('kind = "missing"\nmeans = "m"\ntexts = ["*{path}*"]'),
    /x\.toml:4: message 1: "\*\{path\}\*" has no text of 6/,
  );
  refused(message('kind = "missing"\nmeans = "m"\ntexts = ["open the {door}"]'), /has \{door: there are \{path\}/);
  refused(message('kind = "missing"\nmeans = "m"\ntexts = ["can not {path}{file}"]'), /has nothing before \{file\}/);
  refused(message('kind = "missing"\nmeans = "m"\ntexts = ["can not \\\\"]'), /ends in a backslash/);
});
