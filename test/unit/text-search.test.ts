import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bytesOf } from '../../src/core/rawpath.ts';
import { firstLineWith } from '../../src/core/text-search.ts';

const found = (content: string, wanted: string) => firstLineWith(bytesOf(content), bytesOf(wanted));

describe('the first line of a text that holds something', () => {
  it('is the one that a search line by line finds', () => {
    const few = (alphabet: string, maxLength: number) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength });
    fc.assert(
      fc.property(few('ab\n', 40), few('ab', 4), (content, wanted) => {
        const lines = content.split('\n');
        const at = lines.findIndex((line) => line.includes(wanted));
        const expected = at < 0 ? undefined : { number: at + 1, text: lines[at] };
        assert.deepEqual(found(content, wanted), expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('is told where what is wanted goes over the end of a line', () => {
    assert.deepEqual(found('one\ntwo\nthree\n', 'two\nth'), { number: 2, text: 'two' });
  });

  it('is none in what holds a NUL', () => {
    assert.equal(found('wanted\0', 'wanted'), undefined);
  });

  it('is bytes, valid UTF-8 or not', () => {
    assert.deepEqual(found('\xff\n\xe9\xffx', '\xe9\xff'), { number: 2, text: '\xe9\xffx' });
  });

  it('is cut where it is long, to a part that holds all of what is wanted', () => {
    for (const wanted of ['wanted', 'w'.repeat(150)]) {
      for (const before of [0, 50, 99, 100, 101, 150, 199, 5000]) {
        const line = found(`first\n${'.'.repeat(before)}${wanted}${'.'.repeat(5000)}\nlast`, wanted);
        assert.equal(line?.number, 2);
        assert.ok(line?.text.includes(wanted), `${before}: ${line?.text}`);
        assert.ok((line?.text.length ?? 0) <= 200);
      }
    }
  });

  it('is found at once in a megabyte that almost matches everywhere', () => {
    const content = `${'a'.repeat(1024 * 1024)}b`;
    const began = performance.now();
    assert.ok(found(content, `${'a'.repeat(50)}b`));
    assert.ok(performance.now() - began < 2000);
  });
});
