import type { FailureCode } from '../core/failure.ts';

/** The exit statuses of every command, in one place. */
export const ExitStatus = {
  success: 0,
  findings: 1,
  /** Wrong usage, or failure. */
  failed: 2,
  /** Part of the work failed. */
  partial: 3,
  notFound: 10,
  locked: 11,
  interrupted: 130,
} as const;
export type ExitStatus = (typeof ExitStatus)[keyof typeof ExitStatus];

export const statusOfFailure: Readonly<Record<FailureCode, ExitStatus>> = {
  usage: ExitStatus.failed,
  failed: ExitStatus.failed,
  'not-found': ExitStatus.notFound,
  locked: ExitStatus.locked,
};
