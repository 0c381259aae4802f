import type { EntryTypeName } from './change.ts';
import type { RawName, RawPath } from './rawpath.ts';
import type { Warning } from './report.ts';
import type { Newer } from './restore-plan.ts';

/**
 * - `create`, `parent`: was not there (a `parent` is a directory above, made for what is in it)
 * - `replace`: was there and differed, and --force was given
 * - `same`: was there already
 * - `skip`: is there and differs
 * - `merge`: a directory that was there
 * - `leave-out`: a socket
 * - `blocked`: something is in the way
 */
export type RestoreAction = 'create' | 'parent' | 'replace' | 'same' | 'skip' | 'merge' | 'leave-out' | 'blocked';

export interface RestoredPath {
  readonly path: RawPath;
  readonly type: EntryTypeName;
  readonly action: RestoreAction;
  readonly oldRoot: RawName;
  /** Of what is there and what the old root has; undefined where there is only one. */
  readonly newer: Newer | undefined;
  /** What was made, or would be: the path and what is below it; bytes of files by their size. */
  readonly entries: number;
  readonly bytes: number;
  /** What is in the way, in a few words: a byte string. */
  readonly obstacle: string | undefined;
}

export interface RestoreProblem {
  readonly path: RawPath;
  readonly problem: string;
  /** The path is there, but for this attribute of it. */
  readonly onlyAttribute: boolean;
}

export interface RestoreReport {
  /** Where the paths were restored below: `/`, or what --to names. */
  readonly target: RawPath;
  readonly dryRun: boolean;
  readonly paths: readonly RestoredPath[];
  readonly failures: readonly RestoreProblem[];
  readonly moreFailures: number;
  /** Sockets in directories that were restored. */
  readonly leftOut: readonly RawPath[];
  /** Why it ended before its end. */
  readonly stopped: string | undefined;
  readonly entries: number;
  readonly bytes: number;
  readonly warnings: readonly Warning[];
}
