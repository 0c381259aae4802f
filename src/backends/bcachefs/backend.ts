import { deletingNameFor } from '../../core/old-root-name.ts';
import type { RawName } from '../../core/rawpath.ts';
import { nestedSubvolumes, subvolumeOf } from '../../linux/bcachefs/subvolume.ts';
import { createSubvolume, destroySubvolume, snapshot } from '../../linux/bcachefs/subvolume-calls.ts';
import { SubvolumeTrees } from '../../linux/old-roots/subvolume-trees.ts';
import { EACCES, EEXIST, ENOENT, ENOTEMPTY, EPERM } from '../../linux/system/errno.ts';
import { systemError } from '../../linux/system/errors.ts';
import type { Syscalls } from '../../linux/system/syscalls.ts';
import type { Backend } from '../../ports/backend.ts';

const DESTROY = 'BCH_IOCTL_SUBVOLUME_DESTROY';
/** Milliseconds. */
const PATIENCE = 10_000;
const LONGEST_PAUSE = 50;

/** Roots are subvolumes, made and gone at once. Needs a kernel that says which subvolume a directory belongs to. */
export function createBackend(calls: Syscalls): Backend {
  const trees = new SubvolumeTrees(calls, {
    isSubvolume: (fd, parent) => subvolumeOf(calls, fd) !== subvolumeOf(calls, parent),
    nestedIn: (fd) => nestedSubvolumes(calls, fd),
    snapshot: (fd, directory, name) => snapshot(calls, fd, directory, name),
    leavesPlaceholders: false,
  });
  const removal = new SubvolumeRemoval(calls, trees);
  return {
    name: 'bcachefs',
    supports: { snapshots: true, exclusiveBytes: false },
    create: (directory, name) => createSubvolume(calls, directory, name),
    copy: (source, from, directory, name) => trees.copy(source, from, directory, name),
    removeWhole: (directory, name) => removal.remove(directory, name),
    space: () => undefined,
  };
}

class SubvolumeRemoval {
  readonly #calls: Syscalls;
  readonly #trees: SubvolumeTrees;

  constructor(calls: Syscalls, trees: SubvolumeTrees) {
    this.#calls = calls;
    this.#trees = trees;
  }

  /** False where it is no subvolume. Those that lie in it go first. */
  remove(directory: number, name: string): boolean {
    const isSubvolume = this.#trees.open(directory, name, () => {});
    if (isSubvolume !== true) return isSubvolume ?? true;
    let error = destroySubvolume(this.#calls, directory, name);
    if (error === -ENOTEMPTY) {
      // Looked for only now: that takes as long as there are directories.
      this.#trees.open(directory, name, (fd) => {
        this.#trees.eachNested(fd, (parent, nested) => {
          const moved = this.#moveOut(parent, nested, directory);
          if (moved === undefined) this.remove(parent, nested);
          else this.remove(directory, moved);
        });
      });
      error = this.#destroyOnceEmpty(directory, name);
    }
    const held = error === -ENOTEMPTY ? ' (a subvolume that was deleted from it is in use)' : '';
    // Who may not destroy it may perhaps empty it.
    if (error === -EPERM || error === -EACCES) return false;
    if (error < 0 && error !== -ENOENT) throw systemError(DESTROY + held, -error, undefined);
    return true;
  }

  /**
   * A subvolume that was deleted counts as lying in its parent until the kernel has dropped the last inode of every
   * subvolume deleted before (Linux 6.12): an open file would keep the parent. So it is moved beside the parent first.
   * undefined where it cannot be moved, as on a full disk.
   */
  #moveOut(parent: number, nested: string, directory: number): string | undefined {
    for (const taken = new Set<string>(); ; ) {
      const moved = deletingNameFor(nested as RawName, taken);
      const error = this.#calls.renameNoReplace(parent, nested, directory, moved);
      if (error >= 0) return moved;
      if (error !== -EEXIST) return undefined;
      taken.add(moved);
    }
  }

  /** What somebody else deleted from it just before counts as well, and nothing tells until when. */
  #destroyOnceEmpty(directory: number, name: string): number {
    for (let waited = 0, pause = 1; ; waited += pause, pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const error = destroySubvolume(this.#calls, directory, name);
      if (error !== -ENOTEMPTY || waited > PATIENCE) return error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    }
  }
}
