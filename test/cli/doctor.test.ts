/** `ebb doctor`, with journals that the real journalctl reads. */

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { widthOf } from '../../src/render/columns.ts';
import { assertRefused, assertStatus, ebb, lines, said, text } from '../support/cli-program.ts';
import { noTerminal, temporaryDirectory } from '../support/cli-roots.ts';
import { onTerminal } from '../support/cli-terminal.ts';
import { bootedAt, doctor, doctorMachine, doctorReport, names, ofUnit, systemd } from '../support/doctor-machine.ts';
import { makeJournal, message, noJournals } from '../support/journal-files.ts';

const noPostgres = [
  message(
    'postgres: could not access the server configuration file "/var/lib/postgresql/16/postgresql.conf": No such file or directory',
    ofUnit('postgresql.service', { SYSLOG_IDENTIFIER: 'postgres' }),
  ),
  systemd('postgresql.service', "postgresql.service: Failed with result 'exit-code'."),
];

test('a service whose data is gone: what was there, until when, and what brings it back', { skip: noJournals }, (t) => {
  const data = { 'var/lib/postgresql/16/PG_VERSION': '16', 'var/lib/postgresql/16/base/1': 'x'.repeat(12_000) };
  const those = doctorMachine(t, {}, data, {}, noPostgres);
  const outcome = doctor(those);
  assert.deepEqual(lines(outcome.stdout).slice(2), [
    '  lost    /var/lib/postgresql/   postgresql.service failed',
    "          PostgreSQL's data directory or what is in it is missing",
    '          was there until the reset of 2026-11-20 08:15 UTC: 2 files, 12.0 kB (old root 2026-11-19_08-15-00)',
    ...lines(outcome.stdout).slice(5, 6),
    '          named: /var/lib/postgresql/16/postgresql.conf',
    ...lines(outcome.stdout).slice(7, 9),
    `          $ ebb restore /var/lib/postgresql --from ${names[1]} --old-roots ${those.oldRoots} --to ${those.root}`,
    '          keep it: [persistence."/persist"] directories = [{ directory = "/var/lib/postgresql", user = "postgres", group = "postgres", mode = "0750" }]',
  ]);
  assert.match(
    lines(outcome.stdout)[0] ?? '',
    /^ebb doctor: 1 lost · .* · the last boot in .*: 2 messages · 2 old roots asked$/,
  );
  assert.equal(said(outcome), '');
  assertStatus(outcome, 0);
  assertStatus(doctor(those, '--exit-code'), 1);
  assertStatus(doctor(doctorMachine(t, {}, {}, {}, [message('all is well')]), '--exit-code'), 0);
});

test('what it prints is what ebb restore takes, and then nothing is missing', { skip: noJournals }, (t) => {
  const those = doctorMachine(t, {}, { 'var/lib/postgresql/16/postgresql.conf': 'x' }, {}, noPostgres);
  const [finding] = doctorReport(those).findings;
  assert.equal(finding?.severity, 'lost');
  const [restore = ''] = finding?.commands ?? [];
  const words = restore.split(' ').slice(1);
  assertStatus(ebb(words), 0);
  const after = doctorReport(those).findings.map(({ severity, kind }) => `${severity} ${kind}`);
  assert.deepEqual(after, ['broken missing']);
});

test('a program that set itself up anew: what it made is put aside by what it had', { skip: noJournals }, (t) => {
  const said = "[INFO] Private key '/var/lib/vaultwarden/rsa_key.pem' created correctly";
  const had = { 'var/lib/vaultwarden/rsa_key.pem': 'old', 'var/lib/vaultwarden/db.sqlite3': 'vaults' };
  const those = doctorMachine(t, { 'var/lib/vaultwarden/rsa_key.pem': 'new' }, had, {}, [
    message(said, ofUnit('vaultwarden.service')),
  ]);
  const [finding] = doctorReport(those).findings;
  assert.deepEqual([finding?.kind, finding?.path, finding?.was?.files], ['lost', '/var/lib/vaultwarden', 2]);
  const from = `--from ${names[1]} --old-roots ${those.oldRoots} --to ${those.root}`;
  assert.deepEqual(finding?.commands, [`ebb restore --force /var/lib/vaultwarden ${from}`]);
});

