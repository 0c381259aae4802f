import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareOldRoots, parseBoot } from '../../src/core/old-root.ts';
import { type RawName, rawFromText } from '../../src/core/rawpath.ts';

const complete = {
  schema: 'ebb.boot/1',
  sequence: 7,
  bootId: '0b6f6e0e-8f3f-4b4e-9f0e-0f8d3a1f2c11',
  bootedAt: '2026-01-09T12:00:00Z',
  kernel: '6.18.2',
  generation: '42',
  ended: 'clean',
};

function facts(change: Readonly<Record<string, unknown>>) {
  const reading = parseBoot({ ...complete, ...change });
  return 'facts' in reading ? reading.facts : assert.fail(reading.problem);
}

function problem(value: unknown): string {
  const reading = parseBoot(value);
  return 'problem' in reading ? reading.problem : assert.fail('was accepted');
}

test('a complete boot.json gives its facts', () => {
  assert.deepEqual(parseBoot(complete), {
    facts: {
      sequence: 7,
      bootId: '0b6f6e0e-8f3f-4b4e-9f0e-0f8d3a1f2c11',
      bootedAt: Date.UTC(2026, 0, 9, 12) / 1000,
      endedClean: true,
      kernel: '6.18.2',
      generation: '42',
    },
  });
});

test('what a boot did not write down is not known: a machine without generations none of these', () => {
  const { schema, sequence, bootedAt } = complete;
  assert.deepEqual(parseBoot({ schema, sequence, bootedAt }), {
    facts: {
      ...{ sequence: 7, bootId: undefined, bootedAt: Date.UTC(2026, 0, 9, 12) / 1000, endedClean: undefined },
      ...{ kernel: undefined, generation: undefined },
    },
  });
  assert.equal(facts({ ended: null }).endedClean, undefined);
  assert.equal(facts({ generation: null }).generation, undefined);
});

test('a generation may be a number, keys of later versions are passed over', () => {
  assert.equal(facts({ generation: 42 }).generation, '42');
  assert.equal(facts({ firmware: 'x' }).sequence, 7);
});

test('only "clean" is a clean end, and only a boot that would have written it was cut off without', () => {
  assert.equal(facts({ ended: 'running' }).endedClean, false);
  assert.equal(facts({ ended: 'killed' }).endedClean, undefined);
});

test('times are RFC 3339 in UTC, also with a fraction', () => {
  const noon = Date.UTC(2026, 0, 9, 12) / 1000;
  for (const text of ['2026-01-09T12:00:00+00:00', '2026-01-09 12:00:00Z', '2026-01-09t12:00:00z']) {
    assert.equal(facts({ bootedAt: text }).bootedAt, noon);
  }
  assert.equal(facts({ bootedAt: '2026-01-09T12:00:00.25Z' }).bootedAt, noon + 0.25);
  assert.equal(facts({ bootedAt: '1970-01-01T00:00:05Z' }).bootedAt, 5);
});

test('what is wrong is said', () => {
  const time = 'must be a time in UTC, as "2026-01-09T12:00:00Z"';
  const count = 'must be an integer of 0 or more';
  const cases: readonly (readonly [value: unknown, expected: string])[] = [
    [undefined, 'is undefined: must be an object'],
    [null, 'is null: must be an object'],
    [[], 'is []: must be an object'],
    ['x'.repeat(80), `is "${'x'.repeat(59)}…: must be an object`],
    [{ ...complete, schema: undefined }, 'schema is missing: this ebb reads "ebb.boot/1"'],
    [{ ...complete, schema: 'ebb.boot/2' }, 'schema is "ebb.boot/2": this ebb reads "ebb.boot/1"'],
    [{ ...complete, sequence: '7' }, `sequence is "7": ${count}`],
    [{ ...complete, sequence: 7.5 }, `sequence is 7.5: ${count}`],
    [{ ...complete, sequence: -1 }, `sequence is -1: ${count}`],
    [{ ...complete, sequence: 2 ** 53 }, `sequence is 9007199254740992: ${count}`],
    [{ ...complete, sequence: undefined }, `sequence is missing: ${count}`],
    [{ ...complete, bootedAt: 1767960000 }, `bootedAt is 1767960000: ${time}`],
    [{ ...complete, bootedAt: '2026-02-30T12:00:00Z' }, `bootedAt is "2026-02-30T12:00:00Z": ${time}`],
    [{ ...complete, bootedAt: '2026-01-09T12:00:00' }, `bootedAt is "2026-01-09T12:00:00": ${time}`],
    [{ ...complete, bootedAt: '2026-01-09T12:00:00+01:00' }, `bootedAt is "2026-01-09T12:00:00+01:00": ${time}`],
    [{ ...complete, bootId: 7 }, 'bootId is 7: must be a string'],
    [{ ...complete, kernel: {} }, 'kernel is {}: must be a string'],
    [{ ...complete, generation: true }, 'generation is true: must be a string or a number'],
    [{ ...complete, ended: 1 }, 'ended is 1: must be "running" or "clean"'],
  ];
  for (const [value, expected] of cases) assert.equal(problem(value), expected);
});

test('no JSON makes parsing fail', () => {
  const key = fc.constantFrom(...Object.keys(complete));
  const damaged = fc.dictionary(key, fc.jsonValue()).map((some) => ({ ...complete, ...some }));
  fc.assert(fc.property(fc.oneof(fc.jsonValue(), damaged), (value) => void parseBoot(value)));
});

function ordered(...roots: readonly (readonly [name: string, sequence?: number, bootedAt?: number])[]): string[] {
  return roots
    .map(([name, sequence, bootedAt]) => ({ name: rawFromText(name) as RawName, sequence, bootedAt }))
    .sort(compareOldRoots)
    .map(({ name }) => name);
}

test('old roots are ordered by sequence, whatever their clocks said', () => {
  assert.deepEqual(ordered(['c', 3, 5], ['b', 2, 9_000], ['a', 1, 8_000], ['d', 10, 6]), ['a', 'b', 'c', 'd']);
});

test('those without a sequence come first, by the time of their names, then by name', () => {
  const roots = [['own', 0, 1], ['late', undefined, 99], ['y', undefined, 50], ['x', undefined, 50], ['timeless']];
  assert.deepEqual(ordered(...(roots as [string, number?, number?][])), ['timeless', 'x', 'y', 'late', 'own']);
});

test('the order is complete: names decide between copies of one old root', () => {
  assert.deepEqual(ordered(['b', 1, 5], ['a', 1, 5], ['c', 1, 4]), ['c', 'a', 'b']);
});
