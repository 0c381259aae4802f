import type { CheckRun } from '../core/check-run.ts';
import { losingCounts } from './check-text.ts';
import { counted } from './units.ts';

/**
 * What who logs in is told of a run of the check; undefined where there is nothing to say. Lines of printable text. Not of a
 * reset that failed: the boot itself tells of that.
 */
export function checkMessage({ report }: CheckRun): string | undefined {
  if (report === undefined) {
    return 'ebb: what the next reboot loses is not known, as the check failed: journalctl -u ebb-check\n';
  }
  const { diff, losing, uncovered } = report;
  const lines: string[] = [];
  // Of a root that stays, no reboot takes anything.
  if (losing.length > 0 && diff.root.ephemeral.value) {
    lines.push(`ebb: the next reboot loses ${counted(losing.length, 'thing')} (${losingCounts(losing)}): ebb diff\n`);
  }
  if (uncovered.length > 0) {
    const are = uncovered.length === 1 ? 'is' : 'are';
    lines.push(`ebb: ${counted(uncovered.length, 'declared path')} ${are} not kept: ebb check\n`);
  }
  return lines.length === 0 ? undefined : lines.join('');
}
