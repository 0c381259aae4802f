import type { Warning } from '../core/report.ts';

/** A unit that systemd counts as failed. */
export interface FailedUnit {
  /** A byte string. */
  readonly unit: string;
  /** `exit-code`, `timeout`…; undefined where it does not say. */
  readonly result: string | undefined;
}

/** The systemd that runs this machine. */
export interface Services {
  /** undefined where there is none to be asked, which is no error. Never throws. */
  failed(): { readonly units: readonly FailedUnit[] | undefined; readonly warnings: readonly Warning[] };
}
