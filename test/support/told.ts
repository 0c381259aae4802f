/** Changes as lines that a test can spell out: `added state /var/lib/forgejo ×3 apart 1 shadowed`. */
import { compareRaw } from '../../src/core/rawpath.ts';
import type { Change } from '../../src/core/report.ts';

export function told(changes: readonly Change[]): string[] {
  return [...changes].sort((a, b) => compareRaw(a.path, b.path)).map(lineOf);
}

function lineOf({ kind, category, path, type, entries, apart, shadowed, ignored }: Change): string {
  const words = [kind, category, type === 'directory' ? `${path}/` : path];
  if (entries !== 1) words.push(`×${entries}`);
  if (apart !== 0) words.push(`apart ${apart}`);
  if (shadowed) words.push('shadowed');
  if (ignored) words.push('ignored');
  return words.join(' ');
}

/** Only the paths, for tests that are about names. */
export function pathsOf(changes: readonly Change[]): string[] {
  return changes.map(({ path }) => path as string).sort(compareRaw);
}
