import { inHomeOf } from './home.ts';
import { covers, type RawPath } from './rawpath.ts';

/** What an entry names for a path that is replaced as a whole, in the home that the path lies in. */
export function namedInstead(path: RawPath, instead: string): RawPath | undefined {
  return instead.startsWith('~/') ? inHomeOf(path, instead) : (instead as RawPath);
}

/**
 * The directory that keeps the path if it is persisted instead. undefined where the path lies elsewhere: an entry may name
 * the place that a person could move it to (`~/.gitconfig` and `~/.config/git`), which keeps nothing until that is done.
 */
export function keptInstead(path: RawPath, instead: string): RawPath | undefined {
  const directory = namedInstead(path, instead);
  return directory !== undefined && directory !== path && covers(directory, path) ? directory : undefined;
}
