/** bcachefs, which this machine's kernel need not have: in a virtual machine whose kernel has it. */
import assert from 'node:assert/strict';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { Workplace } from '../support/workplace.ts';
import { makeInitramfs } from './support/initramfs.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import { boot, type Outcome } from './support/machine.ts';
import { inSystem, makeSystemImage } from './support/system-image.ts';

/** What the contracts run. */
const PROGRAMS = ['sh', 'mount', 'umount', 'unshare', 'mkfifo', 'chattr', 'diff', 'rm', 'sleep'];
const CONTRACTS = ['test/contract/top-level.test.ts', 'test/contract/old-roots.test.ts'];
const BOTH = '/dev/vdb:/dev/vdc';
const SECONDS = 240;

const kernel = kernelOrReason();

describe('bcachefs in a virtual machine', { skip: typeof kernel === 'string' ? kernel : false }, () => {
  let workplace: Workplace;
  let system: string;
  let disks: string[];
  before(() => {
    workplace = new Workplace();
    system = join(workplace.path, 'system.img');
    makeSystemImage(system, workplace.make('system'), PROGRAMS);
    disks = ['disk0', 'disk1'].map(blankDisk);
  });
  after(() => workplace.close());

  /** Two of them are one filesystem with two replicas of everything: `bcachefs format --replicas=2` made them. */
  function blankDisk(name: string): string {
    const file = join(workplace.path, name);
    const bytes = zstdDecompressSync(readFileSync(new URL(`images/${name}.img.zst`, import.meta.url)));
    writeSparse(file, bytes);
    return file;
  }

  /** Boots with these disks, and runs commands where the repository is. */
  async function run(name: string, files: readonly string[], commands: string): Promise<Outcome> {
    const initramfs = join(workplace.path, `${name}.cpio`);
    makeInitramfs(initramfs, { kernel: kernel as Kernel, modules: ['bcachefs'], script: inSystem(commands) });
    return await boot({
      ...{ kernel: kernel as Kernel, initramfs, console: join(workplace.path, `${name}.console`) },
      disks: [{ file: system, readOnly: true }, ...files.map((file) => ({ file }))],
      ...{ megabytes: 1024, seconds: SECONDS },
    });
  }

  test('the contracts of old roots and of the top level hold, and the filesystem is sound afterwards', async () => {
    const { console, status } = await run(
      'contracts',
      disks,
      `mount -t bcachefs ${BOTH} /mnt
       export EBB_TEST_BCACHEFS=/mnt
       node --test --test-isolation=none --test-reporter=spec --test-name-pattern=bcachefs ${CONTRACTS.join(' ')}
       node test/vm/guest/two-disks.ts /mnt
       cd / && umount /mnt
       mount -t bcachefs -o fsck,fix_errors=yes ${BOTH} /mnt`,
    );
    assert.equal(status, 0, console);
    assert.match(console, /^ℹ pass (?!0$)\d+$/m);
    // The kernel tells what it repairs. Where the original of a snapshot goes, Linux 6.12 itself leaves a reference to it.
    const repaired = console.split('\n').filter((line) => /, fixing$/.test(line) && !line.includes('snapshot_tree'));
    assert.deepEqual(repaired, [], console);
  });

  test('with one of two disks, old roots are listed, restored from and removed', async () => {
    const { console, status } = await run(
      'degraded',
      disks.slice(0, 1),
      `mount -t bcachefs -o degraded /dev/vdb /mnt
       EBB_TEST_BCACHEFS=/mnt node --test --test-isolation=none --test-reporter=spec test/vm/guest/one-disk.ts`,
    );
    assert.equal(status, 0, console);
    assert.match(console, /^ℹ pass 3$/m);
  });
});

/** Almost all of them are zeros. */
function writeSparse(file: string, bytes: Buffer): void {
  const fd = openSync(file, 'w');
  const size = 65_536;
  const zeros = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    if (!part.equals(zeros)) writeSync(fd, part, 0, part.length, at);
  }
  ftruncateSync(fd, bytes.length);
  closeSync(fd);
}
