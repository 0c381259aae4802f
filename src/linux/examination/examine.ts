import type { Place } from '../../core/finding.ts';
import type { ExaminationResult } from './letters.ts';
import type { OtherThread } from './other-thread.ts';
import { type ExaminationSpec, ExaminationThread, type ThreadWiring } from './thread.ts';

/** From this many entries on, a second thread is worth its start. */
const WORTH_A_THREAD = 20_000;
/** Entries between two looks at the mailbox. */
const STINT = 2_000;

export interface ExaminationHooks {
  readonly wiring: ThreadWiring;
  /** The script of the second thread; undefined: all is done by one. */
  readonly threadScript: URL | undefined;
  readonly write: (bytes: Uint8Array) => void;
  /** Called every now and then with the number of entries that this thread has seen. */
  readonly progress: (entries: number) => void;
}

/** Examines the tree from the given places on, with a second thread where it turns out to be large. */
export async function examine(
  spec: ExaminationSpec,
  places: readonly Omit<Place, 'id'>[],
  hooks: ExaminationHooks,
): Promise<ExaminationResult> {
  const own = new ExaminationThread(spec, hooks.wiring, 0, hooks.write);
  for (const place of places) own.start(place);
  let other: OtherThread | undefined;
  for (;;) {
    own.work(STINT);
    hooks.progress(own.entries);
    if (other === undefined) {
      if (own.pending === 0) break;
      if (hooks.threadScript !== undefined && own.walked > WORTH_A_THREAD) {
        // Most roots are small: those do without what threads take to load.
        const { OtherThread } = await import('./other-thread.ts');
        other = new OtherThread(hooks.threadScript, spec, hooks.write);
      }
      continue;
    }
    other.readLetters(own);
    if (other.hungry && own.pending > 1) other.give(own.giveHalf());
    if (own.pending > 0) continue;
    if (other.hungry || other.isStarting) break;
    await other.askAndWait();
  }
  const theirs = await other?.finish();
  const gathered = own.finish();
  const parts = [gathered, ...(theirs?.gathered ?? [])].filter((part) => part !== undefined);
  return {
    gathered: parts,
    entries: own.entries + (theirs?.entries ?? 0),
    unreadable: {
      count: own.unreadable.count + (theirs?.unreadable.count ?? 0),
      examples: [...own.unreadable.examples, ...(theirs?.unreadable.examples ?? [])],
    },
    unverified: own.unverified + (theirs?.unverified ?? 0),
  };
}
