import type { JournalEntry } from './journal-entry.ts';

/** Of each unit that many messages are kept, and of that many units: those that wrote last. */
const MOST_MESSAGES = 3;
const MOST_UNITS = 500;
const LONGEST = 400;

export type Words = Pick<JournalEntry, 'message' | 'identifier' | 'program' | 'at'>;

/** What each unit said last: of one that failed, that is often why. */
export class LastWords {
  readonly #byUnit = new Map<string, Words[]>();

  take({ unit, message, identifier, program, at }: JournalEntry): void {
    // What systemd says about it is known otherwise.
    if (unit === undefined || identifier === 'systemd') return;
    const words = this.#byUnit.get(unit) ?? [];
    if (words.length === MOST_MESSAGES) words.shift();
    words.push({ message: message.slice(0, LONGEST), identifier, program, at });
    this.#byUnit.delete(unit);
    this.#byUnit.set(unit, words);
    if (this.#byUnit.size <= MOST_UNITS) return;
    const [oldest] = this.#byUnit.keys();
    if (oldest !== undefined) this.#byUnit.delete(oldest);
  }

  of(unit: string): readonly Words[] {
    return this.#byUnit.get(unit) ?? [];
  }
}
