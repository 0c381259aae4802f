import type { RawPath } from '../rawpath.ts';
import type { DoctorKind, Severity, Was } from './doctor-report.ts';
import type { Words } from './last-words.ts';
import type { Occurrence } from './occurrences.ts';
import type { PathFacts } from './path-facts.ts';

/** A finding while more is learnt of it. */
export interface Draft {
  readonly kind: DoctorKind;
  severity: Severity;
  what: string;
  /** As the pattern of a program has it, which knows better than one for any. */
  isSpecific: boolean;
  /** Whether each is one of a user's. */
  readonly units: Map<string, boolean>;
  readonly container: string | undefined;
  readonly facts: PathFacts | undefined;
  /** What it is about, and what is restored where an old root has it. */
  readonly path: RawPath | undefined;
  readonly was: Was | undefined;
  /** What is brought back with it. */
  readonly also: readonly RawPath[];
  /** What is there now was made in its place. */
  readonly isReplaced: boolean;
  readonly paths: Set<RawPath>;
  readonly messages: Occurrence[];
  /** What a unit said last that failed for no reason that is known. */
  words: readonly Words[];
}

export type Beginning = Pick<Draft, 'kind' | 'severity' | 'what'> & Partial<Draft>;

/** Findings to be, each once. */
export class Drafts {
  readonly #byKey = new Map<string, Draft>();

  /** The one of this key; where two say what happened, the one that is specific has the word. */
  at(key: string, beginning: Beginning): Draft {
    const known = this.#byKey.get(key);
    if (known === undefined) {
      const draft = { ...empty(), ...beginning };
      this.#byKey.set(key, draft);
      return draft;
    }
    if (!known.isSpecific && beginning.isSpecific === true) {
      known.what = beginning.what;
      known.isSpecific = true;
    }
    return known;
  }

  all(): Draft[] {
    return [...this.#byKey.values()];
  }

  ofUnit(unit: string): Draft[] {
    return this.all().filter(({ units }) => units.has(unit));
  }
}

function empty(): Omit<Draft, 'kind' | 'severity' | 'what'> {
  return {
    ...{ isSpecific: false, units: new Map(), container: undefined, facts: undefined, path: undefined },
    ...{ was: undefined, also: [], isReplaced: false, paths: new Set(), messages: [], words: [] },
  };
}

/** Notes who said it, and of which unit. */
export function noteOccurrence(draft: Draft, occurrence: Occurrence): void {
  const { unit, isUserUnit } = occurrence;
  // Systemd's own says nothing of whom it is about.
  if (unit !== undefined && unit !== 'init.scope') draft.units.set(unit, isUserUnit);
  draft.messages.push(occurrence);
}
