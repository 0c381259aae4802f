import type { JournalEntry } from './journal-entry.ts';
import { matchText, messageOf, parseMessageText } from './message-text.ts';

/** What became of a unit in a boot, as systemd said. */
export interface UnitState {
  readonly unit: string;
  readonly isUserUnit: boolean;
  /** `failed`: and was not started since; `dependency`: it was not started as another one failed. */
  state: 'failed' | 'dependency' | 'started';
  /** `exit-code`, `timeout`, `resources`…; undefined where nothing tells. A byte string. */
  result: string | undefined;
  /** Seconds since 1970. */
  at: number;
  failures: number;
}

const failed = parseMessageText('{unit}: Failed with result *');
const others: readonly (readonly [RegExp, UnitState['state']])[] = [
  [/^Failed to (start|mount|listen on) /, 'failed'],
  [/^Dependency failed for /, 'dependency'],
  [/^(Started|Finished|Mounted|Listening on|Reached target) /, 'started'],
];

/** Names are made up by whoever writes a journal: so many units are followed. */
const MOST = 5000;

/** Follows what systemd says of its units: the last that it said counts. */
export class UnitStates {
  readonly #states = new Map<string, UnitState>();

  take({ identifier, isManager, message, unit, isUserUnit, at }: JournalEntry): void {
    if (!isManager || identifier !== 'systemd' || message.length > 500) return;
    const result = matchText(failed, messageOf(message));
    const about = result?.unit ?? unit;
    if (about === undefined || about === 'init.scope') return;
    if (result !== undefined) {
      const word = /'([\w-]+)'\.?$/.exec(message)?.[1];
      this.#set(about, isUserUnit, 'failed', at, word);
      return;
    }
    for (const [form, state] of others) {
      if (form.test(message))
        this.#set(about, isUserUnit, state, at, state === 'dependency' ? 'dependency' : undefined);
    }
  }

  /** Those that had failed, or were not started for another's sake, when the journal ended. */
  broken(): UnitState[] {
    return [...this.#states.values()].filter(({ state }) => state !== 'started');
  }

  #set(unit: string, isUserUnit: boolean, state: UnitState['state'], at: number, result: string | undefined): void {
    const key = `${isUserUnit} ${unit}`;
    const known = this.#states.get(key);
    const failures = state === 'failed' && result !== undefined ? 1 : 0;
    if (known === undefined) {
      // What started well is no news.
      if (state !== 'started' && this.#states.size < MOST) {
        this.#states.set(key, { unit, isUserUnit, state, result, at, failures });
      }
      return;
    }
    known.state = state;
    known.at = at;
    known.failures += failures;
    known.result = result ?? known.result;
  }
}
