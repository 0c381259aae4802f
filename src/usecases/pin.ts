import { Failure } from '../core/failure.ts';
import { isHalfDeleted } from '../core/old-root-name.ts';
import type { RawName, RawPath } from '../core/rawpath.ts';
import type { PinReport } from '../core/report.ts';
import type { Machine } from '../ports/machine.ts';
import type { OldRoots, OpenOldRoot } from '../ports/old-roots.ts';
import { absentOldRoot } from './absent-old-root.ts';

export interface PinRequest {
  readonly oldRoots: RawPath | undefined;
  readonly name: RawName;
  /** undefined: no longer pinned. */
  readonly pinned: { readonly note: string } | undefined;
}

/** Characters of a note: it is to be read in a table. */
const LONGEST_NOTE = 1000;

/** Pins the old root, which keeps it from `gc`, or takes the pin away. */
export function pin({ oldRoots, name, pinned }: PinRequest, machine: Machine): PinReport {
  if (pinned !== undefined && pinned.note.length > LONGEST_NOTE) {
    throw new Failure('usage', `the note is ${pinned.note.length} characters long: at most ${LONGEST_NOTE} are kept`);
  }
  const kept = machine.oldRoots(oldRoots);
  try {
    // Held open, so that `gc` does not take it at the same time.
    const opened = opening(kept, name);
    try {
      const notes = kept.notes(name);
      const unchanged = notes.doubt === undefined && notes.pinned?.note === pinned?.note;
      if (!unchanged) kept.writeNotes(name, { ...notes, pinned });
      return { name, pinned, unchanged };
    } finally {
      opened.close();
    }
  } finally {
    kept.close();
  }
}

/** The old root of this name, held open. @throws Failure where there is none, or it is half deleted. */
export function opening(kept: OldRoots, name: RawName): OpenOldRoot {
  if (isHalfDeleted(name)) {
    throw new Failure('failed', `${name} is half deleted`, 'ebb gc deletes what is left of it');
  }
  const opened = kept.open(name);
  if (opened !== undefined) return opened;
  throw absentOldRoot(kept, name);
}
