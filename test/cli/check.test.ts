/** `ebb check`: passes or fails, and says why in a line. */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkDocument, documentOf } from '../support/cli-documents.ts';
import { assertStatus, ebb, lines, text } from '../support/cli-program.ts';
import { bind, directoryRoot, noMounts, noRecord, tmpfsRoot } from '../support/cli-roots.ts';

test('passes where only what is made anew or can be had again would be lost', { skip: noRecord }, (t) => {
  const root = directoryRoot(t, {
    'etc/fstab': '',
    'run/app.pid': '1',
    'tmp/x': 'x',
    'var/cache/nginx/page': 'page',
    'var/log/syslog': 'line',
  });
  const baseline = ebb(['baseline', 'record', '--root', root]);
  assertStatus(baseline, 0);
  const outcome = ebb(['check', '--root', root]);
  assert.match(text(outcome.stdout), /^ebb check: nothing that counts would be lost /);
  assert.equal(lines(outcome.stdout).length, 1);
  assertStatus(outcome, 0);
});

const failing = {
  state: 'var/lib/forgejo/db',
  secret: 'etc/ssh/ssh_host_ed25519_key',
  home: 'home/josh/plan.txt',
  unknown: 'srv/notes.txt',
};

for (const [category, path] of Object.entries(failing)) {
  test(`fails where a ${category} change would be lost, and names it`, (t) => {
    const root = directoryRoot(t, { [path]: 'x' });
    const outcome = ebb(['check', '--root', root]);
    const [summary = '', ...rest] = lines(outcome.stdout);
    assert.match(summary, new RegExp(`^ebb check: 1 change would be lost .*\\(1 ${category}: \\d+ entr`));
    assert.match(rest.join('\n'), new RegExp(`^ {2}${category} +/`, 'm'));
    assertStatus(outcome, 1);
  });
}

for (const path of ['var/cache/nginx/page', 'var/log/syslog', 'run/app.pid', 'tmp/x']) {
  test(`passes where ${path} would be lost`, (t) => {
    assertStatus(ebb(['check', '--root', directoryRoot(t, { [path]: 'x' })]), 0);
  });
}

test('--fail-on says what counts, hidden categories too', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x', 'var/log/syslog': 'x', 'run/app.pid': '1' });
  assertStatus(ebb(['check', '--root', root, '--fail-on', 'state,secret']), 0);
  assertStatus(ebb(['check', '--root', root, '--fail-on', 'unknown']), 1);
  assertStatus(ebb(['check', '--root', root, '--fail-on', 'state,log']), 1);
  assertStatus(ebb(['check', '--root', root, '--fail-on', 'runtime']), 1);
});

