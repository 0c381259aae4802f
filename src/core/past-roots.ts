import { compareOldRoots, isForeign, type OldRoot } from './old-root.ts';
import { isHalfDeleted } from './old-root-name.ts';

/** So far back what was is of use. */
export const MOST_PAST_ROOTS = 10;

/**
 * The old roots that tell what a path was in earlier boots: the newest, each of another boot. What ebb did not make may be a
 * copy of any of them, and so the same boot twice. `bootId`: of the boot that runs, whose captures are not of the past.
 */
export function pastRoots<T extends OldRoot>(oldRoots: readonly T[], bootId: string): T[] {
  const chosen: T[] = [];
  const boots = new Set<string>();
  for (const oldRoot of oldRoots.toSorted((a, b) => compareOldRoots(b, a))) {
    if (chosen.length === MOST_PAST_ROOTS) break;
    if (isHalfDeleted(oldRoot.name) || isForeign(oldRoot)) continue;
    const { capture, sequence, name } = oldRoot;
    if (capture?.of.startsWith(`${bootId} `)) continue;
    const boot = capture?.of ?? (sequence === undefined ? `name ${name}` : `boot ${sequence}`);
    if (boots.has(boot)) continue;
    boots.add(boot);
    chosen.push(oldRoot);
  }
  return chosen;
}
