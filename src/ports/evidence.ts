import type { Category } from '../core/category.ts';
import type { EntryTypeName } from '../core/change.ts';
import type { Claim, Evidence } from '../core/evidence.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import type { OpenRoot } from './open-root.ts';

/**
 * Something on a machine that knows of paths before anybody looks at them: its units, its lines of tmpfiles.d. It works
 * on the running root and on one that is mounted elsewhere, and never throws: where it is not to be had there are no
 * claims and, where somebody would miss them, a warning (`evidence`).
 */
export interface ClaimSource {
  /** As in `evidence[].source`: `unit`, `tmpfiles`, `sysusers`. */
  readonly name: string;
  claims(root: OpenRoot): { readonly claims: readonly Claim[]; readonly warnings: readonly Warning[] };
}

/** A path that somebody asks about. */
export interface Questioned {
  readonly path: RawPath;
  readonly type: EntryTypeName;
  /** What it is by all that was known before anybody was asked. */
  readonly category: Category;
}

/**
 * Something that can be asked about paths once it is known which: the old roots, what `ebb watch` wrote down. Cheap: it
 * looks up what it is asked about, and nothing else. It never throws.
 */
export interface Witness {
  /** As in `evidence[].source`: `history`, `writer`. */
  readonly name: string;
  /** What it wants to be asked about also where rules say that nobody loses it. */
  insists?(root: OpenRoot): readonly RawPath[];
  /** By path; paths of which nothing is known are left out. */
  evidence(
    root: OpenRoot,
    paths: readonly Questioned[],
  ): { readonly evidence: ReadonlyMap<RawPath, readonly Evidence[]>; readonly warnings: readonly Warning[] };
}
