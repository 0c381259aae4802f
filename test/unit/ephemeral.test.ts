import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ephemeralFact, type RootSigns } from '../../src/core/ephemeral.ts';

const signs: RootSigns = {
  ...{ filesystem: 'btrfs', running: true, bootedAt: 10_000, bornAt: 50, configured: false, marked: false },
};

describe('whether a root is ephemeral', () => {
  const cases: [what: string, facts: Partial<RootSigns>, value: boolean][] = [
    ['one that lives in memory is', { filesystem: 'tmpfs' }, true],
    ['one that the configuration names is', { configured: true }, true],
    ['one that carries the mark of ebb is, also where it is mounted elsewhere', { marked: true, running: false }, true],
    ['the running one is, where it was made at boot', { bornAt: 10_003 }, true],
    ['the running one is, where it was made in the initrd by a clock that was slow', { bornAt: 9_900 }, true],
    ['one that is older than the boot is not', { bornAt: 9_000 }, false],
    ['one that is new, but mounted elsewhere, is not', { bornAt: 10_003, running: false }, false],
    ['one of which no birth is known is not', { bornAt: undefined }, false],
  ];
  for (const [what, facts, value] of cases) {
    it(what, () => {
      const fact = ephemeralFact({ ...signs, ...facts });
      assert.equal(fact.value, value);
      assert.notEqual(fact.reason, '');
    });
  }
});
