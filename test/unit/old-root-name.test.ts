import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deletingNameFor, isHalfDeleted, nameFor, readOldRootName } from '../../src/core/old-root-name.ts';
import { type RawName, rawFromText } from '../../src/core/rawpath.ts';

const none: ReadonlySet<string> = new Set();

function seconds(text: string): number {
  return Date.parse(text) / 1000;
}

/** The time that was read, for a person; the kind alone where there is none. */
function reading(name: string): string {
  const read = readOldRootName(rawFromText(name));
  if (read.kind === 'half-deleted') return `half-deleted ${read.of}`;
  return read.at === undefined ? read.kind : `${read.kind} ${new Date(read.at * 1000).toISOString().slice(0, 19)}Z`;
}

test('a name is the time of the boot in UTC', () => {
  assert.equal(nameFor(seconds('2026-01-09T12:00:00Z'), none), '2026-01-09_12-00-00');
  assert.equal(nameFor(seconds('2026-01-09T12:00:00.999Z'), none), '2026-01-09_12-00-00');
  assert.equal(nameFor(0, none), '1970-01-01_00-00-00');
});

test('names that are taken get -2, -3 and so on', () => {
  const taken = new Set<string>();
  const names = [1, 2, 3, 4].map(() => {
    const name = nameFor(5, taken);
    taken.add(name);
    return name;
  });
  assert.deepEqual(names, [
    '1970-01-01_00-00-05',
    '1970-01-01_00-00-05-2',
    '1970-01-01_00-00-05-3',
    '1970-01-01_00-00-05-4',
  ]);
});

test('a half-deleted namesake takes the name too', () => {
  assert.equal(nameFor(5, new Set(['.deleting-1970-01-01_00-00-05'])), '1970-01-01_00-00-05-2');
});

test('a clock beyond four digits of years gives the nearest name, no number gives none', () => {
  assert.equal(nameFor(1e15, none), '9999-12-31_23-59-59');
  assert.equal(nameFor(-1e15, none), '0000-01-01_00-00-00');
  assert.equal(nameFor(Number.POSITIVE_INFINITY, none), '9999-12-31_23-59-59');
  assert.throws(() => nameFor(Number.NaN, none), RangeError);
});

test('every name that is given is read back as its time, whatever is taken', () => {
  const times = fc.array(fc.integer({ min: seconds('0000-01-01T00:00:00Z'), max: seconds('9999-12-31T23:59:59Z') }));
  const few = fc.array(fc.integer({ min: 0, max: 2 }));
  fc.assert(
    fc.property(fc.oneof(times, few), (all) => {
      const taken = new Set<string>();
      for (const at of all) {
        const name = nameFor(at, taken);
        assert.ok(!taken.has(name));
        taken.add(name);
        const read = readOldRootName(name);
        assert.ok(read.kind === 'ebb');
        assert.equal(read.at, at);
      }
    }),
  );
});

const readings: readonly (readonly [what: string, name: string, expected: string])[] = [
  ["ebb's own", '2026-01-09_12-34-56', 'ebb 2026-01-09T12:34:56Z'],
  ["ebb's own, made unique", '2026-01-09_12-34-56-2', 'ebb 2026-01-09T12:34:56Z'],
  ["ebb's own, made unique often", '1970-01-01_00-00-05-1970', 'ebb 1970-01-01T00:00:05Z'],
  ['a first year of our era', '0001-02-03_04-05-06', 'ebb 0001-02-03T04:05:06Z'],
  ['a wiping script', '2026-1-9_12:00:00', 'foreign 2026-01-09T12:00:00Z'],
  ["impermanence's README", '2026-08-9_08:09:00', 'foreign 2026-08-09T08:09:00Z'],
  ['a wiping script with a short hour', '2026-12-31_9:05:07', 'foreign 2026-12-31T09:05:07Z'],
  ['ISO 8601', '2026-01-09T12:00:00', 'foreign 2026-01-09T12:00:00Z'],
  ['ISO 8601 in UTC', '2026-01-09T12:00:00Z', 'foreign 2026-01-09T12:00:00Z'],
  ['ISO 8601 with a zone', '2026-01-01T00:30:00+01:00', 'foreign 2025-12-31T23:30:00Z'],
  ['ISO 8601 with a plain zone', '2026-01-09T12:00:00-0930', 'foreign 2026-01-09T21:30:00Z'],
  ['btrbk short', 'root.20260109', 'foreign 2026-01-09T00:00:00Z'],
  ['btrbk long', 'root.20260109T1200', 'foreign 2026-01-09T12:00:00Z'],
  ['btrbk long, name taken', '@root.20260109T1200_1', 'foreign 2026-01-09T12:00:00Z'],
  ['btrbk long-iso', 'root.20260109T120000+0100', 'foreign 2026-01-09T11:00:00Z'],
  ['btrbk long-iso in UTC', 'root.20260109T120000Z_2', 'foreign 2026-01-09T12:00:00Z'],
  ['btrbk of a subvolume with dots and umlauts', 'größe.v2.20260109T1200', 'foreign 2026-01-09T12:00:00Z'],
  ['btrbk of a subvolume with a newline', 'a\nb.20260109T1200', 'foreign 2026-01-09T12:00:00Z'],
  ["snapper's", '12/snapshot', 'foreign'],
  ['half deleted', '.deleting-2026-01-09_12-34-56', 'half-deleted 2026-01-09_12-34-56'],
  ['half deleted, of another script', '.deleting-my root', 'half-deleted my root'],
  ['a leap day', '2024-02-29_00-00-00', 'ebb 2024-02-29T00:00:00Z'],
];
for (const [what, name, expected] of readings) {
  test(`read as a name: ${what}, ${JSON.stringify(name)}`, () => assert.equal(reading(name), expected));
}

