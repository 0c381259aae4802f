/** What a later capture may have lost of an earlier one, by the records of both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyRecord } from '../../src/core/baseline-format.ts';
import { bootOf, captureDocument, Places } from '../../src/core/capture.ts';
import { capturedRecord, formatCaptured, parseCaptured, pathOfRecord, suspects } from '../../src/core/captured.ts';
import { EntryType } from '../../src/core/change.ts';
import { compareOldRoots, parseBoot } from '../../src/core/old-root.ts';
import type { RawName, RawPath } from '../../src/core/rawpath.ts';

interface Spec {
  readonly inode?: number;
  readonly size?: number;
  readonly mtime?: number;
  readonly ctime?: number;
  readonly type?: number;
}

function record(path: string, spec: Spec = {}): string {
  const { inode = 1, size = 5, mtime = 100, ctime = 100, type = EntryType.file } = spec;
  const facts = { ...emptyRecord(), type, inode, size, mtimeSec: mtime, ctimeSec: ctime };
  return capturedRecord(facts, path as RawPath);
}

type Held = readonly [record: string, digest: string];

function lost(earlier: readonly Held[], later: readonly Held[]): string[] {
  return suspects(new Map(earlier), new Map(later)).map(({ path }) => path);
}

test('records come back from their file, whatever bytes are in their paths', () => {
  const paths = ['/a b', '/new\nline', '/\xff\xfe', '/ends '];
  const records = new Map(paths.map((path, i) => [record(path), i === 0 ? '' : `digest ${i}`]));
  assert.deepEqual(parseCaptured(formatCaptured(records)), records);
  assert.deepEqual([...records.keys()].map(pathOfRecord), paths);
  assert.deepEqual(parseCaptured(formatCaptured(new Map())), new Map());
});

test('a file that was cut off, or is none, says nothing', () => {
  const text = formatCaptured(new Map([[record('/a'), 'digest']]));
  const others = ['', text.slice(0, -1), text.slice(0, -4), 'ebb-captured 3\0end\0', `x${text}`];
  for (const other of [...others, text.replace('digest\0', '')]) {
    assert.equal(parseCaptured(other), undefined, JSON.stringify(other));
  }
});

test('nothing is lost with what the later one has as it was, under another name, or without content', () => {
  const earlier: Held[] = [
    [record('/same'), 'a'],
    [record('/old name', { inode: 2 }), 'b'],
    [record('/empty', { inode: 3, size: 0 }), 'c'],
    [record('/directory', { type: EntryType.directory }), ''],
    [record('/deleted', { type: 0 }), ''],
  ];
  assert.deepEqual(
    lost(earlier, [
      [record('/same'), 'a'],
      [record('/new name', { inode: 9, mtime: 200 }), 'b'],
    ]),
    [],
  );
});

test('deleted and changed files may be lost, deletions first, and the small before the large', () => {
  const earlier: Held[] = [
    [record('/large', { inode: 1, size: 9000 }), 'a'],
    [record('/small', { inode: 2, size: 9 }), 'b'],
    [record('/gone with spaces', { inode: 3, size: 99_999 }), 'c'],
    [record('/link', { inode: 4, type: EntryType.symlink }), ''],
  ];
  const later: Held[] = [
    [record('/large', { inode: 1, size: 9000, mtime: 200 }), 'd'],
    [record('/small', { inode: 2, size: 9, mtime: 200 }), 'e'],
    [record('/link', { inode: 5, type: EntryType.symlink, size: 5 }), ''],
  ];
  assert.deepEqual(lost(earlier, later), ['/gone with spaces', '/link', '/small', '/large']);
});

test('a file with the same record and another content may be lost', () => {
  assert.deepEqual(lost([[record('/a'), 'one']], [[record('/a'), 'two']]), ['/a']);
});

test('another type in its place is no later version', () => {
  const link = record('/a', { inode: 3, type: EntryType.symlink });
  assert.deepEqual(lost([[record('/a', { inode: 2 }), 'a']], [[link, '']]), ['/a']);
});

test('the document of a capture carries on that of the root, and marks the capture', () => {
  const mark = { of: 'boot root', number: 3, at: Date.UTC(2026, 10, 24) / 1000 };
  const fallback = { sequence: 8, bootedAt: 0, kernel: '6.18' };
  const own =
    '{"schema":"ebb.boot/1","sequence":7,"bootId":"own","bootedAt":"2026-01-09T12:00:00Z","ended":"running","x":1}';
  const facts = (document: string | undefined, ended: boolean) => {
    const reading = parseBoot(JSON.parse(captureDocument(bootOf(document, 'machine'), fallback, mark, ended)));
    return 'facts' in reading ? reading.facts : assert.fail(reading.problem);
  };
  const { sequence, bootId, endedClean, capture } = facts(own, true);
  assert.deepEqual(
    { sequence, bootId, endedClean, capture },
    { sequence: 7, bootId: 'own', endedClean: true, capture: mark },
  );
  assert.equal(facts(own, false).endedClean, undefined);
  assert.equal(facts(undefined, false).sequence, 8);
  assert.equal(facts('not JSON', false).bootId, 'machine');
});

test('a mark that is none makes the document none', () => {
  const document = { schema: 'ebb.boot/1', sequence: 1, bootedAt: '2026-01-09T12:00:00Z' };
  for (const capture of [
    1,
    {},
    { of: 'x', number: -1, at: '2026-01-09T12:00:00Z' },
    { of: 'x', number: 1, at: 'now' },
  ]) {
    assert.ok('problem' in parseBoot({ ...document, capture }), JSON.stringify(capture));
  }
});

test('captures of one boot are in the order in which they were made, whatever the clock said', () => {
  const make = (name: string, number: number | undefined, sequence = 1) => ({
    ...{ name: name as RawName, sequence, bootedAt: 0 },
    ...(number !== undefined && { capture: { of: 'x', number, at: 100 - number } }),
  });
  const ordered = [make('c', 1), make('b', 2), make('a', 10), make('0', undefined, 2)];
  assert.deepEqual(ordered.toReversed().sort(compareOldRoots), ordered);
});

test('sizes are summed up by places', () => {
  const places = new Places();
  for (const [path, bytes] of [
    ['/var/lib/a/x/y', 3],
    ['/var/lib/b', 2],
    ['/var/lib/a/z', 2],
    ['/x', 4],
  ] as const) {
    places.add(path as RawPath, bytes);
  }
  assert.deepEqual(places.largest(2), [
    { path: '/var/lib/a', bytes: 5 },
    { path: '/x', bytes: 4 },
  ]);
});
