/** `ebb diff` where old roots are named, as a person uses it. */

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { diffDocument, documentOf } from '../support/cli-documents.ts';
import { assertRefused, assertStatus, ebb, lines, pathsOf, said, text } from '../support/cli-program.ts';
import { buildTree, noRecord, noTerminal, type TreeSpec, temporaryDirectory } from '../support/cli-roots.ts';
import { onTerminal } from '../support/cli-terminal.ts';

const [a, b] = ['2026-01-05_10-00-00', '2026-01-06_10-00-00'];

function oldRoot(directory: string, name: string, tree: TreeSpec): string {
  const root = join(directory, name);
  mkdirSync(root, { recursive: true });
  buildTree(root, tree);
  return root;
}

function twoOldRoots(t: TestContext): string {
  const directory = temporaryDirectory(t);
  const first = oldRoot(directory, a, { 'etc/conf': 'a', 'srv/notes': 'x', 'srv/same': '' });
  if (noRecord === false) assertStatus(ebb(['baseline', 'record', '--root', first]), 0);
  oldRoot(directory, b, { 'etc/conf': 'other', 'var/lib/forgejo/db': 'x', 'srv/same': '' });
  return directory;
}

test('what an old root lost with its boot', { skip: noRecord }, (t) => {
  const directory = twoOldRoots(t);
  buildTree(join(directory, a), { 'srv/lost': 'x' });
  const outcome = ebb(['diff', a, '--old-roots', directory]);
  const shown = lines(outcome.stdout);
  assert.match(shown[0] ?? '', /^old root 2026-01-05_10-00-00: .* · what that boot left behind · compared with /);
  assert.ok(shown.some((line) => /^ {2}lost with that boot /.test(line)));
  assert.ok(shown.some((line) => /^ {2}unknown {2}\/srv\/lost /.test(line)));
  // What is proposed works.
  const restore = shown.find((line) => line.includes('next:')) ?? '';
  assert.match(restore, new RegExp(`next: ebb find /srv/lost --old-roots ${directory}`));
  assertStatus(ebb(['find', '/srv/lost', '--old-roots', directory]), 0);
  assert.equal(said(outcome), '');
  assertStatus(outcome, 0);
});

test('two of them compared, in every format', (t) => {
  const directory = twoOldRoots(t);
  const args = ['diff', a, b, '--old-roots', directory];
  const shown = lines(ebb(args).stdout);
  assert.match(shown[0] ?? '', /^old root 2026-01-06_10-00-00: .* · compared with the old root 2026-01-05_10-00-00$/);
  assert.ok(shown.some((line) => /^ {2}changed since 2026-01-05_10-00-00 /.test(line)));
  const document = documentOf(diffDocument, text(ebb([...args, '--json']).stdout));
  const { root, baseline } = JSON.parse(ebb([...args, '--json']).stdout) as Record<string, Record<string, unknown>>;
  assert.deepEqual([root?.['oldRoot'], baseline?.['oldRoot']], [b, a]);
  assert.deepEqual(document.changes.map(({ kind, path }) => `${kind} ${path}`).sort(), [
    'added /var/lib/forgejo',
    'deleted /srv/notes',
    'modified /etc/conf',
  ]);
  assert.deepEqual(pathsOf(ebb([...args, '-0']).stdout), [
    ...['/etc/conf', '/srv/notes', '/var/lib/forgejo', '/var/lib/forgejo/db'],
  ]);
  assert.deepEqual(pathsOf(ebb([...args, '-0', '/etc']).stdout), ['/etc/conf']);
  assertStatus(ebb([...args, '--exit-code']), 1);
  assertStatus(ebb(['diff', b, b, '--exit-code', '--old-roots', directory]), 0);
});

test('on a terminal it keeps to the width', { skip: noTerminal }, (t) => {
  const directory = twoOldRoots(t);
  const named = oldRoot(directory, 'a very long name of an old root '.repeat(4), { 'srv/x': 'x' });
  for (const width of [80, 120]) {
    for (const words of [
      [a, b],
      [b, named.slice(directory.length + 1)],
    ]) {
      const { widest, lines: shown } = onTerminal(width, ['diff', ...words, '--old-roots', directory]);
      assert.ok(widest <= width, `${widest} > ${width}:\n${shown.join('\n')}`);
    }
  }
});

test('names that are no text do nothing to the terminal', (t) => {
  const directory = temporaryDirectory(t);
  const odd = '\xff\x1b[31m\n';
  buildTree(directory, { [`${odd}/`]: null, [`${odd}2/srv/x\x1b`]: '' });
  const outcome = ebb(['diff', odd, `${odd}2`, '--old-roots', directory]);
  assert.match(outcome.stdout, /^[\n\x20-\x7e\x80-\xff]*$/);
  assert.match(outcome.stdout, /\\xff\\e\[31m\\n2/);
  assertStatus(outcome, 0);
});

test('a word that names no old root is a path, as it was', (t) => {
  const directory = temporaryDirectory(t);
  buildTree(directory, { 'here/x': '' });
  assertRefused(ebb(['diff', 'none', '--old-roots', directory]), /there is no old root none in /, 10);
  assertRefused(
    ebb(['diff', '2026-01-05_10-00-00', '--old-roots', directory]),
    /there is here; a file of that name is/,
    10,
  );
  const path = ebb(['diff', 'here', '--against', 'nothing', '--all', '-0'], { cwd: directory });
  assert.ok(
    pathsOf(path.stdout).some((found) => found.endsWith('/here/x')),
    path.stderr,
  );
  assertStatus(path, 0);
});

test('an old root that has no baseline says what can be done', (t) => {
  const directory = temporaryDirectory(t);
  oldRoot(directory, a, {});
  assertRefused(
    ebb(['diff', a, '--old-roots', directory]),
    /has no baseline .*\n {2}compare it with another old root/,
    10,
  );
  writeFileSync(join(directory, 'file'), '');
  assertRefused(ebb(['diff', 'file', '--old-roots', directory]), /there is no old root file/, 10);
  rmSync(directory, { recursive: true });
});
