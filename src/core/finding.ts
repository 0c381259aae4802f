import type { ChangeKind } from './change.ts';
import type { ClassCode } from './class-code.ts';
import type { Listing } from './listing.ts';
import type { RawPath } from './rawpath.ts';
import type { MissingEntry } from './reference.ts';

/** Which entries of a directory are looked at, where it is not all of them. */
export interface Scope {
  /** Entries to look at; true: with everything below them. */
  readonly names: ReadonlyMap<string, boolean>;
  /** Entries may have come or gone: the directory is listed, and compared by names with the reference. */
  readonly entriesChanged: boolean;
}

/** A directory that is still to be examined. Plain data: it may be handed to another thread. */
export interface Place {
  /** Its row in the sink that gathers rows. */
  readonly id: number;
  readonly path: RawPath;
  /** The reference has no such directory, or nothing in it: all that is there is new. */
  readonly isNew: boolean;
  readonly shadowed: boolean;
  readonly scope: Scope | undefined;
}

/** What is known of an entry before anything is decided about rows. */
export interface Finding {
  readonly kind: ChangeKind;
  readonly code: ClassCode;
  /** Index of the rule that gave the category; -1: none. */
  readonly rule: number;
  /** Where a symlink leads that makes it nobody's loss. */
  readonly link: string | undefined;
}

/** Takes what an examination finds. */
export interface Sink {
  /** Whether sizes and times are of any use to it: without, most entries need no stat. */
  readonly needsSizes: boolean;
  /** A directory that will be examined. `finding` is undefined where it is no change itself. Gives the id of its place. */
  directory(parent: Place, finding: Finding | undefined, listing: Listing, i: number): number;
  /** A mount point whose hidden content will be examined. */
  mountPoint(parent: Place, code: ClassCode, rule: number, listing: Listing, i: number): number;
  entry(place: Place, finding: Finding, listing: Listing, i: number): void;
  missing(place: Place, finding: Finding, entry: MissingEntry): void;
}
