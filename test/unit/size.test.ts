import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSize } from '../../src/core/size.ts';

test('sizes are read as ebb writes them, or with binary units', () => {
  const sizes: Readonly<Record<string, number | undefined>> = {
    ...{ '0': 0, '4096': 4096, '12B': 12, '500MB': 5e8, '500M': 5e8, '4 GB': 4e9, '2.1 kB': 2100, '1t': 1e12 },
    ...{ '1KiB': 1024, '1.5GiB': 1.5 * 2 ** 30, '8Mi': 2 ** 23 },
    ...{ '': undefined, much: undefined, '-1': undefined, '1e3': undefined, '4 iB': undefined, '1,000': undefined },
    ...{ '99999999P': undefined, '1.GB': undefined, GB: undefined },
  };
  for (const [text, bytes] of Object.entries(sizes)) assert.equal(parseSize(text), bytes, text);
});
