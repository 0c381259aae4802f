import type { RawPath } from '../core/rawpath.ts';
import type { OldRootAbilities } from './old-roots.ts';

/**
 * The top level of a filesystem that keeps roots (`@root`, `@snapshots/old_roots`, …), held by a descriptor. Paths are
 * absolute in it. What a call makes is there whole and on the disk when it returns, or not at all; nothing is ever
 * replaced, no symlink is followed, no mount is crossed.
 */
export interface TopLevel {
  /** As this machine names it, for people. */
  readonly directory: RawPath;
  /** `btrfs`, `bcachefs`, `directory`, `tmpfs` or `memory`. */
  readonly backend: string;
  readonly supports: OldRootAbilities;
  /**
   * An empty root: a subvolume where there are any, owned by the caller, mode 0755.
   * @throws Failure where the name is taken, or its parent is no directory.
   */
  create(path: RawPath): void;
  /**
   * A copy of the root `from`, writable, with the subvolumes that lie in it: a snapshot where `supports.snapshots`, else
   * file by file, sharing data where the filesystem can. Sockets are not copied. Stopped half-way, a later call begins
   * anew. @throws Failure as `create`, or where a part of it cannot be copied.
   */
  copy(from: RawPath, to: RawPath): void;
  /**
   * Puts a root in its place by renaming it: it is never copied. @throws Failure where the name is taken, or the
   * filesystem does not rename it there (a plain directory into another subvolume, a read-only subvolume).
   */
  move(from: RawPath, to: RawPath): void;
  /** Holds a root that was made, so that it can be filled; `gc` leaves it meanwhile. */
  hold(path: RawPath): { readonly fd: number; close(): void };
  close(): void;
}
