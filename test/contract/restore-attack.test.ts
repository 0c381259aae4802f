/** `ebb restore` while somebody swaps what it works on, or tries to read it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RawName, RawPath } from '../../src/core/rawpath.ts';
import { planRestore } from '../../src/core/restore-plan.ts';
import { openRestoreTarget } from '../../src/linux/old-roots/restore-target.ts';
import { factsOf, makeOldRoot, restored } from '../support/restore-host.ts';
import { machine } from '../support/test-host.ts';
import { needsRoot, Workplace } from '../support/workplace.ts';

const skip = needsRoot;

describe('restore under attack', { skip }, () => {
  let workplace: Workplace;
  before(() => {
    workplace = new Workplace();
  });
  after(() => workplace.close());

  test('directories that are swapped for symlinks all the time lead nowhere', async () => {
    const [oldRoots, to, outside] = [workplace.make(), workplace.make(), workplace.make()] as const;
    const root = makeOldRoot(oldRoots, 1);
    for (const path of ['a/b/c', 'a/b/d']) mkdirSync(join(root, path), { recursive: true });
    for (let i = 0; i < 20; i++) writeFileSync(join(root, `a/b/c/f${i}`), 'x'.repeat(100));
    for (const path of ['b/c', 'b/d', 'c', 'd']) mkdirSync(join(outside, path), { recursive: true });
    chmodSync(outside, 0o777);
    const before_ = factsOf(outside);
    const rounds = Number(process.env['EBB_TEST_ROUNDS'] ?? 200);
    const attacker = spawn('sh', ['-c', attack(to, outside)], { stdio: 'ignore' });
    try {
      let failed = 0;
      for (let round = 0; round < rounds; round++) {
        // Sometimes into what is there, sometimes anew.
        spawnSync('sh', ['-c', `rm -rf ${to}/a; ${round % 2 === 0 ? `mkdir -p ${to}/a/b/c` : ''}`]);
        failed += attempt(() => restored(['/a/b'], { oldRoots, to, force: true }).failures.length);
      }
      assert.ok(failed > 0, 'the attacker never came between');
    } finally {
      attacker.kill('SIGKILL');
      await once(attacker, 'exit');
    }
    assert.deepEqual(factsOf(outside), before_);
  });

  test('a directory that takes the place of the one that was planned for keeps what it has', () => {
    const [oldRoots, to] = [workplace.make(), workplace.make()] as const;
    const root = makeOldRoot(oldRoots, 1);
    for (const top of [root, to]) mkdirSync(join(top, 'd/sub'), { recursive: true });
    writeFileSync(join(root, 'd/sub/new'), 'x');
    chownSync(join(root, 'd/sub'), 1234, 1234);
    const secrets = join(to, 'd/secrets');
    mkdirSync(secrets, { mode: 0o700 });
    const before_ = factsOf(secrets);
    const kept = machine().oldRoots(oldRoots as RawPath);
    const oldRoot = kept.open('2026-01-01_12-00-00' as RawName);
    assert.ok(oldRoot !== undefined);
    const target = openRestoreTarget(to as RawPath, { directory: workplace.path, patience: 0 });
    target.lock();
    const steps = planRestore(['/d' as RawPath], target.sourceOf(oldRoot), target, { force: true });
    renameSync(join(to, 'd/sub'), join(to, 'd/away'));
    renameSync(secrets, join(to, 'd/sub'));
    const { failures } = target.carryOut(steps, oldRoot, () => {});
    target.close();
    oldRoot.close();
    kept.close();
    assert.deepEqual(failures.map(({ path, problem }) => `${path} ${problem}`).sort(), [
      '/d/sub it was replaced by somebody meanwhile',
      '/d/sub/new it was replaced by somebody meanwhile',
    ]);
    assert.deepEqual(factsOf(join(to, 'd/sub')), before_);
  });
});

/** What may go wrong while somebody swaps directories, goes wrong with a failure. */
function attempt(act: () => number): number {
  try {
    return act();
  } catch (error) {
    const { name, code } = error as { name: string; code?: string };
    assert.ok(name === 'Failure' || name === 'SystemError' || code !== undefined, String(error));
    return 1;
  }
}

/** Swaps `a`, `a/b` and `a/b/c` for symlinks that lead outside, and back. */
function attack(to: string, outside: string): string {
  return `cd ${to}; while :; do
    mv -T a x 2>/dev/null && ln -s ${outside} a; rm -f a; mv -T x a 2>/dev/null
    mv -T a/b x 2>/dev/null && ln -s ${outside}/b a/b; rm -f a/b; mv -T x a/b 2>/dev/null
    mv -T a/b/c x 2>/dev/null && ln -s ${outside}/b/c a/b/c; rm -f a/b/c; mv -T x a/b/c 2>/dev/null
    rm -rf x; done`;
}

test('nobody can read a secret while it is restored', { skip }, async () => {
  const workplace = new Workplace();
  try {
    const [oldRoots, to] = [workplace.make(), workplace.make()] as const;
    const root = makeOldRoot(oldRoots, 1);
    mkdirSync(join(root, 'k'), { mode: 0o755 });
    for (let i = 0; i < 300; i++) writeFileSync(join(root, `k/secret${i}`), 'secret', { mode: 0o600 });
    chmodSync(to, 0o777);
    mkdirSync(join(to, 'k'), { mode: 0o777 });
    chmodSync(join(to, 'k'), 0o777);
    const watcher = spawn('setpriv', [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      'sh',
      '-c',
      `while :; do cat ${to}/k/* ${to}/k/.ebb* ${to}/.ebb*/* 2>/dev/null; done`,
    ]);
    let read = '';
    watcher.stdout.on('data', (data) => {
      read += data;
    });
    for (let round = 0; round < 10; round++) {
      restored(['/k'], { oldRoots, to, force: round % 2 === 0 });
      rmSync(join(to, 'k'), { recursive: true });
      if (round % 3 === 0) mkdirSync(join(to, 'k'), { mode: 0o777 });
    }
    watcher.kill('SIGKILL');
    await once(watcher, 'close');
    assert.equal(read, '');
    assert.equal(statSync(to).isDirectory(), true);
  } finally {
    workplace.close();
  }
});
