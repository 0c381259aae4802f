import { covers } from '../rawpath.ts';
import type { DoctorFinding } from './doctor-report.ts';
import { systemctl } from './remedies.ts';

const MOST_MESSAGES = 4;

/**
 * What messages told of and what was found by looking, as one list: what both are about is told once, by what knows it
 * better, with the words of the other.
 */
export function merged(told: readonly DoctorFinding[], found: readonly DoctorFinding[]): DoctorFinding[] {
  const left = new Set(told);
  const looked = found.map((finding) => {
    const same = [...left].filter((other) => isAbout(finding, other));
    for (const other of same) left.delete(other);
    return same.reduce(absorbing, finding);
  });
  const used = new Set<DoctorFinding>();
  const others = [...left].map((finding) => {
    if (finding.kind !== 'denied' || finding.path === undefined) return finding;
    const about = [finding.path, ...finding.paths];
    const ways = looked.filter(({ kind, path }) => {
      return kind === 'owner' && path !== undefined && about.some((one) => covers(path, one));
    });
    for (const way of ways) used.add(way);
    const why = ways.flatMap(({ path, evidence }) => evidence.map((text) => `${path}: ${text}`));
    return {
      ...finding,
      evidence: [...finding.evidence, ...why],
      remedies: [...ways.flatMap(({ remedies }) => remedies), ...finding.remedies],
    };
  });
  return [...others, ...looked.filter((finding) => !used.has(finding))];
}

/** Whether looking knows better what the message was about. */
function isAbout({ kind, path, paths }: DoctorFinding, told: DoctorFinding): boolean {
  if (path === undefined || told.path === undefined) return false;
  const toldPath = told.path;
  switch (kind) {
    case 'identity':
      return told.kind !== 'denied' && [path, ...paths].some((one) => one === toldPath);
    case 'not-kept':
      return told.was === undefined && told.kind === 'missing' && covers(path, toldPath);
    default:
      return false;
  }
}

function absorbing(finding: DoctorFinding, { units, failed, messages, count }: DoctorFinding): DoctorFinding {
  const fresh = units.filter((unit) => !finding.units.includes(unit));
  const restarts = finding.kind === 'not-kept' ? fresh.map((unit) => systemctl('restart', unit, false)) : [];
  return {
    ...finding,
    units: [...finding.units, ...fresh],
    failed: [...new Set([...finding.failed, ...failed])],
    messages: [...finding.messages, ...messages].slice(0, MOST_MESSAGES),
    count: finding.count + count,
    remedies: [...finding.remedies, ...restarts],
  };
}
