import { inHomeOf } from '../core/home.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Change } from '../core/report.ts';

/** The directory to persist instead of the path, where something knows one. */
export function insteadOf({ path, category, evidence }: Change): RawPath | undefined {
  const instead = evidence.find((piece) => piece.category === category && piece.instead !== undefined)?.instead;
  return instead?.startsWith('~/') ? inHomeOf(path, instead) : (instead as RawPath | undefined);
}
