/** Restores that overlap, and what an earlier one, or another program, left under the names that one works with. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RawPath } from '../../src/core/rawpath.ts';
import { temporaryNameFor } from '../../src/core/restore-plan.ts';
import { openRestoreTarget } from '../../src/linux/old-roots/restore-target.ts';
import { restored, restoreGround } from '../support/restore-host.ts';
import { needsRoot, Workplace } from '../support/workplace.ts';

const child = fileURLToPath(new URL('../support/restore-child.ts', import.meta.url));
const temporary = (path: string): string => temporaryNameFor(path as RawPath);

describe('restores together', { skip: needsRoot }, () => {
  let workplace: Workplace;
  before(() => {
    workplace = new Workplace();
  });
  after(() => workplace.close());
  const fresh = () => restoreGround(workplace);

  test('a second one is refused, wherever it restores to, and told who is at it', () => {
    const { oldRoots, root, to } = fresh();
    writeFileSync(join(root, 'x'), 'x');
    mkdirSync(join(to, 'd'));
    const locks = join(to, '../locks');
    const first = openRestoreTarget(to as RawPath, { directory: locks, patience: 0 });
    first.lock();
    assert.throws(() => restored(['/x'], { oldRoots, to: join(to, 'd'), locks }), {
      code: 'locked',
      message: `another ebb (process ${process.pid}) is restoring into ${to}`,
    });
    assert.equal(restored(['/x'], { oldRoots, to, locks, dryRun: true }).entries, 1);
    first.close();
    assert.equal(restored(['/x'], { oldRoots, to, locks }).entries, 1);
    assert.deepEqual(readdirSync(locks), ['restore.lock']);
  });

  for (const locked of [true, false]) {
    test(`overlapping places never get each other's content, ${locked ? 'with' : 'without'} a lock`, async () => {
      const { oldRoots, root, to } = fresh();
      mkdirSync(join(root, 'd'));
      const names = Array.from({ length: 200 }, (_, i) => `f${i}`);
      for (const name of names) {
        writeFileSync(join(root, name), 'A'.repeat(20_000));
        writeFileSync(join(root, 'd', name), 'B'.repeat(20_000));
      }
      let locks = join(to, '..');
      if (!locked) {
        // Where no file can be made, there is no lock: a file is in the way.
        locks = join(to, '../no-locks');
        writeFileSync(locks, '');
      }
      for (let round = 0; round < 3; round++) {
        rmSync(join(to, 'd'), { recursive: true, force: true });
        mkdirSync(join(to, 'd'));
        const [a, b] = await Promise.all([
          ended([oldRoots, join(to, 'd'), locks, 'keep', ...names.map((name) => `/${name}`)]),
          ended([oldRoots, to, locks, 'keep', '/d']),
        ]);
        for (const status of [a, b]) assert.ok([0, 3, 11].includes(status ?? -1), `status ${status}`);
        assert.ok(a === 0 || b === 0 || !locked, `both failed: ${a}, ${b}`);
        const wrong = names.filter((name) => !/^(A{20000}|B{20000})$/.test(readFileSync(join(to, 'd', name), 'utf8')));
        assert.deepEqual(wrong, []);
        assert.deepEqual(
          readdirSync(join(to, 'd')).filter((name) => name.startsWith('.ebb-restore')),
          [],
        );
      }
    });
  }

  test('an entry of the old root that is called as a temporary name is restored like another', () => {
    const { oldRoots, root, to } = fresh();
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'd/x'), 'of x');
    writeFileSync(join(root, 'd', temporary('x')), 'left by an earlier one');
    for (const there of [false, true]) {
      rmSync(join(to, 'd'), { recursive: true, force: true });
      if (there) mkdirSync(join(to, 'd'));
      const report = restored(['/d'], { oldRoots, to });
      assert.deepEqual(report.failures, []);
      assert.deepEqual(readdirSync(join(to, 'd')).sort(), [temporary('x'), 'x']);
      assert.equal(readFileSync(join(to, 'd/x'), 'utf8'), 'of x');
      assert.equal(readFileSync(join(to, 'd', temporary('x')), 'utf8'), 'left by an earlier one');
    }
    rmSync(join(to, 'd/x'));
    restored(['/d/x'], { oldRoots, to });
    assert.equal(readFileSync(join(to, 'd', temporary('x')), 'utf8'), 'left by an earlier one');
  });

  test('a directory above is made also where an earlier run was stopped in making all of it', async () => {
    const { oldRoots, root, to } = fresh();
    mkdirSync(join(root, 'a'));
    for (let i = 0; i < 1000; i++) writeFileSync(join(root, `a/f${i}`), 'x');
    while (readdirSync(to).length === 0) await killedSoon([oldRoots, to, join(to, '..'), 'keep', '/a']);
    if (readdirSync(to)[0] === 'a') return;
    const report = restored(['/a/f7'], { oldRoots, to });
    assert.deepEqual(report.failures, []);
    assert.deepEqual(readdirSync(join(to, 'a')), ['f7']);
    assert.deepEqual(readdirSync(to), ['a']);
  });
});

/** How a restore in a process of its own ends. */
async function ended(words: readonly string[]): Promise<number | null> {
  const [status] = (await once(start(words), 'exit')) as [number | null];
  return status;
}

async function killedSoon(words: readonly string[]): Promise<void> {
  const running = start(words);
  const exit = once(running, 'exit');
  await once(running.stdout, 'data');
  const to = words[1] ?? '';
  while (running.exitCode === null && readdirSync(to).length === 0) await new Promise((done) => setImmediate(done));
  running.kill('SIGKILL');
  await exit;
}

function start(words: readonly string[]) {
  const args = ['--disable-warning=ExperimentalWarning', child, ...words];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}