const unknown: readonly (readonly [why: string, name: string])[] = [
  ['there is no 30 February', '2026-02-30_12-00-00'],
  ['2026 has no leap day', '2026-2-29_12:00:00'],
  ['1900 had no leap day', '1900-02-29T12:00:00'],
  ['there is no month 13', 'root.20261301T1200'],
  ['there is no month 0', '2026-0-9_12:00:00'],
  ['there is no day 0', '2026-01-00_12-00-00'],
  ['there is no hour 24', '2026-01-09_24-00-00'],
  ['there is no minute 60', '2026-01-09T12:60:00'],
  ['there is no second 60', '2026-01-09_12-00-60'],
  ['there is no such zone', 'root.20260109T120000+2400'],
  ['unique names begin with -2', '2026-01-09_12-00-00-1'],
  ['no number of a name begins with 0', '2026-01-09_12-00-00-02'],
  ['a year has four digits', '02026-1-9_12:00:00'],
  ['a year has four digits, not two', '26-1-9_12:00:00'],
  ['a month has two digits at most', '2026-001-9_12:00:00'],
  ['minutes have two digits', '2026-1-9_12:0:00'],
  ['ebb pads its numbers', '2026-1-9_12-00-00'],
  ['something follows', '2026-01-09_12-00-00 copy'],
  ['a newline follows', '2026-01-09_12-00-00\n'],
  ['something precedes', ' 2026-01-09_12-00-00'],
  ['digits of another script', '٢٠٢٦-01-09_12-00-00'],
  ['a fullwidth digit', '2026-01-0９_12-00-00'],
  ['btrbk names something', '.20260109T1200'],
  ['a plain day', '2026-01-09'],
  ['a number alone may be anything', '12'],
  ["snapper's numbers begin with 1", '0/snapshot'],
  ["snapper's numbers have no leading zeros", '012/snapshot'],
  ['nothing was deleted', '.deleting-'],
  ['no name', ''],
  ['a word', 'old-root'],
];
for (const [why, name] of unknown) {
  test(`unknown: ${JSON.stringify(name)}, as ${why}`, () => assert.equal(reading(name), 'unknown'));
}

test('bytes that are not UTF-8 are read like any others', () => {
  assert.equal(readOldRootName('\xff\xfe.20260109T1200').kind, 'foreign');
  assert.equal(readOldRootName('2026-01-09_12-00-0\xb2').kind, 'unknown');
});

test('every reading says how the time was read', () => {
  assert.deepEqual(readOldRootName('2026-1-9_12:00:00'), {
    ...{ kind: 'foreign', format: 'YYYY-M-D_H:MM:SS, taken as UTC', at: seconds('2026-01-09T12:00:00Z') },
  });
  assert.deepEqual(readOldRootName('root.20260109T120000+0100'), {
    ...{ kind: 'foreign', format: 'btrbk NAME.YYYYMMDDTHHMMSS with its zone', at: seconds('2026-01-09T11:00:00Z') },
  });
  assert.deepEqual(readOldRootName('7/snapshot'), {
    ...{ kind: 'foreign', format: 'snapper, no time in its name', at: undefined },
  });
});

test('what gc renames to is half deleted, free, and no longer than a name may be', () => {
  const bytes = fc.string({
    unit: fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c)),
    maxLength: 255,
  });
  fc.assert(
    fc.property(bytes, fc.nat(3), (name, clashes) => {
      const taken = new Set<string>();
      for (let i = 0; i <= clashes; i++) {
        const deleting = deletingNameFor((name || 'x') as RawName, taken);
        assert.ok(isHalfDeleted(deleting));
        assert.ok(deleting.length <= 255);
        assert.ok(!taken.has(deleting));
        taken.add(deleting);
      }
    }),
  );
});

test('no bytes at all make reading fail', () => {
  const byte = fc.oneof(
    fc.constantFrom(...'0123456789-_:.TZ+/'),
    fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
  );
  fc.assert(
    fc.property(fc.string({ unit: byte }), (name) => {
      const read = readOldRootName(name);
      assert.ok(read.kind === 'half-deleted' || read.at === undefined || Number.isInteger(read.at));
    }),
  );
});
