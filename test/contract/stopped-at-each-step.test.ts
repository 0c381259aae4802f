/** `gc` and `restore`, stopped before each system call that can change something, and run again. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nameFor } from '../../src/core/old-root-name.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { gc } from '../../src/usecases/gc.ts';
import { type OldRootsPlace, places } from '../support/old-roots-place.ts';
import { factsOf, restored } from '../support/restore-host.ts';
import { eachStep, stoppedBefore } from '../support/stopped-before.ts';
import { machine } from '../support/test-host.ts';
import { isRoot } from '../support/workplace.ts';

const bootedAt = (i: number): number => 1_760_000_000 + i;
const root = (i: number): string => nameFor(bootedAt(i), new Set());

function fill(at: string, outside: string): void {
  mkdirSync(join(at, 'var/lib'), { recursive: true });
  writeFileSync(join(at, 'var/lib/data'), 'data'.repeat(5000));
  writeFileSync(join(at, 'var/notes'), 'notes', { mode: 0o600 });
  symlinkSync(outside, join(at, 'out'));
}

for (const kind of places.filter((one) => ['tmpfs', 'ext4', 'xfs', 'btrfs'].includes(one.kind))) {
  describe(`stopped at each step on ${kind.kind}`, {
    skip: kind.unavailable ?? (isRoot ? false : 'needs root'),
  }, () => {
    let place: OldRootsPlace;
    before(() => {
      kind.open();
      place = kind.make();
    });
    after(() => kind.close());

    /** Of a boot that there was not before: what is there of one that was deleted is a copy. */
    function makeOldRoot(i: number, step = 0): void {
      place.make(root(i), { sequence: i === 9 ? 100_000 : step * 10 + i, bootedAt: bootedAt(i) });
      const at = join(place.directory, root(i));
      fill(at, place.outside);
      if (kind.subvolumes === undefined) return;
      kind.subvolumes.create(join(at, 'nested'));
      writeFileSync(join(at, 'nested/file'), '');
    }

    function collect(): void {
      const ports = { machine: machine(), confirm: () => true, deleting: () => {} };
      const policy = { recent: 1, weekly: 0, monthly: 0 };
      const { oldRoots } = gc(
        { oldRoots: place.directory as RawPath, policy, dryRun: false, inBackground: true },
        ports,
      );
      for (const { outcome, error } of oldRoots) assert.notEqual(outcome, 'failed', error);
    }

    test('gc: what is in place is whole, and the next run ends it', (t) => {
      makeOldRoot(9);
      const newest = factsOf(join(place.directory, root(9)));
      const steps = eachStep((step) => {
        for (const i of [1, 2]) if (!existsSync(join(place.directory, root(i)))) makeOldRoot(i, step);
        const whole = factsOf(join(place.directory, root(1))).length;
        const stopped = stoppedBefore(step, collect);
        for (const name of readdirSync(place.directory).filter((entry) => entry !== '.ebb')) {
          if (name.startsWith('.deleting-') || name === root(9)) continue;
          assert.equal(
            factsOf(join(place.directory, name)).length,
            whole,
            `${name} was taken apart under its own name`,
          );
        }
        collect();
        assert.deepEqual(
          readdirSync(place.directory).filter((entry) => entry !== '.ebb'),
          [root(9)],
        );
        return stopped;
      });
      assert.deepEqual(factsOf(join(place.directory, root(9))), newest);
      assert.equal(readFileSync(join(place.outside, 'precious'), 'utf8'), 'precious');
      t.diagnostic(`${steps} steps`);
      assert.ok(steps > 10);
    });

    test('restore: each file is whole or not there, and the next run ends with all', (t) => {
      const from = join(place.directory, root(9));
      const wanted = factsOf(join(from, 'var'));
      const to = join(place.outside, 'to');
      const steps = eachStep((step) => {
        spawnSync('rm', ['-rf', to]);
        mkdirSync(to);
        const stopped = stoppedBefore(step, () => void restored(['/var'], { oldRoots: place.directory, to }));
        for (const file of ['var/lib/data', 'var/notes']) {
          if (existsSync(join(to, file))) {
            assert.equal(readFileSync(join(to, file), 'utf8'), readFileSync(join(from, file), 'utf8'), file);
          }
        }
        const report = restored(['/var'], { oldRoots: place.directory, to, force: false });
        assert.deepEqual(report.failures, []);
        assert.deepEqual(factsOf(join(to, 'var')), wanted, `stopped before step ${step}`);
        assert.deepEqual(readdirSync(to), ['var']);
        return stopped;
      });
      t.diagnostic(`${steps} steps`);
      assert.ok(steps > 10);
    });
  });
}
