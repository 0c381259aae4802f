import type { Claim } from '../../core/evidence.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { Warning } from '../../core/report.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { lenient } from '../system/lenient-files.ts';

/** The claims of a source with what it could not read as a warning. `what` it is that tells of paths there: `units`. */
export function claimsLeniently(
  files: RootFiles,
  what: string,
  claimsIn: (files: RootFiles, warn: (message: string) => void) => Claim[],
): { readonly claims: readonly Claim[]; readonly warnings: readonly Warning[] } {
  const failed = new Map<RawPath, string>();
  const warnings: Warning[] = [];
  const warn = (message: string): void => {
    warnings.push({ code: 'evidence', message });
  };
  const claims = claimsIn(
    lenient(files, (path, reason) => failed.set(path, reason)),
    warn,
  );
  const [first] = failed;
  if (first !== undefined) {
    const [path, reason] = first;
    const others = failed.size === 1 ? '' : `, and ${failed.size - 1} more`;
    warn(`${what} that could not be read say nothing: ${path}: ${reason}${others}`);
  }
  return { claims, warnings };
}
