import { Failure } from '../core/failure.ts';
import { compareOldRoots } from '../core/old-root.ts';
import type { OldRoots } from '../ports/old-roots.ts';

/** Names that are proposed at most. */
const MOST = 3;

/** There is no old root `word`: with the names that it may stand for, else the newest ones that there are. */
export function absentOldRoot(kept: OldRoots, word: string): Failure {
  const names = kept
    .list()
    .toSorted((a, b) => compareOldRoots(b, a))
    .map(({ name }) => name);
  const near = names.filter((name) => isNear(name, word));
  const told = near.length > 0 ? near : names;
  const shown = [...told.slice(0, MOST), ...(told.length > MOST ? ['others'] : [])].join(', ');
  const hint = names.length === 0 ? 'there are none' : `there is ${shown}`;
  return new Failure('not-found', `there is no old root ${word} in ${kept.directory}`, hint);
}

/** Begun, or one character off. */
function isNear(name: string, word: string): boolean {
  if (word.length >= 4 && (name.startsWith(word) || word.startsWith(name))) return true;
  const limit = Math.min(name.length, word.length);
  let start = 0;
  while (start < limit && name[start] === word[start]) start++;
  let end = 0;
  while (end < limit - start && name.at(-1 - end) === word.at(-1 - end)) end++;
  return Math.max(name.length, word.length) - start - end <= 1 && limit > 3;
}
