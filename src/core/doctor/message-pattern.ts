import { Glob } from '../pattern.ts';
import type { RawPath } from '../rawpath.ts';
import { type Captures, type Message, type MessageText, matchText, parseMessageText } from './message-text.ts';
import { commonWords } from './sieve.ts';

/** What a message tells. */
export const messageKinds = [
  /** A path that a program needs is not there. */
  'missing',
  /** A program may not use a path: its owner, its mode, or a filesystem that takes no writes. */
  'denied',
  /** A unit did not start, or failed. */
  'failed-start',
  /** A program set itself up as if it had never run: its state is lost. */
  'first-run',
  /** A key or a number by which others know the machine was made anew. */
  'identity',
  /** A user or group has another number than what belongs to it. */
  'owner',
  /** Nothing: it only looks like one of the others. */
  'harmless',
] as const;
export type MessageKind = (typeof messageKinds)[number];

/** One `[[message]]` of a file in `messages/`. Byte strings where a person or a path is quoted. */
export interface MessagePattern {
  /** The file without `.toml`, and which of its messages: `openssh 3`. */
  readonly id: string;
  /** `OpenSSH`; undefined: what any program says. */
  readonly title: string | undefined;
  /** The program's names in the journal, and the units that it runs in, with `*` for what varies; neither: any program. */
  readonly identifiers: readonly string[];
  readonly units: readonly string[];
  readonly kind: MessageKind;
  /** As `parseMessageText` reads them. */
  readonly texts: readonly string[];
  /** What it means: a sentence without its full stop. */
  readonly means: string;
  /** Where the state lies that it is about, where the message names no path. */
  readonly state: readonly RawPath[];
}

export interface Recognised {
  readonly pattern: MessagePattern;
  readonly captures: Captures;
}

interface Compiled {
  readonly pattern: MessagePattern;
  readonly texts: readonly MessageText[];
}

/** Journals name programs as they like to: what was found for a name is kept for so many of them. */
const MOST_NAMES = 2000;

/** All patterns, to be asked about each message of a journal. */
export class MessagePatterns {
  readonly #own: readonly (Compiled & { readonly identifiers: readonly Glob[]; readonly units: readonly Glob[] })[];
  readonly #general: readonly Compiled[];
  /** Whatever the general ones match has one of these words. */
  readonly #words: readonly string[];
  readonly #byIdentifier = new Map<string, readonly number[]>();
  readonly #byUnit = new Map<string, readonly number[]>();

  constructor(patterns: readonly MessagePattern[]) {
    const compiled = patterns.map((pattern) => ({ pattern, texts: pattern.texts.map(parseMessageText) }));
    const isGeneral = ({ pattern }: Compiled): boolean => pattern.identifiers.length + pattern.units.length === 0;
    this.#general = compiled.filter(isGeneral).toSorted(harmlessFirst);
    this.#words = commonWords(this.#general.flatMap(({ texts }) => texts));
    this.#own = compiled
      .filter((one) => !isGeneral(one))
      .toSorted(harmlessFirst)
      .map((one) => ({
        ...one,
        identifiers: one.pattern.identifiers.map((name) => new Glob(name)),
        units: one.pattern.units.map((name) => new Glob(name)),
      }));
  }

  /** What the message is by the patterns of its program, then by those for any; `harmless` where it is known to be. */
  recognise(identifiers: readonly string[], unit: string | undefined, message: Message): Recognised | undefined {
    for (const name of identifiers) {
      const found = this.#firstOf(this.#those(this.#byIdentifier, name, 'identifiers'), message);
      if (found !== undefined) return found;
    }
    if (unit !== undefined) {
      const found = this.#firstOf(this.#those(this.#byUnit, unit, 'units'), message);
      if (found !== undefined) return found;
    }
    return this.#words.some((word) => message.lower.includes(word)) ? firstMatch(this.#general, message) : undefined;
  }

  #firstOf(indexes: readonly number[], message: Message): Recognised | undefined {
    for (const index of indexes) {
      const found = matchOf(this.#own[index] as Compiled, message);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #those(known: Map<string, readonly number[]>, name: string, by: 'identifiers' | 'units'): readonly number[] {
    let those = known.get(name);
    if (those === undefined) {
      const bytes = Uint8Array.from(name, (byte) => byte.charCodeAt(0));
      those = this.#own.flatMap((one, i) => (one[by].some((glob) => glob.matches(bytes, 0, bytes.length)) ? [i] : []));
      if (known.size >= MOST_NAMES) known.clear();
      known.set(name, those);
    }
    return those;
  }
}

/** What is known to mean nothing has to be known before it is taken for something. */
function harmlessFirst(a: Compiled, b: Compiled): number {
  return Number(b.pattern.kind === 'harmless') - Number(a.pattern.kind === 'harmless');
}

function firstMatch(those: readonly Compiled[], message: Message): Recognised | undefined {
  for (const one of those) {
    const found = matchOf(one, message);
    if (found !== undefined) return found;
  }
  return undefined;
}

function matchOf({ pattern, texts }: Compiled, message: Message): Recognised | undefined {
  for (const text of texts) {
    const captures = matchText(text, message);
    if (captures !== undefined) return { pattern, captures };
  }
  return undefined;
}
