import type { RawPath } from '../core/rawpath.ts';
import type { RestoreSide, RestoreStep } from '../core/restore-plan.ts';
import type { OpenOldRoot } from './old-roots.ts';

export interface RestoreFailure {
  readonly path: RawPath;
  /** A byte string: it may quote a path. */
  readonly problem: string;
  /** The path was restored, but for this attribute of it. */
  readonly onlyAttribute: boolean;
}

export interface RestoreOutcome {
  /** What each step made, by its index; nothing for a step that made nothing. */
  readonly made: ReadonlyMap<number, { readonly entries: number; readonly bytes: number }>;
  readonly failures: readonly RestoreFailure[];
  /** Beyond those that are listed. */
  readonly moreFailures: number;
  /** Sockets inside of what was created. */
  readonly leftOut: readonly RawPath[];
  /** Why it stopped before its end, such as a full disk; undefined where it did not. */
  readonly stopped: string | undefined;
}

/**
 * A directory that is restored into, held by a descriptor. Mounts below it are crossed; no symlink is followed and
 * nothing outside of it is touched, whatever others do to it meanwhile.
 */
export interface RestoreTarget extends RestoreSide {
  /** As this machine names it. */
  readonly directory: RawPath;
  /** Whether it is the root of the running machine, by whatever name. */
  isRunningRoot(): boolean;
  /**
   * Keeps every other ebb from restoring until this is closed: where places overlap, each would take the other's files
   * for its own. Where no lock can be had, it does nothing. @throws Failure `locked`, with who is restoring
   */
  lock(): void;
  /** What an old root holds. */
  sourceOf(oldRoot: Pick<OpenOldRoot, 'fd'>): RestoreSide;
  /**
   * Carries the steps out, each path whole or not at all. Can be killed anywhere and called again with a new plan: what
   * is done is found done.
   */
  carryOut(
    steps: readonly RestoreStep[],
    oldRoot: Pick<OpenOldRoot, 'fd'>,
    progress: (entries: number) => void,
  ): RestoreOutcome;
  close(): void;
}
