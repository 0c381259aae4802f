/** Since when things count as new on an ephemeral root that has no baseline. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RawPath } from '../../src/core/rawpath.ts';
import { noMounts, tmpfsRoot } from '../support/cli-roots.ts';
import { machine } from '../support/test-host.ts';

test('a root that was not reset by this boot loses what is newer than itself', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'srv/notes.txt': 'x' });
  const now = Date.now() / 1000;
  const since = (bootedAt: number, required = false): number | undefined => {
    const opened = machine({ bootedAt }).openRoot(root as RawPath);
    try {
      return opened.prepare({ kind: 'boot', required })?.facts.at;
    } finally {
      opened.close();
    }
  };
  const born = since(now + 10_000) ?? Infinity;
  assert.ok(Math.abs(born - now) < 60, `${born} ${now}`);
  // Made by a boot of this time, or of an earlier one.
  assert.equal(since(now + 5), now + 5);
  assert.equal(since(now - 500), now - 500);
  assert.equal(since(now + 10_000, true), now + 10_000);
});
