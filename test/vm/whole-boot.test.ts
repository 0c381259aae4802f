/** Power cuts all over a boot: in its reset, persisted paths and baseline, and while `gc` deletes old roots. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Random, seedOf } from '../support/random.ts';
import { isRoot, run, Workplace } from '../support/workplace.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import { type DiskToLookInto, lookIntoDisks } from './support/look-into-disks.ts';
import { type Found, type Held, heldBy } from './support/lost-nothing.ts';
import { type Cut, everyPrefix, makeImage, reordered } from './support/power-cut.ts';
import { type HowToBoot, ResetBoots, rootsIn } from './support/reset-boots.ts';
import { makeSystemImage } from './support/system-image.ts';
import { counted, tally } from './support/tally.ts';
import {
  deletedOldRoots,
  furnish,
  makeFilesystem,
  phases,
  phasesIn,
  programs,
  type WholeFilesystem,
  wholeBoot,
} from './support/whole-boot.ts';
import { type LoggedWrite, readWriteLog } from './support/write-log.ts';

const kernel = kernelOrReason();
const soak = process.env['EBB_TEST_SOAK'];
/** Of the log; with --soak N, every prefix and N reorderings. */
const PREFIXES = 5;
const REORDERINGS = Number(soak ?? 3);
/** Machines that are killed, each followed by a boot, by turns in these parts of the boot. */
const KILLS = Number(soak ?? 1);
const PARTS = [
  { from: 'reset', to: 'persisted' },
  { from: 'deleting', to: 'end' },
] as const;

const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';

/** A machine with one disk, which it has had for a while. */
class World {
  readonly boots: ResetBoots;
  readonly held: Held;
  readonly #filesystem: WholeFilesystem;
  readonly #base: string;
  readonly #system: string;

  constructor(filesystem: WholeFilesystem, system: string) {
    this.boots = new ResetBoots(filesystem, kernel as Kernel);
    this.#filesystem = filesystem;
    this.#system = system;
    this.#base = this.boots.blank('base');
    makeFilesystem(filesystem, this.#base);
    this.held = this.boots.mounted(this.#base, (top) => {
      furnish(filesystem, top);
      return heldBy(top);
    });
  }

  /** Boots with a copy of the disk. */
  begin(disk: string, { log, ...how }: Pick<HowToBoot, 'cutAt' | 'cutAfter'> & { readonly log?: string }) {
    run('cp', ['--sparse=always', this.#base, disk]);
    const disks = [log === undefined ? { file: disk } : { file: disk, log }, { file: this.#system, readOnly: true }];
    return this.boots.boot(disks, { script: wholeBoot, ...how });
  }

  diskAfter(cut: Cut, name: string): string {
    counted('cuts');
    const image = this.boots.path(name);
    makeImage(image, this.#base, cut);
    return image;
  }

  lookInto(disks: readonly DiskToLookInto[]): Found[] {
    const [task, top] = [this.boots.path('task'), this.boots.path('look')];
    writeFileSync(task, JSON.stringify({ filesystem: this.#filesystem, held: this.held, top, disks }));
    return lookIntoDisks(task);
  }
}

describe('a whole boot in a virtual machine', { skip: unavailable }, () => {
  let workplace: Workplace;
  let system: string;
  before(() => {
    workplace = new Workplace();
    system = `${workplace.path}/system.img`;
    makeSystemImage(system, workplace.make('system'), programs);
  });
  after(() => {
    console.log(tally());
    workplace.close();
  });

  for (const filesystem of ['ext4', 'btrfs'] as const) {
    test(`on ${filesystem}, a power cut anywhere in it loses nothing, and the next boot goes well`, async (t) => {
      const world = new World(filesystem, system);
      const { boots } = world;
      try {
        const log = boots.path('log');
        writeFileSync(log, '');
        const { console, status } = await world.begin(boots.path('disk'), { log });
        assert.equal(status, 0, console);
        const chosen = seedOf();
        const random = new Random(chosen);

        const writes = readWriteLog(log);
        assert.deepEqual(phasesIn(writes), phases);
        const cuts = cutsOf(writes, random);
        t.diagnostic(`${writes.length} writes, ${cuts.length} cuts of them, EBB_TEST_SEED=${chosen}`);
        const found = world.lookInto(
          cuts.map((cut, at) => ({
            image: world.diskAfter(cut, `cut${at}`),
            name: cut.name,
            phase: phasesIn(writes.slice(0, cut.certain)).at(-1),
            mayDelete: phasesIn(writes.slice(0, cut.possible)).includes('gc'),
          })),
        );
        // A boot that did nothing would lose nothing.
        assert.deepEqual(found[0], { reset: 'after', deleting: 0, gone: deletedOldRoots.length });
        const halfDeleted = found.filter(({ deleting }) => deleting > 0).length;
        const someGone = found.filter(({ gone }) => gone > 0 && gone < deletedOldRoots.length).length;
        t.diagnostic(`with an old root half deleted: ${halfDeleted}, with some gone: ${someGone}`);

        const killed: DiskToLookInto[] = [];
        for (let at = 0; at < KILLS; at++) {
          const { from, to } = PARTS[at % PARTS.length] as (typeof PARTS)[number];
          const lasts = beginOf(console, to) - beginOf(console, from);
          killed.push(await killAndBoot(world, from, random.below(Math.round(lasts))));
        }
        world.lookInto(killed);
        t.diagnostic(killed.map(({ name }) => name).join(', '));
      } finally {
        boots.close();
      }
    });
  }
});

async function killAndBoot(world: World, from: string, cutAfter: number): Promise<DiskToLookInto> {
  const [cutAt, name] = [`ebb-vm: phase ${from} `, `killed ${cutAfter} ms after the beginning of ${from}`];
  const image = world.boots.path(name.replaceAll(' ', '-'));
  const killed = await world.begin(image, { cutAt, cutAfter });
  assert.ok(killed.console.includes(cutAt), killed.console);
  if (killed.status === undefined) counted('cuts');
  const next = await world.boots.boot([{ file: image }], { commandLine: 'boot=next' });
  assert.equal(next.status, 0, `${name}: ${next.console}`);
  const roots = rootsIn(next.console).get('boot');
  assert.equal(roots?.root, 'next', `${name}: ${next.console}`);
  assert.equal(roots?.kept.filter((marker) => marker === 'first').length, 1, `${name}: ${next.console}`);
  return { image, name, phase: undefined, mayDelete: killed.console.includes('ebb-vm: phase gc ') };
}

/** The whole log, and some of the cuts after the reset, which has a test of its own; with --soak, all. */
function cutsOf(writes: readonly LoggedWrite[], random: Random): Cut[] {
  const prefixes = everyPrefix(writes);
  const later = prefixes.filter(({ writes }) => phasesIn(writes).includes('persisted'));
  const tried = soak === undefined ? Array.from({ length: PREFIXES }, () => random.of(later) as Cut) : prefixes;
  return [prefixes.at(-1) as Cut, ...tried, ...reordered(writes, REORDERINGS, random)];
}

/** Milliseconds since the machine was started. */
function beginOf(console: string, phase: string): number {
  const seconds = new RegExp(`^ebb-vm: phase ${phase} (\\S+)$`, 'm').exec(console)?.[1];
  assert.ok(seconds !== undefined, `there is no ${phase} in ${console}`);
  return Number(seconds) * 1000;
}
