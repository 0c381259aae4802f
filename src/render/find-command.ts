import type { FindReport, FoundPath, FoundVersion } from '../core/find-report.ts';
import { shellQuote } from './shell-quote.ts';

/**
 * The command that brings the version back; undefined where it is there now, or nowhere else, or is a socket, which is
 * not restored. It replaces nothing: where something else is there, it says so, and which is newer. Of a directory that
 * is there it brings back what is missing in it.
 */
export function restoreCommand(
  { path }: Pick<FoundPath, 'path'>,
  { type, now, oldRoots }: FoundVersion,
  { directory, directoryGiven }: Pick<FindReport, 'directory' | 'directoryGiven'>,
): string | undefined {
  const [newest] = oldRoots;
  if (newest === undefined || type === 'socket' || (now && type !== 'directory')) return undefined;
  const name = shellQuote(newest.name);
  // A word after a flag that begins with a dash would be taken for a flag.
  const from = newest.name.startsWith('-') ? `--from=${name}` : `--from ${name}`;
  const place = directoryGiven ? ` --old-roots ${shellQuote(directory)}` : '';
  return `ebb restore ${shellQuote(path)} ${from}${place}`;
}
