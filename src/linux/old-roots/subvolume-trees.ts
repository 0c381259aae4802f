import { nameOf, parentOf, type RawPath } from '../../core/rawpath.ts';
import { ENOENT } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { A_DIRECTORY, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';
import { copyTree } from './copy-tree.ts';

/** What differs between filesystems that have subvolumes. */
export interface SubvolumeKind {
  /** Whether the directory `fd`, which is in the directory `parent`, is the root of a subvolume. */
  isSubvolume(fd: number, parent: number): boolean;
  /** Where the subvolumes are that lie in the one whose root directory `fd` is, and in no other. */
  nestedIn(fd: number): Iterable<RawPath>;
  /** Makes a writable snapshot of the subvolume, without those that lie in it. */
  snapshot(fd: number, directory: number, name: string): void;
  /** Whether a snapshot shows an empty directory for each subvolume that it leaves out. */
  readonly leavesPlaceholders: boolean;
}

/** Subvolumes with those that lie in them. */
export class SubvolumeTrees {
  readonly #calls: Syscalls;
  readonly #kind: SubvolumeKind;

  constructor(calls: Syscalls, kind: SubvolumeKind) {
    this.#calls = calls;
    this.#kind = kind;
  }

  /** A snapshot of each subvolume; a plain directory is copied file by file. */
  copy(source: number, from: string, directory: number, name: string): void {
    if (!this.#snapshots(source, from, directory, name)) copyTree(this.#calls, source, from, directory, name);
  }

  /** False where it is no subvolume. */
  #snapshots(source: number, from: string, directory: number, name: string): boolean {
    const isSubvolume = this.open(source, from, (fd) => {
      this.#kind.snapshot(fd, directory, name);
      this.open(directory, name, (copy) => {
        this.eachNested(fd, (parent, nested, path) => {
          const into = openInSteps(this.#calls, copy, parentOf(path), A_DIRECTORY, STRICTLY_BELOW);
          if (into < 0) throw systemError('openat2', -into, path);
          try {
            const error = this.#kind.leavesPlaceholders ? this.#calls.unlinkAt(into, nested, true) : 0;
            if (error < 0) throw systemError('unlinkat', -error, path);
            this.#snapshots(parent, nested, into, nested);
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
  open(directory: number, name: string, use: (fd: number) => void): boolean | undefined {
    const fd = this.#calls.openAt(directory, name, A_DIRECTORY, STRICTLY_BELOW);
    if (fd === -ENOENT) return undefined;
    if (fd < 0) throw systemError('openat2', -fd, undefined);
    try {
      if (!this.#kind.isSubvolume(fd, directory)) return false;
      use(fd);
      return true;
    } finally {
      this.#calls.close(fd);
    }
  }

  /** The subvolumes that lie in the one whose root directory `fd` is, and in no other. */
  eachNested(fd: number, use: (parent: number, name: string, path: RawPath) => void): void {
    for (const path of this.#kind.nestedIn(fd)) {
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
