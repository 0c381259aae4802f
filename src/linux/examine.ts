import type { MessagePort } from 'node:worker_threads';
import type { Place } from '../core/examination.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Gathered } from '../core/rollup.ts';
import { type ExaminationSpec, ExaminationThread, type HandedOver, type ThreadWiring } from './examination-thread.ts';
import type { OtherThread } from './other-thread.ts';

/** From this many entries on, a second thread is worth its start. */
const WORTH_A_THREAD = 20_000;
/** Entries between two looks at the mailbox. */
const STINT = 2_000;

export interface ExaminationResult {
  readonly gathered: readonly Gathered[];
  readonly entries: number;
  readonly unreadable: { readonly count: number; readonly examples: readonly RawPath[] };
  /** Files that should have been read to compare them, and could not be. */
  readonly unverified: number;
}

export interface ExaminationHooks {
  readonly wiring: ThreadWiring;
  /** The script of the second thread; undefined: all is done by one. */
  readonly threadScript: URL | undefined;
  readonly write: (bytes: Uint8Array) => void;
  /** Called every now and then with the number of entries that this thread has seen. */
  readonly progress: (entries: number) => void;
}

/** Between the threads. `hungry`: has nothing to do, wants half of the other's. */
export type Letter =
  | { readonly kind: 'hungry' }
  | { readonly kind: 'work'; readonly work: HandedOver }
  | { readonly kind: 'paths'; readonly bytes: Uint8Array }
  | { readonly kind: 'finish' }
  | { readonly kind: 'finished'; readonly result: ExaminationResult }
  /** An error's class does not survive the way. */
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

export interface ThreadData {
  readonly spec: ExaminationSpec;
  readonly port: MessagePort;
  /** Rung whenever a letter was sent to the main thread, which may be waiting for one. */
  readonly bell: Int32Array;
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
