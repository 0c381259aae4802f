import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { BaselineError } from '../../core/baseline-format.ts';
import type { ExaminationResult, Letter, ThreadData } from './letters.ts';
import type { ExaminationSpec, ExaminationThread, HandedOver } from './thread.ts';

/** The second thread as the first one sees it. */
export class OtherThread {
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
      else if (letter.kind === 'failed') throw errorOf(letter);
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

function errorOf({ name, message }: { readonly name: string; readonly message: string }): Error {
  return name === 'BaselineError' ? new BaselineError('malformed', message) : new Error(`${name}: ${message}`);
}
