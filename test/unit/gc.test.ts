/** `gc` as a use case, over old roots in memory: what fails does not stop the rest, and nothing is deleted unasked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noConfiguration } from '../../src/core/configuration.ts';
import { Failure } from '../../src/core/failure.ts';
import { isHalfDeleted, nameFor, readOldRootName } from '../../src/core/old-root-name.ts';
import type { RawName } from '../../src/core/rawpath.ts';
import type { GcReport } from '../../src/core/report.ts';
import type { Machine } from '../../src/ports/machine.ts';
import { type GcRequest, gc } from '../../src/usecases/gc.ts';
import { MemoryOldRoots } from '../support/memory-old-roots.ts';

/** The name of the boot number `i`, as ebb gives them. */
function r(i: number): RawName {
  return nameFor(1_767_960_000 + i, new Set());
}

/** Names as `r1`, to be read. */
function short(names: readonly string[]): string[] {
  return names.map((name) => {
    const reading = readOldRootName(isHalfDeleted(name) ? name.slice('.deleting-'.length) : name);
    const number = `r${('at' in reading ? (reading.at ?? 0) : 0) - 1_767_960_000}`;
    return isHalfDeleted(name) ? `.deleting-${number}` : number;
  });
}

/** `r1` to `rN`, one a second; `r1` is the oldest. */
function daily(count: number): MemoryOldRoots {
  const oldRoots = new MemoryOldRoots();
  for (let i = 1; i <= count; i++) oldRoots.make(r(i), { sequence: i, bootedAt: 1_767_960_000 + i });
  return oldRoots;
}

function machineWith(oldRoots: MemoryOldRoots): Machine {
  const machine: Partial<Machine> = {
    hostname: 'test',
    now: () => 1_800_000_000,
    configuration: () => ({ ...noConfiguration, retention: { recent: 2, weekly: 0, monthly: 0 } }),
    oldRoots: () => oldRoots,
    yieldDisk: () => {},
  };
  return machine as Machine;
}

function run(oldRoots: MemoryOldRoots, asked: Partial<GcRequest> = {}, confirm = () => true): GcReport {
  const request = { oldRoots: undefined, policy: {}, dryRun: false, inBackground: true, ...asked };
  return gc(request, { machine: machineWith(oldRoots), confirm, deleting: () => {} });
}

function outcomes(report: GcReport): string[] {
  return report.oldRoots.map(({ name, outcome }) => `${short([name])} ${outcome}`);
}

test('the configured policy says what is kept; what is asked for goes before it', () => {
  const oldRoots = daily(4);
  assert.deepEqual(outcomes(run(oldRoots, { dryRun: true })), ['r4 kept', 'r3 kept', 'r2 to-delete', 'r1 to-delete']);
  run(oldRoots, { policy: { recent: 3 } });
  assert.deepEqual(short(oldRoots.names()), ['r2', 'r3', 'r4']);
  run(oldRoots);
  assert.deepEqual(short(oldRoots.names()), ['r3', 'r4']);
});

test('a dry run deletes nothing and takes no lock', () => {
  const oldRoots = daily(4);
  const lock = oldRoots.lock();
  const report = run(oldRoots, { dryRun: true });
  assert.equal(report.planned, true);
  assert.equal(oldRoots.names().length, 4);
  lock?.release();
});

test('nothing is deleted where the answer is no, and nothing is asked where nothing would be', () => {
  const oldRoots = daily(4);
  let asked = 0;
  const no = () => {
    asked++;
    return false;
  };
  assert.equal(run(oldRoots, {}, no).planned, true);
  assert.equal(oldRoots.names().length, 4);
  assert.equal(run(oldRoots, { policy: { recent: 9 } }, no).planned, false);
  assert.equal(asked, 1);
});

test('a failure does not stop the rest', () => {
  const oldRoots = daily(5);
  oldRoots.faults.set(r(2), 'at-once');
  const report = run(oldRoots);
  assert.deepEqual(outcomes(report), ['r5 kept', 'r4 kept', 'r3 deleted', 'r2 failed', 'r1 deleted']);
  assert.match(report.oldRoots[3]?.error ?? '', /the disk does not answer/);
  assert.deepEqual(short(oldRoots.names()), ['r2', 'r4', 'r5']);
});

test('what was left half deleted goes the next time', () => {
  const oldRoots = daily(3);
  oldRoots.faults.set(r(1), 'half-way');
  assert.deepEqual(outcomes(run(oldRoots)), ['r3 kept', 'r2 kept', 'r1 failed']);
  assert.deepEqual(short(oldRoots.names()), ['.deleting-r1', 'r2', 'r3']);
  const report = run(oldRoots);
  assert.deepEqual(report.oldRoots.find(({ outcome }) => outcome === 'deleted')?.reasons, ['half deleted']);
  assert.deepEqual(short(oldRoots.names()), ['r2', 'r3']);
});

test('one that somebody reads is left for the next time', () => {
  const oldRoots = daily(4);
  const reader = oldRoots.open(r(1));
  const report = run(oldRoots);
  assert.deepEqual(outcomes(report), ['r4 kept', 'r3 kept', 'r2 deleted', 'r1 left']);
  assert.deepEqual(report.oldRoots[3]?.reasons, ['in use']);
  assert.equal(report.oldRoots[3]?.decision, 'keep');
  reader?.close();
  run(oldRoots);
  assert.deepEqual(short(oldRoots.names()), ['r3', 'r4']);
});

test('one that is pinned after the plan was made is kept', () => {
  const oldRoots = daily(4);
  const report = run(oldRoots, {}, () => {
    oldRoots.writeNotes(r(1), { ...oldRoots.notes(r(1)), pinned: { note: '' } });
    return true;
  });
  assert.deepEqual(outcomes(report), ['r4 kept', 'r3 kept', 'r2 deleted', 'r1 kept']);
  assert.deepEqual(report.oldRoots[3]?.reasons, ['pinned']);
});

test('what may be pinned, as its notes cannot be read, is kept, and said', () => {
  const oldRoots = daily(4);
  oldRoots.spoilNotes(r(1));
  const report = run(oldRoots, {}, () => {
    oldRoots.spoilNotes(r(2));
    return true;
  });
  assert.deepEqual(outcomes(report), ['r4 kept', 'r3 kept', 'r2 kept', 'r1 kept']);
  assert.deepEqual(report.oldRoots[3]?.reasons, ['unreadable']);
  assert.deepEqual(
    report.warnings.map(({ message }) => message),
    [`gc keeps ${r(1)}: its notes.json is not JSON`],
  );
});

test('a second one at the same time is refused', () => {
  const oldRoots = daily(4);
  run(oldRoots, {}, () => {
    assert.throws(
      () => run(oldRoots),
      (error) => error instanceof Failure && error.code === 'locked',
    );
    return true;
  });
  assert.deepEqual(short(oldRoots.names()), ['r3', 'r4']);
});

test('the plan for 5,000 old roots takes no time to speak of', () => {
  const oldRoots = daily(5000);
  run(oldRoots, { dryRun: true });
  const start = performance.now();
  run(oldRoots, { dryRun: true });
  const took = performance.now() - start;
  // 50 ms is promised (bench); here, on a machine that tests keep busy, only that it is not quadratic.
  assert.ok(took < 500, `${took} ms`);
});
