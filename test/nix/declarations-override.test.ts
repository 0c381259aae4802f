/** `ebb.declarations`: what a file may say. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { evaluate, evaluationError, nixString, withoutNix } from '../support/nix-evaluation.ts';

test('a file declares, and overrides nothing', { skip: withoutNix }, (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'ebb-declarations-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const persisted = (persistence: unknown): string => {
    const file = join(directory, 'persistence.json');
    writeFileSync(file, JSON.stringify({ schema: 'ebb.declarations/1', persistence }));
    return `map (entry: entry.path) (evaluate {
      modules = [
        module
        impermanence
        {
          ebb = { enable = true; declarations = /. + ${nixString(file)}; };
          environment.persistence."/persist".directories = [ "/srv/own" ];
        }
      ];
    }).config.ebb.persisted`;
  };
  const override = { _type: 'override', priority: 1, content: {} };
  for (const persistence of [override, { '/persist': override }, { '/persist': { directories: [override] } }]) {
    assert.match(
      evaluationError(persisted(persistence)) ?? '',
      /persistence\.json has _type, which is nothing to declare/,
    );
  }
  const both = evaluate(persisted({ '/persist': { directories: ['/srv/more'] } })) as string[];
  assert.deepEqual(both.toSorted(), ['/srv/more', '/srv/own']);
});
