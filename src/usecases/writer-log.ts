import type { Category } from '../core/category.ts';
import type { RawPath } from '../core/rawpath.ts';
import { formatLog, type Gap, parseLog } from '../core/writers/log.ts';
import type { Tally } from '../core/writers/tally.ts';
import type { LogStore } from '../ports/watch.ts';

/** Seconds. What a power cut loses is no more than this; the first one comes sooner, as most is new then. */
const EVERY = 600;
const FIRST = 60;

/** Keeps what a watch sees in the log of this boot, beside what an earlier one of the same boot saw. */
export class LogKeeper {
  readonly #store: LogStore;
  readonly #bootId: string;
  readonly #warn: (problem: string) => void;
  #tally: Tally | undefined;
  #from = 0;
  #gaps: readonly Gap[] = [];
  #overflows = 0;
  #keepAt = 0;
  #hasFailed = false;

  constructor(store: LogStore, bootId: string, warn: (problem: string) => void) {
    this.#store = store;
    this.#bootId = bootId;
    this.#warn = warn;
  }

  /** Takes what there is into the tally. */
  begin(tally: Tally, categoryOf: (path: RawPath) => Category, now: number): void {
    this.#tally = tally;
    this.#from = now;
    this.#keepAt = now + FIRST;
    const text = this.#store.read();
    if (text === undefined) return;
    const earlier = parseLog(text, categoryOf);
    if ('problem' in earlier) {
      this.#warn(`the log of this boot, ${this.#store.file}, ${earlier.problem}: begun anew`);
      return;
    }
    if (earlier.bootId !== this.#bootId) return;
    this.#from = Math.min(now, earlier.from);
    this.#gaps = [...earlier.gaps, { from: earlier.until, until: now }];
    this.#overflows = earlier.overflows;
    for (const row of earlier.rows) tally.merge(row);
  }

  async keep(now: number, overflows: number): Promise<void> {
    if (now >= this.#keepAt) await this.end(now, overflows);
  }

  /** Writes it now. A storage that is full or gone for a while does not end the watch. */
  async end(now: number, overflows: number): Promise<void> {
    this.#keepAt = now + EVERY;
    const text = formatLog({
      ...{ bootId: this.#bootId, from: this.#from, until: now, gaps: this.#gaps },
      overflows: this.#overflows + overflows,
      rows: [...(this.#tally?.rows() ?? [])],
    });
    try {
      await this.#store.write(text);
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#warn(`the log ${this.#store.file} could not be written: ${(error as Error).message}`);
      this.#hasFailed = true;
    }
  }
}
