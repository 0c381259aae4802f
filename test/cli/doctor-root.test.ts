/** What `ebb doctor` finds by looking at a root, whatever its journal says. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { documentOf } from '../support/cli-documents.ts';
import { assertStatus, inRoot, text } from '../support/cli-program.ts';
import { bind, noMounts, type TreeSpec, temporaryDirectory, tmpfsRoot } from '../support/cli-roots.ts';
import { doctorDocument, doctorMachine, doctorReport, names, ofUnit, systemd } from '../support/doctor-machine.ts';
import { makeJournal, message, noJournals } from '../support/journal-files.ts';

const noPrivilege = process.getuid?.() === 0 ? false : 'only root may give files away';

/** Public keys as ssh-keygen(1) writes them, of made-up bytes. */
function publicKey(of: string): string {
  return `ssh-ed25519 ${Buffer.from(`ssh-ed25519 ${of}`).toString('base64')} root@h001\n`;
}

test('identities that are others than at the last boot, by fingerprints, and never by what they hold', (t) => {
  const identities = (of: string): TreeSpec => ({
    'etc/machine-id': `${of.repeat(32)}\n`,
    'etc/ssh/ssh_host_ed25519_key': `secret of ${of}`,
    'etc/ssh/ssh_host_ed25519_key.pub': publicKey(of),
    'etc/hostid': 'same',
  });
  const those = doctorMachine(t, identities('a'), identities('b'), identities('c'), []);
  const { findings } = doctorReport(those);
  assert.deepEqual(
    findings.map(({ kind, severity, path, was }) => [kind, severity, path, was?.oldRoot]),
    [
      ['identity', 'lost', '/etc/machine-id', names[1]],
      ['identity', 'lost', '/etc/ssh/ssh_host_ed25519_key', names[1]],
    ],
  );
  assert.match(
    findings[1]?.evidence[0] ?? '',
    /^ssh_host_ed25519_key was SHA256:[\w+/]{43}, and is SHA256:[\w+/]{43}$/,
  );
  assert.deepEqual(
    findings[1]?.declare.map(({ nix }) => nix),
    [
      'environment.persistence."/persist".files = [ "/etc/ssh/ssh_host_ed25519_key" ];',
      'environment.persistence."/persist".files = [ "/etc/ssh/ssh_host_ed25519_key.pub" ];',
    ],
  );
  assert.doesNotMatch(JSON.stringify(findings), /secret of|aaaaaaaa|bbbbbbbb/);
});

test('files that mounts left behind in an old root are no identities', (t) => {
  const now = { 'etc/machine-id': `${'a'.repeat(32)}\n`, 'etc/ssh/ssh_host_rsa_key': 'key' };
  const left = { 'etc/machine-id': '', 'etc/ssh/ssh_host_rsa_key': '' };
  assert.deepEqual(doctorReport(doctorMachine(t, now, left, left, [])).findings, []);
});

const configuration = `[persistence."/persist"]
directories = ["/var/lib/forgejo", "/var/lib/kept", "/srv/a/1", "/srv/a/2", "/srv/a/3"]
files = ["/etc/token"]
`;

/** A tmpfs with a storage of another filesystem. */
function rootWithStorage(t: TestContext, tree: TreeSpec, stored: readonly string[]): string {
  const root = tmpfsRoot(t, { ...tree, 'persist/': null });
  const storage = temporaryDirectory(t);
  for (const path of stored) {
    const full = join(storage, path);
    mkdirSync(join(full, '..'), { recursive: true });
    if (path.endsWith('/')) mkdirSync(full);
    else writeFileSync(full, 'kept');
  }
  bind(t, storage, join(root, 'persist'));
  return root;
}

test('declared paths that are not mounted, and mounts of what was deleted', { skip: noMounts }, (t) => {
  const root = rootWithStorage(
    t,
    { 'etc/ebb/config.toml': configuration, 'var/lib/forgejo/': null, 'var/lib/kept/': null, 'etc/token': '' },
    ['var/lib/forgejo/app.ini', 'var/lib/kept/x', 'etc/token'],
  );
  bind(t, join(root, 'persist/var/lib/kept'), join(root, 'var/lib/kept'));
  bind(t, join(root, 'persist/etc/token'), join(root, 'etc/token'));
  // As editors and many programs replace a file.
  writeFileSync(join(root, 'persist/etc/token.new'), 'newer');
  renameSync(join(root, 'persist/etc/token.new'), join(root, 'persist/etc/token'));
  const those = doctorMachine(t, {}, {}, {}, [], root);
  const notKept = doctorReport(those).findings.filter(({ kind }) => kind === 'not-kept');
  const told = new Map(notKept.map((finding) => [finding.path, finding]));
  assert.deepEqual(told.get('/var/lib/forgejo')?.commands, [`ebb why /var/lib/forgejo --root ${root}`]);
  assert.ok(told.get('/var/lib/forgejo')?.evidence.includes('what is kept of it lies in the storage, and is not seen'));
  assert.equal(told.has('/var/lib/kept'), false);
  assert.match(told.get('/etc/token')?.what ?? '', /was deleted from the storage/);
  assert.deepEqual(told.get('/etc/token')?.commands, [
    `umount ${root}/etc/token`,
    `mount --bind ${root}/persist/etc/token ${root}/etc/token`,
  ]);
});

