import { type Category, verdictOf } from '../core/category.ts';
import { EntryType } from '../core/change.ts';
import { type RawPath, rawFromBytes } from '../core/rawpath.ts';
import type { Change, CheckReport } from '../core/report.ts';
import type { RootFiles } from '../ports/root-files.ts';
import { uncovered } from './coverage.ts';
import { type DiffPorts, type DiffRequest, diff } from './diff.ts';

export interface CheckRequest extends DiffRequest {
  readonly failOn: ReadonlySet<Category>;
}

/** `boot/boot-begins` notes it, and takes it away at a boot that goes well. */
const NOTE = '/.ebb/reset-failed' as RawPath;
const LARGEST_NOTE = 64 * 1024;
const LONGEST = 1000;

function resetFailureOf(files: RootFiles): string | undefined {
  const facts = files.lstat(NOTE);
  if (facts?.type !== EntryType.file || facts.size > LARGEST_NOTE) return undefined;
  const note = files.readFile(NOTE);
  return note && rawFromBytes(note).split('\n', 1)[0]?.slice(0, LONGEST);
}

/** It is of a category that is kept, and known as an exception. */
function isNotWorthIt({ category, verdict }: Change): boolean {
  return verdict === 'ignore' && verdictOf(category) !== 'ignore';
}

/** Whether the next reboot would lose anything that matters. */
export async function check(request: CheckRequest, ports: DiffPorts): Promise<CheckReport> {
  // Hidden categories are looked at too: the check may be asked to fail on one of them.
  const report = await diff({ ...request, all: true }, ports);
  const losing = report.changes.filter(
    (change) => request.failOn.has(change.category) && !change.ignored && !isNotWorthIt(change),
  );
  const root = ports.machine.openRoot(request.root);
  try {
    const missing = uncovered(root, root.configuration);
    const resetFailed = resetFailureOf(root.files);
    const passed = losing.length === 0 && missing.length === 0 && resetFailed === undefined;
    return { diff: report, losing, uncovered: missing, failOn: [...request.failOn], resetFailed, passed };
  } finally {
    root.close();
  }
}
