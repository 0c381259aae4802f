/** `ebb baseline record`, and what becomes of a baseline that cannot be used. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { baselineDocument, diffDocument, documentOf } from '../support/cli-documents.ts';
import { assertNoTrace, assertRefused, assertStatus, command, ebb, pathsOf, text } from '../support/cli-program.ts';
import {
  buildTree,
  directoryRoot,
  noMounts,
  noRecord,
  run,
  temporaryDirectory,
  tmpfsRoot,
} from '../support/cli-roots.ts';

const machine = { 'etc/fstab': '', 'home/josh/plan.txt': 'plan', 'srv/notes.txt': 'notes', 'var/lib/app/db': 'db' };

function recorded(t: TestContext): { root: string; file: string } {
  const root = directoryRoot(t, machine);
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  return { root, file: join(root, '.ebb/baseline') };
}

test('record writes a file that its owner alone may read, in a directory that its owner alone may look into', {
  skip: noRecord,
}, (t) => {
  const root = directoryRoot(t, machine);
  const outcome = ebb(['baseline', 'record', '--root', root]);
  assertStatus(outcome, 0);
  assert.equal(text(outcome.stdout), `recorded 11 entries in ${root}/.ebb/baseline\n`);
  assert.equal(statSync(join(root, '.ebb')).mode & 0o7777, 0o700);
  assert.equal(statSync(join(root, '.ebb/baseline')).mode & 0o7777, 0o600);
  assert.deepEqual(readdirSync(join(root, '.ebb')), ['baseline']);
});

test('the umask does not open or close the baseline', { skip: noRecord }, (t) => {
  const root = directoryRoot(t, machine);
  const before = process.umask(0);
  try {
    assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  } finally {
    process.umask(before);
  }
  assert.equal(statSync(join(root, '.ebb/baseline')).mode & 0o7777, 0o600);
});

test('the records are those that find writes', { skip: noRecord }, (t) => {
  const { root, file } = recorded(t);
  const records = readFileSync(file, 'latin1').split('\0').slice(1, -2).sort();
  assert.deepEqual(records, recordsByFind(root).sort());
});

test('--dry-run says what would be recorded and writes nothing', (t) => {
  const root = directoryRoot(t, machine);
  const outcome = ebb(['baseline', 'record', '--root', root, '--dry-run']);
  assertStatus(outcome, 0);
  assert.equal(text(outcome.stdout), `would record 11 entries in ${root}/.ebb/baseline\n`);
  assert.ok(!existsSync(join(root, '.ebb')));
});

test('--json prints one document', { skip: noRecord }, (t) => {
  const root = directoryRoot(t, machine);
  for (const [flags, isRecorded] of [
    [['--dry-run'], false],
    [[], true],
  ] as const) {
    const { stdout } = ebb(['baseline', 'record', '--root', root, '--json', ...flags]);
    const document = documentOf(baselineDocument, text(stdout));
    assert.deepEqual([document.entries, document.recorded, document.root], [11, isRecorded, root]);
  }
});

test('a diff is then with the baseline: what was there is not shown, what is new or gone is', {
  skip: noRecord,
}, (t) => {
  const { root } = recorded(t);
  assert.deepEqual(pathsOf(ebb(['diff', '--root', root, '-0', '--all']).stdout), []);
  rmSync(join(root, 'srv/notes.txt'));
  writeFileSync(join(root, 'home/josh/plan.txt'), 'another plan');
  buildTree(root, { 'srv/new/a': 'a', 'srv/new/b': 'b' });
  const report = (...args: string[]) =>
    documentOf(diffDocument, text(ebb(['diff', '--root', root, '--json', ...args]).stdout));
  const { baseline, changes } = report();
  assert.equal(baseline.kind, 'baseline');
  assert.ok(baseline.at !== null);
  assert.deepEqual(changes.map(({ kind, path, entries }) => `${kind} ${path} ${entries}`).sort(), [
    'added /srv/new 3',
    'deleted /srv/notes.txt 1',
    'modified /home/josh/plan.txt 1',
  ]);
  assert.equal(report('--against', 'nothing').baseline.kind, 'nothing');
  assert.equal(report('--against', 'baseline').baseline.kind, 'baseline');
});

test('recording again takes the place of the earlier baseline', { skip: noRecord }, (t) => {
  const { root } = recorded(t);
  buildTree(root, { 'srv/new': 'x' });
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  assert.deepEqual(pathsOf(ebb(['diff', '--root', root, '-0']).stdout), []);
});

test('a record that is interrupted leaves the earlier baseline as it was', { skip: noRecord }, async (t) => {
  const { root, file } = recorded(t);
  const before = readFileSync(file);
  const many = join(root, 'srv/many');
  mkdirSync(many);
  for (let i = 0; i < 20_000; i++) writeFileSync(join(many, `${i}`), '');
  const [program = '', ...words] = command();
  const child = spawn(program, [...words, 'baseline', 'record', '--root', root], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  // As soon as it has begun to write.
  while (readdirSync(join(root, '.ebb')).length < 2 && child.exitCode === null) await new Promise(setImmediate);
  child.kill('SIGKILL');
  const [status] = await ended;
  if (status === 0) {
    t.skip('it was done before it could be interrupted');
    return;
  }
  assert.deepEqual(readFileSync(file), before);
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  assert.deepEqual(readdirSync(join(root, '.ebb')), ['baseline']);
  assert.deepEqual(pathsOf(ebb(['diff', '--root', root, '-0']).stdout), []);
});

test('of two that record at once, each says how it ended, and a whole baseline is left', {
  skip: noRecord,
}, async (t) => {
  const { root } = recorded(t);
  const many = join(root, 'srv/many');
  mkdirSync(many);
  for (let i = 0; i < 20_000; i++) writeFileSync(join(many, `${i}`), '');
  const [program = '', ...words] = command();
  const child = spawn(program, [...words, 'baseline', 'record', '--root', root], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  while (readdirSync(join(root, '.ebb')).length < 2 && child.exitCode === null) await new Promise(setImmediate);
  const other = ebb(['baseline', 'record', '--root', root]);
  await ended;
  assertNoTrace(other);
  assert.deepEqual(readdirSync(join(root, '.ebb')), ['baseline']);
  const { changes } = documentOf(diffDocument, text(ebb(['diff', '--root', root, '--json']).stdout));
  assert.deepEqual(changes, []);
});

test('a root that cannot be written to is refused with a message', {
  skip: noMounts,
}, (t) => {
  const root = tmpfsRoot(t, machine);
  run('mount', '-o', 'remount,ro', root);
  assertRefused(ebb(['baseline', 'record', '--root', root]), /read-only/);
});

test('what an interrupted record leaves is cleared away by the next', { skip: noRecord }, (t) => {
  const { root } = recorded(t);
  writeFileSync(join(root, '.ebb/.baseline.new'), 'half of one, and longer than the whole '.repeat(100));
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  assert.deepEqual(readdirSync(join(root, '.ebb')), ['baseline']);
});

const unusable = {
  'is cut off': [(whole: string) => whole.slice(0, -20), /its end is missing/],
  'is empty': [() => '', /does not begin like a baseline/],
  'is garbage': [() => 'root:x:0:0:root:/root:/bin/bash\n', /does not begin like a baseline/],
  'has a header without sense': [(whole: string) => whole.replace(/recorded=\S+/, 'recorded=soon'), /recorded=soon/],
} as const;

for (const [what, [spoil, message]] of Object.entries(unusable)) {
  test(`a baseline that ${what} is refused: what is wrong, and what to do`, { skip: noRecord }, (t) => {
    const { root, file } = recorded(t);
    writeFileSync(file, spoil(readFileSync(file, 'latin1')), 'latin1');
    for (const args of [['diff'], ['diff', '--format', 'paths'], ['diff', '--json'], ['check']]) {
      const outcome = ebb([...args, '--root', root]);
      assertRefused(outcome, message);
      assert.match(outcome.stderr, /\.ebb\/baseline cannot be used/);
      assert.match(outcome.stderr, /--against boot/);
      assert.match(outcome.stderr, /ebb baseline record/);
    }
    assertStatus(ebb(['diff', '--root', root, '--against', 'boot']), 0);
  });
}

test('a baseline of a later version is refused: use the ebb that wrote it', { skip: noRecord }, (t) => {
  const { root, file } = recorded(t);
  writeFileSync(file, readFileSync(file, 'latin1').replace('ebb-baseline 1', 'ebb-baseline 2'), 'latin1');
  assertRefused(ebb(['diff', '--root', root]), /version 2; this ebb reads version 1.*the ebb that wrote it/s);
});

test('a baseline with a spoiled record in its middle is refused, too', { skip: noRecord }, (t) => {
  const { root, file } = recorded(t);
  writeFileSync(file, readFileSync(file, 'latin1').replaceAll('\0f ', '\0f x'), 'latin1');
  assertRefused(ebb(['diff', '--root', root]), /baseline cannot be used/);
});

test('a baseline that is a directory or a link is refused', { skip: noRecord }, (t) => {
  const { root, file } = recorded(t);
  rmSync(file);
  symlinkSync('/etc/passwd', file);
  assertRefused(ebb(['diff', '--root', root]), /baseline/);
  rmSync(file);
  mkdirSync(file);
  assertRefused(ebb(['diff', '--root', root]), /baseline/);
});

test('record never writes through a link that somebody put there', (t) => {
  const elsewhere = temporaryDirectory(t);
  const root = directoryRoot(t, machine);
  symlinkSync(elsewhere, join(root, '.ebb'));
  assert.notEqual(ebb(['baseline', 'record', '--root', root]).signal, 'SIGKILL');
  assert.deepEqual(readdirSync(elsewhere), []);
  assert.ok(lstatSync(join(root, '.ebb')).isSymbolicLink());
});

test('a /.ebb that is a link is refused with a message', { skip: noRecord }, (t) => {
  const root = directoryRoot(t, machine);
  symlinkSync('/tmp', join(root, '.ebb'));
  assertRefused(ebb(['baseline', 'record', '--root', root]), /\.ebb/);
});

test('a baseline that cannot be put in place leaves nothing behind', { skip: noRecord }, (t) => {
  const { root, file } = recorded(t);
  rmSync(file);
  mkdirSync(file);
  const outcome = ebb(['baseline', 'record', '--root', root]);
  assertStatus(outcome, 2);
  assert.deepEqual(readdirSync(join(root, '.ebb')), ['baseline']);
  assertNoTrace(outcome);
});

test('a fifo in the place of the baseline is refused, not waited for', (t) => {
  const root = directoryRoot(t, { '.ebb/': null });
  run('mkfifo', join(root, '.ebb/baseline'));
  const outcome = ebb(['diff', '--root', root]);
  assertStatus(outcome, 2);
  assert.match(text(outcome.stderr), /is no file/);
});

/** The records of a baseline as find would write them. */
function recordsByFind(root: string): string[] {
  const [format, ebbs] = ['%y %m %U %G %i %s %T@ %C@ %P\\0', `${root}/.ebb`];
  const found = run('find', root, ...['-path', ebbs, '-prune', '-o', '-mindepth', '1', '-printf', format]);
  return found.split('\0').slice(0, -1);
}

