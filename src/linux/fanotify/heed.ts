import { FAN_CLOSE_WRITE, FAN_CREATE, FAN_MODIFY, FAN_MOVED_TO, FAN_ONDIR } from './watch-calls.ts';

/**
 * What is asked for always: a file that was open for writing is closed, something is moved to a place. `FAN_ONDIR` makes
 * that directories, too.
 */
export const BASIC = FAN_CLOSE_WRITE | FAN_MOVED_TO | FAN_ONDIR;
/** What is asked for in calm times: also directories and links that are made, and each write to a file that stays open. */
export const FULL = BASIC | FAN_CREATE | FAN_MODIFY;

/** Events in one look at the queue that make a flood; all that follows is milliseconds. */
const FLOOD = 200;
const AFTER_FLOOD = 500;
/** Writes to an open file are heeded for this long, and then left for that long, as long as they go on. */
const HEEDED = 100;
const LEFT = 400;

/**
 * Which events are asked for: each costs the writer, in the kernel, before anybody reads it, and writes to a file that is
 * open merge unseen in the queue. So under a flood only what ends a write is asked for, and single writes now and then.
 */
export class Heed {
  #reducedUntil = 0;
  /** How long writes to open files have gone on without a pause. */
  #modifiesSince: number | undefined;
  #lastModify = 0;

  /** The mask to ask for from now on, after a look that found so many events. */
  after(events: number, sawModify: boolean, now: number): number {
    if (events >= FLOOD) {
      this.#reducedUntil = now + AFTER_FLOOD;
      this.#modifiesSince = undefined;
    } else if (now < this.#reducedUntil) {
      // What is read now may have been queued before.
    } else if (sawModify) {
      if (this.#modifiesSince === undefined || now - this.#lastModify > HEEDED) this.#modifiesSince = now;
      this.#lastModify = now;
      if (now - this.#modifiesSince >= HEEDED) {
        this.#reducedUntil = now + LEFT;
        this.#modifiesSince = undefined;
      }
    }
    return this.#maskAt(now);
  }

  #maskAt(now: number): number {
    return now < this.#reducedUntil ? BASIC : FULL;
  }

  /** Milliseconds after which more is to be asked for again; undefined where all is. */
  restAt(now: number): number | undefined {
    return now < this.#reducedUntil ? this.#reducedUntil - now : undefined;
  }
}
