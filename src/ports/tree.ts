import type { Listing } from '../core/listing.ts';
import type { RawPath } from '../core/rawpath.ts';

/**
 * - `read`: all of it was listed
 * - `gone`: no such directory any more, or something else of that name
 * - `denied`: no permission for it or for something in it, or a disk that does not answer
 * - `boundary`: another mount lies there
 */
export type ListOutcome = 'read' | 'gone' | 'denied' | 'boundary';

/**
 * The root that is examined, held by a descriptor. Paths are absolute in it; no symlink on the way is followed, no
 * mount crossed.
 */
export interface Tree {
  /** Calls `batch` with the entries of the directory, a part at a time; a listing is valid during its call only. */
  list(path: RawPath, batch: (listing: Listing) => void): ListOutcome;
  /** The same for these names only, with all columns filled; those that do not exist are left out. */
  look(path: RawPath, names: readonly string[], batch: (listing: Listing) => void): ListOutcome;
  close(): void;
}
