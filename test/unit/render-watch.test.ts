import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawName, RawPath } from '../../src/core/rawpath.ts';
import type { WatchReport } from '../../src/core/writers/report.ts';
import type { WrittenRow } from '../../src/core/writers/rows.ts';
import type { Writer } from '../../src/core/writers/writer.ts';
import { endedLine, startedLine, writesLine } from '../../src/render/watch-json.ts';
import { watchLines, watchText } from '../../src/render/watch-text.ts';

const now = 1_800_000_000;
const unit = (name: string): Writer => ({ kind: 'unit', name, user: undefined });

function row(
  writer: Writer,
  directory: string,
  writes: number,
  names: string[],
  more: Partial<WrittenRow> = {},
): WrittenRow {
  return {
    ...{ writer, directory: directory as RawPath, deep: false, category: 'state', writes, hasMore: false },
    ...{ first: now - 600, last: now - 100, names: names as RawName[] },
    ...more,
  };
}

const report: WatchReport = {
  root: {
    mount: '/' as RawPath,
    filesystem: 'btrfs',
    subvolume: '@root',
    ephemeral: { value: true, reason: 'reset at boot' },
  },
  ...{ since: now - 130, now, writers: 4, writes: 1325, gone: 2, overflows: 0, isSearching: false, warnings: [] },
  hidden: { generated: 412, runtime: 37 },
  rows: [
    row(unit('forgejo.service'), '/var/lib/forgejo/data', 1204, ['a', 'b', 'c', 'd'], { last: now }),
    row(unit('nginx.service'), '/var/cache/nginx', 88, [], { category: 'cache', deep: true, hasMore: true }),
    row({ kind: 'session', name: 'vim', user: 'josh' }, '/srv', 32, ['notes\x1b[2J.txt'], { category: 'unknown' }),
    row(unit('sshd.service'), '/etc/ssh', 1, ['ssh_host_ed25519_key'], { category: 'secret' }),
  ],
};

test('the table tells who wrote where, what that is, and what is left out', () => {
  const options = { width: 100, colour: false, limit: undefined, live: undefined, command: undefined };
  assert.equal(
    watchText(report, options),
    `watched / (btrfs @root) · 2 min 10 s · 1,325 writes by 4 writers

  writes  category  who                    where                          last       files
   1,204  state     forgejo.service        /var/lib/forgejo/data/         just now   a, b, c, …
      88  cache     nginx.service          /var/cache/nginx/…             1 min ago
      32  unknown   vim (session of josh)  /srv/notes\\e[2J.txt            1 min ago
       1  secret    sshd.service           /etc/ssh/ssh_host_ed25519_key  1 min ago

  hidden: 412 generated, 37 runtime (--all) · 2 writes in directories that are gone again
`,
  );
});

for (const width of [40, 80, 120]) {
  test(`in ${width} columns no line is wider`, () => {
    const options = { width, colour: false, limit: 3, live: { hint: 'Ctrl-C ends it' }, command: undefined };
    for (const line of watchLines({ ...report, overflows: 2 }, options)) assert.ok(line.length <= width, line);
  });
}

test('of a command nobody has to be named', () => {
  const options = { width: 100, colour: false, limit: undefined, live: undefined, command: 'make install' };
  const text = watchText({ ...report, rows: report.rows.slice(0, 1), hidden: {}, gone: 0 }, options);
  assert.equal(
    text,
    `ebb: make install · 1,325 writes on / (btrfs @root) · 2 min 10 s

  writes  category  where                   last      files
   1,204  state     /var/lib/forgejo/data/  just now  a, b, c, …
`,
  );
});

test('nothing written is said, and that a queue was full', () => {
  const options = { width: 80, colour: false, limit: undefined, live: undefined, command: undefined };
  const none = { ...report, rows: [], writes: 0, writers: 0, hidden: {}, gone: 0 };
  assert.match(watchText(none, options), /\n {2}nothing was written\n$/);
  const searching = watchText({ ...none, overflows: 1, isSearching: true }, options);
  assert.match(searching, /queue was full once: what was written meanwhile will be searched\s+for/);
});

test('documents are lines, and bytes that are no text come in base 64', () => {
  const writer: Writer = { kind: 'process', name: 'x\xff', user: undefined };
  const text = writesLine(row(writer, '/srv/caf\xe9', 3, ['a\nb', 'ok']), now);
  assert.equal(text.split('\n').length, 2);
  assert.deepEqual(JSON.parse(text), {
    schema: 'ebb.watch/1',
    event: 'writes',
    at: '2027-01-15T08:00:00Z',
    writer: { kind: 'process', name: 'x\\xff', nameBase64: 'eP8=', user: null, label: 'x\\xff (no unit)' },
    directory: '/srv/caf\\xe9',
    directoryBase64: 'L3Nydi9jYWbp',
    deep: false,
    category: 'state',
    writes: 3,
    files: [{ name: 'a\nb' }, { name: 'ok' }],
    moreFiles: false,
  });
  assert.equal(JSON.parse(startedLine(report)).root.subvolume, '@root');
  assert.deepEqual(JSON.parse(endedLine(report, 7)).hidden, { generated: 412, runtime: 37 });
  assert.equal(JSON.parse(endedLine(report, 7)).status, 7);
});
