import { receiveMessageOnPort } from 'node:worker_threads';
import { buffersOf } from '../../core/gathered.ts';
import type { Letter, ThreadData } from './letters.ts';
import { ExaminationThread, type ThreadWiring } from './thread.ts';

/** Entries between two looks at the mailbox. */
const STINT = 2_000;

/** The second thread of an examination: works on what it is handed, and hands half of it back when it is asked. */
export function serveExamination({ spec, port, bell }: ThreadData, wiring: ThreadWiring): void {
  const send = (letter: Letter, transfer: ArrayBuffer[] = []): void => {
    port.postMessage(letter, transfer);
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
  };
  const write = (bytes: Uint8Array): void => {
    const copy = bytes.slice();
    send({ kind: 'paths', bytes: copy }, [copy.buffer]);
  };

  const fail = (error: unknown): void => {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    send({ kind: 'failed', name, message });
  };

  try {
    const thread = new ExaminationThread(spec, wiring, 1, write);
    let othersHungry = false;
    const read = (letter: Letter): void => {
      if (letter.kind === 'work') thread.take(letter.work);
      else if (letter.kind === 'hungry') othersHungry = true;
      else if (letter.kind === 'finish') {
        const gathered = thread.finish();
        const { entries, unreadable, unverified } = thread;
        const parts = gathered === undefined ? [] : [gathered];
        const result = { gathered: parts, entries, unreadable, unverified };
        send({ kind: 'finished', result }, parts.flatMap(buffersOf));
        port.close();
      }
    };
    const work = (): void => {
      while (thread.pending > 0) {
        thread.work(STINT);
        for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
          read(got.message as Letter);
        }
        if (othersHungry && thread.pending > 1) {
          othersHungry = false;
          send({ kind: 'work', work: thread.giveHalf() });
        }
      }
      othersHungry = false;
      send({ kind: 'hungry' });
    };
    send({ kind: 'hungry' });
    port.on('message', (letter: Letter) => {
      try {
        read(letter);
        if (thread.pending > 0) work();
      } catch (error) {
        fail(error);
      }
    });
  } catch (error) {
    fail(error);
  }
}
