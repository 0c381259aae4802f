/** What nix/lib.nix writes is read as it was meant, whatever is in it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import { forEachLib, nixString } from '../support/nix-evaluation.ts';

/** Nix has no NUL in strings, and takes no lone surrogates. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map((it) => it.replaceAll('\0', '')),
  fc.constantFrom(
    "'",
    '"',
    '\\',
    '$(id)',
    '`id`',
    "';id;'",
    '\n[root]\n',
    '"]\nx = "',
    '\x7f',
    '\u2028',
    '${x}',
    '#',
    '',
  ),
);
const key = fc.oneof(text, fc.constantFrom('plain', 'with space', 'a.b', '__proto')).filter((it) => it !== '__proto__');
const value = fc.letrec((tie) => ({
  scalar: fc.oneof(text, fc.boolean(), fc.integer({ min: -1e9, max: 1e9 })),
  inline: fc.oneof(tie('scalar'), fc.dictionary(key, tie('scalar'), { maxKeys: 3, noNullPrototype: true })),
  any: fc.oneof(tie('scalar'), fc.array(tie('inline'), { maxLength: 3 }), tie('table')),
  table: fc.dictionary(key, tie('any'), { maxKeys: 4, noNullPrototype: true }),
})).table;
const sample = <T>(arbitrary: fc.Arbitrary<T>): T[] => fc.sample(arbitrary, { numRuns: 150, seed: 8 });
const json = (data: unknown) => `(builtins.fromJSON ${nixString(JSON.stringify(data))})`;
const functions = 'import (repository + "/nix/lib.nix") { inherit lib; }';

forEachLib('TOML says what the set did', (evaluate) => {
  const documents = sample(value);
  const texts = evaluate(`map (${functions}).toTOML ${json(documents)}`) as string[];
  documents.forEach((document, index) => {
    assert.deepEqual(JSON.parse(JSON.stringify(parse(texts[index] ?? ''))), document, texts[index]);
  });
});

forEachLib('a shell reads the settings as they were', (evaluate) => {
  const settings = sample(text).map((it) => ({ DEVICE: it }));
  const files = evaluate(`map (${functions}).environmentFile ${json(settings)}`) as string[];
  const script = files.map((file) => `${file}printf '%s\\0' "$EBB_DEVICE"\n`).join('');
  const { stdout, stderr } = spawnSync('sh', { input: script, encoding: 'utf8' });
  assert.equal(stderr, '');
  assert.deepEqual(
    stdout.split('\0').slice(0, -1),
    settings.map(({ DEVICE }) => DEVICE),
  );
});

forEachLib('names and paths that would be more than that are told', (evaluate) => {
  const names = ['@root', 'roots/@a', 'a b', 'a,b', '../x', 'a/..', '', '/x', "a'b", 'x..y', '.'];
  const paths = ['/', '/a/b', 'a', '/a/', '//a', '/a/../b', '/a/./b', '/a/..', '/a b', '/..a', ''];
  const plain = evaluate(`with ${functions}; {
    names = builtins.filter isPlainName ${json(names)};
    paths = builtins.filter isPlainPath ${json(paths)};
  }`);
  assert.deepEqual(plain, { names: ['@root', 'roots/@a', 'x..y'], paths: ['/', '/a/b', '/a b', '/..a'] });
});
