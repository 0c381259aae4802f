import { compareRaw } from '../rawpath.ts';
import { type DoctorFinding, doctorKinds, severities } from './doctor-report.ts';

/** The worst first: by severity, then what keeps a unit from running, then by kind, then what is more. */
export function ranked(findings: readonly DoctorFinding[]): DoctorFinding[] {
  return findings.toSorted(
    (a, b) =>
      severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
      Number(b.failed.length > 0) - Number(a.failed.length > 0) ||
      doctorKinds.indexOf(a.kind) - doctorKinds.indexOf(b.kind) ||
      (b.was?.bytes ?? 0) - (a.was?.bytes ?? 0) ||
      compareRaw(a.path ?? a.units[0] ?? '', b.path ?? b.units[0] ?? '') ||
      compareRaw(a.what, b.what),
  );
}
