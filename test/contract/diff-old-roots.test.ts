/** `ebb diff` of old roots, as the command line wires it, on each filesystem that this machine can make. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Context } from '../../src/cli/context.ts';
import { type ComparisonFlags, comparisonOf } from '../../src/cli/diff-options.ts';
import type { PlaceFlags } from '../../src/cli/old-roots-options.ts';
import { Failure, type FailureCode } from '../../src/core/failure.ts';
import type { RawName, RawPath } from '../../src/core/rawpath.ts';
import type { DiffReport } from '../../src/core/report.ts';
import { diff, diffPaths } from '../../src/usecases/diff.ts';
import { type RealGround, realGround } from '../support/find-ground.ts';
import { places } from '../support/old-roots-place.ts';
import { machine, record } from '../support/test-host.ts';
import { told } from '../support/told.ts';
import { isRoot, run } from '../support/workplace.ts';

type Flags = Partial<ComparisonFlags & PlaceFlags>;

const everything: ComparisonFlags = { all: true, checksum: false, noSync: false, json: false };
const booted = (sequence: number) => ({ sequence, bootedAt: 1_760_000_000 + sequence * 86_400 });
const [a, b] = ['2026-01-05_10-00-00', '2026-01-06_10-00-00'];

function contextOf(ground: RealGround): Context {
  const host = machine({ runningRoot: join(ground.place.outside, 'running') });
  return { machine: async () => host, workingDirectory: '/' as RawPath } as Context;
}

function comparing(ground: RealGround, words: readonly string[], flags: Flags = {}) {
  return comparisonOf(contextOf(ground), { ...everything, oldRoots: ground.place.directory, ...flags }, words);
}

async function diffOf(ground: RealGround, words: readonly string[], flags: Flags = {}): Promise<DiffReport> {
  const comparison = await comparing(ground, words, flags);
  try {
    return await diff(comparison.request, { machine: await contextOf(ground).machine(), progress: () => {} });
  } finally {
    comparison.close();
  }
}

const failsWith = (code: FailureCode, message: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === code && message.test(error.message);

function casesOfDiff(make: () => RealGround): void {
  test('one against its own baseline: what was lost with that boot', async () => {
    const ground = make();
    ground.oldRoot(a, booted(1), { 'etc/a': 'a', 'etc/b': 'b', 'srv/c': 'c' });
    await record(`${ground.place.directory}/${a}`);
    writeFileSync(ground.place.at(`${a}/etc/a`), 'longer');
    rmSync(ground.place.at(`${a}/etc/b`));
    mkdirSync(ground.place.at(`${a}/srv/new`));
    writeFileSync(ground.place.at(`${a}/srv/new/file`), '');
    const report = await diffOf(ground, [a]);
    assert.deepEqual(told(report.changes), [
      ...['modified unknown /etc/a', 'deleted unknown /etc/b', 'added state /srv/new/ ×2'],
    ]);
    assert.deepEqual([report.root.oldRoot, report.baseline.kind, report.baseline.oldRoot], [a, 'baseline', undefined]);
    assert.deepEqual(told((await diffOf(ground, [a, '/srv'])).changes), ['added state /srv/new/ ×2']);
    assert.deepEqual(told((await diffOf(ground, [a], { noSync: true })).changes), told(report.changes));
  });

  test('two of them: the second compared with the first', async () => {
    const ground = make();
    ground.oldRoot(a, booted(1), { 'etc/same': 'x', 'etc/a': 'a', 'etc/gone': 'x', 'srv/t': 't', 'srv/d/x': 'x' });
    ground.oldRoot(b, booted(2), { 'etc/same': 'x', 'etc/a': 'b', 'etc/new': 'x', 'srv/t': null });
    const report = await diffOf(ground, [a, b]);
    assert.deepEqual(told(report.changes), [
      ...['modified unknown /etc/a', 'deleted unknown /etc/gone', 'added unknown /etc/new'],
      ...['deleted state /srv/d/ ×2', 'type-changed state /srv/t/'],
    ]);
    assert.deepEqual([report.root.oldRoot, report.baseline.oldRoot, report.baseline.kind], [b, a, 'directory']);
    const back = await diffOf(ground, [b, a]);
    assert.deepEqual(told(back.changes), [
      ...['modified unknown /etc/a', 'added unknown /etc/gone', 'deleted unknown /etc/new'],
      ...['added state /srv/d/ ×2', 'type-changed unknown /srv/t'],
    ]);
    assert.deepEqual(told((await diffOf(ground, [a, b, '/srv/t'])).changes), ['type-changed state /srv/t/']);
  });

  test('one against another that is named, and the running root against one', async () => {
    const ground = make();
    ground.oldRoot(a, booted(1), { 'etc/a': 'a' });
    ground.oldRoot(b, booted(2), { 'etc/a': 'b' });
    ground.runningRoot({ 'etc/a': 'a', 'etc/new': 'x' });
    const named = await diffOf(ground, [b], { against: a });
    assert.deepEqual(told(named.changes), ['modified unknown /etc/a']);
    const running = await diffOf(ground, [], { against: a });
    assert.deepEqual(told(running.changes), ['added unknown /etc/new']);
    assert.deepEqual([running.root.oldRoot, running.baseline.oldRoot], [undefined, a]);
    assert.deepEqual(told((await diffOf(ground, ['/etc/a'], { against: b })).changes), ['modified unknown /etc/a']);
  });

  test('content counts, not the time of writing; with --checksum whatever the time says', async () => {
    const ground = make();
    ground.oldRoot(a, booted(1), { same: 'x', other: 'x', hidden: 'x' });
    ground.oldRoot(b, booted(2), { same: 'x', other: 'y', hidden: 'y' });
    for (const name of [a, b]) utimesSync(ground.place.at(`${name}/hidden`), 1000, 1000);
    assert.deepEqual(told((await diffOf(ground, [a, b])).changes), ['modified unknown /other']);
    assert.deepEqual(told((await diffOf(ground, [a, b], { checksum: true })).changes), [
      ...['modified unknown /hidden', 'modified unknown /other'],
    ]);
  });

  test('modes, owners and targets of links count', async () => {
    const ground = make();
    for (const name of [a, b])
      ground.oldRoot(name, booted(1), { f: 'x', d: null, l: { target: name }, m: { target: 'x' } });
    chmodSync(ground.place.at(`${b}/f`), 0o600);
    chmodSync(ground.place.at(`${b}/d`), 0o700);
    assert.deepEqual(told((await diffOf(ground, [a, b])).changes), [
      ...['modified state /d/', 'modified unknown /f', 'modified unknown /l'],
    ]);
  });

  for (const odd of ['a b', 'line\nbreak', '\xff\xfe', "it's", '-x', 'caf\xc3\xa9']) {
    test(`${JSON.stringify(odd)} is a name like any other, of files and of old roots`, async () => {
      const ground = make();
      ground.oldRoot(odd, booted(1), { [`srv/${odd}`]: 'x' });
      ground.oldRoot(`${odd}2`, booted(2), { [`srv/${odd}`]: 'yy', srv: null });
      assert.deepEqual(told((await diffOf(ground, [odd, `${odd}2`])).changes), [`modified unknown /srv/${odd}`]);
      let paths = '';
      const comparison = await comparing(ground, [odd, `${odd}2`]);
      const host = await contextOf(ground).machine();
      await diffPaths(comparison.request, true, { machine: host, progress: () => {} }, (bytes) => {
        paths += Buffer.from(bytes).toString('latin1');
      });
      comparison.close();
      assert.equal(paths, `/srv/${odd}\0`);
    });
  }

  test('a symlink in either is a symlink, wherever it points', async () => {
    const ground = make();
    writeFileSync(join(ground.place.outside, 'secret'), 'x');
    const link = { target: ground.place.outside };
    ground.oldRoot(a, booted(1), { 'srv/one': link, 'srv/two/secret': 'x', 'srv/both': link });
    ground.oldRoot(b, booted(2), { 'srv/one/secret': 'x', 'srv/two': link, 'srv/both': link });
    assert.deepEqual(told((await diffOf(ground, [a, b])).changes), [
      ...['type-changed state /srv/one/ apart 1', 'added secret /srv/one/secret', 'type-changed unknown /srv/two'],
    ]);
  });

  test('gc leaves alone those that are compared, until it is over', async () => {
    const ground = make();
    const oldRoots = ground.open();
    const locked = failsWith('locked', /is being read/);
    for (const [words, flags] of [
      [[a], {}],
      [[a, b], {}],
      [[b], { against: a }],
      [[], { against: a }],
    ] as const) {
      ground.oldRoot(a, booted(1), {});
      ground.oldRoot(b, booted(2), {});
      const comparison = await comparing(ground, words, flags);
      assert.throws(() => oldRoots.remove(a as RawName), locked);
      if ([...words].includes(b)) assert.throws(() => oldRoots.remove(b as RawName), locked);
      comparison.close();
      for (const name of [a, b]) oldRoots.remove(name as RawName);
    }
    oldRoots.close();
  });

  test('one that was refused is let go of', async () => {
    const ground = make();
    ground.oldRoot(a, booted(1), {});
    ground.oldRoot(b, booted(2), {});
    await assert.rejects(comparing(ground, [a, b], { against: a }));
    await assert.rejects(comparing(ground, [a, '2026-01-07_10-00-00']));
    const oldRoots = ground.open();
    for (const name of [a, b]) oldRoots.remove(name as RawName);
    oldRoots.close();
  });

  test('without a baseline there is nothing that it lost', async () => {
    const ground = make();
    ground.oldRoot(a, booted(1), { x: 'x' });
    await assert.rejects(diffOf(ground, [a]), failsWith('not-found', /the old root .* has no baseline/));
    assert.deepEqual(told((await diffOf(ground, [a], { against: 'nothing' })).changes), ['added unknown /x']);
  });

  test('what names no old root, or too much, is refused', async () => {
    const ground = make();
    for (const [i, name] of [a, b, 'c'].entries()) ground.oldRoot(name, booted(i), {});
    ground.oldRoot('.deleting-x', booted(9), {});
    const refused = async (code: FailureCode, message: RegExp, words: readonly string[], flags: Flags = {}) =>
      assert.rejects(comparing(ground, words, flags), failsWith(code, message));
    await refused('usage', /two old roots can be compared, not more/, [a, b, 'c']);
    await refused('usage', /leave out --against/, [a, b], { against: 'c' });
    await refused('usage', /--root names one root/, [a], { root: '/mnt' });
    await refused('usage', /is about the running root/, [a], { against: 'boot' });
    await refused('usage', /--checksum compares with a directory/, [a], { checksum: true });
    await refused('usage', /no old root is named/, []);
    await refused('not-found', /there is no old root none/, ['none']);
    await refused('not-found', /there is no old root 2026-01-07_10-00-00/, [a, '2026-01-07_10-00-00']);
    await refused('failed', /is half deleted/, ['.deleting-x']);
  });

  test('what is mounted in either is not looked at', { skip: isRoot ? false : 'only root may mount' }, async () => {
    const ground = make();
    writeFileSync(join(ground.place.outside, 'secret'), 'x');
    ground.oldRoot(a, booted(1), { 'mnt/own': 'x' });
    ground.oldRoot(b, booted(2), { 'mnt/own': 'x' });
    for (const mounted of [a, b]) {
      run('mount', ['--bind', ground.place.outside, `${ground.place.directory}/${mounted}/mnt`]);
      try {
        for (const [words, flags] of [
          [[a], { against: 'nothing' }],
          [[a, b], {}],
          [[b, a], {}],
        ] as const) {
          const report = await diffOf(ground, words, flags);
          assert.ok(!told(report.changes).some((line) => line.includes('secret')), told(report.changes).join('\n'));
        }
      } finally {
        run('umount', [`${ground.place.directory}/${mounted}/mnt`]);
      }
    }
  });

  test('a baseline that was moved along with its old root is still its own', async () => {
    const ground = make();
    ground.oldRoot(a, booted(1), { x: 'x' });
    await record(`${ground.place.directory}/${a}`);
    renameSync(ground.place.at(a), ground.place.at('renamed'));
    writeFileSync(ground.place.at('renamed/y'), 'y');
    assert.deepEqual(told((await diffOf(ground, ['renamed'])).changes), ['added unknown /y']);
  });
}

for (const kind of places) {
  const skip = kind.unavailable ?? (isRoot ? false : 'only root may record a baseline');
  describe(`diff of old roots on ${kind.kind}`, { skip }, () => {
    before(() => kind.open());
    after(() => kind.close());
    casesOfDiff(() => realGround(kind.make()));
  });
}
