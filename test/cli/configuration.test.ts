/** A broken /etc/ebb/config.toml of the root: refused, with the place and what is wrong there. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRefused, assertStatus, ebb, text } from '../support/cli-program.ts';
import { directoryRoot, link } from '../support/cli-roots.ts';

const broken = {
  'is no TOML': ['[root]\nfilesystem = \n', /line 2: /],
  'has an unknown key': [
    '[root]\nfilesystem = "tmpfs"\nfilesystm = "btrfs"\n',
    /line 3: there is no key filesystm here/,
  ],
  'has a value that there is not': ['[root]\nfilesystem = "zfs"\n', /line 2: root\.filesystem.*zfs/],
  'has a wrong type': ['[persistence."/persist"]\ndirectories = [1]\n', /line 2: .*directories/],
  'ignores a relative path': ['[ignore]\npaths = ["srv/*"]\n', /ignore\.paths.*srv\/\*/],
} as const;

for (const [what, [content, message]] of Object.entries(broken)) {
  test(`a configuration that ${what} is refused by every command, with file and place`, (t) => {
    const root = directoryRoot(t, { 'etc/ebb/config.toml': content, 'srv/notes.txt': 'x' });
    for (const args of [
      ['diff'],
      ['diff', '-0'],
      ['check', '-q'],
      ['why', '/srv'],
      ['baseline', 'record', '--dry-run'],
    ]) {
      const outcome = ebb([...args, '--root', root]);
      assertRefused(outcome, message);
      assert.ok(text(outcome.stderr).startsWith(`ebb: ${root}/etc/ebb/config.toml: `), outcome.stderr);
    }
  });
}

test('a configuration with a value that is wrong is refused with its line', (t) => {
  const root = directoryRoot(t, { 'etc/ebb/config.toml': '[root]\nfilesystem = "zfs"\n' });
  assertRefused(ebb(['diff', '--root', root]), /line 2/);
});

test('a mistyped key is called unknown, and not the right one missing', (t) => {
  const root = directoryRoot(t, { 'etc/ebb/config.toml': '[root]\nfilesystm = "tmpfs"\n' });
  const outcome = ebb(['diff', '--root', root]);
  assert.match(text(outcome.stderr), /line 2: there is no key filesystm here/);
});

test('of a root that is mounted elsewhere, the message names the file that was read', (t) => {
  const root = directoryRoot(t, { 'etc/ebb/config.toml': 'x' });
  assert.ok(text(ebb(['diff', '--root', root]).stderr).includes(`${root}/etc/ebb/config.toml`));
});

test('the configuration is read inside the root, wherever a link of the root leads', (t) => {
  const root = directoryRoot(t, {
    'etc/ebb/config.toml': link('/../../../../persist/config.toml'),
    'persist/config.toml': '[ignore]\npaths = ["/srv/*", "/persist", "/etc/ebb"]\n',
    'srv/notes.txt': 'x',
  });
  assertStatus(ebb(['check', '--root', root]), 0);
});
