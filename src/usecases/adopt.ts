import { Failure } from '../core/failure.ts';
import { isForeign } from '../core/old-root.ts';
import { isHalfDeleted } from '../core/old-root-name.ts';
import type { RawName, RawPath } from '../core/rawpath.ts';
import type { AdoptedOldRoot, AdoptReport } from '../core/report.ts';
import type { Machine } from '../ports/machine.ts';
import type { KeptOldRoot, OldRoots } from '../ports/old-roots.ts';
import { absentOldRoot } from './absent-old-root.ts';
import { opening } from './pin.ts';

export interface AdoptRequest {
  readonly oldRoots: RawPath | undefined;
  readonly names: readonly RawName[] | 'all';
  readonly dryRun: boolean;
}

/** Takes directories that ebb did not make under `gc`, with the time that their names tell. */
export function adopt({ oldRoots, names, dryRun }: AdoptRequest, machine: Machine): AdoptReport {
  const kept = machine.oldRoots(oldRoots);
  try {
    const listed = kept.list();
    const foreign = names === 'all' ? listed.filter(isForeign) : [];
    const isSure = new Set(foreign.filter((oldRoot) => oldRoot.bootedAt !== undefined && looksLikeRoot(kept, oldRoot)));
    const chosen =
      names === 'all'
        ? foreign.filter((oldRoot) => isSure.has(oldRoot))
        : names.map((name) => named(listed, name, kept));
    const passedOver = foreign.filter((oldRoot) => !isSure.has(oldRoot));
    return {
      oldRoots: chosen.map((oldRoot) => taken(kept, oldRoot, dryRun)),
      passedOver: passedOver.map(({ name }) => name),
    };
  } finally {
    kept.close();
  }
}

/** What a booted root has, and a snapshot of homes, of a storage or of a store has not. */
const ofRoots = ['/proc', '/sys', '/dev', '/run', '/usr', '/bin', '/nix'] as RawPath[];

/** What does not, though its name tells a time, may be the backup of something else: it is to be named. */
function looksLikeRoot(kept: OldRoots, { name }: KeptOldRoot): boolean {
  const opened = kept.open(name);
  // Whoever adopts it is told why it cannot be.
  if (opened === undefined) return true;
  try {
    return ofRoots.some((path) => opened.files.lstat(path) !== undefined);
  } catch {
    // A disk that does not answer: one damaged directory does not keep the others from being adopted.
    return false;
  } finally {
    opened.close();
  }
}

function named(listed: readonly KeptOldRoot[], name: RawName, kept: OldRoots): KeptOldRoot {
  const found = listed.find((oldRoot) => oldRoot.name === name);
  if (found === undefined) throw absentOldRoot(kept, name);
  if (isHalfDeleted(name)) throw new Failure('failed', `${name} is half deleted`, 'ebb gc deletes what is left of it');
  return found;
}

function taken(kept: OldRoots, oldRoot: KeptOldRoot, dryRun: boolean): AdoptedOldRoot {
  const { name, bootedAt, foreign } = oldRoot;
  const format = foreign === false ? '' : foreign.format;
  const result = { name, bootedAt, format, error: undefined };
  if (!isForeign(oldRoot)) return { ...result, outcome: 'unchanged' };
  if (dryRun) return { ...result, outcome: 'adopted' };
  try {
    const opened = opening(kept, name);
    try {
      const notes = kept.notes(name);
      if (notes.doubt !== undefined) throw new Failure('failed', `${notes.doubt}; ebb pin or ebb unpin writes it anew`);
      kept.writeNotes(name, { ...notes, adopted: true, bootedAt });
    } finally {
      opened.close();
    }
    return { ...result, outcome: 'adopted' };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, hint } = error;
    return { ...result, outcome: 'failed', error: hint === undefined ? message : `${message} (${hint})` };
  }
}
