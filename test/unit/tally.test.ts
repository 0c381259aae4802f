import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Category } from '../../src/core/category.ts';
import { covers, type RawName, type RawPath } from '../../src/core/rawpath.ts';
import { foldedRows } from '../../src/core/writers/fold.ts';
import { writtenRows } from '../../src/core/writers/rows.ts';
import { Tally, type Writes, writesOf } from '../../src/core/writers/tally.ts';
import type { Writer } from '../../src/core/writers/writer.ts';

const categoryOf = (path: RawPath): Category =>
  covers('/var/cache', path) ? 'cache' : path.endsWith('.key') ? 'secret' : 'state';

function unit(name: string): Writer {
  return { kind: 'unit', name, user: undefined };
}

function wrote(writer: string, directory: string, ...names: string[]): Writes {
  return { writer: unit(writer), directory: directory as RawPath, names: names as RawName[], more: 0 };
}

/** `writer directory[…] category ×writes names`, by the order of the rows. */
function told(tally: Tally): string[] {
  return writtenRows(tally.rows(), () => true).map(
    ({ writer, directory, deep, category, writes, names, hasMore }) =>
      `${writer.name} ${directory}${deep ? '…' : ''} ${category} ×${writes} ${names.join(',')}${hasMore ? '+' : ''}`,
  );
}

test('writes are summed up by writer, directory and category, the most first', () => {
  const tally = new Tally(categoryOf);
  tally.add(wrote('a', '/srv', 'x'), 10);
  tally.add(wrote('a', '/srv', 'x', 'y', 'tls.key'), 20);
  tally.add(wrote('b', '/srv', 'x'), 30);
  tally.add(wrote('b', '/var/cache/b', 'c'), 30);
  assert.deepEqual(told(tally), [
    'a /srv state ×3 x,y',
    'b /srv state ×1 x',
    'b /var/cache/b cache ×1 c',
    'a /srv secret ×1 tls.key',
  ]);
  const [row] = [...tally.rows()];
  assert.deepEqual([row?.first, row?.last], [10, 20]);
});

test('more names than a row keeps are counted without them', () => {
  const tally = new Tally(categoryOf, { rows: 10, writers: 10, names: 2 });
  tally.add(wrote('a', '/srv', 'x', 'y', 'z', 'w.key'), 1);
  tally.add({ ...wrote('a', '/srv'), more: 5 }, 1);
  assert.deepEqual(told(tally), ['a /srv state ×8 x,y+', 'a /srv secret ×1 +']);
});

test('under a flood of directories those beside each other become one, and all that is below it counts there', () => {
  const tally = new Tally(categoryOf, { rows: 8, writers: 10, names: 2 });
  tally.add(wrote('b', '/var/lib/b', 'x'), 1);
  for (let i = 0; i < 9; i++) tally.add(wrote('a', `/srv/copy/d${i}`, 'x'), 1);
  tally.add(wrote('a', '/srv/copy/new/deep', 'x', 'y'), 2);
  assert.deepEqual(told(tally), ['a /srv/copy… state ×11 +', 'b /var/lib/b state ×1 x']);
});

test('a flood of writers leaves those who write most, and the others as one', () => {
  const tally = new Tally(categoryOf, { rows: 1000, writers: 8, names: 2 });
  for (let i = 0; i < 100; i++) tally.add(wrote('busy', '/srv', 'x'), 1);
  for (let i = 0; i < 100; i++) tally.add(wrote(`w${i}`, '/tmp', 'x'), 2);
  const rows = [...tally.rows()];
  assert.ok(new Set(rows.map(({ writer }) => writer.name)).size <= 8);
  assert.equal(rows.find(({ writer }) => writer.name === 'busy')?.names.get('x' as RawName)?.count, 100);
  assert.ok(rows.some(({ writer }) => writer.kind === 'others'));
});

const component = fc.constantFrom('a', 'b', 'c', 'd', 'lib', 'x.key');
const arbitraryWrites = fc.record({
  writer: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f').map(unit),
  directory: fc.array(component, { maxLength: 5 }).map((parts) => `/${parts.join('/')}` as RawPath),
  names: fc.array(component, { maxLength: 4 }).map((names) => names as RawName[]),
  more: fc.nat(3),
});

test('whatever is written, no write is lost, no limit is passed, and no row lies within another of its writer', () => {
  const limits = { rows: 6, writers: 4, names: 2 };
  fc.assert(
    fc.property(fc.array(arbitraryWrites, { maxLength: 60 }), (all) => {
      const tally = new Tally(categoryOf, limits);
      let written = 0;
      all.forEach((writes, at) => {
        tally.add(writes, at);
        written += writes.names.length + writes.more;
        const rows = [...tally.rows()];
        assert.ok(rows.length <= limits.rows, `${rows.length} rows`);
        assert.ok(new Set(rows.map(({ writer }) => writer.name)).size <= limits.writers);
      });
      const rows = [...tally.rows()];
      assert.equal(
        rows.reduce((sum, row) => sum + writesOf(row), 0),
        written,
      );
      for (const row of rows) {
        assert.ok(row.names.size <= limits.names && row.first <= row.last);
        const over = rows.filter((other) => other !== row && other.writer === row.writer && other.deep);
        assert.ok(!over.some((other) => covers(other.directory, row.directory)));
      }
    }),
  );
});

test('a table for the eye sums up directories until they fit, and keeps the sums', () => {
  const tally = new Tally(categoryOf);
  for (let i = 0; i < 30; i++) tally.add(wrote('a', `/srv/copy/d${i}/sub`, 'x', 'y'), i);
  tally.add(wrote('b', '/var/lib/b', 'x'), 1);
  const rows = writtenRows(tally.rows(), () => true);
  const folded = foldedRows(rows, 5);
  assert.deepEqual(
    folded.map(({ writer, directory, deep, writes, last }) => [writer.name, directory, deep, writes, last]),
    [
      ['a', '/srv/copy', true, 60, 29],
      ['b', '/var/lib/b', false, 1, 1],
    ],
  );
  assert.deepEqual(foldedRows(rows, 40), rows);
});