test('fails where the last boot could not reset the root, and says why', (t) => {
  const root = directoryRoot(t, { '.ebb/reset-failed': '/dev/x cannot be\x1b[31m mounted\n' });
  const outcome = ebb(['check', '--root', root]);
  assert.match(
    text(outcome.stdout),
    /^ebb check: the root was not reset at its last boot: \/dev\/x cannot be\\e\[31m mounted; /,
  );
  assertStatus(outcome, 1);
  const document = documentOf(checkDocument, text(ebb(['check', '--root', root, '--json']).stdout));
  assert.deepEqual([document.passed, document.resetFailed], [false, '/dev/x cannot be\\e[31m mounted']);
});

test('-q prints nothing: the exit status says it', (t) => {
  const lossy = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const clean = directoryRoot(t, { 'tmp/x': 'x' });
  for (const [root, status] of [
    [lossy, 1],
    [clean, 0],
  ] as const) {
    const outcome = ebb(['check', '-q', '--root', root]);
    assert.deepEqual([outcome.stdout, outcome.stderr], ['', '']);
    assertStatus(outcome, status);
  }
});

test('-q with a root that is not there prints the error all the same', (t) => {
  const outcome = ebb(['check', '-q', '--root', join(directoryRoot(t, {}), 'nowhere')]);
  assert.match(outcome.stderr, /nowhere/);
  assertStatus(outcome, 10);
});

test('-q with --json prints nothing', (t) => {
  const root = directoryRoot(t, { 'tmp/x': 'x' });
  const outcome = ebb(['check', '-q', '--json', '--root', root]);
  assert.deepEqual([outcome.stdout, outcome.stderr], ['', '']);
  assertStatus(outcome, 0);
});

test('paths narrow the check', (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x', 'home/josh/plan.txt': 'x', 'var/log/syslog': 'x' });
  assertStatus(ebb(['check', '--root', root, '/var']), 0);
  assertStatus(ebb(['check', '--root', root, '/var', '/srv']), 1);
});

const declaring = (...directories: string[]) =>
  `[persistence."/persist"]\ndirectories = ${JSON.stringify(directories)}\n[ignore]\npaths = ["/etc/ebb"]\n`;

test('fails where a declared path is not covered, and says which and where it is declared', (t) => {
  const root = directoryRoot(t, { 'etc/ebb/config.toml': declaring('/var/log/journal') });
  const outcome = ebb(['check', '--root', root]);
  const shown = text(outcome.stdout);
  assert.match(shown, /^ebb check: nothing that counts would be lost .*; 1 declared path is not covered$/m);
  assert.match(shown, /^ {2}\/var\/log\/journal · it is not there.* · declared in \/etc\/ebb\/config\.toml$/m);
  assertStatus(outcome, 1);
});

test('where a path is declared is said as the configuration says it, with nothing that a terminal acts on', (t) => {
  const configuration = `${declaring('/var/log/journal').replace('directories', 'declared_by = "environment.persistence\\u001b[31m"\ndirectories')}`;
  const root = directoryRoot(t, { 'etc/ebb/config.toml': configuration });
  assert.match(text(ebb(['check', '--root', root]).stdout), / · declared in environment\.persistence\\e\[31m$/m);
  const document = documentOf(checkDocument, text(ebb(['check', '--root', root, '--json']).stdout));
  assert.equal(document.uncovered[0]?.declaredIn, 'environment.persistence\x1b[31m');
  assert.match(
    text(ebb(['why', '/var/log/journal', '--root', root]).stdout),
    /declared in environment\.persistence\\e/,
  );
});

test('passes where the declared path is mounted from elsewhere', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'etc/ebb/config.toml': declaring('/var/lib/app'), 'var/lib/app/': null });
  const kept = directoryRoot(t, { db: 'kept' });
  bind(t, kept, join(root, 'var/lib/app'));
  const outcome = ebb(['check', '--root', root]);
  assertStatus(outcome, 0);
});

test('a declared path that is a bind mount of the root itself is not covered', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'etc/ebb/config.toml': declaring('/var/lib/app'), 'var/lib/app/': null, 'tmp/': null });
  mkdirSync(join(root, 'tmp/elsewhere'));
  bind(t, join(root, 'tmp/elsewhere'), join(root, 'var/lib/app'));
  assertStatus(ebb(['check', '--root', root]), 1);
});

test('data that a mount hides fails the check', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'var/lib/app/old.db': 'shadowed' });
  bind(t, directoryRoot(t, {}), join(root, 'var/lib/app'));
  const outcome = ebb(['check', '--root', root]);
  assert.match(text(outcome.stdout), /\/var\/lib\/app\/ \(hidden under a mount\)/);
  assertStatus(outcome, 1);
});

test('what the configuration ignores does not fail it', (t) => {
  const root = directoryRoot(t, {
    'etc/ebb/config.toml': '[ignore]\npaths = ["/srv/*", "/etc/ebb"]\n',
    'srv/notes.txt': 'x',
  });
  assertStatus(ebb(['check', '--root', root]), 0);
});

test('--json prints one document of the form that is documented', (t) => {
  const root = directoryRoot(t, {
    'etc/ebb/config.toml': declaring('/var/lib/app'),
    'srv/notes.txt': 'x',
    'run/x.pid': '',
  });
  const outcome = ebb(['check', '--root', root, '--json', '--fail-on', 'unknown,secret']);
  assertStatus(outcome, 1);
  const document = documentOf(checkDocument, text(outcome.stdout));
  assert.equal(document.passed, false);
  assert.deepEqual(document.failOn.toSorted(), ['secret', 'unknown']);
  assert.deepEqual(
    document.losing.map(({ path }) => path),
    ['/srv/notes.txt'],
  );
  assert.deepEqual(
    document.uncovered.map(({ path, declaredIn }) => [path, declaredIn]),
    [['/var/lib/app', '/etc/ebb/config.toml']],
  );
});

test('--blocking passes without a look where the configuration does not hold shutdowns back', (t) => {
  const outcome = ebb(['check', '--blocking', '--root', directoryRoot(t, { 'srv/notes.txt': 'x' })]);
  assert.equal(text(outcome.stdout), '');
  assertStatus(outcome, 0);
});
