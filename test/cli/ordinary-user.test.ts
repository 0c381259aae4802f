/** Without root's rights, and without system calls of its own: the same answer where the same can be seen, and what could not be. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { diffDocument, documentOf } from '../support/cli-documents.ts';
import {
  assertNoTrace,
  assertRefused,
  assertStatus,
  ebb,
  pathsOf,
  type RunOptions,
  text,
} from '../support/cli-program.ts';
import {
  bind,
  btrfsRoot,
  buildTree,
  directoryRoot,
  noBtrfs,
  noMounts,
  noOrdinaryUser,
  noRecord,
  tmpfsRoot,
} from '../support/cli-roots.ts';

const machine = {
  'etc/fstab': '',
  'home/josh/plan.txt': 'plan',
  'srv/names/\xff\n\x1b': 'x',
  'var/cache/app/page': 'x',
  'var/lib/app/db': 'db',
};
const asUser: RunOptions = { ordinaryUser: true };
const withoutKoffi: RunOptions = { env: { EBB_NO_KOFFI: '1' } };

function report(root: string, options: RunOptions = {}, ...args: string[]) {
  const outcome = ebb(['diff', '--json', '--root', root, ...args], options);
  assertNoTrace(outcome);
  assertStatus(outcome, 0);
  return documentOf(diffDocument, text(outcome.stdout));
}

test('an ordinary user gets the same rows of a tree that everybody may read', { skip: noOrdinaryUser }, (t) => {
  const root = directoryRoot(t, machine);
  assert.deepEqual(report(root, asUser).changes, report(root).changes);
  const paths = ['diff', '--root', root, '--all', '-0'];
  assert.deepEqual(pathsOf(ebb(paths, asUser).stdout), pathsOf(ebb(paths).stdout));
});

test('an ordinary user is told on stderr what could not be seen, and how many', { skip: noOrdinaryUser }, (t) => {
  const root = directoryRoot(t, { ...machine, 'var/lib/private/app/db': 'x', 'srv/open.txt': 'x' });
  chmodSync(join(root, 'var/lib/private'), 0o700);
  const outcome = ebb(['diff', '--root', root], asUser);
  assertStatus(outcome, 0);
  assertNoTrace(outcome);
  assert.match(outcome.stderr, /^ebb: warning: 1 directory could not be read.*: \/var\/lib\/private$/m);
  assert.match(outcome.stderr, /^ebb: warning: what lies hidden under mounts was not seen \(not run as root\)$/m);
  assert.doesNotMatch(text(outcome.stdout), /warning/);
  assert.match(text(outcome.stdout), /^ {2}not seen: 1 unreadable directory, what mounts hide \(root sees more\)$/m);
  assert.match(text(outcome.stdout), /\/srv\/open\.txt/);
  const { view, warnings } = report(root, asUser);
  assert.deepEqual(view, { method: 'mount-table', search: 'walk', seesShadowed: false, unreadable: 1 });
  assert.deepEqual(warnings.map(({ code }) => code).sort(), ['ordinary-user', 'unreadable']);
});

test('nothing lost is only nothing that can be seen where something could not', { skip: noOrdinaryUser }, (t) => {
  const root = directoryRoot(t, { 'var/lib/private/app/db': 'x' });
  chmodSync(join(root, 'var/lib/private'), 0o700);
  assert.match(text(ebb(['diff', '--root', root], asUser).stdout), /nothing that can be seen would be lost/);
  assert.match(text(ebb(['check', '--root', root], asUser).stdout), /1 directory could not be read/);
});

test('an ordinary user does not see what a mount hides, and what is mounted is no change', {
  skip: noOrdinaryUser || noMounts,
}, (t) => {
  const root = tmpfsRoot(t, { 'data/hidden.txt': 'x', 'srv/notes.txt': 'x' });
  bind(t, directoryRoot(t, { 'kept.txt': 'x' }), join(root, 'data'));
  assert.deepEqual(
    report(root)
      .changes.map(({ path }) => path)
      .sort(),
    ['/data', '/srv/notes.txt'],
  );
  assert.deepEqual(
    report(root, asUser).changes.map(({ path }) => path),
    ['/srv/notes.txt'],
  );
});

test('an ordinary user can ask why', { skip: noOrdinaryUser }, (t) => {
  const root = directoryRoot(t, machine);
  const args = ['why', '--root', root, '/var/lib/app/db'];
  assert.equal(ebb(args, asUser).stdout, ebb(args).stdout);
});

test('an ordinary user can ask why of a path that only root may see', {
  skip: noOrdinaryUser,
}, (t) => {
  const root = directoryRoot(t, { 'var/lib/private/app/db': 'x' });
  chmodSync(join(root, 'var/lib/private'), 0o700);
  const outcome = ebb(['why', '--root', root, '/var/lib/private/app/db'], asUser);
  assertNoTrace(outcome);
  assert.match(text(outcome.stdout + outcome.stderr), /permission|may not|cannot be seen/i);
});

test('a path argument that only root may see is not called missing', {
  skip: noOrdinaryUser,
}, (t) => {
  const root = directoryRoot(t, { 'var/lib/private/app/db': 'x' });
  chmodSync(join(root, 'var/lib/private'), 0o700);
  const outcome = ebb(['diff', '--root', root, '/var/lib/private/app/db'], asUser);
  assert.doesNotMatch(text(outcome.stderr), /there is no/);
  assert.notEqual(outcome.status, 10);
});

test('a baseline that only root may read is said to be that, and not passed over', {
  skip: noOrdinaryUser,
}, (t) => {
  const root = directoryRoot(t, machine);
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  const outcome = ebb(['diff', '--root', root], asUser);
  assertNoTrace(outcome);
  assert.match(outcome.stderr, /baseline/);
  assert.doesNotMatch(ebb(['diff', '--root', root, '--against', 'baseline'], asUser).stderr, /has no baseline/);
});

test('a baseline that is there for all to see and for root alone to read is said to be that', {
  skip: noOrdinaryUser,
}, (t) => {
  const root = directoryRoot(t, machine);
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  chmodSync(join(root, '.ebb'), 0o755);
  const outcome = ebb(['diff', '--root', root], asUser);
  assertNoTrace(outcome);
  assert.match(outcome.stderr, /baseline/);
});

test('a root that an ordinary user may not enter is refused with a message', {
  skip: noOrdinaryUser,
}, (t) => {
  const root = directoryRoot(t, machine);
  chmodSync(root, 0o700);
  assertRefused(ebb(['diff', '--root', root], asUser), /permission|may not/i);
});

test('a baseline cannot be recorded without the right to write it, and ebb says so', {
  skip: noOrdinaryUser,
}, (t) => {
  const root = directoryRoot(t, machine);
  assertRefused(ebb(['baseline', 'record', '--root', root], asUser), /root|permission/i);
});

test('one directory that could not be read is spoken of as one', {
  skip: noOrdinaryUser,
}, (t) => {
  const root = directoryRoot(t, { 'srv/private/x': 'x' });
  chmodSync(join(root, 'srv/private'), 0o700);
  assert.doesNotMatch(ebb(['diff', '--root', root], asUser).stderr, /1 directory .* (in them|were)/);
});

test('without koffi the rows are the same, and ebb says what it could not see', (t) => {
  const root = directoryRoot(t, machine);
  assert.deepEqual(report(root, withoutKoffi).changes, report(root).changes);
  const outcome = ebb(['diff', '--root', root], withoutKoffi);
  assert.match(outcome.stderr, /^ebb: warning: what lies hidden under mounts was not seen .*no koffi/m);
  assert.deepEqual(
    report(root, withoutKoffi).warnings.map(({ code }) => code),
    ['no-koffi'],
  );
});

test('without koffi shadowed data alone is missing', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'data/hidden.txt': 'x', 'srv/notes.txt': 'x', 'var/lib/app/db': 'x' });
  bind(t, directoryRoot(t, { 'kept.txt': 'x' }), join(root, 'data'));
  const seen = report(root).changes.filter(({ shadowed }) => !shadowed);
  assert.deepEqual(report(root, withoutKoffi).changes, seen);
});

test('without koffi a baseline and a directory are compared with as well', { skip: noRecord }, (t) => {
  const before = directoryRoot(t, machine);
  const root = directoryRoot(t, machine);
  assertStatus(ebb(['baseline', 'record', '--root', root], withoutKoffi), 0);
  writeFileSync(join(root, 'var/lib/app/db'), 'longer than before');
  mkdirSync(join(root, 'srv/new'));
  for (const against of ['baseline', before]) {
    const [plain, native] = [withoutKoffi, {}].map((options) => report(root, options, '--against', against).changes);
    assert.deepEqual(plain, native);
    assert.deepEqual(native.map(({ kind, path }) => `${kind} ${path}`).sort(), [
      'added /srv/new',
      'modified /var/lib/app/db',
    ]);
  }
});

test('without koffi a btrfs with a baseline is walked, with the same rows', { skip: noBtrfs }, (t) => {
  const { root } = btrfsRoot(t, { 'srv/old.txt': 'old', 'var/lib/app/db': 'db' });
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  buildTree(root, { 'home/josh/plan.txt': 'plan', 'srv/old.txt': 'newer' });
  const [native, plain] = [report(root), report(root, withoutKoffi)];
  assert.deepEqual([native.view.search, plain.view.search], ['tree-search', 'walk']);
  assert.deepEqual(plain.changes, native.changes);
});
