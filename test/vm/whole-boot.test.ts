/** A power cut after any write of a whole boot: its reset, persisted paths, baseline, and `gc` of old roots. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Random, seedOf } from '../support/random.ts';
import { isRoot, run, Workplace } from '../support/workplace.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import { type DiskToLookInto, lookIntoDisks } from './support/look-into-disks.ts';
import { type Held, heldBy } from './support/lost-nothing.ts';
import { type Cut, everyPrefix, makeImage, reordered } from './support/power-cut.ts';
import { ResetBoots } from './support/reset-boots.ts';
import { makeSystemImage } from './support/system-image.ts';
import { counted, tally } from './support/tally.ts';
import {
  deletedOldRoots,
  furnish,
  makeFilesystem,
  phases,
  phasesIn,
  programs,
  wholeBoot,
} from './support/whole-boot.ts';
import { type LoggedWrite, readWriteLog } from './support/write-log.ts';

const kernel = kernelOrReason();
const soak = process.env['EBB_TEST_SOAK'];
/** Of each kind. With --soak, every prefix, and so many reorderings. */
const PREFIXES = 14;
const REORDERINGS = Number(soak ?? 8);

const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';

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
    test(`on ${filesystem}, a power cut after any write loses nothing, and the next boot finishes it`, async (t) => {
      const boots = new ResetBoots(filesystem, kernel as Kernel);
      try {
        const [disk, base, log] = [boots.blank('disk'), boots.path('base'), boots.path('log')];
        makeFilesystem(filesystem, disk);
        const held = boots.mounted(disk, (top): Held => {
          furnish(filesystem, top);
          return heldBy(top);
        });
        run('cp', ['--sparse=always', disk, base]);
        writeFileSync(log, '');
        const disks = [
          { file: disk, log },
          { file: system, readOnly: true },
        ];
        const { console, status } = await boots.boot(disks, { script: wholeBoot({ marks: true }), megabytes: 1024 });
        assert.equal(status, 0, console);
        const writes = readWriteLog(log);
        assert.deepEqual(phasesIn(writes), phases);
        const chosen = seedOf();
        const cuts = cutsOf(writes, new Random(chosen));
        t.diagnostic(`${writes.length} writes, ${cuts.length} cuts of them, EBB_TEST_SEED=${chosen}`);
        const lookedInto = cuts.map((cut, at): DiskToLookInto => {
          counted('cuts');
          const image = boots.path(`cut${at}`);
          makeImage(image, base, cut);
          const phase = phasesIn(writes.slice(0, cut.certain)).at(-1);
          const mayDelete = phasesIn(writes.slice(0, cut.possible)).includes('gc');
          return { image, name: cut.name, phase, mayDelete };
        });
        const task = boots.path('task');
        writeFileSync(task, JSON.stringify({ filesystem, held, top: boots.path('look'), disks: lookedInto }));
        const found = lookIntoDisks(task);
        // A boot that did nothing would lose nothing.
        assert.deepEqual(found[0], { reset: 'after', deleting: 0, gone: deletedOldRoots.length });
        const halfDeleted = found.filter(({ deleting }) => deleting > 0).length;
        const partly = found.filter(({ gone }) => gone > 0 && gone < deletedOldRoots.length).length;
        t.diagnostic(`with an old root half deleted: ${halfDeleted}; with some gone: ${partly}`);
      } finally {
        boots.close();
      }
    });
  }
});

/** The whole log, and some of the cuts after the reset, which has a test of its own; with --soak, all. */
function cutsOf(writes: readonly LoggedWrite[], random: Random): Cut[] {
  const prefixes = everyPrefix(writes);
  const [later, last] = [prefixes.filter((cut) => phasesIn(cut.writes).includes('persisted')), prefixes.at(-1) as Cut];
  const tried = soak === undefined ? Array.from({ length: PREFIXES }, () => random.of(later) as Cut) : prefixes;
  return [last, ...tried, ...reordered(writes, REORDERINGS, random)];
}