test('a first start of what no old root knows is a note', { skip: noJournals }, (t) => {
  const journal = [message('[INFO] Private key created correctly.', ofUnit('vaultwarden.service'))];
  const those = doctorMachine(t, { 'var/lib/vaultwarden/rsa_key.pem': 'new' }, {}, {}, journal);
  assert.deepEqual([doctorReport(those).findings, doctorReport(those).hidden], [[], 1]);
  const [note] = doctorReport(those, '--all').findings;
  assert.deepEqual([note?.kind, note?.severity, note?.was], ['first-run', 'note', null]);
});

test('thousands of messages are one finding with a count', { skip: noJournals }, (t) => {
  const journal = Array.from({ length: 2000 }, (_, i) =>
    message(`open /srv/media/x${i % 5}: no such file or directory`, ofUnit('jellyfin.service'), 0, i),
  );
  const those = doctorMachine(t, {}, {}, { 'srv/media/film': 'film' }, journal);
  const { findings } = doctorReport(those);
  assert.deepEqual(
    findings.map((one) => [one.kind, one.path, one.count, one.paths.length, one.was?.oldRoot, one.was?.resetAt]),
    [['lost', '/srv/media', 2000, 5, names[0], bootedAt[1]]],
  );
});

test('a relative path is looked for where its unit and its program keep what they have', { skip: noJournals }, (t) => {
  const unit = '[Service]\nExecStart=/bin/foo\nStateDirectory=foo\n';
  const those = doctorMachine(
    t,
    { 'etc/systemd/system/foo.service': unit, 'var/lib/foo/': null },
    { 'var/lib/foo/db/main.sqlite': 'data' },
    {},
    [
      message(
        'opening storage failed: mkdir db/: permission denied',
        ofUnit('foo.service', { SYSLOG_IDENTIFIER: 'prometheus' }),
      ),
    ],
  );
  const [finding] = doctorReport(those).findings;
  assert.deepEqual([finding?.path, finding?.was?.files], ['/var/lib/foo/db', 1]);
});

test('a unit that failed for no reason it gave, and what it keeps is gone', { skip: noJournals }, (t) => {
  const unit = '[Service]\nExecStart=/bin/foo\nStateDirectory=foo\n';
  const those = doctorMachine(t, { 'etc/systemd/system/foo.service': unit }, { 'var/lib/foo/state': 'data' }, {}, [
    systemd('foo.service', "foo.service: Failed with result 'exit-code'."),
  ]);
  const [finding] = doctorReport(those).findings;
  assert.deepEqual([finding?.kind, finding?.path, finding?.failed], ['lost', '/var/lib/foo', ['foo.service']]);
});

test('a unit that failed, with its last words; one that runs by now is no news', { skip: noJournals }, (t) => {
  const those = doctorMachine(t, {}, {}, {}, [
    message('giving up: the moon is full', ofUnit('bar.service')),
    systemd('bar.service', "bar.service: Failed with result 'timeout'."),
    systemd('good.service', "good.service: Failed with result 'timeout'."),
    systemd('good.service', 'Started Good.'),
    systemd('late.service', 'Dependency failed for Late.'),
  ]);
  const { findings } = doctorReport(those, '--all');
  assert.deepEqual(
    findings.map((one) => [one.kind, one.severity, one.units, one.what]),
    [
      ['failed', 'broken', ['bar.service'], 'it failed (timeout)'],
      ['failed', 'note', ['late.service'], 'units were not started, as what they need failed'],
    ],
  );
  assert.equal(findings[0]?.messages[0]?.text, 'giving up: the moon is full');
});

test('what a mount point left in an old root was not lost', { skip: noJournals }, (t) => {
  const those = doctorMachine(t, {}, { 'var/lib/postgresql/': null }, { 'var/lib/postgresql/': null }, noPostgres);
  const [finding] = doctorReport(those).findings;
  assert.deepEqual([finding?.kind, finding?.severity, finding?.was], ['missing', 'broken', null]);
});

test('paths that a container sees are not looked for on the machine', { skip: noJournals }, (t) => {
  const words = 'open /var/lib/forgejo/app.ini: no such file or directory';
  const those = doctorMachine(t, {}, { 'var/lib/forgejo/app.ini': 'x' }, {}, [
    message(words, { CONTAINER_NAME: 'forgejo' }),
  ]);
  const [note] = doctorReport(those, '--all').findings;
  assert.deepEqual([note?.kind, note?.container, note?.was], ['missing', 'forgejo', null]);
});

