import type { CheckRun } from '../core/check-run.ts';
import { Failure } from '../core/failure.ts';
import { isHalfDeleted } from '../core/old-root-name.ts';
import type { Machine } from '../ports/machine.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { type CheckRequest, check } from './check.ts';
import type { DiffPorts } from './diff.ts';

/** What became of the run: also where the check failed, somebody waits to be told. */
export type CheckOutcome = { readonly run: CheckRun } & ({ readonly failure?: never } | { readonly failure: unknown });

/** The check, with what else is told of a machine at regular times. */
export async function checkRun(request: CheckRequest, ports: DiffPorts): Promise<CheckOutcome> {
  const { machine } = ports;
  const startedAt = machine.now();
  // A clock that was set back meanwhile says nothing.
  const times = () => ({ startedAt, seconds: Math.max(0, machine.now() - startedAt) });
  try {
    const report = await check(request, ports);
    const root = machine.openRoot(request.root);
    try {
      const run = { report, oldRoots: countOldRoots(root, machine), boot: root.boot() };
      return { run: { ...run, ...times() } };
    } finally {
      root.close();
    }
  } catch (failure) {
    return { run: { ...times(), report: undefined, oldRoots: undefined, boot: undefined }, failure };
  }
}

function countOldRoots(root: OpenRoot, machine: Machine): number | undefined {
  try {
    const kept = machine.oldRootsOf(root);
    if (kept === undefined) return undefined;
    try {
      return kept.list().filter(({ name }) => !isHalfDeleted(name)).length;
    } finally {
      kept.close();
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}
