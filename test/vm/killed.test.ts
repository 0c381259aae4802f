/** A machine that is killed again and again, in its reset and while `gc` deletes: what it had not written out is lost. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Random, seedOf } from '../support/random.ts';
import { isRoot, run, Workplace } from '../support/workplace.ts';
import { type Kernel, userModeOrReason } from './support/kernel.ts';
import { type DiskToLookInto, lookIntoDisks } from './support/look-into-disks.ts';
import { heldBy } from './support/lost-nothing.ts';
import { ResetBoots, rootsIn } from './support/reset-boots.ts';
import { makeSystemImage } from './support/system-image.ts';
import { counted, tally } from './support/tally.ts';
import { furnish, makeFilesystem, programs, wholeBoot } from './support/whole-boot.ts';

const kernel = userModeOrReason();
/** In all, by turns in these parts of a boot. */
const KILLS = Number(process.env['EBB_TEST_SOAK'] ?? 21);
const parts = [
  { from: 'reset', to: 'persisted' },
  { from: 'deleting', to: 'end' },
  { from: 'persisted', to: 'deleting' },
] as const;
const filesystems = ['ext4', 'btrfs', 'xfs'] as const;

const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';

describe('a machine that is killed', { skip: unavailable }, () => {
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

  for (const filesystem of filesystems) {
    test(`on ${filesystem}, in its reset or in gc, loses nothing, and its next boot goes well`, async (t) => {
      const boots = new ResetBoots(filesystem, kernel as Kernel);
      try {
        const base = boots.blank('base');
        makeFilesystem(filesystem, base);
        const held = boots.mounted(base, (top) => {
          furnish(filesystem, top);
          return heldBy(top);
        });
        const begin = (image: string, cut?: { cutAt: string; cutAfter: number }) => {
          run('cp', ['--sparse=always', base, image]);
          const disks = [{ file: image }, { file: system, readOnly: true }];
          return boots.boot(disks, { script: wholeBoot({ marks: false }), ...cut });
        };
        const undisturbed = await begin(boots.path('undisturbed'));
        assert.equal(undisturbed.status, 0, undisturbed.console);
        const chosen = seedOf();
        const random = new Random(chosen);
        const disks: DiskToLookInto[] = [];
        for (let at = 0; at < KILLS / filesystems.length; at++) {
          const { from, to } = parts[at % parts.length] as (typeof parts)[number];
          const lasts = beginOf(undisturbed.console, to) - beginOf(undisturbed.console, from);
          const cut = { cutAt: phase(from), cutAfter: random.below(Math.max(1, Math.round(lasts))) };
          const name = `killed ${cut.cutAfter} ms after the beginning of ${from}`;
          const image = boots.path(`killed${at}`);
          const killed = await begin(image, cut);
          assert.ok(killed.console.includes(cut.cutAt), killed.console);
          if (killed.status === undefined) counted('cuts');
          const good = await boots.boot([{ file: image }], { commandLine: 'boot=good' });
          assert.equal(good.status, 0, `${name}: ${good.console}`);
          assert.equal(rootsIn(good.console).get('boot')?.root, 'good', `${name}: ${good.console}`);
          disks.push({ image, name, phase: undefined, mayDelete: killed.console.includes(phase('gc')) });
        }
        const task = boots.path('task');
        writeFileSync(task, JSON.stringify({ filesystem, held, top: boots.path('look'), disks }));
        lookIntoDisks(task);
        t.diagnostic(`${disks.map(({ name }) => name).join(', ')}: EBB_TEST_SEED=${chosen}`);
      } finally {
        boots.close();
      }
    });
  }
});

function phase(name: string): string {
  return `ebb-vm: phase ${name} `;
}

/** Milliseconds since the machine was started. */
function beginOf(console: string, name: string): number {
  const seconds = new RegExp(`^${phase(name)}(\\S+)$`, 'm').exec(console)?.[1];
  assert.ok(seconds !== undefined, `there is no ${name} in ${console}`);
  return Number(seconds) * 1000;
}
