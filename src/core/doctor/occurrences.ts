import type { JournalEntry } from './journal-entry.ts';
import type { MessagePattern, MessagePatterns } from './message-pattern.ts';
import { messageOf } from './message-text.ts';

/** What was said, by one writer of one thing: any number of messages. Byte strings. */
export interface Occurrence {
  readonly pattern: MessagePattern;
  /** What wrote it calls itself. */
  readonly identifier: string | undefined;
  /** The unit that it is about. */
  readonly unit: string | undefined;
  readonly isUserUnit: boolean;
  readonly container: string | undefined;
  /** A path or a relative file, as the message has it. */
  readonly file: string | undefined;
  /** The first message, cut where it is long. */
  readonly text: string;
  count: number;
  /** Seconds since 1970. */
  readonly first: number;
  last: number;
}

/** Different ones that are kept in all, and of one message of one unit: a program may miss a million files. */
const MOST = 2000;
const MOST_ALIKE = 50;
const LONGEST_TEXT = 600;

/** What of a journal's messages says that something is wrong: one entry after the other, and not more than that is kept. */
export class Occurrences {
  /** Messages that were recognised and not kept, as there were too many different ones. */
  dropped = 0;
  readonly #patterns: MessagePatterns;
  readonly #byKey = new Map<string, Occurrence>();
  readonly #alike = new Map<string, number>();

  constructor(patterns: MessagePatterns) {
    this.#patterns = patterns;
  }

  take(entry: JournalEntry): void {
    const { identifier, program, container } = entry;
    const names = [identifier, program, container].filter((name) => name !== undefined);
    const found = this.#patterns.recognise(names, entry.unit, messageOf(entry.message));
    if (found === undefined || found.pattern.kind === 'harmless') return;
    const { pattern, captures } = found;
    const unit = (entry.isManager ? captures.unit : undefined) ?? entry.unit;
    const writer = `${pattern.id}\0${unit ?? ''}\0${unit === undefined ? (identifier ?? program ?? '') : ''}\0${container ?? ''}`;
    const key = `${writer}\0${captures.file ?? ''}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.count++;
      known.last = entry.at;
      return;
    }
    const alike = this.#alike.get(writer) ?? 0;
    if (alike === MOST_ALIKE || this.#byKey.size === MOST) {
      this.dropped++;
      return;
    }
    this.#alike.set(writer, alike + 1);
    this.#byKey.set(key, {
      pattern,
      ...{ identifier: identifier ?? program, unit, isUserUnit: entry.isUserUnit, container, file: captures.file },
      ...{ text: entry.message.slice(0, LONGEST_TEXT).trimEnd(), count: 1, first: entry.at, last: entry.at },
    });
  }

  /** In the order in which they were seen first. */
  all(): readonly Occurrence[] {
    return [...this.#byKey.values()];
  }
}
