import type { BootFacts } from './old-root.ts';
import type { CheckReport } from './report.ts';

/** A run of `ebb check`, for who was not there. */
export interface CheckRun {
  /** Seconds since 1970. */
  readonly startedAt: number;
  readonly seconds: number;
  /** undefined where the check failed itself. */
  readonly report: CheckReport | undefined;
  /** How many there are; undefined where it cannot be told. */
  readonly oldRoots: number | undefined;
  /** What this boot has written down of itself. */
  readonly boot: BootFacts | undefined;
}
