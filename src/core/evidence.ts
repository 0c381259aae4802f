import type { Category } from './category.ts';
import type { Persist } from './persist.ts';

/**
 * How much each kind of evidence counts for the category that it speaks for. The category with the greatest sum is that
 * of the path (`judge`), and rules are asked in the order of these numbers: this is the only table of them.
 *
 * Numbers far apart: a kind further up is not outvoted by a single piece from further down, only by several.
 */
export const weights = {
  /** A link to what no reset touches: whatever its place, nobody loses it. */
  'kept-link': 300,
  /** A person restored it from an old root: it was missed. */
  restored: 160,
  /** A catalogue entry that knows better than what its place or name says in general: a state file in a cache. */
  exception: 120,
  /** A key or an identity that was another one in each old root. */
  'lost-identity': 110,
  /** It comes back byte for byte at every boot. */
  'comes-back': 100,
  /** A general rule about a name or a place: `*.pid`, `~/.cache`. */
  general: 80,
  /** tmpfiles.d, or the activation of NixOS, makes it with its content at every boot. */
  recreated: 70,
  /** A catalogue entry about the service or program that it belongs to. */
  catalogue: 60,
  /** A unit's StateDirectory=, CacheDirectory=, LogsDirectory=, ConfigurationDirectory= or RuntimeDirectory=. */
  'unit-directory': 50,
  /** It grew over the life of old roots, or differed between them. */
  grows: 40,
  /** A path that a unit names otherwise: ReadWritePaths=, WorkingDirectory=, an argument of ExecStart=, a User='s home. */
  'unit-path': 30,
  /** A unit wrote it, as `ebb watch` saw. */
  written: 20,
  /** What its distribution makes of a place: on NixOS, /etc is links, and what is none was written since. */
  distribution: 15,
  /** Only its place tells: `/var/lib/NAME` is state, a home is somebody's. */
  place: 10,
} as const;

export type EvidenceKind = keyof typeof weights;

/** A fact that speaks for a category, and where it comes from. `detail` is a byte string: it may quote a path. */
export interface Evidence {
  /**
   * `rule`, `catalogue`, `unit`, `nixos`, `tmpfiles`, `sysusers`, `writer`, `history`, `link`, `mount`, `config`, `package`,
   * `filesystem`, `account`.
   */
  readonly source: string;
  readonly detail: string;
  /** How it counts; undefined: it tells something, and counts for nothing. */
  readonly kind?: EvidenceKind | undefined;
  /** What it speaks for, where it counts. */
  readonly category?: Category | undefined;
  /** The unit or program that it is about: `forgejo.service`. A byte string. */
  readonly by?: string | undefined;
  /** What to do about it, where that is not what the category says. */
  readonly persist?: Persist | undefined;
  /** The directory to persist instead, which may begin with `~/`: the file is replaced as a whole. */
  readonly instead?: string | undefined;
}

/**
 * What is known of a path and all below it before anybody has looked at it, as a unit or a line of tmpfiles.d says it.
 * One with a category is asked like a rule of the catalogue; one without only tells whom the path belongs to.
 */
export interface Claim {
  /** A byte string of the form that pattern.ts describes; `literalPattern` makes one of a path. */
  readonly pattern: string;
  /** Only what matches, not what lies below. */
  readonly exact: boolean;
  /** `EntryType`s that it is about; undefined: any. */
  readonly types?: readonly number[] | undefined;
  readonly evidence: Evidence;
}
