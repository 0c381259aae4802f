/**
 * Looks into disks whose power was cut: mounts each, lets the next boot's reset and `gc` run on it, and checks the
 * filesystem. A program of its own, in a namespace of mounts of its own: where others copied these, umount(8) would leave
 * the disks mounted. Reads the task from a file, and prints what it found of each disk.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from '../../support/workplace.ts';
import { assertFinished, assertLostNothing, type Found, type Held } from './lost-nothing.ts';
import type { Phase, WholeFilesystem } from './whole-boot.ts';

export interface Task {
  readonly filesystem: WholeFilesystem;
  readonly held: Held;
  /** A directory to mount them at. */
  readonly top: string;
  readonly disks: readonly DiskToLookInto[];
}

export interface DiskToLookInto {
  readonly image: string;
  /** Which cut, for messages. */
  readonly name: string;
  readonly phase: Phase | undefined;
  readonly mayDelete: boolean;
}

const repository = fileURLToPath(new URL('../../../', import.meta.url));
/** What looks at a filesystem that is not mounted, and changes nothing. */
const fsck = { ext4: ['e2fsck', '-fn'], btrfs: ['btrfs', 'check', '--readonly'] } as const;

/** The same in the namespace that is this program's own. */
export function lookIntoDisks(taskFile: string): Found[] {
  const program = fileURLToPath(import.meta.url);
  const words = ['--mount', '--propagation', 'private', process.execPath, program, taskFile];
  const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Found[];
}

function lookInto({ filesystem, held, top }: Task, disk: DiskToLookInto): Found {
  run('mount', ['-o', 'loop', disk.image, top]);
  let found: Found;
  try {
    found = assertLostNothing(top, held, disk);
    const settings = [`EBB_FILESYSTEM=${filesystem === 'btrfs' ? filesystem : 'directory'}`, 'EBB_ENV=/dev/null'];
    run('env', [...settings, `${repository}boot/reset-root`, '--root', top, '--boot-id', 'after-the-cut']);
    assertLostNothing(top, held, { ...disk, mayDelete: true });
    const oldRoots = `${top}/@snapshots/old_roots`;
    // Two more than the boot kept: it may have left a root of its own, and so may one after it.
    const policy = ['--recent', '4', '--weekly', '0', '--monthly', '0'];
    run(process.execPath, [`${repository}dist/main.cjs`, 'gc', '--old-roots', oldRoots, ...policy]);
    assertLostNothing(top, held, { ...disk, mayDelete: true });
    assertFinished(top);
  } finally {
    run('umount', [top]);
  }
  const [program, ...words] = fsck[filesystem];
  run(program, [...words, disk.image]);
  return found;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const task = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Task;
  mkdirSync(task.top, { recursive: true });
  const found = task.disks.map((disk) => {
    try {
      return lookInto(task, disk);
    } catch (error) {
      throw new Error(disk.name, { cause: error });
    }
  });
  process.stdout.write(JSON.stringify(found));
}
