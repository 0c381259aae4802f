import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { folded } from '../../src/core/fold.ts';
import type { Change } from '../../src/core/report.ts';
import { change } from '../support/sample-reports.ts';

const files = (directory: string, count: number, facts: Partial<Change> = {}): Change[] =>
  Array.from({ length: count }, (_, i) =>
    change(`${directory}/file${i}`, { category: 'unknown', verdict: 'decide', ...facts }),
  );

test('few rows stay as they are', () => {
  const rows = files('/usr/lib/app', 5);
  assert.deepEqual(folded(rows, 5), rows);
});

test('many rows of one directory become one of it, with all that they count', () => {
  const rows = [change('/srv/notes.txt'), ...files('/usr/lib/app', 50, { entries: 2, bytes: 10 })];
  const [notes, app, ...others] = folded(rows, 10);
  assert.equal(notes?.path, '/srv/notes.txt');
  assert.equal(app?.path, '/usr/lib/app');
  assert.deepEqual([app?.folds, app?.entries, app?.bytes, app?.type], [50, 100, 500, 'directory']);
  assert.deepEqual(others, []);
});

test('other categories of the same directory stay apart', () => {
  const rows = [...files('/usr/lib/app', 20), change('/usr/lib/app/host.key', { category: 'secret' })];
  assert.deepEqual(
    folded(rows, 10).map(({ path, category }) => [path, category]),
    [
      ['/usr/lib/app', 'unknown'],
      ['/usr/lib/app/host.key', 'secret'],
    ],
  );
});

test('what should be kept is never summed up in a directory as high as /var/lib', () => {
  const rows = Array.from({ length: 60 }, (_, i) => change(`/var/lib/service${i}`, { type: 'directory' }));
  assert.equal(folded(rows, 40).length, 60);
});

test('whatever is folded, entries, bytes and rows are as many as before, and every path lies at or below a row', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'c', 'dd'), { minLength: 1, maxLength: 6 })
    .map((names) => `/${names.join('/')}`);
  const row = fc.record({ path, bytes: fc.nat(1000), entries: fc.integer({ min: 1, max: 9 }), secret: fc.boolean() });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 80 }), fc.integer({ min: 1, max: 40 }), (specs, target) => {
      const rows = specs.map(({ path: at, bytes, entries, secret }) =>
        change(at, {
          bytes,
          entries,
          ...(secret ? { category: 'secret' } : { category: 'unknown', verdict: 'decide' }),
        }),
      );
      const result = folded(rows, target);
      const sum = (changes: readonly Change[], of: (one: Change) => number) =>
        changes.reduce((total, one) => total + of(one), 0);
      for (const value of [(c: Change) => c.bytes, (c: Change) => c.entries, (c: Change) => c.folds]) {
        assert.equal(sum(result, value), sum(rows, value));
      }
      for (const { path: at, category } of rows) {
        assert.ok(result.some((r) => r.category === category && (at === r.path || at.startsWith(`${r.path}/`))));
      }
    }),
  );
});
