import type { RawPath } from '../core/rawpath.ts';
import type { BaselineReport } from '../core/report.ts';
import type { Machine } from '../ports/machine.ts';

/** Records the root as it is now, for later comparisons. */
export async function recordBaseline(
  request: { readonly root: RawPath; readonly dryRun: boolean },
  machine: Machine,
): Promise<BaselineReport> {
  const root = machine.openRoot(request.root);
  try {
    const { entries, path } = await root.recordBaseline(request.dryRun);
    return { root: root.facts, path, entries, recorded: !request.dryRun };
  } finally {
    root.close();
  }
}
