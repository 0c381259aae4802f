/** The reset in an initramfs: boots one after the other, words of the command line, and a power cut after any write. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Random, seedOf } from '../support/random.ts';
import { isRoot, run } from '../support/workplace.ts';
import { afterCuts, assertKept } from './support/after-cut.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import { type Cut, everyPrefix, makeImage, reordered } from './support/power-cut.ts';
import { type Filesystem, type HowToBoot, type Markers, ResetBoots } from './support/reset-boots.ts';
import { counted, tally } from './support/tally.ts';
import { readWriteLog } from './support/write-log.ts';

const kernel = kernelOrReason();
const script = fileURLToPath(new URL('../../boot/reset-root', import.meta.url));
const oldRoots = '@snapshots/old_roots';
/** Reorderings that are tried, besides every prefix. */
const SAMPLES = Number(process.env['EBB_TEST_SOAK'] ?? 8);

/** What looks at a filesystem that is not mounted, and changes nothing. */
const fsck = { ext4: ['e2fsck', '-fn'], btrfs: ['btrfs', 'check', '--readonly'] } as const;

type Mountable = Exclude<Filesystem, 'bcachefs'>;

/** A machine with one disk, which this machine can look into. */
class World {
  readonly disk: string;
  readonly boots: ResetBoots;

  constructor(filesystem: Mountable) {
    this.boots = new ResetBoots(filesystem, kernel as Kernel);
    this.disk = this.boots.blank('disk');
    run(`mkfs.${filesystem}`, ['-q', this.disk]);
    this.boots.mounted(this.disk, (top) => {
      if (filesystem === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', join(top, '@root')]);
      mkdirSync(join(top, '@root/var/lib'), { recursive: true });
      mkdirSync(join(top, '@persist'));
      writeFileSync(join(top, '@persist/state'), 'kept');
      writeFileSync(join(top, '@root/var/lib/data'), 'data\n');
      writeFileSync(join(top, '@root/marker'), 'first\n');
    });
  }

  boot(commandLine: string, { log, ...how }: HowToBoot & { readonly log?: string } = {}) {
    const disk = log === undefined ? { file: this.disk } : { file: this.disk, log };
    return this.boots.boot([disk], { ...how, commandLine });
  }

  get markers(): Markers {
    return this.boots.mounted(this.disk, markers);
  }
}

/** What each root's marker says: of the root, and of the old roots. */
function markers(top: string): Markers {
  const of = (directory: string): string | undefined => {
    const file = join(top, directory, 'marker');
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  };
  const directory = join(top, oldRoots);
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith('.')) : [];
  return { root: of('@root'), kept: names.map((name) => of(`${oldRoots}/${name}`) ?? '').sort() };
}

const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';

for (const filesystem of ['ext4', 'btrfs'] as const) {
  describe(`reset in a virtual machine on ${filesystem}`, { skip: unavailable }, () => {
    after(() => console.log(tally()));

    async function using(use: (world: World) => Promise<void>): Promise<void> {
      const world = new World(filesystem);
      try {
        await use(world);
      } finally {
        world.boots.close();
      }
    }

    test('each boot begins anew and leaves its root behind; ebb.skip and ebb.root are heeded', () =>
      using(async (world) => {
        for (const [commandLine, root, kept] of [
          ['boot=one', 'one', ['first']],
          ['boot=two', 'two', ['first', 'one']],
          ['boot=three ebb.skip', 'three', ['first', 'one']],
        ] as const) {
          const { console, status } = await world.boot(commandLine);
          assert.equal(status, 0, console);
          assert.deepEqual(world.markers, { root, kept }, console);
        }
        const name = world.boots.mounted(world.disk, (top) =>
          readdirSync(join(top, oldRoots)).find(
            (entry) => readFileSync(join(top, oldRoots, entry, 'marker'), 'utf8') === 'first\n',
          ),
        );
        const { console } = await world.boot(`ebb.root=${name}`);
        assert.deepEqual(world.markers, { root: 'first', kept: ['first', 'one', 'three'] }, console);
        world.boots.mounted(world.disk, (top) => {
          assert.equal(readFileSync(join(top, '@root/var/lib/data'), 'utf8'), 'data\n');
          assert.equal(readFileSync(join(top, '@persist/state'), 'utf8'), 'kept');
        });
      }));

    test('the first reset waits for persistent storage, or for ebb.force', () =>
      using(async (world) => {
        world.boots.mounted(world.disk, (top) => rmSync(join(top, '@persist/state')));
        const refused = await world.boot('boot=one');
        assert.match(refused.console, /it never was before, and @persist is empty(.|\n)*not reset: 4/);
        assert.deepEqual(world.markers, { root: 'one', kept: [] });
        const forced = await world.boot('boot=two ebb.force');
        assert.deepEqual(world.markers, { root: 'two', kept: ['one'] }, forced.console);
      }));

    test('a power cut after any write loses nothing, nor one that a disk reorders, and the next boot finishes it', (t) =>
      using(async (world) => {
        const [base, log] = [world.boots.path('base'), world.boots.path('log')];
        run('cp', ['--sparse=always', world.disk, base]);
        writeFileSync(log, '');
        const { console, status } = await world.boot('boot=one', { log });
        assert.equal(status, 0, console);
        const writes = readWriteLog(log);
        const chosen = seedOf();
        const cuts = [...everyPrefix(writes), ...reordered(writes, SAMPLES, new Random(chosen))];
        const states = checkCuts(world.boots, base, cuts);
        const flushes = writes.filter(({ isFlush }) => isFlush).length;
        t.diagnostic(`${writes.length} writes, ${flushes} flushes, ${SAMPLES} reorderings, EBB_TEST_SEED=${chosen}`);
        // A log without these would prove nothing.
        assert.ok(states.has('before') && states.has('after') && !states.has(undefined), [...states].join());
      }));
  });
}

/** That the disk as it was then has lost nothing, and is reset by the next boot: how far it had come, for each cut. */
function checkCuts(boots: ResetBoots, base: string, cuts: readonly Cut[]) {
  const disks = cuts.map((cut, at) => {
    counted('cuts');
    const image = boots.path(`cut${at}`);
    makeImage(image, base, cut);
    return image;
  });
  const commands = afterCuts({ disks, mount: 'mount -o loop', top: boots.top(), script });
  const settings = `EBB_FILESYSTEM=${boots.filesystem === 'ext4' ? 'directory' : boots.filesystem}`;
  // In a namespace of its own: where others copied its mounts, umount(8) would leave these disks mounted.
  const alone = ['--mount', '--propagation', 'private', 'env', 'EBB_ENV=/dev/null', settings];
  const states = assertKept(cuts, run('unshare', [...alone, 'sh', '-c', `exec 2>&1; ${commands}`]));
  for (const [at, disk] of disks.entries()) {
    const check = [...fsck[boots.filesystem as Mountable], disk];
    run('sh', ['-c', '"$@" >&2', cuts[at]?.name ?? '', ...check]);
  }
  return new Set(states);
}
