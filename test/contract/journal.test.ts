/** Journals as the real journalctl reads them. */

import assert from 'node:assert/strict';
import { chmodSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { JournalEntry } from '../../src/core/doctor/journal-entry.ts';
import { type RawPath, rawFromBytes } from '../../src/core/rawpath.ts';
import { HostJournal } from '../../src/linux/journal/host-journal.ts';
import type { JournalOutcome, JournalSource } from '../../src/ports/journal.ts';
import { boots, firstBoot, makeJournal, message, noJournals } from '../support/journal-files.ts';
import { Workplace } from '../support/workplace.ts';

const workplace = new Workplace();
after(() => workplace.close());

interface Read extends JournalOutcome {
  readonly all: readonly JournalEntry[];
}

async function read(source: JournalSource, boot = 'all', program?: string): Promise<Read> {
  const all: JournalEntry[] = [];
  const request = { source, boot, progress: () => {} };
  const outcome = await new HostJournal(program).read(request, (entry) => all.push(entry));
  return { ...outcome, all };
}

const inDirectory = (path: string): JournalSource => ({ kind: 'directory', path: path as RawPath });

function journal(...entries: Buffer[]): JournalSource {
  return inDirectory(makeJournal(workplace.make('journal'), entries));
}

const texts = ({ all }: Read): string[] => all.map((entry) => entry.message);

test('entries come in order, with who wrote them and in which unit', { skip: noJournals }, async () => {
  const source = journal(
    message('one', { SYSLOG_IDENTIFIER: 'sshd', _COMM: 'sshd', _SYSTEMD_UNIT: 'ssh.service' }),
    message(
      'foo.service: failed',
      { SYSLOG_IDENTIFIER: 'systemd', _SYSTEMD_UNIT: 'init.scope', UNIT: 'foo.service' },
      0,
      2,
    ),
    message('three', { _SYSTEMD_UNIT: 'user@1000.service', _SYSTEMD_USER_UNIT: 'bar.service' }, 0, 3),
    message('four', { CONTAINER_NAME: 'forgejo' }, 0, 4),
    message('five', { _SYSTEMD_UNIT: 'evil.service', UNIT: 'good.service' }, 0, 5),
    message(
      'six',
      { _SYSTEMD_UNIT: 'user@1000.service', _SYSTEMD_USER_UNIT: 'init.scope', USER_UNIT: 'bar.service' },
      0,
      6,
    ),
  );
  const outcome = await read(source);
  assert.deepEqual(texts(outcome), ['one', 'foo.service: failed', 'three', 'four', 'five', 'six']);
  assert.deepEqual([outcome.entries, outcome.complete, outcome.warnings], [6, true, []]);
  const told = outcome.all.map((one) => [one.identifier, one.unit, one.isUserUnit, one.container, one.at - firstBoot]);
  assert.deepEqual(told, [
    ['sshd', 'ssh.service', false, undefined, 1],
    ['systemd', 'foo.service', false, undefined, 2],
    ['test', 'bar.service', true, undefined, 3],
    ['test', undefined, false, 'forgejo', 4],
    ['test', 'evil.service', false, undefined, 5],
    ['test', 'bar.service', true, undefined, 6],
  ]);
});

test('a boot by its number or its id; nothing else of the journal', { skip: noJournals }, async () => {
  const source = journal(message('first', {}, 0), message('second', {}, 1), message('third', {}, 2));
  assert.deepEqual(texts(await read(source, '0')), ['third']);
  assert.deepEqual(texts(await read(source, '-1')), ['second']);
  assert.deepEqual(texts(await read(source, boots[0])), ['first']);
  const absent = await read(source, '-7');
  assert.deepEqual([absent.complete, texts(absent)], [false, []]);
  assert.match(absent.warnings[0]?.message ?? '', /the journal was not read: journalctl ended with status 1 \(.*-7/);
});

test('any bytes come through, in a message and in names', { skip: noJournals }, async () => {
  const odd = Buffer.from([0x6f, 0xff, 0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x0a, 0xe9, 0x22, 0x5c]);
  const source = journal(
    message(odd),
    message(
      'caf\u00e9 \u{1f600} \u2028 \\u00ff "quoted" \\',
      { SYSLOG_IDENTIFIER: Buffer.from('na\xefve', 'latin1') },
      0,
      2,
    ),
    message('{"MESSAGE":"not the field"}', {}, 0, 3),
    message('', {}, 0, 4),
  );
  const { all, warnings } = await read(source);
  const utf8 = rawFromBytes(Buffer.from('caf\u00e9 \u{1f600} \u2028 \\u00ff "quoted" \\'));
  assert.deepEqual(
    all.map((entry) => entry.message),
    [rawFromBytes(odd), utf8, '{"MESSAGE":"not the field"}', ''],
  );
  assert.equal(all[1]?.identifier, 'na\xefve');
  assert.deepEqual(warnings, []);
});

test('of a field that is there several times, the first counts', { skip: noJournals }, async () => {
  const source = journal(message('x', { MESSAGE: ['one', 'two'], _SYSTEMD_UNIT: ['a.service', 'b.service'] }));
  const [only] = (await read(source)).all;
  assert.deepEqual([only?.message, only?.unit], ['one', 'a.service']);
});

test('what is too large is left out and counted; the rest is read', { skip: noJournals }, async () => {
  const large = 'x'.repeat(100_000);
  const source = journal(message(large), message('after', { SYSLOG_IDENTIFIER: large }, 0, 2));
  const outcome = await read(source);
  assert.deepEqual(texts(outcome), ['after']);
  assert.deepEqual([outcome.entries, outcome.complete], [2, true]);
  assert.match(outcome.warnings[0]?.message ?? '', /^1 message of more than 4 KiB was not looked at$/);
});

test('files by their names, whatever is in these', { skip: noJournals }, async () => {
  const directory = makeJournal(workplace.make('j [a]*?\\'), [message('found')], 'x[1]');
  const path = join(directory, 'x[1].journal') as RawPath;
  assert.deepEqual(texts(await read({ kind: 'files', paths: [path] })), ['found']);
  const odd = Buffer.from(`${workplace.path}/caf\xe9`, 'latin1');
  renameSync(directory, odd);
  assert.deepEqual(texts(await read(inDirectory(odd.toString('latin1')))), ['found']);
});

test('a journal that is cut off, or is none, gives what can be read of it', { skip: noJournals }, async () => {
  const directory = makeJournal(workplace.make('journal'), [message('kept'), message('cut', {}, 0, 2)]);
  writeFileSync(join(directory, 'garbage.journal'), 'LPKSHHRH'.repeat(1000));
  const outcome = await read(inDirectory(directory));
  assert.deepEqual(texts(outcome), ['kept', 'cut']);
  truncateSync(join(directory, 'test.journal'), 100);
  const cut = await read(inDirectory(directory));
  assert.deepEqual(texts(cut), []);
  assert.ok(cut.warnings.length > 0, 'it is said that the file could not be read');
  const none = await read(inDirectory(join(directory, 'none')));
  assert.deepEqual([none.complete, none.entries], [false, 0]);
});

/** A journalctl that is not the real one. */
function fake(script: string): string {
  const path = join(workplace.make('bin'), 'journalctl');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const running: JournalSource = { kind: 'running' };

test('without a journalctl there is a warning, and nothing else happens', async () => {
  const outcome = await read(running, '0', '/nowhere/journalctl');
  assert.deepEqual([outcome.entries, outcome.complete], [0, false]);
  assert.match(outcome.warnings[0]?.message ?? '', /the journal was not read: there is no \/nowhere\/journalctl here/);
});

test('what a journalctl gave before it died counts', async () => {
  const killed = await read(running, '0', fake(`echo '{"MESSAGE":"one"}'; printf '{"MESSAGE":"tw'; kill -KILL $$`));
  assert.deepEqual([texts(killed), killed.complete], [['one'], false]);
  assert.match(killed.warnings[0]?.message ?? '', /only the first message was read: .* was ended by SIGKILL/);
  const half = await read(running, '0', fake(`echo '{"MESSAGE":"one"}'; printf '{"MESSAGE":"tw'`));
  assert.match(half.warnings[0]?.message ?? '', /it stopped in the middle of an entry/);
});

test('lines that are no entries are passed over and counted', async () => {
  const lines = [
    '-- No entries --',
    '',
    '{',
    '{}',
    '{"MESSAGE":1}',
    '{"MESSAGE":[1,2,300]}',
    '[]',
    '{"MESSAGE":"good"}',
  ];
  const script = `${lines.map((line) => `echo '${line}'`).join('\n')}\nhead -c 3000000 /dev/zero | tr '\\0' '{'; echo\necho '{"MESSAGE":"last"}'`;
  const outcome = await read(running, '0', fake(script));
  assert.deepEqual([texts(outcome), outcome.complete], [['good', 'last'], true]);
  assert.match(outcome.warnings.at(-1)?.message ?? '', /^5 entries of the journal could not be read$/);
});

test('what it complains of is told', async () => {
  const outcome = await read(running, '0', fake(`echo 'Journal file x is truncated, ignoring file.' >&2`));
  assert.match(outcome.warnings[0]?.message ?? '', /of the journal: Journal file x is truncated/);
});

test('a journal of many entries takes no more memory than one of few', { skip: noJournals }, async () => {
  const script = fake(
    `awk 'BEGIN { for (i = 0; i < 300000; i++) printf "{\\"__REALTIME_TIMESTAMP\\":\\"1795162501000000\\",\\"SYSLOG_IDENTIFIER\\":\\"x%d\\",\\"MESSAGE\\":\\"message %d of a program that says much and means little\\"}\\n", i, i }'`,
  );
  const usedBefore = process.memoryUsage().rss;
  let entries = 0;
  const request = { source: running, boot: '0', progress: () => {} };
  await new HostJournal(script).read(request, () => {
    entries++;
  });
  assert.equal(entries, 300_000);
  const grown = (process.memoryUsage().rss - usedBefore) / 1e6;
  assert.ok(grown < 100, `${grown} MB more`);
});