test('hostile messages do nothing to a terminal, and their paths are quoted for a shell', { skip: noJournals }, (t) => {
  const name = Buffer.concat([Buffer.from("/srv/a'\x1b[2J$(reboot) \xe9\n", 'latin1')]);
  const words = Buffer.concat([
    Buffer.from('open "'),
    name.subarray(0, -1),
    Buffer.from('": no such file or directory'),
  ]);
  const those = doctorMachine(t, {}, { [`${name.subarray(1, -1).toString('latin1')}`]: 'data' }, {}, [
    message(words, { SYSLOG_IDENTIFIER: Buffer.from('e\x1bvil'), _SYSTEMD_UNIT: 'evil\x07.service' }),
  ]);
  const outcome = doctor(those);
  assert.doesNotMatch(outcome.stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  const plain = doctor(
    doctorMachine(t, {}, { 'srv/a b$(x)': 'data' }, {}, [message('open "/srv/a b$(x)": no such file or directory')]),
  );
  assert.match(text(plain.stdout), /ebb restore '\/srv\/a b\$\(x\)' --from/);
});

test('a journal somewhere else, by directory or by file; another boot', { skip: noJournals }, (t) => {
  const those = doctorMachine(t, {}, { 'srv/x/y': 'data' }, {}, []);
  const journal = makeJournal(join(temporaryDirectory(t), 'j'), [
    message('open /srv/x: no such file or directory', {}, 0),
    message('nothing', {}, 1),
  ]);
  const kinds = (...args: string[]) => doctorReport(those, ...args).findings.map((one) => one.kind);
  assert.deepEqual(kinds('--directory', journal), []);
  assert.deepEqual(kinds('--directory', journal, '-b', '-1'), ['lost']);
  assert.deepEqual(kinds('--directory', journal, '-b', 'all'), ['lost']);
  assert.deepEqual(kinds('--file', join(journal, 'test.journal'), '-b', '-1'), ['lost']);
  const none = doctorReport(those);
  assert.match(none.warnings.map((one) => one.message).join('\n'), /the root has no journal/);
  assert.equal(none.journal.source, 'none');
});

test('without journalctl the rest is done, with a warning', (t) => {
  const those = doctorMachine(t, {}, {}, {}, []);
  mkdirSync(join(those.root, 'var/log/journal'), { recursive: true });
  const args = ['doctor', '--root', those.root, '--old-roots', those.oldRoots];
  const outcome = ebb(args, { env: { PATH: '/nowhere' } });
  assert.match(said(outcome), /the journal was not read: there is no journalctl here/);
  assert.match(text(outcome.stdout), /no journal/);
  assertStatus(outcome, 0);
});

test('what makes no sense is refused', (t) => {
  assertRefused(ebb(['doctor', '-b', 'yesterday']), /yesterday is no boot: give 0/);
  assertRefused(ebb(['doctor', '--directory', '/a', '--file', '/b']), /give one of them/);
  assertRefused(ebb(['doctor', 'foo']), /Too many arguments/);
  const none = join(temporaryDirectory(t), 'none');
  assertRefused(ebb(['doctor', '--old-roots', none]), /there is no directory/, 10);
  assertRefused(ebb(['doctor', '--root', none]), /none/, 10);
});

test('on a terminal nothing is wider than it, but for what is to be copied', {
  skip: noTerminal || noJournals,
}, (t) => {
  const those = doctorMachine(t, {}, { 'var/lib/postgresql/16/PG_VERSION': '16' }, {}, noPostgres);
  for (const width of [80, 120]) {
    const screen = onTerminal(width, ['doctor', '--root', those.root, '--old-roots', those.oldRoots]);
    const long = screen.lines.filter((line) => widthOf(line) > width);
    assert.deepEqual(
      long.filter((line) => !/^ +(\$|keep it:) /.test(line)),
      [],
    );
    assert.ok(screen.lines.length > 5);
  }
});

test('a journal that is named and is not there, or is none, is no good news', { skip: noJournals }, (t) => {
  const empty = temporaryDirectory(t);
  const on = (...args: string[]) => ebb(['doctor', '--root', empty, ...args]);
  assertRefused(on('--directory', join(empty, 'nope')), /there is no directory .*nope/, 10);
  assertRefused(on('--file', join(empty, 'nope')), /there is no file .*nope/, 10);
  assertStatus(on('--directory', '/etc/passwd'), 2);
  assertStatus(on('--file', '/etc'), 2);
  assertStatus(on('--file', '/etc/passwd'), 3);
  assertStatus(doctor(doctorMachine(t, {}, {}, {}, [message('all is well')]), '-b', '-7'), 3);
});
