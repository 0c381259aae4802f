import type { OldRootAbilities } from './old-roots.ts';

/**
 * What differs between filesystems that keep old roots. Everything else, names, notes, locks and the order of things,
 * is the same for all of them.
 */
export interface Backend {
  /** `btrfs`, `bcachefs`, `directory`, `tmpfs`. */
  readonly name: string;
  readonly supports: OldRootAbilities;
  /**
   * Deletes what is `name` in the directory `directory` at once, with all that lies in it, where it is a unit of this
   * filesystem, such as a subvolume. False where it is an ordinary directory, which the caller then empties.
   */
  removeWhole(directory: number, name: string): boolean;
  /** Bytes that would be free without what the descriptor is the root directory of; undefined where that is not cheap. */
  exclusiveBytes(fd: number): number | undefined;
}
