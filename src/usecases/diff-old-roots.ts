import { Failure } from '../core/failure.ts';
import { readOldRootName } from '../core/old-root-name.ts';
import type { RawName, RawPath } from '../core/rawpath.ts';
import type { Machine } from '../ports/machine.ts';
import type { OldRoots, OpenOldRoot } from '../ports/old-roots.ts';
import { absentOldRoot } from './absent-old-root.ts';
import { opening } from './pin.ts';

/** Old roots that are compared, held open: `gc` leaves them meanwhile. */
export interface NamedOldRoots {
  /** In the order of the words; what is undefined names no old root. */
  readonly oldRoots: readonly (OpenOldRoot | undefined)[];
  close(): void;
}

/**
 * The old roots that these words name: those of one component that are in the directory of old roots. Where
 * `directory` is undefined and nothing says where old roots are, no word names one.
 * @throws Failure where `directory` is given and no word names one in it, or one looks like a name and is none.
 */
export function openNamed(
  words: readonly string[],
  directory: RawPath | undefined,
  { machine }: { readonly machine: Machine },
): NamedOldRoots {
  const opened: (OpenOldRoot | undefined)[] = [];
  const close = (): void => {
    for (const oldRoot of opened) oldRoot?.close();
  };
  const kept = words.some(mayNameOldRoot) || directory !== undefined ? keptIn(directory, words, machine) : undefined;
  try {
    for (const word of words) opened.push(kept === undefined ? undefined : named(kept, word));
    if (directory !== undefined && !opened.some((oldRoot) => oldRoot !== undefined)) {
      const which = words.length === 0 ? 'no old root is named' : `there is no old root ${words.join(' or ')}`;
      const hint = 'ebb diff OLD_ROOT, ebb diff OLD_A OLD_B, or ebb diff --against OLD_ROOT; ebb ls lists them';
      throw new Failure(words.length === 0 ? 'usage' : 'not-found', `${which} in ${directory}`, hint);
    }
    return { oldRoots: opened, close };
  } catch (error) {
    close();
    throw error;
  } finally {
    kept?.close();
  }
}

/** One component: no path has to be meant. */
export function mayNameOldRoot(word: string): boolean {
  return word !== '' && word !== '.' && word !== '..' && !word.includes('/');
}

function keptIn(directory: RawPath | undefined, words: readonly string[], machine: Machine): OldRoots | undefined {
  try {
    return machine.oldRoots(directory);
  } catch (error) {
    // It is only asked because of a word, which may be a path.
    if (!(error instanceof Failure) || directory !== undefined || words.some(isUnmistakable)) throw error;
    return undefined;
  }
}

function named(kept: OldRoots, word: string): OpenOldRoot | undefined {
  if (!mayNameOldRoot(word)) return undefined;
  if (readOldRootName(word).kind === 'half-deleted') return opening(kept, word as RawName);
  const opened = kept.open(word as RawName);
  if (opened === undefined && isUnmistakable(word)) {
    const { code, message, hint } = absentOldRoot(kept, word);
    throw new Failure(code, message, `${hint}; a file of that name is ./${word}`);
  }
  return opened;
}

/** Nobody calls a file so. */
function isUnmistakable(word: string): boolean {
  return readOldRootName(word).kind === 'ebb';
}
