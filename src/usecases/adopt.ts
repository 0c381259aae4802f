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
    const chosen = names === 'all' ? allOf(listed) : names.map((name) => named(listed, name, kept));
    const passedOver =
      names === 'all' ? listed.filter((oldRoot) => isForeign(oldRoot) && oldRoot.bootedAt === undefined) : [];
    return {
      oldRoots: chosen.map((oldRoot) => taken(kept, oldRoot, dryRun)),
      passedOver: passedOver.map(({ name }) => name),
    };
  } finally {
    kept.close();
  }
}

/** What nothing tells the time of may be anything: it is to be named. */
function allOf(listed: readonly KeptOldRoot[]): readonly KeptOldRoot[] {
  return listed.filter((oldRoot) => isForeign(oldRoot) && oldRoot.bootedAt !== undefined);
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