test('many mounts, and those that one would do for', { skip: noMounts }, (t) => {
  const numbers = Array.from({ length: 14 }, (_, i) => `/srv/app/p${i}`);
  const toml = `[persistence."/persist"]\ndirectories = ${JSON.stringify(numbers)}\n`;
  const tree = Object.fromEntries(numbers.map((path) => [`${path.slice(1)}/`, null]));
  const root = rootWithStorage(
    t,
    { ...tree, 'etc/ebb/config.toml': toml },
    numbers.map((path) => `${path}/`),
  );
  for (const path of numbers) bind(t, join(root, 'persist', path), join(root, path));
  const those = doctorMachine(t, {}, {}, {}, [], root);
  const [only] = doctorReport(those, '--all').findings.filter(({ kind }) => kind === 'mounts');
  assert.equal(only?.what, '14 persisted paths are mounted one by one');
  assert.deepEqual(only?.evidence, [
    'each takes about 6 ms at boot: 0.1 s in all',
    '14 of them lie in /srv/app, and could be one',
    'that is 13 fewer, and 0.1 s',
  ]);
  assert.deepEqual(
    only?.declare.map(({ path }) => path),
    ['/srv/app'],
  );
  writeFileSync(join(root, 'srv/app/cache.tmp'), 'not to be kept');
  assert.deepEqual(
    doctorReport(those, '--all').findings.filter(({ kind }) => kind === 'mounts'),
    [],
  );
});

test('what containers keep on the root', (t) => {
  const config = {
    ID: 'abcdef',
    Name: '/db',
    Config: { Image: 'postgres:16' },
    MountPoints: {
      '/data': {
        Type: 'volume',
        Name: 'db',
        Source: '/var/lib/docker/volumes/db/_data',
        Destination: '/data',
        RW: true,
      },
      '/x': { Type: 'bind', Source: '/srv/x', Destination: '/x', RW: true },
      '/etc/localtime': { Type: 'bind', Source: '/etc/localtime', Destination: '/etc/localtime', RW: false },
    },
  };
  const tree = {
    'var/lib/docker/containers/abcdef/config.v2.json': JSON.stringify(config),
    'var/lib/docker/volumes/db/_data/PG_VERSION': '16',
    'var/lib/docker/overlay2/layer': 'no state',
    'srv/x/file': 'x',
    'etc/localtime': 'x',
  };
  const [only, ...others] = doctorReport(doctorMachine(t, tree, {}, {}, [])).findings;
  assert.deepEqual([only?.kind, only?.severity, others], ['container', 'risk', []]);
  assert.deepEqual(only?.evidence, ['/var/lib/docker/volumes/db/_data: the volume db of db', '/srv/x: /x of db']);
  assert.deepEqual(
    only?.declare.map(({ path }) => path),
    ['/srv/x', '/var/lib/docker/volumes'],
  );
});

test('owners that drifted, and directories on the way that are others', {
  skip: noPrivilege || noMounts || noJournals,
}, (t) => {
  const toml = `[persistence."/persist"]\ndirectories = ["/var/lib/foo"]\n[persistence."/persist".users.josh]\ndirectories = [".ssh"]\n`;
  const accounts = (foo: number): TreeSpec => ({
    'etc/passwd': `root:x:0:0::/root:/bin/sh\njosh:x:1000:100::/home/josh:/bin/sh\nfoo:x:${foo}:${foo}::/:/bin/false\n`,
    'etc/group': `root:x:0:\nusers:x:100:\nfoo:x:${foo}:\n`,
  });
  const tree = { ...accounts(991), 'etc/ebb/config.toml': toml, 'var/lib/foo/': null, 'home/josh/': null };
  const root = rootWithStorage(t, tree, ['var/lib/foo/data', 'home/josh/.ssh/']);
  chownSync(join(root, 'persist/var/lib/foo/data'), 990, 990);
  bind(t, join(root, 'persist/var/lib/foo'), join(root, 'var/lib/foo'));
  const denied = message("mkdir: cannot create directory '/home/josh/x': Permission denied", ofUnit('home.service'));
  const those = doctorMachine(
    t,
    {},
    { ...accounts(990), 'home/josh/': null },
    {},
    [denied, systemd('home.service', "home.service: Failed with result 'exit-code'.")],
    root,
  );
  const home = join(those.oldRoots, names[1], 'home/josh');
  chownSync(home, 1000, 100);
  chmodSync(home, 0o700);
  const { findings } = doctorReport(those);
  const owners = findings.filter(({ kind }) => kind === 'owner');
  assert.deepEqual(
    owners.map(({ what, commands }) => [what, ...commands]),
    [
      [
        "what is kept belongs to the group 990, which has no name, and should be foo's",
        `chroot ${root} chown -R --from=:990 :foo /var/lib/foo`,
      ],
      [
        "what is kept belongs to the user 990, which has no name, and should be foo's",
        `chroot ${root} chown -R --from=990 foo /var/lib/foo`,
      ],
    ],
  );
  const [why] = findings.filter(({ kind }) => kind === 'denied');
  assert.match(
    why?.evidence[1] ?? '',
    /^\/home\/josh: it belongs to root:root, mode 0755; .* to josh:users, mode 0700$/,
  );
  assert.deepEqual(why?.commands, [
    `chroot ${root} chown josh:users /home/josh`,
    `chroot ${root} chmod 0700 /home/josh`,
  ]);
});

