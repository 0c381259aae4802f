/** In the machine, with one of two disks: what old roots were on both still works. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RawPath } from '../../../src/core/rawpath.ts';
import { gc } from '../../../src/usecases/gc.ts';
import { listOldRoots } from '../../../src/usecases/list-old-roots.ts';
import { restored } from '../../support/restore-host.ts';
import { machine } from '../../support/test-host.ts';

const top = process.env['EBB_TEST_BCACHEFS'] ?? '';
const oldRoots = join(top, 'old_roots');
const [first, second] = ['2026-01-01_12-00-00', '2026-01-02_12-00-00'] as const;

test('old roots are listed with their facts', async () => {
  const request = { oldRoots: oldRoots as RawPath, policy: {}, count: undefined, sizes: false };
  const report = await listOldRoots(request, { machine: machine(), progress: () => {} });
  assert.deepEqual(
    report.oldRoots.map(({ name, sequence }) => [name, sequence]),
    [
      [second, 2],
      [first, 1],
    ],
  );
});

test('paths are restored, those in a subvolume too', () => {
  const to = join(top, 'restored');
  mkdirSync(to);
  const { failures } = restored(['/etc', '/machines'], { oldRoots, to, from: first });
  assert.deepEqual(failures, []);
  assert.equal(readFileSync(join(to, 'etc/secret'), 'utf8'), 'of boot 1\n'.repeat(50_000));
  assert.equal(statSync(join(to, 'etc/secret')).mode & 0o777, 0o600);
  assert.equal(readFileSync(join(to, 'machines/file'), 'utf8'), 'in a subvolume of boot 1');
});

test('old roots are removed with the subvolumes in them', () => {
  const policy = { recent: 1, weekly: 0, monthly: 0 } as const;
  const request = { oldRoots: oldRoots as RawPath, policy, dryRun: false, inBackground: false };
  gc(request, { machine: machine(), confirm: () => true, deleting: () => {} });
  const left = readdirSync(oldRoots).filter((name) => name !== '.ebb');
  assert.deepEqual(left, [second]);
  assert.equal(readFileSync(join(oldRoots, second, 'machines/file'), 'utf8'), 'in a subvolume of boot 2');
});
