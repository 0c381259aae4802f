import { keptInstead } from '../core/instead.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Change } from '../core/report.ts';

/** The directory to persist instead of the path, where something knows one that holds it. */
export function insteadOf({ path, category, evidence }: Change): RawPath | undefined {
  const named = evidence.find((piece) => piece.category === category && piece.instead !== undefined)?.instead;
  return named === undefined ? undefined : keptInstead(path, named);
}
