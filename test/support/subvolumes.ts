/** Subvolumes for tests, as the filesystem's own tool or its system calls make them. Paths are byte strings. */
import { closeSync, constants, linkSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { nameOf, parentOf, type RawPath } from '../../src/core/rawpath.ts';
import { createSubvolume, snapshot } from '../../src/linux/bcachefs/subvolume-calls.ts';
import { Syscalls } from '../../src/linux/system/syscalls.ts';
import { run } from './workplace.ts';

export interface Subvolumes {
  create(path: string): void;
  snapshot(from: string, to: string, readOnly: boolean): void;
  /** As the kernel behaves, not as ebb reads it. */
  is(path: string): boolean;
}

export const btrfsSubvolumes: Subvolumes = {
  create: (path) => void run('btrfs', ['-q', 'subvolume', 'create', path]),
  snapshot: (from, to, readOnly) => {
    run('btrfs', ['-q', 'subvolume', 'snapshot', ...(readOnly ? ['-r'] : []), from, to]);
  },
  is: (path) => statSync(bytes(path)).ino === 256,
};

/** Its tool is in no release of Debian. */
export const bcachefsSubvolumes: Subvolumes = {
  create: (path) => {
    inParent(path, (calls, parent, name) => createSubvolume(calls, parent, name));
  },
  snapshot: (from, to, readOnly) => {
    const source = openSync(bytes(from), constants.O_DIRECTORY);
    inParent(to, (calls, parent, name) => snapshot(calls, source, parent, name, readOnly));
    closeSync(source);
  },
  /** No hard link leads out of a subvolume. */
  is: (path) => {
    const [inside, beside] = [bytes(`${path}/.probe`), bytes(`${path}.probe`)];
    writeFileSync(inside, '');
    try {
      linkSync(inside, beside);
      rmSync(beside);
      return false;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EXDEV') return true;
      throw error;
    } finally {
      rmSync(inside);
    }
  },
};

function inParent(path: string, use: (calls: Syscalls, parent: number, name: string) => void): void {
  const calls = Syscalls.load();
  if (calls === undefined) throw new Error('no system calls here');
  const umask = process.umask(0o022);
  const parent = openSync(bytes(parentOf(path as RawPath)), constants.O_DIRECTORY);
  try {
    use(calls, parent, nameOf(path as RawPath));
  } finally {
    closeSync(parent);
    process.umask(umask);
  }
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
