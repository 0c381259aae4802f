/** Whose a directory in `old_roots` is: a copy is not ebb's own, whatever it carries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { BootFacts } from '../../src/core/old-root.ts';
import { nameFor } from '../../src/core/old-root-name.ts';
import { foreignAmong } from '../../src/core/ownership.ts';
import type { RawName } from '../../src/core/rawpath.ts';

const at = Date.UTC(2026, 10, 19, 8) / 1000;

function boot(sequence: number, change: Partial<BootFacts> = {}): BootFacts {
  const none = { bootId: `boot-${sequence}`, kernel: undefined, generation: undefined, endedClean: undefined };
  return { sequence, bootedAt: at + sequence, ...none, ...change };
}

function ownAmong(boots: Readonly<Record<string, BootFacts | 'unreadable' | undefined>>): string[] {
  const foreign = foreignAmong(new Map(Object.entries(boots) as [RawName, BootFacts | undefined][]));
  return Array.from(foreign)
    .filter(([, how]) => how === false)
    .map(([name]) => name);
}

test('what carries the facts of its boot under the name that ebb gives is its own', () => {
  assert.deepEqual(
    ownAmong({ '2026-11-19_08-00-01': boot(1), '2026-11-19_08-00-01-2': boot(2, { bootedAt: at + 1 }) }),
    ['2026-11-19_08-00-01', '2026-11-19_08-00-01-2'],
  );
});

test('a copy is not, under whatever name', () => {
  const copies = { 'root.20261119': boot(1), 'my-backup': boot(1), '2026-11-20_00-00-00': boot(1), '7': boot(1) };
  assert.deepEqual(ownAmong({ ...copies, '2026-11-19_08-00-01': boot(1), '2026-11-19_08-00-01-2': boot(1) }), [
    '2026-11-19_08-00-01',
  ]);
  const foreign = foreignAmong(
    new Map([
      ['2026-11-19_08-00-01', boot(1)],
      ['kept', boot(1)],
    ] as [RawName, BootFacts][]),
  );
  assert.equal(foreign.get('kept' as RawName), 'a copy of 2026-11-19_08-00-01');
});

test('one that somebody renamed is theirs', () => assert.deepEqual(ownAmong({ 'before-the-upgrade': boot(1) }), []));

test('without facts it is foreign; where they cannot be read, its name is believed', () => {
  assert.deepEqual(ownAmong({ '2026-11-19_08-00-01': undefined, '2026-1-9_12:00:00': 'unreadable' }), []);
  assert.deepEqual(ownAmong({ '2026-11-19_08-00-01': 'unreadable' }), ['2026-11-19_08-00-01']);
});

test('of copies one at most is taken for the original, in whatever order they are listed', () => {
  const names = fc.uniqueArray(
    fc.oneof(
      fc.integer({ min: 0, max: 5 }).map((later) => nameFor(at + later, new Set())),
      fc.constantFrom('2026-11-19_08-00-01-2', '2026-11-19_08-00-01-3', 'copy', 'root.20261119'),
    ),
    { minLength: 1 },
  );
  const told = (order: readonly string[]) => ownAmong(Object.fromEntries(order.map((name) => [name, boot(1)]))).sort();
  fc.assert(
    fc.property(names, (some) => {
      const own = told(some);
      assert.ok(own.length <= 1);
      assert.deepEqual(told(some.toReversed()), own);
      if ((some as string[]).includes('2026-11-19_08-00-01')) assert.deepEqual(own, ['2026-11-19_08-00-01']);
    }),
  );
});

test('a boot may have any number of captures, each under the name of when it was made', () => {
  const capture = (number: number, of = 'root'): BootFacts => boot(1, { capture: { of, number, at: at + number } });
  const own = {
    '2026-11-19_08-00-01': capture(1),
    '2026-11-19_08-00-02': capture(2),
    '2026-11-19_08-00-01-2': capture(1, 'another root'),
  };
  assert.deepEqual(ownAmong({ ...own, '2026-11-20_00-00-00': capture(2), copy: capture(1) }), Object.keys(own));
});
