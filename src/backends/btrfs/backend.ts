import { nameOf, parentOf, type RawPath, ROOT } from '../../core/rawpath.ts';
import { SubvolumeChanges } from '../../linux/btrfs/changes.ts';
import { spaceOf } from '../../linux/btrfs/quota.ts';
import { subvolumeInfo } from '../../linux/btrfs/subvolume.ts';
import { createSubvolume, destroySubvolume, makeWritable, snapshot } from '../../linux/btrfs/subvolume-calls.ts';
import { FIRST_INODE, TreeSearch } from '../../linux/btrfs/tree-search.ts';
import { copyTree } from '../../linux/old-roots/copy-tree.ts';
import { systemError } from '../../linux/system/errors.ts';
import { A_DIRECTORY, ENOENT, STRICTLY_BELOW, type Syscalls } from '../../linux/system/syscalls.ts';
import { openInSteps } from '../../linux/tree/open-in-steps.ts';
import type { Backend } from '../../ports/backend.ts';

/** Roots are subvolumes, made and gone at once; a plain directory is treated as anywhere, but for those in it. */
export function createBackend(calls: Syscalls, inodeOf: (fd: number) => number): Backend {
  const units = new Subvolumes(calls, inodeOf);
  return {
    name: 'btrfs',
    supports: { snapshots: true, exclusiveBytes: true },
    create: (directory, name) => createSubvolume(calls, directory, name),
    copy: (source, from, directory, name) => {
      if (!units.copy(source, from, directory, name)) copyTree(calls, source, from, directory, name);
    },
    removeWhole: (directory, name) => units.remove(directory, name),
    space: (fd) => (inodeOf(fd) === FIRST_INODE ? spaceOf(calls, fd) : undefined),
  };
}

class Subvolumes {
  readonly #calls: Syscalls;
  readonly #inodeOf: (fd: number) => number;

  constructor(calls: Syscalls, inodeOf: (fd: number) => number) {
    this.#calls = calls;
    this.#inodeOf = inodeOf;
  }

  /** False where it is no subvolume. Those that lie in it go first, the deepest of them before the others. */
  remove(directory: number, name: string): boolean {
    const isSubvolume = this.#open(directory, name, (fd) => {
      makeWritable(this.#calls, fd);
      this.#nestedIn(fd, (parent, nested) => {
        this.remove(parent, nested);
      });
    });
    if (isSubvolume === true) destroySubvolume(this.#calls, directory, name);
    return isSubvolume ?? true;
  }

  /** False where it is no subvolume. A snapshot shows an empty directory for each subvolume in it: those are copied, too. */
  copy(source: number, from: string, directory: number, name: string): boolean {
    const isSubvolume = this.#open(source, from, (fd) => {
      snapshot(this.#calls, fd, directory, name);
      this.#open(directory, name, (copy) => {
        this.#nestedIn(fd, (parent, nested, path) => {
          const into = openInSteps(this.#calls, copy, parentOf(path), A_DIRECTORY, STRICTLY_BELOW);
          if (into < 0) throw systemError('openat2', -into, path);
          try {
            const error = this.#calls.unlinkAt(into, nested, true);
            if (error < 0) throw systemError('unlinkat', -error, path);
            this.copy(parent, nested, into, nested);
          } finally {
            this.#calls.close(into);
          }
        });
      });
    });
    if (isSubvolume === undefined) throw systemError('openat2', ENOENT, undefined);
    return isSubvolume;
  }

  /** undefined where there is nothing of this name, false where it is no subvolume. */
  #open(directory: number, name: string, use: (fd: number) => void): boolean | undefined {
    const fd = this.#calls.openAt(directory, name, A_DIRECTORY, STRICTLY_BELOW);
    if (fd === -ENOENT) return undefined;
    if (fd < 0) throw systemError('openat2', -fd, undefined);
    try {
      if (this.#inodeOf(fd) !== FIRST_INODE) return false;
      use(fd);
      return true;
    } finally {
      this.#calls.close(fd);
    }
  }

  /** The subvolumes that lie in this one, and in no other. */
  #nestedIn(fd: number, use: (parent: number, name: string, path: RawPath) => void): void {
    const info = subvolumeInfo(this.#calls, fd);
    if (info === undefined) return;
    for (const { path } of new SubvolumeChanges(new TreeSearch(this.#calls, fd), info.id, ROOT).nested()) {
      const parent = openInSteps(this.#calls, fd, parentOf(path), A_DIRECTORY, STRICTLY_BELOW);
      // Moved or gone meanwhile: the subvolume itself will not go while it holds another.
      if (parent < 0) continue;
      try {
        use(parent, nameOf(path), path);
      } finally {
        this.#calls.close(parent);
      }
    }
  }
}
