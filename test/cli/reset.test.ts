/** `ebb reset`: the script of the boot, on a top level that is mounted. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertRefused, assertStatus, ebb, text } from '../support/cli-program.ts';
import { bind, btrfsRoot, buildTree, noBtrfs, noMounts, temporaryDirectory } from '../support/cli-roots.ts';

/** A plain directory as the top level of a filesystem. */
function topLevel(t: TestContext): string {
  const top = temporaryDirectory(t);
  buildTree(top, { '@root/etc/file': 'of the last boot', '@persist/state': 'kept' });
  return top;
}

test('the root becomes an old root, that ls lists and restore reads', (t) => {
  const top = topLevel(t);
  const outcome = ebb(['reset', '--root', top]);
  assertStatus(outcome, 0);
  assert.match(text(outcome.stdout), /^the root was reset; the last one is \d{4}-/);
  assert.deepEqual(readdirSync(join(top, '@root')), ['.ebb']);
  const oldRoots = join(top, '@snapshots/old_roots');
  const [name = ''] = readdirSync(oldRoots);
  assert.equal(readFileSync(join(oldRoots, name, 'etc/file'), 'utf8'), 'of the last boot');
  assertStatus(ebb(['ls', '--old-roots', oldRoots]), 0);
  assert.match(text(ebb(['reset', '--root', top]).stdout), /nothing to do: it was reset in this boot/);
});

test('a dry run says the steps; a document says what was said', (t) => {
  const top = topLevel(t);
  assert.match(text(ebb(['reset', '--root', top, '--dry-run']).stdout), /^would: mv -T .*@root\.fresh/m);
  const { schema, done, dryRun, said } = JSON.parse(ebb(['reset', '--root', top, '--dry-run', '--json']).stdout);
  assert.deepEqual([schema, done, dryRun], ['ebb.reset/1', false, true]);
  assert.ok(said.length >= 4);
  assert.deepEqual(readdirSync(top).sort(), ['@persist', '@root']);
});

test('what is no top level with a root to be reset is refused, and left as it is', (t) => {
  const top = topLevel(t);
  const empty = temporaryDirectory(t);
  for (const arg of [[], ['--arm'], ['--dry-run']]) {
    const root = ebb(['reset', '--root', join(top, '@root'), ...arg]);
    assertRefused(root, /there is no @root in /, 10);
    assert.match(text(root.stderr), /it is a root itself: name the directory that it lies in/);
    const none = ebb(['reset', '--root', empty, ...arg]);
    assertRefused(none, /there is no @root in /, 10);
    assert.match(text(none.stderr), /mount the top level of the filesystem/);
    assertRefused(ebb(['reset', '--root', '/', ...arg]), /there is no @root in \//, 10);
  }
  assert.deepEqual(readdirSync(empty), []);
  assert.deepEqual(readdirSync(join(top, '@root')), ['etc']);
});

test('a reset that was stopped between its renames is finished', (t) => {
  const top = topLevel(t);
  assertStatus(ebb(['reset', '--root', top]), 0);
  renameSync(join(top, '@root'), join(top, '@root.fresh'));
  assertStatus(ebb(['reset', '--root', top]), 0);
  assert.deepEqual(readdirSync(top).sort(), ['@persist', '@root', '@snapshots']);
});

test('a document tells what was done from what was not', (t) => {
  const top = topLevel(t);
  const outcome = (...args: string[]): unknown[] => {
    const { done, outcome: word } = JSON.parse(ebb(['reset', '--root', top, '--json', ...args]).stdout);
    return [done, word];
  };
  assert.deepEqual(outcome('--dry-run'), [false, 'planned']);
  assert.deepEqual(outcome('--arm'), [true, 'armed']);
  assert.deepEqual(outcome(), [true, 'reset']);
  assert.deepEqual(outcome(), [false, 'nothing']);
  rmSync(join(top, '@snapshots'), { recursive: true });
  rmSync(join(top, '@persist'), { recursive: true });
  rmSync(join(top, '@root/.ebb'), { recursive: true });
  assert.deepEqual(outcome(), [false, 'refused']);
});

test('each old root describes itself, the very first one too', (t) => {
  const top = topLevel(t);
  assertStatus(ebb(['reset', '--root', top]), 0);
  const oldRoots = join(top, '@snapshots/old_roots');
  const [oldRoot] = JSON.parse(ebb(['ls', '--old-roots', oldRoots, '--json']).stdout).oldRoots;
  assert.deepEqual([oldRoot.foreign, oldRoot.sequence, oldRoot.kernel], [false, 0, null]);
});

test('its own configuration is heeded', (t) => {
  const top = topLevel(t);
  mkdirSync(join(top, '@root/etc/ebb'));
  writeFileSync(
    join(top, '@root/etc/ebb/config.toml'),
    '[root]\nfilesystem = "directory"\nsubvolume = "@root"\nold_roots = "kept/roots"\n',
  );
  assertStatus(ebb(['reset', '--root', top]), 0);
  assert.equal(readdirSync(join(top, 'kept/roots')).length, 1);
});

test('the first one is refused where there is nothing in persistent storage, until it is armed', (t) => {
  const top = temporaryDirectory(t);
  buildTree(top, { '@root/etc/file': 'x' });
  assertRefused(ebb(['reset', '--root', top]), /the root was not reset: it never was before/);
  const other = join(top, "it's empty");
  buildTree(other, { '@root/etc/file': 'x' });
  const refused = ebb(['reset', '--root', other]);
  assertRefused(refused, /the root was not reset/);
  assert.match(text(refused.stderr), /^next: ebb reset --root '.*\/it'\\''s empty' --arm$/m);
  assertStatus(ebb(['reset', '--root', top, '--arm']), 0);
  assert.ok(existsSync(join(top, '@root/etc/file')));
  assertStatus(ebb(['reset', '--root', top]), 0);
});

test('the root of a running system is not reset', { skip: noMounts }, (t) => {
  const top = topLevel(t);
  const elsewhere = temporaryDirectory(t);
  bind(t, join(top, '@root'), elsewhere);
  assertRefused(ebb(['reset', '--root', top]), /@root is in use: mounted at /, 11);
  assertRefused(ebb(['reset']), /the root of a running system is reset when it boots/);
  assert.ok(existsSync(join(top, '@root/etc/file')));
});

test('on btrfs, the mounted subvolume is found to be in use too', { skip: noBtrfs }, (t) => {
  const { top } = btrfsRoot(t, { 'etc/file': 'x' });
  mkdirSync(join(top, '@persist/x'), { recursive: true });
  assertRefused(ebb(['reset', '--root', top]), /is in use: mounted at /, 11);
});
