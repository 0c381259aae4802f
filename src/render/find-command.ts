import type { FindReport, FoundVersion } from '../core/find-report.ts';
import type { RawPath } from '../core/rawpath.ts';
import { shellQuote } from './shell-quote.ts';

/** The command that brings the version back; undefined where it is there now, or nowhere else. */
export function restoreCommand(
  path: RawPath,
  { now, oldRoots }: FoundVersion,
  { directory, directoryGiven }: Pick<FindReport, 'directory' | 'directoryGiven'>,
): string | undefined {
  const [newest] = oldRoots;
  if (now || newest === undefined) return undefined;
  // A word after a flag that begins with a dash would be taken for a flag.
  const from = newest.name.startsWith('-') ? `--from=${shellQuote(newest.name)}` : `--from ${shellQuote(newest.name)}`;
  const place = directoryGiven ? ` --old-roots ${shellQuote(directory)}` : '';
  return `ebb restore ${shellQuote(path)} ${from}${place}`;
}