/** A baseline of the root as find would write it, its records changed. */
function forge(root: string, change: (records: string[]) => string[], words = 'recorded=1000000000'): void {
  mkdirSync(join(root, '.ebb'), { recursive: true });
  const records = change(recordsByFind(root));
  writeFileSync(
    join(root, '.ebb/baseline'),
    `ebb-baseline 1 ${words}\0${records.map((one) => `${one}\0`).join('')}end\0`,
  );
}

test('a baseline that says that it is sorted and is not is refused, and loses no deletion', (t) => {
  const root = directoryRoot(t, machine);
  forge(root, (records) => records.reverse(), 'recorded=1000000000 order=directory');
  rmSync(join(root, 'srv/notes.txt'));
  for (const args of [['diff'], ['diff', '-0'], ['check'], ['diff', '/srv'], ['diff', '/srv/gone']]) {
    assertRefused(ebb([...args, '--root', root]), /the baseline .* cannot be used: /);
  }
  forge(root, (records) => records.reverse());
  assertStatus(ebb(['diff', '--root', root]), 0);
});

test('a baseline with paths that are none in a root is refused', (t) => {
  const root = directoryRoot(t, machine);
  for (const path of ['/etc/passwd', '../x', 'srv//x', 'nowhere/x']) {
    forge(root, (records) => [...records, `f 644 0 0 1 1 1.0 1.0 ${path}`]);
    assertRefused(ebb(['diff', '--root', root]), /cannot be used: /);
  }
});

test('a baseline of the future is used, and its date warned of', (t) => {
  const root = directoryRoot(t, machine);
  forge(root, (records) => records, 'recorded=4000000000');
  const outcome = ebb(['diff', '--root', root]);
  assertStatus(outcome, 0);
  assert.match(text(outcome.stderr), /^ebb: warning: the baseline was recorded in the future/m);
});

test('a name that is longer than any of this filesystem is told as deleted', (t) => {
  const root = directoryRoot(t, machine);
  const long = 'n'.repeat(3000);
  forge(root, (records) => [...records, `f 644 0 0 1 1 1.0 1.0 srv/${long}`]);
  assert.deepEqual(pathsOf(ebb(['diff', '-0', '--root', root]).stdout), [`/srv/${long}`]);
  assertStatus(ebb(['diff', '--root', root]), 0);
});
