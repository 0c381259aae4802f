import type { RawPath } from './rawpath.ts';
import type { Warning } from './report.ts';
import type { Layout } from './setup.ts';

/**
 * - `write`, `replace`, `link`: a file or a link of ebb's
 * - `copy`: a persisted path into persistent storage
 * - `make`: something at the top level, by its name there
 * - `run`: a program, by what it does
 * - `remove`: a file or a link
 * - `keep`: stays, and `detail` says why
 */
export interface InitStep {
  readonly action: 'write' | 'replace' | 'link' | 'copy' | 'make' | 'run' | 'remove' | 'keep';
  /** A path on the machine, a name at the top level, or a program. */
  readonly what: string;
  readonly detail?: string;
}

export interface InitReport {
  /** undefined where it is undone. */
  readonly layout: Layout | undefined;
  readonly undo: boolean;
  readonly dryRun: boolean;
  /** Nothing was done. */
  readonly planned: boolean;
  readonly steps: readonly InitStep[];
  /** Of ebb's files, how many are as they should be already. */
  readonly same: number;
  readonly storage: RawPath;
  readonly warnings: readonly Warning[];
}
