import type { Space } from '../core/report.ts';
import type { OldRootAbilities } from './old-roots.ts';

/**
 * What differs between filesystems that keep roots. Everything else, names, notes, locks and the order of things, is
 * the same for all of them. Directories are descriptors, names are one component each, and errors are thrown as
 * SystemError.
 */
export interface Backend {
  /** `btrfs`, `bcachefs`, `directory`, `tmpfs`. */
  readonly name: string;
  readonly supports: OldRootAbilities;
  /** Makes an empty root as `name` in `directory`; EEXIST where there is something. */
  create(directory: number, name: string): void;
  /**
   * Copies the root `from` in the directory `source` to `name` in `directory`, which is not there, with what lies in it.
   * May be stopped half-way: what is there then is removed before it is called again.
   */
  copy(source: number, from: string, directory: number, name: string): void;
  /**
   * Deletes what is `name` in the directory `directory` at once, with all that lies in it, where it is a unit of this
   * filesystem, such as a subvolume. False where it is an ordinary directory, which the caller then empties.
   */
  removeWhole(directory: number, name: string): boolean;
  /** How much what the descriptor is the root directory of takes; undefined where that is not known at once. */
  space(fd: number): Space | undefined;
}
