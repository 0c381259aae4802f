import type { RawPath } from '../core/rawpath.ts';
import type { Change } from '../core/report.ts';

/** The directory to persist instead of the path, where something knows one. */
export function insteadOf({ path, category, evidence }: Change): RawPath | undefined {
  const instead = evidence.find((piece) => piece.category === category && piece.instead !== undefined)?.instead;
  if (instead === undefined || !instead.startsWith('~/')) return instead as RawPath | undefined;
  const home = /^\/root(?=\/)|^\/home\/[^/]+(?=\/)/.exec(path)?.[0];
  return home === undefined ? undefined : (`${home}${instead.slice(1)}` as RawPath);
}
