import { type Stats, statSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import type { RawPath } from '../../core/rawpath.ts';

/**
 * Refuses a journal that somebody named and that is not there: nothing found in no journal would pass for good news.
 * Throws `not-found` where there is nothing, and `usage` where it is no directory, or no file.
 */
export function assertNamedJournal(directory: RawPath | undefined, files: readonly RawPath[]): void {
  if (directory !== undefined && statOf(directory, 'directory')?.isDirectory() === false) {
    throw new Failure('usage', `${directory} is not a directory`, 'name a single file of a journal with --file');
  }
  for (const file of files) {
    if (statOf(file, 'file')?.isDirectory() === true) {
      throw new Failure('usage', `${file} is a directory`, 'name a directory of journals with --directory');
    }
  }
}

/** undefined where it may be there and cannot be looked at: journalctl says why. */
function statOf(path: RawPath, what: string): Stats | undefined {
  try {
    return statSync(Buffer.from(path, 'latin1'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Failure('not-found', `there is no ${what} ${path}`);
    return undefined;
  }
}