test('on NixOS, that numbers of users are not kept', (t) => {
  const tree = { 'etc/NIXOS': '', 'var/lib/nixos/uid-map': '{}' };
  const [only] = doctorReport(doctorMachine(t, tree, {}, {}, [])).findings;
  assert.deepEqual([only?.kind, only?.path], ['owner', '/var/lib/nixos']);
  assert.deepEqual(
    only?.declare.map(({ nix }) => nix),
    ['environment.persistence."/persist".directories = [ "/var/lib/nixos" ];'],
  );
});

test('on NixOS, what is not kept is put in place by the units of the module that it is declared with', {
  skip: noMounts,
}, (t) => {
  const commandsOf = (declaredBy: string): (string | undefined)[] => {
    const configuration = `[persistence."/persist"]
      declared_by = "${declaredBy}"
      directories = ["/var/lib/my-app", "/var/lib/gone"]
      files = ["/etc/my-id", "/etc/taken", { file = "/etc/linked", method = "link" }]`;
    const files = { 'etc/my-id': '', 'etc/taken': 'new', 'etc/linked': '', 'persist/etc/my-id': 'id' };
    const stored = { 'persist/etc/taken': 'old', 'persist/etc/linked': 'x', 'persist/var/lib/my-app/': null };
    const root = tmpfsRoot(t, { ...files, ...stored, 'etc/NIXOS': '', 'etc/ebb/config.toml': configuration });
    const outcome = inRoot(root, ['doctor', '--json']);
    assertStatus(outcome, 0);
    const { findings } = documentOf(doctorDocument, text(outcome.stdout));
    const told = findings.filter(({ kind }) => kind === 'not-kept');
    assert.equal(told.length, 5);
    assert.ok(told.every(({ evidence }) => evidence[0]?.includes(` is declared in ${declaredBy}: `)));
    return told.map(({ path, commands }) => `${path}: ${commands.slice(1).join()}`).sort();
  };
  assert.deepEqual(commandsOf('environment.persistence'), [
    '/etc/linked: ',
    "/etc/my-id: systemctl restart 'persist-persist-etc-my\\x2did.service'",
    '/etc/taken: ',
    '/var/lib/gone: ',
    "/var/lib/my-app: systemctl restart 'var-lib-my\\x2dapp.mount'",
  ]);
  assert.deepEqual(commandsOf('preservation')[1], "/etc/my-id: systemctl restart 'etc-my\\x2did.mount'");
});

test('of the running root, systemd is asked what failed, and units are started again', {
  skip: noMounts || noJournals,
}, (t) => {
  const root = tmpfsRoot(t, { 'srv/': null, 'tmp/': null, 'run/systemd/system/': null, 'fakes/': null });
  const old = join(root, 'old_roots', names[1]);
  mkdirSync(join(old, '.ebb'), { recursive: true });
  mkdirSync(join(old, 'srv/x'), { recursive: true });
  writeFileSync(join(old, 'srv/x/y'), 'data');
  makeJournal(join(root, 'journal'), [message('open /srv/x: no such file or directory', ofUnit('foo.service'))]);
  const fake = `#!/usr/bin/sh
case $1 in
list-units) echo 'foo.service loaded failed failed Foo'; echo 'bar.service loaded failed failed Bar' ;;
show) printf 'Id=foo.service\\nResult=exit-code\\n\\nId=bar.service\\nResult=timeout\\n' ;;
esac
`;
  writeFileSync(join(root, 'fakes/systemctl'), fake, { mode: 0o755 });
  const real = spawnSync('sh', ['-c', 'command -v journalctl'], { encoding: 'utf8' }).stdout.trim();
  // This boot's journal is asked of the real program, in a directory.
  writeFileSync(join(root, 'fakes/journalctl'), `#!/usr/bin/sh\nexec ${real} --directory=/journal "$@"\n`, {
    mode: 0o755,
  });
  const { PATH } = process.env;
  process.env['PATH'] = `/fakes:${PATH}`;
  const outcome = inRoot(root, ['doctor', '--json', '--old-roots', '/old_roots']);
  process.env['PATH'] = PATH;
  assertStatus(outcome, 0);
  const { findings } = documentOf(doctorDocument, text(outcome.stdout));
  assert.deepEqual(
    findings.map(({ kind, failed, what, commands }) => [kind, failed, what, ...commands]),
    [
      [
        ...['lost', ['foo.service'], 'a path is missing'],
        `ebb restore /srv/x --from ${names[1]} --old-roots /old_roots`,
        'systemctl restart foo.service',
      ],
      ['failed', ['bar.service'], 'it failed (timeout)', 'systemctl status bar.service'],
    ],
  );
});
