/**
 * On btrfs, two subvolumes that have their beginnings in common are compared by what each has written since: that and
 * the walk must tell the same. EBB_TEST_SEED sets which changes are tried, EBB_TEST_ROUNDS how many.
 */
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { RawPath } from '../../src/core/rawpath.ts';
import { agrees, World } from '../support/btrfs-world.ts';
import { Random, seedOf } from '../support/random.ts';
import type { RealStage } from '../support/real-stage.ts';
import { realKinds } from '../support/real-stage.ts';
import { diffOf } from '../support/test-host.ts';
import { told } from '../support/told.ts';
import { run } from '../support/workplace.ts';

const stages = realKinds.find(({ kind }) => kind === 'btrfs');
const ROUNDS = Number(process.env['EBB_TEST_ROUNDS'] ?? 12);

function against(other: string, checksum = false) {
  return { against: { kind: 'directory', path: other as RawPath, checksum } } as const;
}

/** Which of the two is compared with the other changes nothing. */
async function agreeBothWays(one: string, other: string): Promise<string[]> {
  await agrees(other, against(one));
  return told(await agrees(one, against(other)));
}

function snapshot(from: string, to: string): string {
  run('btrfs', ['-q', 'subvolume', 'snapshot', from, to]);
  return to;
}

describe('the tree search of two subvolumes', { skip: stages?.unavailable ?? false }, () => {
  before(() => stages?.open());
  after(() => stages?.close());

  function make(): RealStage {
    if (stages === undefined) throw new Error('no btrfs');
    return stages.make();
  }

  /** Two snapshots of one root, as two boots make them. */
  function twoBoots(between: (stage: RealStage) => void = () => {}): { stage: RealStage; a: string; b: string } {
    const stage = make();
    for (const path of ['/d/e/f', '/d/g', '/h/i', '/j']) stage.file(path, 'x');
    const a = snapshot(stage.root, join(stage.beside, 'a'));
    between(stage);
    // Written in a transaction of its own.
    run('sync', ['-f', stage.root]);
    return { stage, a, b: snapshot(stage.root, join(stage.beside, 'b')) };
  }

  it('of two snapshots of one, whatever was done to any of the three', async () => {
    const { stage, a, b } = twoBoots(({ root }) => writeFileSync(join(root, 'between'), 'x'));
    writeFileSync(join(stage.root, 'after'), 'x');
    assert.deepEqual(await agreeBothWays(b, a), ['added unknown /between']);
    writeFileSync(join(a, 'd/g'), 'other');
    rmSync(join(b, 'h/i'));
    assert.deepEqual(await agreeBothWays(b, a), [
      ...['added unknown /between', 'modified state /d/g', 'deleted state /h/i'],
    ]);
  });

  it('of one and its snapshot', async () => {
    const { stage, a } = twoBoots();
    assert.deepEqual(await agreeBothWays(stage.root, a), []);
    writeFileSync(join(stage.root, 'd/new'), 'x');
    renameSync(join(a, 'd/e'), join(a, 'd/renamed'));
    assert.deepEqual(await agreeBothWays(stage.root, a), [
      ...['added state /d/e/ ×2', 'added state /d/new', 'deleted state /d/renamed/ ×2'],
    ]);
  });

  it('of one and its snapshot that was put into it', async () => {
    const stage = make();
    stage.file('/d/e', 'x');
    const inside = snapshot(stage.root, join(stage.root, 'd/inside'));
    assert.deepEqual(await agreeBothWays(stage.root, inside), ['added state /d/inside/ ×3']);
  });

  it('of snapshots that lack the nested subvolumes of what they are snapshots of', async () => {
    const stage = make();
    stage.file('/d/e', 'x');
    run('btrfs', ['-q', 'subvolume', 'create', join(stage.root, 'd/nested')]);
    writeFileSync(join(stage.root, 'd/nested/x'), 'x');
    const a = snapshot(stage.root, join(stage.beside, 'a'));
    assert.deepEqual(await agreeBothWays(stage.root, a), ['added state /d/nested/x']);
    const b = snapshot(stage.root, join(stage.beside, 'b'));
    assert.deepEqual(await agreeBothWays(b, a), []);
    run('btrfs', ['-q', 'subvolume', 'create', join(b, 'd/own')]);
    writeFileSync(join(b, 'd/own/x'), 'x');
    assert.deepEqual(await agreeBothWays(b, a), ['added state /d/own/ ×2']);
  });

  it('of empty directories that stand for a subvolume, whose owner is that of the directory above when it is looked at', async () => {
    const stage = make();
    mkdirSync(join(stage.root, 'd'));
    run('btrfs', ['-q', 'subvolume', 'create', join(stage.root, 'd/nested')]);
    const [a, b] = ['a', 'b'].map((name) => snapshot(stage.root, join(stage.beside, name))) as [string, string];
    chownSync(join(b, 'd'), 7, 7);
    assert.deepEqual(await agreeBothWays(b, a), ['modified state /d/']);
  });

  it('of directories that changed places in one of them', async () => {
    const { a, b } = twoBoots();
    for (const [from, to] of [
      ['d', 'between'],
      ['h', 'd'],
      ['between', 'h'],
    ] as const)
      renameSync(join(a, from), join(a, to));
    assert.deepEqual(await agreeBothWays(b, a), [
      ...['added state /d/e/ ×2', 'added state /d/g', 'deleted state /d/i'],
      ...['deleted state /h/e/ ×2', 'deleted state /h/g', 'added state /h/i'],
    ]);
  });

  it('gives way to the walk where they have nothing in common, or every content is to be read', async () => {
    const { stage, a, b } = twoBoots();
    const other = make();
    other.file('/d/g', 'x');
    const grandchild = snapshot(a, join(stage.beside, 'grandchild'));
    for (const [one, against_] of [
      [b, other.root],
      [b, grandchild],
      [b, join(a, 'd')],
      [join(b, 'd'), join(a, 'd')],
    ] as const) {
      assert.equal((await diffOf(one, against(against_))).view.search, 'walk', `${one} ${against_}`);
    }
    assert.equal((await diffOf(b, against(a))).view.search, 'tree-search');
    assert.equal((await diffOf(grandchild, against(a))).view.search, 'tree-search');
    assert.equal((await diffOf(b, { ...against(a), paths: ['/d' as RawPath] })).view.search, 'walk');
    for (const root of [a, b]) utimesSync(join(root, 'j'), 1000, 1000);
    assert.equal((await diffOf(b, against(a, true))).view.search, 'walk');
  });

  it('agrees with the walk after random changes to all of them', async (t) => {
    const seed = seedOf();
    const random = new Random(seed);
    const done: string[] = [];
    let round = 0;
    try {
      for (; round < ROUNDS; round++) {
        done.length = 0;
        const stage = make();
        const source = await World.open(stage, random);
        const change = (world: World, most: number): void => {
          for (let i = random.below(most); i > 0; i--) done.push(`${world.root} ${world.change()}`);
        };
        change(source, 6);
        mkdirSync(join(stage.beside, 'old'));
        const worlds = [source];
        for (const name of ['a', 'b']) {
          const to = join(stage.beside, 'old', name);
          // Of the source, or of another snapshot.
          const from = random.below(4) === 0 ? random.of(worlds) : source;
          worlds.push(World.of(snapshot(from?.root ?? '', to), random));
          done.push(`${from?.root} snapshot ${to}`);
          for (const world of worlds) change(world, 3);
        }
        for (let step = 0; step < 4; step++) {
          for (const one of worlds) {
            for (const other of worlds) {
              if (one === other) continue;
              const { search } = (await diffOf(one.root, against(other.root))).view;
              if (search === 'tree-search') await agrees(one.root, against(other.root));
            }
          }
          for (const world of worlds) change(world, 5);
        }
        for (const world of worlds) world.close();
      }
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}:\n${done.join('\n')}`, { cause: error });
    }
    t.diagnostic(`${round} rounds from seed ${seed}`);
  });
});
