/** `ebb why PATH`: where a path really is, and what becomes of it. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { documentOf, whyDocument } from '../support/cli-documents.ts';
import { assertNoTrace, assertStatus, ebb, lines, text } from '../support/cli-program.ts';
import { bind, directoryRoot, link, mount, noMounts, tmpfsRoot } from '../support/cli-roots.ts';

function whyOf(root: string, path: string) {
  const outcome = ebb(['why', '--json', '--root', root, path]);
  assertStatus(outcome, 0);
  return documentOf(whyDocument, text(outcome.stdout));
}

test('a file on an ephemeral root is lost, and the rule gives its category', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'etc/ssh/ssh_host_rsa_key': 'key' });
  const outcome = ebb(['why', '--root', root, '/etc/ssh/ssh_host_rsa_key']);
  assertStatus(outcome, 0);
  assert.equal(outcome.stderr, '');
  const [heading = '', empty, ...facts] = lines(outcome.stdout);
  assert.match(heading, /^\/etc\/ssh\/ssh_host_rsa_key would be lost /);
  assert.equal(empty, '');
  assert.deepEqual(facts.slice(0, 3), [
    '  because    it lies on the root itself (tmpfs), which is ephemeral: it lives in memory (filesystem)',
    '  mount      / · tmpfs on tmpfs',
    '  category   secret  → persist',
  ]);
  assert.match(facts[3] ?? '', /^ {2}evidence {3}secret \d+: \/etc\/ssh\/ssh_host_\S*: /);
});

test('of a root that is mounted elsewhere, why says when it boots next, as diff does', {
  skip: noMounts,
}, (t) => {
  const root = tmpfsRoot(t, { 'srv/notes.txt': 'x' });
  assert.match(text(ebb(['why', '--root', root, '/srv/notes.txt']).stdout), /when it boots next/);
});

test('--json prints one document of the form that is documented', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'var/lib/app/db': 'x' });
  const { path, exists, type, resolved, fate, category, verdict, rule, mount } = whyOf(root, '/var/lib/app/db');
  assert.deepEqual(
    { path, exists, type, resolved, fate, category, verdict },
    {
      path: '/var/lib/app/db',
      exists: true,
      type: 'file',
      resolved: '/var/lib/app/db',
      fate: 'lost',
      category: 'state',
      verdict: 'persist',
    },
  );
  assert.deepEqual(rule, { pattern: '/var/lib/*', file: 'general.toml' });
  assert.deepEqual([mount.point, mount.filesystem], ['/', 'tmpfs']);
});

test('a path that does not exist is told what would become of it', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'srv/': null });
  const { exists, type, fate } = whyOf(root, '/srv/later/deeper.txt');
  assert.deepEqual([exists, type, fate], [false, null, 'lost']);
  const shown = text(ebb(['why', '--root', root, '/srv/later']).stdout);
  assert.match(shown, /^\/srv\/later does not exist; made now, it would be lost /);
});

test('a path on a bind mount from elsewhere is kept, there or not', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'data/': null });
  bind(t, directoryRoot(t, { 'kept.txt': 'x' }), join(root, 'data'));
  for (const path of ['/data', '/data/kept.txt', '/data/later.txt']) assert.equal(whyOf(root, path).fate, 'kept');
  assert.equal(whyOf(root, '/data/kept.txt').mount.point, '/data');
  assert.equal(whyOf(root, '/data-old').fate, 'lost');
  const shown = text(ebb(['why', '--root', root, '/data/kept.txt']).stdout);
  assert.match(shown, /^\/data\/kept\.txt survives a reboot$/m);
  assert.match(shown, /\/data is a mount of .*which the reset does not touch/);
});

test('an overlay that is written to the root keeps nothing, as /etc of NixOS', { skip: noMounts }, (t) => {
  const configuration = '[persistence."/persist"]\nfiles = ["/etc/machine-id"]\n';
  const root = tmpfsRoot(t, { '.rw-etc/upper/machine-id': 'x', '.rw-etc/work/': null, 'etc/': null });
  const store = directoryRoot(t, { 'ebb/config.toml': configuration, hosts: 'x' });
  const [upper, work] = ['upper', 'work'].map((name) => join(root, '.rw-etc', name));
  mount(t, join(root, 'etc'), '-t', 'overlay', '-o', `lowerdir=${store},upperdir=${upper},workdir=${work}`, 'overlay');
  const { fate, reasons } = whyOf(root, '/etc/machine-id');
  assert.equal(fate, 'lost');
  assert.match(reasons[0]?.detail ?? '', /^\/etc is an overlay, .*: at \/\.rw-etc\/upper\/machine-id$/);
  assert.match(text(ebb(['check', '--root', root]).stdout), /; 1 declared path is not covered$/m);
});

test('a bind mount of the root itself keeps nothing', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'var/lib/app/db': 'x', 'mnt/': null });
  bind(t, join(root, 'var'), join(root, 'mnt'));
  const { fate, reasons } = whyOf(root, '/mnt/lib/app/db');
  assert.equal(fate, 'lost');
  assert.ok(reasons.some(({ detail }) => detail.includes('it is /var/lib/app/db there')));
});

test('a path below a symlink is where the link leads', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'data/': null, 'srv/app': link('/data/app'), 'srv/here': link('../var') });
  bind(t, directoryRoot(t, { 'app/db': 'x' }), join(root, 'data'));
  const { fate, resolved, reasons, exists } = whyOf(root, '/srv/app/db');
  assert.deepEqual([fate, resolved, exists], ['kept', '/data/app/db', true]);
  assert.ok(reasons.some(({ source, detail }) => source === 'link' && detail === '/srv/app leads to /data/app'));
  assert.deepEqual([whyOf(root, '/srv/here/x').fate, whyOf(root, '/srv/here/x').resolved], ['lost', '/var/x']);
});

test('links of the root never lead out of it', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'srv/out': link('/../../../proc/version') });
  const { resolved, exists } = whyOf(root, '/srv/out/x');
  assert.deepEqual([resolved, exists], ['/proc/version/x', false]);
});

test('a loop of links is told once', (t) => {
  const root = directoryRoot(t, { 'srv/loop': link('loop') });
  const outcome = ebb(['why', '--root', root, '/srv/loop/x']);
  assertStatus(outcome, 0);
  assert.equal(text(outcome.stdout).split('leads to').length - 1, 1);
});

test('what the mount hides is mentioned', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'data/db': 'hidden' });
  bind(t, directoryRoot(t, { db: 'kept' }), join(root, 'data'));
  const { fate, reasons } = whyOf(root, '/data/db');
  assert.equal(fate, 'kept');
  assert.ok(reasons.some(({ detail }) => detail.includes('hidden under the mount at /data')));
});

test('a declaration is named with its file, and that it does not work where it does not', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, {
    'etc/ebb/config.toml': '[persistence."/persist"]\ndirectories = ["/var/lib/app"]\n',
    'var/lib/app/db': 'x',
  });
  const broken = whyOf(root, '/var/lib/app/db');
  assert.equal(broken.fate, 'lost');
  assert.match(
    broken.reasons.find(({ source }) => source === 'config')?.detail ?? '',
    /\/etc\/ebb\/config\.toml: \/var\/lib\/app, kept in \/persist, but it is not mounted/,
  );
  bind(t, directoryRoot(t, { db: 'kept' }), join(root, 'var/lib/app'));
  assert.equal(whyOf(root, '/var/lib/app/db').fate, 'kept');
});

test('a path of invalid UTF-8 is found by its bytes, and shown escaped', (t) => {
  const root = directoryRoot(t, { 'srv/\xff\xfe.txt': 'x' });
  const outcome = ebb(['why', '--root', root, '/srv/\xff\xfe.txt']);
  assertStatus(outcome, 0);
  assert.match(text(outcome.stdout), /^\/srv\/\\xff\\xfe\.txt (?!does not exist)/);
  const { exists, pathBase64 } = whyOf(root, '/srv/\xff\xfe.txt');
  assert.equal(exists, true);
  assert.equal(Buffer.from(pathBase64 ?? '', 'base64').toString('latin1'), '/srv/\xff\xfe.txt');
});

test('a relative path is seen from the working directory', (t) => {
  const directory = directoryRoot(t, { 'a/b.txt': 'x' });
  const outcome = ebb(['why', '--json', 'a/../a/b.txt'], { cwd: directory });
  const document = documentOf(whyDocument, text(outcome.stdout));
  assert.deepEqual([document.path, document.exists], [`${directory}/a/b.txt`, true]);
});

test('what lives in memory, or is the kernel’s, is not called lost', () => {
  for (const path of ['/proc/version', '/dev/null']) {
    const outcome = ebb(['why', path]);
    assert.match(text(outcome.stdout), /does not survive a boot/);
    assertNoTrace(outcome);
    assertStatus(outcome, 0);
  }
});

test('a file on a root that is not ephemeral is told what an ephemeral one would do', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const { fate } = whyOf(root, '/srv/notes.txt');
  if (fate === 'lost') return t.skip('temporary directories are in memory here');
  assert.equal(fate, 'traditional');
  const shown = text(ebb(['why', '--root', root, '/srv/notes.txt']).stdout);
  assert.match(shown, /^\/srv\/notes\.txt would be lost with an ephemeral root$/m);
});

test('another filesystem that the configuration names as ephemeral keeps nothing', { skip: noMounts }, (t) => {
  const config =
    '[root]\nfilesystem = "tmpfs"\nephemeral_mounts = ["/scratch"]\n[persistence."/p"]\ndirectories = ["/scratch/db"]\n';
  const root = tmpfsRoot(t, { 'etc/ebb/config.toml': config, 'scratch/.keep': '' });
  const elsewhere = directoryRoot(t, { 'db/data': 'x' });
  bind(t, elsewhere, join(root, 'scratch'));
  const told = ebb(['why', '--root', root, '/scratch/db']);
  assert.match(text(told.stdout), /does not survive a boot/);
  assert.match(text(told.stdout), /thrown away like the root/);
  const checked = ebb(['check', '--root', root, '--fail-on', 'secret']);
  assertStatus(checked, 1);
  assert.match(text(checked.stdout), /a filesystem that is thrown away too/);
});

/** A root on which dpkg installed a program and a directory. */
const packaged = {
  'usr/bin/ls': 'ls',
  'usr/bin/touched': 'touched',
  bin: link('usr/bin'),
  'var/lib/dpkg/status': 'Package: coreutils\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n',
  'var/lib/dpkg/info/coreutils.md5sums':
    '44ba5ca65651b4f36f1927576dd35436  usr/bin/ls\n00000000000000000000000000000000  usr/bin/touched\n',
  'var/lib/dpkg/info/coreutils.list': '/.\n/usr\n/usr/bin\n/usr/bin/ls\n/usr/bin/touched\n',
};

