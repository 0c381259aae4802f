/** Pipes that close, streams that are not there, disks that are full: no stack trace, and an end that means something. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { assertNoTrace, assertStatus, ebb, type Outcome, said, shell } from '../support/cli-program.ts';
import { directoryRoot } from '../support/cli-roots.ts';

/** ebb, with this program to read what it prints. The status is ebb's, which a pipe of sh does not give. */
function readBy(reader: string, words: string): Outcome {
  return shell(`{ status=$({ { EBB ${words}; echo $? >&3; } | ${reader} >&4; } 3>&1); } 4>&1; exit "$status"`);
}

/** More than a pipe holds. */
function manyFiles(t: TestContext): string {
  const name = 'x'.repeat(200);
  return directoryRoot(t, Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`srv/${name}${i}`, ''])));
}

for (const format of ['text', 'json', 'paths', 'toml', 'nix']) {
  test(`--format ${format} ends quietly where its reader has enough`, (t) => {
    const root = manyFiles(t);
    const outcome = readBy('head -1', `diff --root ${root} --format ${format}`);
    assert.equal(outcome.stdout.split('\n').length, 2);
    assert.equal(said(outcome), '');
    assert.ok(outcome.status === 0 || outcome.status === 141, `${outcome.status}`);
  });
}

test('the help ends quietly where nobody reads it', () => {
  const outcome = shell('EBB --help | true; EBB diff --help | true');
  assert.equal(said(outcome), '');
});

test('a reader that has enough does not make a failed check pass', (t) => {
  const root = manyFiles(t);
  const outcome = readBy('true', `check --json --root ${root}`);
  assert.ok(outcome.status === 1 || outcome.status === 141, `${outcome.status}`);
});

test('without stderr the answer and the status are the same', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const outcome = shell(`EBB diff --root ${root} --exit-code 2>&-`);
  assert.match(outcome.stdout, /\/srv\/notes\.txt/);
  assertStatus(outcome, 1);
  assertStatus(shell('EBB dif 2>&-'), 2);
});

test('without stdin nothing changes', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const outcome = shell(`EBB diff --root ${root} <&-`);
  assert.equal(outcome.stdout, ebb(['diff', '--root', root]).stdout);
  assertStatus(outcome, 0);
});

test('without stdout nothing is written elsewhere, and no trace is shown', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const outcome = shell(`EBB diff --root ${root} >&-`);
  assertNoTrace(outcome);
  assert.equal(said(outcome), '');
});

test('a full disk is a failure, said in a line', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  for (const args of [`diff --root ${root}`, 'diff --help', '--version']) {
    const outcome = shell(`EBB ${args} >/dev/full`);
    assertNoTrace(outcome);
    assert.match(outcome.stderr, /^ebb: .*no space left/);
    assertStatus(outcome, 2);
  }
});

test('stdout and stderr are not mixed: what is printed is the answer alone', (t) => {
  const root = directoryRoot(t, {
    'etc/ebb/config.toml': '[persistence."/persist"]\ndirectories = ["/var/lib/app"]\n',
    'srv/notes.txt': 'x',
  });
  const outcome = ebb(['diff', '--root', root, '--format', 'paths', '/srv']);
  assert.equal(outcome.stdout, '/srv/notes.txt\n');
  assert.match(said(outcome), /^ebb: warning: declared, but not kept: \/var\/lib\/app/);
});
