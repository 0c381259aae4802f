import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Place } from '../core/examination.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Gathered } from '../core/rollup.ts';
import { type ExaminationSpec, ExaminationThread, type HandedOver, type ThreadWiring } from './examination-thread.ts';

/** From this many entries on, a second thread is worth its start. */
const WORTH_A_THREAD = 20_000;
/** Entries between two looks at the mailbox. */
const STINT = 2_000;

export interface ExaminationResult {
  readonly gathered: readonly Gathered[];
  readonly entries: number;
  readonly unreadable: { readonly count: number; readonly examples: readonly RawPath[] };
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
  | { readonly kind: 'failed'; readonly error: unknown };

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
  };
}

/** The second thread as the first one sees it. */
class OtherThread {
  /** It has nothing to do. */
  hungry = false;
  /** It has not said a word yet, and was given nothing. */
  isStarting = true;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #bell = new Int32Array(new SharedArrayBuffer(4));
  readonly #write: (bytes: Uint8Array) => void;
  #asked = false;
  #result: ExaminationResult | undefined;
  #failure: unknown;

  constructor(script: URL, spec: ExaminationSpec, write: (bytes: Uint8Array) => void) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#write = write;
    const workerData: ThreadData = { spec, port: port2, bell: this.#bell };
    // A small young generation: next to nothing outlives a directory, and memory is counted.
    const resourceLimits = { maxYoungGenerationSizeMb: 8 };
    this.#worker = new Worker(script, { workerData, transferList: [port2], resourceLimits, trackUnmanagedFds: false });
    this.#worker.on('error', (error) => {
      this.#failure = error;
    });
    this.#worker.unref();
  }

  give(work: HandedOver): void {
    this.hungry = false;
    this.#asked = false;
    this.#send({ kind: 'work', work });
  }

  /** `own` takes the work that is handed back; a thread that is hungry hands none. */
  readLetters(own?: ExaminationThread): void {
    for (let got = receiveMessageOnPort(this.#port); got !== undefined; got = receiveMessageOnPort(this.#port)) {
      const letter = got.message as Letter;
      this.isStarting = false;
      if (letter.kind === 'hungry') this.hungry = true;
      else if (letter.kind === 'paths') this.#write(letter.bytes);
      else if (letter.kind === 'finished') this.#result = letter.result;
      else if (letter.kind === 'failed') throw letter.error;
      else if (letter.kind === 'work') {
        this.#asked = false;
        own?.take(letter.work);
      }
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async askAndWait(): Promise<void> {
    if (!this.#asked) this.#send({ kind: 'hungry' });
    this.#asked = true;
    await this.#wait();
  }

  async finish(): Promise<ExaminationResult | undefined> {
    if (this.isStarting) {
      this.#port.close();
      await this.#worker.terminate();
      return undefined;
    }
    this.#send({ kind: 'finish' });
    for (;;) {
      this.readLetters();
      if (this.#result !== undefined) break;
      await this.#wait();
    }
    this.#port.close();
    return this.#result;
  }

  /** Until the bell rings, or a moment: a thread that died rings no bell, and its error needs the event loop. */
  async #wait(): Promise<void> {
    Atomics.wait(this.#bell, 0, 0, 20);
    Atomics.store(this.#bell, 0, 0);
    await new Promise((resolve) => setImmediate(resolve));
  }

  #send(letter: Letter): void {
    this.#port.postMessage(letter);
  }
}
