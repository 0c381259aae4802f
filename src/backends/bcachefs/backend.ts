import { deletingNameFor } from '../../core/old-root-name.ts';
import { nameOf, parentOf, type RawName, type RawPath } from '../../core/rawpath.ts';
import { nestedSubvolumes, subvolumeOf } from '../../linux/bcachefs/subvolume.ts';
import { createSubvolume, destroySubvolume, snapshot } from '../../linux/bcachefs/subvolume-calls.ts';
import { copyTree } from '../../linux/old-roots/copy-tree.ts';
import { systemError } from '../../linux/system/errors.ts';
import { A_DIRECTORY, EACCES, ENOENT, STRICTLY_BELOW, type Syscalls } from '../../linux/system/syscalls.ts';
import { openInSteps } from '../../linux/tree/open-in-steps.ts';
import type { Backend } from '../../ports/backend.ts';

const EPERM = 1;
const ENOTEMPTY = 39;
const EEXIST = 17;
const DESTROY = 'BCH_IOCTL_SUBVOLUME_DESTROY';
/** Milliseconds. */
const PATIENCE = 10_000;
const LONGEST_PAUSE = 50;

/** Roots are subvolumes, made and gone at once. Needs a kernel that says which subvolume a directory belongs to. */
export function createBackend(calls: Syscalls): Backend {
  const units = new Subvolumes(calls);
  return {
    name: 'bcachefs',
    supports: { snapshots: true, exclusiveBytes: false },
    create: (directory, name) => createSubvolume(calls, directory, name),
    copy: (source, from, directory, name) => {
      if (!units.copy(source, from, directory, name)) copyTree(calls, source, from, directory, name);
    },
    removeWhole: (directory, name) => units.remove(directory, name),
    space: () => undefined,
  };
}

class Subvolumes {
  readonly #calls: Syscalls;

  constructor(calls: Syscalls) {
    this.#calls = calls;
  }

  /** False where it is no subvolume. Those that lie in it go first. */
  remove(directory: number, name: string): boolean {
    const isSubvolume = this.#open(directory, name, () => {});
    if (isSubvolume !== true) return isSubvolume ?? true;
    let error = destroySubvolume(this.#calls, directory, name);
    if (error === -ENOTEMPTY) {
      // Looked for only now: that takes as long as there are directories.
      this.#open(directory, name, (fd) => {
        this.#nestedIn(fd, (parent, nested) => {
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

  /** False where it is no subvolume. A snapshot has none of the subvolumes in it: those are copied, too. */
  copy(source: number, from: string, directory: number, name: string): boolean {
    const isSubvolume = this.#open(source, from, (fd) => {
      snapshot(this.#calls, fd, directory, name);
      this.#open(directory, name, (copy) => {
        this.#nestedIn(fd, (parent, nested, path) => {
          const into = openInSteps(this.#calls, copy, parentOf(path), A_DIRECTORY, STRICTLY_BELOW);
          if (into < 0) throw systemError('openat2', -into, path);
          try {
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
      if (subvolumeOf(this.#calls, fd) === subvolumeOf(this.#calls, directory)) return false;
      use(fd);
      return true;
    } finally {
      this.#calls.close(fd);
    }
  }

  #nestedIn(fd: number, use: (parent: number, name: string, path: RawPath) => void): void {
    for (const path of nestedSubvolumes(this.#calls, fd)) {
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
