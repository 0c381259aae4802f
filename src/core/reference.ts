import { EntryType } from './change.ts';
import type { Listing } from './listing.ts';
import type { RawName, RawPath } from './rawpath.ts';

/** What an entry is, compared with the reference. */
export const Judgement = {
  unchanged: 0,
  added: 1,
  modified: 2,
  typeChanged: 3,
  /** Gone between listing and looking: says nothing. */
  vanished: 4,
} as const;
export type Judgement = (typeof Judgement)[keyof typeof Judgement];

/** Something that the reference holds and the root no longer has. */
export interface MissingEntry {
  readonly name: RawName;
  readonly type: number;
  /** With all that was below it. */
  readonly entries: number;
  readonly mtime: number;
  /** Gives the paths below it, relative to it, for formats that want each one. */
  readonly descendants: () => Iterable<{ readonly path: string; readonly type: number }>;
}

/** One directory that the reference knows. Remembers which of its entries were met, to tell those that are missing. */
export interface ReferenceDirectory {
  /** Judges entry `i`, which thereby is met; calls `listing.stat(i)` where it needs more than the name and the type. */
  judge(listing: Listing, i: number): Judgement;
  /** Meets entry `i` without a judgement; false where the reference has none of its name. */
  meet(listing: Listing, i: number): boolean;
  /** Whether the reference has an entry of this name. */
  has(name: RawName): boolean;
  /** What it holds that was not met, `others` aside; means something only where `knowsMissing`. */
  missing(others?: ReadonlySet<string>): Iterable<MissingEntry>;
  readonly knowsMissing: boolean;
}

/** What a root is compared with. */
export interface Reference {
  /**
   * The directory at `path`; undefined where the reference has nothing in it, so that all that is there is new. With
   * `only`, nothing but these names will be asked for.
   */
  directory(path: RawPath, only?: Iterable<string>): ReferenceDirectory | undefined;
  /** Files whose content should have been compared and could not be read: judged by their times alone. */
  readonly unverified?: number;
  close(): void;
}

/** Compared with nothing, everything is new. */
export const nothing: Reference = { directory: () => undefined, close() {} };

/**
 * Changed since a moment, by ctime, which nobody can set back. Says nothing of deletions. A directory counts as added
 * where it was born since then: its ctime moves with every entry made in it.
 */
export function changedSince(seconds: number): Reference {
  const directory: ReferenceDirectory = {
    judge(listing, i) {
      if (!listing.stat(i)) return Judgement.vanished;
      if (listing.ctimeSec[i] < seconds) return Judgement.unchanged;
      const birth = listing.birthSec[i];
      if (birth >= seconds) return Judgement.added;
      // A directory without a birth time may just have got a new entry, which is reported by itself.
      if (listing.type[i] === EntryType.directory) return Judgement.unchanged;
      return birth < 0 ? Judgement.added : Judgement.modified;
    },
    meet: () => true,
    has: () => true,
    missing: () => [],
    knowsMissing: false,
  };
  return { directory: () => directory, close() {} };
}
