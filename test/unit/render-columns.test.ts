import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { flow, padLeft, padRight, shortenPath, shortenText, widthOf } from '../../src/render/columns.ts';
import { display } from '../../src/render/escape.ts';
import { ageText, bytesText, counted, countText, durationText, rfc3339 } from '../../src/render/units.ts';
import { anyRaw } from '../support/arbitrary-names.ts';

test('width is what a terminal gives the text', () => {
  assert.equal(widthOf('abc'), 3);
  assert.equal(widthOf('日本語'), 6);
  assert.equal(widthOf('한국'), 4);
  assert.equal(widthOf('e\u0301'), 1);
  assert.equal(widthOf('ﾊ'), 1);
  assert.equal(widthOf('🌊'), 2);
  assert.equal(widthOf('→…·é'), 4);
  assert.equal(padLeft('日', 4), '  日');
  assert.equal(padRight('日', 4), '日  ');
});

test('a long text loses its middle, never a part of an escape', () => {
  assert.equal(shortenText('abcdefghij', 7), 'abc…hij');
  assert.equal(shortenText('a\\u{202e}bcdefgh', 9), 'a…bcdefgh');
  assert.equal(shortenText('abc', 3), 'abc');
});

test('a long path loses components of its middle first', () => {
  assert.equal(shortenPath('/home/josh/projects/ebb/src/render/escape.ts', 30), '/home/…/src/render/escape.ts');
  assert.equal(shortenPath('/home/josh/projects/ebb/src/render/escape.ts', 24), '/home/…/render/escape.ts');
  assert.equal(shortenPath('/var/lib/forgejo/', 15), '/var/…/forgejo/');
  assert.equal(shortenPath('/srv/a-name-of-many-words.txt', 15), '/srv/a-…rds.txt');
});

test('what is shortened fits', () => {
  const path = fc.array(anyRaw, { maxLength: 4 }).map((names) => display(`/${names.join('/')}`));
  fc.assert(
    fc.property(path, fc.integer({ min: 1, max: 60 }), (text, columns) => {
      assert.ok(widthOf(shortenPath(text, columns)) <= columns);
      assert.ok(widthOf(shortenText(text, columns)) <= columns);
    }),
  );
});

test('segments flow onto as few lines as they need', () => {
  assert.deepEqual(flow(['one', 'two', 'three'], undefined), ['one · two · three']);
  assert.deepEqual(flow(['one', 'two', 'three'], 9), ['one · two', 'three']);
  assert.deepEqual(flow(['one', 'two three four'], 9), ['one', 'two three', 'four']);
  assert.deepEqual(flow([], 9), []);
});

test('bytes are decimal, with one decimal', () => {
  const forms = [0, 411, 999, 1000, 2100, 999_949, 999_950, 12e6, 310.2e6, 82.5e9, 1e21].map(bytesText);
  assert.deepEqual(forms, [
    '0 B',
    '411 B',
    '999 B',
    '1.0 kB',
    '2.1 kB',
    '999.9 kB',
    '1.0 MB',
    '12.0 MB',
    '310.2 MB',
    '82.5 GB',
    '1000.0 EB',
  ]);
});

test('counts have commas', () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(countText), ['0', '999', '1,000', '1,234,567']);
  assert.equal(counted(1, 'entry', 'entries'), '1 entry');
  assert.equal(counted(1204, 'entry', 'entries'), '1,204 entries');
});

test('ages and durations are in the largest unit that fits', () => {
  const ages = [-3600, -2, 0, 59, 60, 120, 3600, 86399, 86400, 172800, 59 * 86400, 60 * 86400, 800 * 86400];
  assert.deepEqual(
    ages.map((age) => ageText(1e9, 1e9 - age)),
    [
      'in future',
      'just now',
      'just now',
      'just now',
      '1 min ago',
      '2 min ago',
      '1 h ago',
      '23 h ago',
      'yesterday',
      '2 d ago',
      '59 d ago',
      '1 mo ago',
      '2 y ago',
    ],
  );
  assert.deepEqual([0, 40, 720, 7200, 7260, 273_700, 86400 + 60].map(durationText), [
    '0 s',
    '40 s',
    '12 min',
    '2 h',
    '2 h 1 min',
    '3 d 4 h',
    '1 d',
  ]);
});

test('times are RFC 3339 to the microsecond, where it can say them', () => {
  assert.equal(rfc3339(0), '1970-01-01T00:00:00Z');
  assert.equal(rfc3339(1764000000.25), '2025-11-24T16:00:00.250000Z');
  assert.equal(rfc3339(1764000000.999_999_8), '2025-11-24T16:00:01Z');
  assert.equal(rfc3339(-0.5), '1969-12-31T23:59:59.500000Z');
  assert.equal(rfc3339(253402300800), undefined);
  assert.equal(rfc3339(Number.NaN), undefined);
});