test('what a package installed and nobody changed is said to be so, and needs no decision', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, packaged);
  for (const path of ['/usr/bin/ls', '/bin/ls']) {
    const { unchanged, verdict, reasons } = whyOf(root, path);
    assert.deepEqual([unchanged, verdict], [{ comesBack: true, package: 'coreutils' }, 'ignore']);
    assert.ok(reasons.some(({ source, detail }) => source === 'package' && detail.includes('ebb diff')));
    const shown = text(ebb(['why', '--root', root, path]).stdout);
    assert.match(shown, /^\/\S+ was installed by the package coreutils and is unchanged: ebb diff leaves it out$/m);
    assert.doesNotMatch(shown, /decide/);
  }
  writeFileSync(join(root, 'usr/bin/touched'), 'otherwise');
  writeFileSync(join(root, 'usr/bin/own'), 'own');
  for (const path of ['/usr/bin/touched', '/usr/bin/own']) assert.equal(whyOf(root, path).unchanged, null);
  const directory = whyOf(root, '/usr/bin');
  assert.equal(directory.unchanged, null);
  assert.match(directory.reasons[0]?.detail ?? '', /a directory that packages have/);
});

test('what is as the baseline has it is said to be so; only the boot’s own makes it come back', {
  skip: noMounts,
}, (t) => {
  const root = tmpfsRoot(t, { 'srv/notes.txt': 'x', 'srv/link': link('notes.txt') });
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  for (const path of ['/srv/notes.txt', '/srv/link']) {
    const { unchanged, verdict, fate } = whyOf(root, path);
    assert.deepEqual([unchanged, verdict, fate], [{ comesBack: false, package: null }, 'decide', 'lost']);
  }
  assert.match(
    text(ebb(['why', '--root', root, '/srv/notes.txt']).stdout),
    /as a baseline has it: `ebb diff` leaves it out/,
  );
  const file = join(root, '.ebb/baseline');
  writeFileSync(file, readFileSync(file, 'latin1').replace(/uptime=\S+/, 'uptime=9.5'), 'latin1');
  assert.deepEqual(
    [whyOf(root, '/srv/notes.txt').unchanged?.comesBack, whyOf(root, '/srv/notes.txt').verdict],
    [true, 'ignore'],
  );
  assert.match(text(ebb(['why', '--root', root, '/srv/notes.txt']).stdout), /was set up by the boot and is unchanged/);
  writeFileSync(join(root, 'srv/notes.txt'), 'changed');
  assert.equal(whyOf(root, '/srv/notes.txt').unchanged, null);
  assert.match(whyOf(root, '/srv').reasons[0]?.detail ?? '', /a directory as its own baseline has it/);
});
