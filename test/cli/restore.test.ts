/** `ebb restore`, as a person uses it: what it refuses, and what it says. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertRefused, assertStatus, ebb, inRoot, lines, text } from '../support/cli-program.ts';
import { buildTree, noMounts, type TreeSpec, temporaryDirectory, tmpfsRoot } from '../support/cli-roots.ts';

const name = '2026-01-05_10-00-00';

function oldRootOf(t: TestContext, tree: TreeSpec, called = name): string {
  const directory = temporaryDirectory(t);
  const boot = { schema: 'ebb.boot/1', sequence: 1, bootedAt: '2026-01-05T10:00:00Z' };
  buildTree(directory, { [`${called}/.ebb/boot.json`]: JSON.stringify(boot) });
  for (const [path, what] of Object.entries(tree)) buildTree(directory, { [`${called}/${path}`]: what });
  return directory;
}

test("the running root's own records are not replaced by those of another boot", (t) => {
  const directory = oldRootOf(t, {});
  for (const path of ['/.ebb', '/.ebb/boot.json', '/etc/../.ebb/']) {
    for (const to of [[], ['--to', '/'], ['--to', '/proc/self/root']]) {
      const words = ['restore', path, '--force', '--dry-run', '--old-roots', directory, ...to];
      assertRefused(ebb(words), /\/\.ebb is what the running root records of its own boot/);
    }
  }
  const to = temporaryDirectory(t);
  for (let run = 0; run < 2; run++) {
    assertStatus(ebb(['restore', '/.ebb', '--to', to, '--old-roots', directory]), 0);
    assert.match(readFileSync(join(to, '.ebb/boot.json'), 'utf8'), /ebb\.boot/);
  }
});

test('an old root that is given as the first path: the command that was meant', (t) => {
  const directory = oldRootOf(t, { 'srv/a b': 'x' });
  const to = temporaryDirectory(t);
  for (const first of [name, `${directory}/${name}/`]) {
    const outcome = ebb(['restore', first, '/srv/a b', '--to', to, '--old-roots', directory]);
    const meant = `ebb restore --from ${name} --to ${to} --old-roots ${directory} '/srv/a b'`;
    assertRefused(outcome, /does not|no old root/, 10);
    assert.equal(lines(outcome.stderr).at(-1), `  ${name} is an old root: ${meant}`);
  }
  assertRefused(ebb(['restore', name, '--old-roots', directory]), /is an old root: name it with --from/, 10);
});

test('a glob that is the name of nothing: the command that looks for it', (t) => {
  const directory = oldRootOf(t, { 'srv/a.conf': 'x' });
  const outcome = ebb(['restore', '/srv/*.conf', '--old-roots', directory]);
  assertRefused(outcome, /restore takes names, no globs: ebb find '\/srv\/\*\.conf' --old-roots /, 10);
  assert.match(text(outcome.stderr), new RegExp(`--old-roots ${directory}$`, 'm'));
});

test('a path with a star in its name is restored', (t) => {
  const directory = oldRootOf(t, { 'srv/*': 'x' });
  const to = temporaryDirectory(t);
  assertStatus(ebb(['restore', '/srv/*', '--to', to, '--old-roots', directory]), 0);
  assert.equal(readFileSync(join(to, 'srv/*'), 'utf8'), 'x');
});

test('what it says can be pasted, whatever is in a name', { skip: noMounts }, (t) => {
  const odd = ['a b', "it's", 'line\nbreak', 'tab\t!', '$(x)'];
  const root = tmpfsRoot(t, { 'etc/': null, 'proc/': null });
  const tree = Object.fromEntries(odd.map((one) => [`srv/${one}`, 'x']));
  mkdirSync(join(root, 'old', name, '.ebb'), { recursive: true });
  writeFileSync(join(root, `old/${name}/.ebb/boot.json`), '{"schema":"ebb.boot/1","sequence":1}');
  buildTree(join(root, 'old', name), tree);
  const outcome = inRoot(root, ['restore', '--old-roots', '/old', ...odd.map((one) => `/srv/${one}`)]);
  assertStatus(outcome, 0);
  const declared = lines(outcome.stderr).flatMap((line) => /ebb diff --format nix (.*)$/.exec(line)?.slice(1) ?? []);
  assert.deepEqual(declared, [
    "'/srv/a b'",
    "'/srv/it'\\''s'",
    '"$(printf \'/srv/line\\012break\')"',
    '"$(printf \'/srv/tab\\011\\041\')"',
    "'/srv/$(x)'",
  ]);
});
