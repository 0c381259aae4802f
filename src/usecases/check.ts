import type { Category } from '../core/category.ts';
import type { CheckReport } from '../core/report.ts';
import { uncovered } from './coverage.ts';
import { type DiffPorts, type DiffRequest, diff } from './diff.ts';

export interface CheckRequest extends DiffRequest {
  readonly failOn: ReadonlySet<Category>;
}

/** Whether the next reboot would lose anything that matters. */
export async function check(request: CheckRequest, ports: DiffPorts): Promise<CheckReport> {
  // Hidden categories are looked at too: the check may be asked to fail on one of them.
  const report = await diff({ ...request, all: true }, ports);
  const losing = report.changes.filter((change) => request.failOn.has(change.category) && !change.ignored);
  const root = ports.machine.openRoot(request.root);
  try {
    const missing = uncovered(root, root.configuration);
    const passed = losing.length === 0 && missing.length === 0;
    return { diff: report, losing, uncovered: missing, failOn: [...request.failOn], passed };
  } finally {
    root.close();
  }
}
