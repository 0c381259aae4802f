import type { CheckRun } from '../core/check-run.ts';
import { Failure } from '../core/failure.ts';
import type { RawPath } from '../core/rawpath.ts';
import { makeDirectoryOf, publishFile, withdrawFile } from '../linux/published-file.ts';
import { checkMessage } from '../render/check-message.ts';
import { checkMetrics } from '../render/check-metrics.ts';
import { version } from './version.ts';

/** What `ebb check` leaves behind for who was not there. */
export interface CheckFiles {
  readonly metrics: RawPath | undefined;
  readonly message: RawPath | undefined;
}

/** Writes each of them, whatever becomes of the other. Gives what failed. */
export function leaveBehind(run: CheckRun, { metrics, message }: CheckFiles): Failure[] {
  const failures: Failure[] = [];
  const attempt = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  };
  if (metrics !== undefined) attempt(() => publishFile(metrics, checkMetrics(run, version)));
  if (message !== undefined) {
    const text = checkMessage(run);
    attempt(() => {
      if (text === undefined) return withdrawFile(message);
      makeDirectoryOf(message);
      publishFile(message, text);
    });
  }
  return failures;
}
