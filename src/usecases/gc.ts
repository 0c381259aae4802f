import { Failure } from '../core/failure.ts';
import type { OldRoot } from '../core/old-root.ts';
import { isHalfDeleted } from '../core/old-root-name.ts';
import type { RawName, RawPath } from '../core/rawpath.ts';
import type { CollectedOldRoot, GcReport, JudgedOldRoot, Warning } from '../core/report.ts';
import { type RetentionPolicy, retain } from '../core/retention.ts';
import type { Machine } from '../ports/machine.ts';
import type { OldRoots } from '../ports/old-roots.ts';

export interface GcRequest {
  /** undefined: where the configuration says. */
  readonly oldRoots: RawPath | undefined;
  /** What it says goes before the configuration. */
  readonly policy: Partial<RetentionPolicy>;
  readonly dryRun: boolean;
  /** Nobody waits for it: the disk serves everything else first. */
  readonly inBackground: boolean;
}

export interface GcPorts {
  readonly machine: Machine;
  /** Asked before anything is deleted. */
  readonly confirm: (plan: GcReport) => boolean;
  /** Called before each one that is deleted. */
  readonly deleting: (oldRoot: OldRoot, done: number, all: number) => void;
}

/**
 * Deletes the old roots that no rule keeps: a plan, and its execution one by one, which goes on after a failure.
 * @throws Failure `locked` where another one is at it.
 */
export function gc(request: GcRequest, ports: GcPorts): GcReport {
  const { machine } = ports;
  const policy = policyOf(request.policy, machine);
  const kept = machine.oldRoots(request.oldRoots);
  try {
    if (request.dryRun) return planned(kept, policy, machine);
    const lock = kept.lock();
    if (lock === undefined) throw new Failure('locked', `another ebb gc is at work in ${kept.directory}`);
    try {
      const plan = planned(kept, policy, machine);
      const condemned = plan.oldRoots.filter(({ outcome }) => outcome === 'to-delete');
      if (condemned.length === 0) return { ...plan, planned: false };
      if (!ports.confirm(plan)) return plan;
      if (request.inBackground) machine.yieldDisk();
      return { ...plan, planned: false, oldRoots: executed(kept, plan.oldRoots, condemned.length, ports) };
    } finally {
      lock.release();
    }
  } finally {
    kept.close();
  }
}

/** What is asked for, else what is configured. */
export function policyOf(asked: Partial<RetentionPolicy>, machine: Machine): RetentionPolicy {
  return { ...machine.configuration().retention, ...asked };
}

/** The old roots with what `gc` would do with each, newest first. */
export function judged<T extends OldRoot>(oldRoots: readonly T[], policy: RetentionPolicy): (T & JudgedOldRoot)[] {
  const byName = new Map(oldRoots.map((oldRoot) => [oldRoot.name, oldRoot]));
  return retain(oldRoots, policy).map(({ name, decision, reasons }) => {
    return { ...(byName.get(name) as T), decision, reasons };
  });
}

function planned(kept: OldRoots, policy: RetentionPolicy, machine: Machine): GcReport {
  // What `judged` gives is nobody else's yet: another copy of each takes longer than the rest of the plan.
  const oldRoots = judged(kept.list(), policy).map((oldRoot): CollectedOldRoot => {
    const outcome = oldRoot.decision === 'delete' ? 'to-delete' : 'kept';
    return Object.assign(oldRoot, { outcome, error: undefined } as const);
  });
  const { directory } = kept;
  return { now: machine.now(), directory, policy, planned: true, oldRoots, warnings: doubts(oldRoots) };
}

/** Those that are kept because it cannot be read what they are, a warning for each cause. */
export function doubts(oldRoots: readonly OldRoot[]): Warning[] {
  const byCause = new Map<string, RawName[]>();
  for (const { name, doubt } of oldRoots) {
    if (doubt !== undefined) byCause.set(doubt, [...(byCause.get(doubt) ?? []), name]);
  }
  return Array.from(byCause, ([cause, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return { code: 'old-root', message: `gc keeps ${first}${more}: ${cause}` };
  });
}

/** The oldest first: where it is stopped, what is left is what was worth more. The order of the list stays. */
function executed(
  kept: OldRoots,
  oldRoots: readonly CollectedOldRoot[],
  all: number,
  { deleting }: GcPorts,
): CollectedOldRoot[] {
  let done = 0;
  const outcomes = oldRoots.toReversed().map((oldRoot) => {
    if (oldRoot.outcome !== 'to-delete') return oldRoot;
    deleting(oldRoot, done++, all);
    return removed(kept, oldRoot);
  });
  return outcomes.reverse();
}

function removed(kept: OldRoots, oldRoot: CollectedOldRoot): CollectedOldRoot {
  try {
    // Somebody may have pinned it since the plan was made.
    const { pinned, doubt } = kept.notes(oldRoot.name);
    if (pinned !== undefined) return { ...oldRoot, decision: 'keep', reasons: ['pinned'], outcome: 'kept' };
    if (doubt !== undefined && !isHalfDeleted(oldRoot.name)) {
      return { ...oldRoot, decision: 'keep', reasons: ['unreadable'], outcome: 'kept' };
    }
    kept.remove(oldRoot.name);
    return { ...oldRoot, outcome: 'deleted' };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message } = error;
    if (error.code !== 'locked') return { ...oldRoot, outcome: 'failed', error: message };
    if (kept.notes(oldRoot.name).pinned !== undefined) {
      return { ...oldRoot, decision: 'keep', reasons: ['pinned'], outcome: 'kept' };
    }
    return { ...oldRoot, decision: 'keep', reasons: ['in use'], outcome: 'left', error: message };
  }
}
