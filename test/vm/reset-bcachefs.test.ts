/** The reset on bcachefs, in virtual machines whose kernel has it: one device, two with two replicas, one of the two gone. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { Random, seedOf } from '../support/random.ts';
import { run } from '../support/workplace.ts';
import { afterCuts, assertKept } from './support/after-cut.ts';
import { type BcachefsTools, bcachefsToolsOrReason } from './support/bcachefs-tools.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import { type Cut, everyPrefix, makeImage, reordered } from './support/power-cut.ts';
import { ResetBoots, rootsIn } from './support/reset-boots.ts';
import { counted, tally } from './support/tally.ts';
import { readWriteLog } from './support/write-log.ts';

const kernel = kernelOrReason();
const found = typeof kernel === 'string' ? kernel : bcachefsToolsOrReason();
const tools = found as BcachefsTools;
/** Cuts that are tried, of all kinds: each takes a second in a machine. */
const SAMPLES = Number(process.env['EBB_TEST_SOAK'] ?? 12);
/** Disks that a machine has at a time. */
const DISKS = 20;
/** What bcachefs fsck ends with where it found something and mended it. */
const MENDED = 1;

describe('reset in a virtual machine on bcachefs', { skip: typeof found === 'string' ? found : false }, () => {
  after(() => console.log(tally()));

  async function using(use: (boots: ResetBoots) => Promise<void>): Promise<void> {
    const boots = new ResetBoots('bcachefs', kernel as Kernel, tools);
    try {
      await use(boots);
    } finally {
      boots.close();
    }
  }

  function format(boots: ResetBoots, names: readonly string[]): string[] {
    const files = names.map((name) => boots.blank(name));
    tools.run(['format', '-f', `--replicas=${files.length}`, ...files]);
    return files;
  }

  /**
   * A bcachefs of Linux 6.12 that lost the first entry of its journal after it was mounted wants to be repaired, whoever
   * writes to it, and the repair may fail, that of the kernel too. Nothing may be lost where it does not.
   */
  function repair(file: string): boolean {
    try {
      tools.run(['fsck', '-y', file], [0, MENDED]);
      return true;
    } catch {
      return false;
    }
  }

  /** @throws Error with what is wrong. */
  function check(files: readonly string[]): void {
    tools.run(['fsck', '-n', ...files]);
  }

  test('three boots leave three old roots; the filesystem is sound', () =>
    using(async (boots) => {
      const [disk = ''] = format(boots, ['disk']);
      for (const [name, kept] of [
        ['one', ['first']],
        ['two', ['first', 'one']],
        ['three', ['first', 'one', 'two']],
      ] as const) {
        const { console, status } = await boots.boot([{ file: disk }], { commandLine: `boot=${name}` });
        assert.equal(status, 0, console);
        assert.deepEqual(rootsIn(console).get('boot'), { root: name, kept }, console);
        check([disk]);
      }
    }));

  test('on two devices, and with one of them gone', () =>
    using(async (boots) => {
      const files = format(boots, ['disk', 'other']);
      const both = await boots.boot(
        files.map((file) => ({ file })),
        { commandLine: 'boot=one', env: 'EBB_DEVICE=/dev/vda:/dev/vdb' },
      );
      assert.deepEqual(rootsIn(both.console).get('boot'), { root: 'one', kept: ['first'] }, both.console);
      check(files);
      const gone = {
        commandLine: 'boot=two',
        env: 'EBB_DEVICE=/dev/vda:/dev/vdb EBB_OPTIONS=degraded MOUNTED=/dev/vda',
      };
      const one = await boots.boot([{ file: files[0] as string }], gone);
      assert.deepEqual(rootsIn(one.console).get('boot'), { root: 'two', kept: ['first', 'one'] }, one.console);
    }));

  test('a root that mv(1) would copy is not moved; one that it renames is, whatever it is', () =>
    using(async (boots) => {
      const [disk = ''] = format(boots, ['disk']);
      const { console, status } = await boots.boot([{ file: disk }], { script: kindsOfRoots });
      assert.equal(status, 0, console);
      const roots = rootsIn(console);
      assert.deepEqual(roots.get('plain-into-subvolume'), { root: 'first', kept: [] }, console);
      for (const moved of ['plain-into-plain', 'subvolume-into-subvolume', 'subvolume-into-plain']) {
        assert.deepEqual(roots.get(moved), { root: 'fresh', kept: ['first'] }, `${moved}: ${console}`);
      }
      assert.doesNotMatch(console, /left behind/);
      check([disk]);
    }));

  test('a power cut loses nothing, in whatever order the disk wrote, and the next boot finishes it', (t) =>
    using(async (boots) => {
      const [disk = ''] = format(boots, ['disk']);
      const install = 'mount -t bcachefs /dev/vda /mnt && install_in /mnt && umount /mnt';
      assert.equal((await boots.boot([{ file: disk }], { script: install })).status, 0);
      const [base, log] = [boots.path('base'), boots.path('log')];
      run('cp', ['--sparse=always', disk, base]);
      writeFileSync(log, '');
      const { console, status } = await boots.boot([{ file: disk, log }], { commandLine: 'boot=one' });
      assert.equal(status, 0, console);
      const writes = readWriteLog(log);
      const chosen = seedOf();
      const random = new Random(chosen);
      const prefixes = everyPrefix(writes);
      const cuts = Array.from({ length: SAMPLES / 2 }, () => random.of(prefixes) as Cut);
      cuts.push(...reordered(writes, SAMPLES / 2, random));
      t.diagnostic(`${cuts.length} cuts of ${writes.length} writes, EBB_TEST_SEED=${chosen}`);
      let lost = 0;
      for (let at = 0; at < cuts.length; at += DISKS) lost += await checkCuts(boots, base, cuts.slice(at, at + DISKS));
      t.diagnostic(`${lost} of them before bcachefs had written anything of the boot, and beyond its own repair`);
    }));

  /** Each on a disk of its own, in one machine. Gives how many of them bcachefs itself lost. */
  async function checkCuts(boots: ResetBoots, base: string, cuts: readonly Cut[]): Promise<number> {
    const images = cuts.map((cut, at) => {
      counted('cuts');
      const file = boots.path(`cut${at}`);
      makeImage(file, base, cut);
      return { name: cut.name, file };
    });
    const { unmounted, console } = await lookInto(boots, images);
    // Before anything of this boot was on the disk, the reset too.
    const empty = console.split('no entries found after dropping non-flushes').length - 1;
    assert.equal(unmounted.length, empty, console);
    const repaired = unmounted.filter(({ file }) => repair(file));
    assert.deepEqual((await lookInto(boots, repaired)).unmounted, []);
    return unmounted.length - repaired.length;
  }

  /** Gives those that the kernel did not mount. */
  async function lookInto<T extends { name: string; file: string }>(
    boots: ResetBoots,
    images: readonly T[],
  ): Promise<{ unmounted: T[]; console: string }> {
    if (images.length === 0) return { unmounted: [], console: '' };
    const disks = images.map((_, at) => `/dev/vd${String.fromCharCode('a'.charCodeAt(0) + at)}`);
    const script = afterCuts({ disks, mount: 'mount -t bcachefs', top: '/mnt', script: '/boot/reset-root' });
    const { console, status } = await boots.boot(images, { script });
    assert.equal(status, 0, console);
    const states = assertKept(images, console);
    const unmounted = images.filter(({ file }, at) => {
      if (states[at] !== undefined) check([file]);
      return states[at] === undefined;
    });
    return { unmounted, console };
  }
});

/** Top levels of each kind in subvolumes of one filesystem, which are as good as filesystems here. */
const kindsOfRoots = `
mount -t bcachefs /dev/vda /mnt || exit 7
for kind in plain-into-subvolume plain-into-plain subvolume-into-subvolume subvolume-into-plain; do
  top=/mnt/$kind
  mkdir $top
  case $kind in plain-*) mkdir $top/@root ;; *) bcachefs subvolume create $top/@root ;; esac
  case $kind in *-into-plain) mkdir $top/@snapshots ;; *) bcachefs subvolume create $top/@snapshots ;; esac
  mkdir -p $top/@persist $top/@root/var/lib
  echo kept >$top/@persist/state
  echo data >$top/@root/var/lib/data
  echo first >$top/@root/marker
  before=$(stat -c %i $top/@root/marker)
  /boot/reset-root --root $top --boot-id x || echo "not reset: $kind"
  say_roots $top $kind
  for file in $top/@root/marker $top/@snapshots/old_roots/*/marker; do
    [ ! -e $file ] || [ "$(stat -c %i $file)" = "$before" ] || echo "left behind: copied"
  done
  find $top -name .ebb-probe -exec echo "left behind:" {} ';'
done
umount /mnt
`;
