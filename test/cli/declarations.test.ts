/** `ebb diff --format declarations`: a document for `ebb.declarations`, and one more diff onto it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { documentOf } from '../support/cli-documents.ts';
import { assertRefused, assertStatus, ebb, shell, text } from '../support/cli-program.ts';
import { directoryRoot, noNix, run, temporaryDirectory } from '../support/cli-roots.ts';

const paths = { directories: v.array(v.string()), files: v.array(v.string()) };
const document = v.strictObject({
  schema: v.literal('ebb.declarations/1'),
  persistence: v.record(
    v.string(),
    v.strictObject({ ...paths, users: v.optional(v.record(v.string(), v.strictObject(paths))) }),
  ),
  ignore: v.array(v.string()),
});

const tree = {
  'var/lib/forgejo/db': 'x',
  'etc/ssh/ssh_host_rsa_key': 'x',
  'home/ann/.ssh/id_rsa': 'x',
  'srv/notes': 'x',
};

test('each diff adds to what the document has', (t) => {
  const file = join(temporaryDirectory(t), 'persistence.json');
  const root = directoryRoot(t, tree);
  const first = ebb(['diff', '--root', root, '--format', 'declarations']);
  assertStatus(first, 0);
  assert.match(text(first.stderr), /warning: 1 path is left out, being still to be decided/);
  writeFileSync(file, text(first.stdout));
  const other = directoryRoot(t, { 'var/lib/vaultwarden/db': 'x', 'var/lib/forgejo/db': 'x' });
  const second = ebb(['diff', '--root', other, '--format', 'declarations', '--onto', file]);
  assertStatus(second, 0);
  const { persistence } = documentOf(document, text(second.stdout));
  assert.deepEqual(persistence['/persist']?.directories.toSorted(), ['/var/lib/forgejo', '/var/lib/vaultwarden']);
  assert.deepEqual(persistence['/persist']?.files, ['/etc/ssh/ssh_host_rsa_key']);
  assert.deepEqual(Object.keys(persistence['/persist']?.users ?? {}), ['ann']);
});

test('what is not such a document is refused before anything is looked at', (t) => {
  const directory = temporaryDirectory(t);
  const root = directoryRoot(t, tree);
  const onto = (name: string, content: string | undefined) => {
    const file = join(directory, name);
    if (content !== undefined) writeFileSync(file, content);
    return ebb(['diff', '--root', root, '--format', 'declarations', '--onto', file]);
  };
  assertRefused(onto('none', undefined), /there is no file .*none/, 10);
  assertRefused(onto('text', 'x'), /text: it is not JSON/);
  assertRefused(onto('other', '{"schema": "ebb.declarations/2"}'), /other: schema: /);
  assertRefused(onto('key', '{"schema": "ebb.declarations/1", "persistance": {}}'), /key: persistance: /);
  assertRefused(
    onto('list', '{"schema": "ebb.declarations/1", "persistence": {"/p": {"files": [1]}}}'),
    /list: persistence\./,
  );
  // They would be lost without a word, or override what a configuration says.
  for (const name of ['__proto__', 'constructor', 'prototype', '_type']) {
    const users = `{"schema": "ebb.declarations/1", "persistence": {"/p": {"users": {"${name}": {"files": ["x"]}}}}}`;
    assertRefused(onto('name', users), new RegExp(`name: ${name} is nothing to declare`));
  }
  mkdirSync(join(directory, 'directory'));
  assertRefused(onto('directory', undefined), /directory could not be read/);
  assertRefused(ebb(['diff', '--root', root, '--onto', 'x']), /--onto goes with --format declarations, not with text/);
});

test('a document that the shell has emptied for the answer is not taken for one that declares nothing', (t) => {
  const file = join(temporaryDirectory(t), 'persistence.json');
  writeFileSync(file, '{"schema": "ebb.declarations/1"}');
  const root = directoryRoot(t, tree);
  const outcome = shell(`EBB diff --root ${root} --format declarations --onto ${file} >${file}`);
  assertStatus(outcome, 2);
  assert.match(
    text(outcome.stderr),
    /persistence\.json is empty\n {2}write the answer to another file, and rename that/,
  );
});

test('the module of NixOS reads it', { skip: noNix }, (t) => {
  const file = join(temporaryDirectory(t), 'persistence.json');
  writeFileSync(file, text(ebb(['diff', '--root', directoryRoot(t, tree), '--format', 'declarations']).stdout));
  const lib = `{ filterAttrs = f: set: builtins.listToAttrs (map (name: { inherit name; value = set.\${name}; }) (builtins.filter (name: f name set.\${name}) (builtins.attrNames set))); mapAttrs = builtins.mapAttrs; concatStringsSep = builtins.concatStringsSep; }`;
  const nix = new URL('../../nix/lib.nix', import.meta.url).pathname;
  const expression = `let d = (import ${nix} { lib = ${lib}; }).persisted.readDeclarations ${file}; in d.persistence."/persist".directories`;
  const read = run('nix-instantiate', '--eval', '--strict', '--json', '--store', 'dummy://', '-E', expression);
  assert.deepEqual(JSON.parse(read), ['/var/lib/forgejo']);
});
