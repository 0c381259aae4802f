/** A broken /etc/ebb/config.toml of the root: refused, with the place and what is wrong there. */

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertRefused, assertStatus, ebb, inRoot, pathsOf, text } from '../support/cli-program.ts';
import { bind, directoryRoot, link, noMounts, noOrdinaryUser, run, tmpfsRoot } from '../support/cli-roots.ts';

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

const commands = [['diff'], ['diff', '-0'], ['check', '-q'], ['why', '/srv'], ['baseline', 'record', '--dry-run']];

test('a configuration that is no file is refused by every command, and said what it is', (t) => {
  for (const [make, said] of [
    [(path: string) => run('mkfifo', path), /it is a named pipe, not a file/],
    [(path: string) => mkdirSync(path), /it is a directory, not a file/],
    [(path: string) => run('python3', '-c', listenAt, path), /it is a socket, not a file/],
  ] as const) {
    const root = directoryRoot(t, { 'etc/ebb/': null, 'srv/notes.txt': 'x' });
    make(join(root, 'etc/ebb/config.toml'));
    for (const args of commands) {
      const outcome = ebb([...args, '--root', root]);
      assertRefused(outcome, said);
      assert.ok(text(outcome.stderr).startsWith(`ebb: ${root}/etc/ebb/config.toml: `), outcome.stderr);
    }
  }
});

const listenAt = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';

test('a device in the place of the configuration is refused without being opened', { skip: noMounts }, (t) => {
  const root = directoryRoot(t, { 'etc/ebb/': null });
  // A device that there is none of: to open it would fail with another error.
  run('mknod', join(root, 'etc/ebb/config.toml'), 'c', '4095', '1');
  assertRefused(ebb(['diff', '--root', root]), /it is a character device, not a file/);
});

test('a directory of the configuration that is none is refused', (t) => {
  const root = directoryRoot(t, { 'etc/ebb': 'a file', 'srv/notes.txt': 'x' });
  assertRefused(ebb(['diff', '--root', root]), /\/etc\/ebb: it is a file, not a directory/);
});

for (const [what, tree] of [
  ['that is a link to nowhere', { 'etc/ebb/config.toml': link('/etc/static/ebb/config.toml') }],
  ['that is a link out of the root', { 'etc/ebb/config.toml': link('../../../../outside.toml') }],
  ['below a directory that is a link to nowhere', { 'etc/ebb': link('/nix/store/x-ebb'), 'etc/fstab': '' }],
  ['below /etc that is a link to nowhere', { etc: link('@etc') }],
] as const) {
  test(`of a root mounted elsewhere, a configuration ${what} is warned of`, (t) => {
    const root = directoryRoot(t, { ...tree, 'srv/notes.txt': 'x' });
    for (const args of [['diff'], ['diff', '-0'], ['check'], ['why', '/srv']]) {
      const outcome = ebb([...args, '--root', root]);
      assert.notEqual(outcome.status, 2, outcome.stderr);
      assert.match(text(outcome.stderr), /^ebb: warning: the configuration .* was not read: .*link/m, args.join(' '));
    }
  });

  test(`of the running root, a configuration ${what} is refused`, { skip: noMounts }, (t) => {
    const root = tmpfsRoot(t, { ...tree, 'srv/notes.txt': 'x' });
    for (const args of commands) {
      const outcome = inRoot(root, args);
      assertRefused(outcome, /^ebb: \/etc.*link/m);
    }
  });
}

test('a chain of links over another mount is followed, as NixOS has it', { skip: noMounts }, (t) => {
  const tree = {
    'etc/ebb/config.toml': link('/etc/static/ebb/config.toml'),
    'etc/static': link('/nix/store/e-etc/etc'),
    'nix/': null,
    'srv/notes.txt': 'x',
  };
  const store = directoryRoot(t, {
    'store/e-etc/etc/ebb/config.toml': link('/nix/store/c-config.toml'),
    'store/c-config.toml': '[ignore]\npaths = ["/srv/*", "/etc/*"]\n',
  });
  const root = tmpfsRoot(t, tree);
  bind(t, store, join(root, 'nix'));
  const elsewhere = ebb(['diff', '--root', root, '-0']);
  assertStatus(elsewhere, 0);
  assert.ok(!pathsOf(elsewhere.stdout).some((path) => path.startsWith('/srv/')), elsewhere.stdout);
  const running = inRoot(root, ['diff', '-0', '/srv']);
  assertStatus(running, 0);
  assert.deepEqual(pathsOf(running.stdout), []);
});

test('an ordinary user who may not read the configuration is told so', { skip: noOrdinaryUser }, (t) => {
  const root = directoryRoot(t, { 'etc/ebb/config.toml': '[ignore]\npaths = ["/srv/*"]\n', 'srv/notes.txt': 'x' });
  chmodSync(join(root, 'etc/ebb/config.toml'), 0o600);
  const outcome = ebb(['diff', '--root', root], { ordinaryUser: true });
  assertStatus(outcome, 0);
  assert.match(text(outcome.stderr), /the configuration .* was not read: this user may not read it/);
});
