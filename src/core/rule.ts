import type { Category } from './category.ts';
import type { EvidenceKind } from './evidence.ts';
import type { Persist } from './persist.ts';
import type { SortedPatterns } from './sorted-patterns.ts';

/**
 * A rule of the catalogue. `pattern` is a byte string, matched component by component: `*` and `?` stand for bytes of
 * one component, a `**` component for any number of components (none too), a leading `~/` for a user's home (`/root/`
 * or below `/home`) and for the homes of flatpaks and snaps within it; pattern.ts has the details. A rule covers the
 * paths that match and all that lies below these, unless `exact`.
 */
export interface Rule {
  readonly pattern: string;
  readonly category: Category;
  /** Covers only what matches, not what lies below. */
  readonly exact: boolean;
  /** `EntryType`s of the entries that it judges, whatever lies above these; undefined: any. */
  readonly types: readonly number[] | undefined;
  readonly why: string;
  /** Where it is from: the catalogue's file (`general.toml`), or the source of a claim (`unit`). */
  readonly file: string;
  /** How much it counts, and so when it is asked. */
  readonly kind: EvidenceKind;
  /** The unit or program that it is about. A byte string. */
  readonly by?: string | undefined;
  /** Where it is not what its category says. */
  readonly persist?: Persist | undefined;
  /** The directory to persist instead, which may begin with `~/`: what matches is replaced as a whole. */
  readonly instead?: string | undefined;
}

/** Rules in the order in which they are asked: the first that matches wins. */
export type Rules = readonly Rule[] & {
  /** Of the catalogue, as the build compiled it: its patterns need not be taken apart at each start. */
  readonly sorted?: SortedPatterns | undefined;
};
