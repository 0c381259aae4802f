import { checkedUtcSeconds } from './old-root-name.ts';
import { compareRaw, type RawName } from './rawpath.ts';

/** A root of an earlier boot, or a directory beside those that something else made. */
export interface OldRoot {
  /** Its directory in `old_roots`. */
  readonly name: RawName;
  /** Grows by one a boot; undefined where ebb did not make it. */
  readonly sequence: number | undefined;
  /** Seconds since 1970, by the clock that the machine had then; undefined where nothing tells. */
  readonly bootedAt: number | undefined;
  /** It was shut down in order; undefined where nothing tells. */
  readonly endedClean: boolean | undefined;
  /** Text, not bytes, as are `generation` and `note`. */
  readonly kernel: string | undefined;
  readonly generation: string | undefined;
  readonly pinned: { readonly note: string } | undefined;
  /** Not made by ebb, or a copy, or renamed; `format`: how its time was read (`readOldRootName`). */
  readonly foreign: false | { readonly format: string };
  /** Foreign, and taken under `gc` by `ebb adopt`. */
  readonly adopted: boolean;
  /** What uses it, in a few words: a mount, `ebb restore`…; undefined where nothing does. */
  readonly inUse: string | undefined;
  /** Why not all that is written down about it could be read, a pin among it; undefined where all could. */
  readonly doubt: string | undefined;
  /** Which of the captures of its boot it is; undefined where it is the root itself. */
  readonly capture?: CaptureMark;
}

/** What `ebb capture` writes into the `boot.json` of what it makes: a boot may have any number of captures. */
export interface CaptureMark {
  /** The root that was captured, in the boot that it was captured in: the same for all captures of these two. */
  readonly of: string;
  /** Grows by one with each of them. */
  readonly number: number;
  /** When it was made: seconds since 1970, by the clock of then. */
  readonly at: number;
}

/** Neither counted nor deleted. */
export function isForeign({ foreign, adopted }: Pick<OldRoot, 'foreign' | 'adopted'>): boolean {
  return foreign !== false && !adopted;
}

/** What `/.ebb/boot.json` says of the boot whose root it lies in. */
export interface BootFacts {
  readonly sequence: number;
  readonly bootId: string | undefined;
  /** Seconds since 1970, with a fraction where the file has one. */
  readonly bootedAt: number;
  /** undefined where that boot did not promise to write down its end. */
  readonly endedClean: boolean | undefined;
  readonly kernel: string | undefined;
  readonly generation: string | undefined;
  readonly capture?: CaptureMark;
}

/** `problem` is text that follows the name of the file: `sequence is "7": must be an integer of 0 or more`. */
export type BootReading = { readonly facts: BootFacts } | { readonly problem: string };

export const BOOT_SCHEMA = 'ebb.boot/1';

/**
 * The facts of a `/.ebb/boot.json` whose JSON was parsed to `value`. Without the sequence and the time there is no
 * saying where the old root belongs, so these must be right; the rest may be missing or null. Keys that later versions
 * add are passed over.
 */
export function parseBoot(value: unknown): BootReading {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: `is ${quote(value)}: must be an object` };
  }
  const facts = value as Readonly<Record<string, unknown>>;
  const { schema, sequence, bootId, bootedAt, kernel, generation, ended } = facts;
  if (schema !== BOOT_SCHEMA) return wrong('schema', schema, `this ebb reads "${BOOT_SCHEMA}"`);
  // One more than it is to be a number yet.
  if (!isCount(sequence) || sequence > LAST) return wrong('sequence', sequence, 'must be an integer of 0 or more');
  const at = typeof bootedAt === 'string' ? utcTime(bootedAt) : undefined;
  if (at === undefined) return wrong('bootedAt', bootedAt, 'must be a time in UTC, as "2026-01-09T12:00:00Z"');
  if (!isOptionalText(bootId)) return wrong('bootId', bootId, 'must be a string');
  if (!isOptionalText(kernel)) return wrong('kernel', kernel, 'must be a string');
  // NixOS counts its generations.
  const generationText = isCount(generation) ? String(generation) : generation;
  if (!isOptionalText(generationText)) return wrong('generation', generation, 'must be a string or a number');
  if (!isOptionalText(ended)) return wrong('ended', ended, 'must be "running" or "clean"');
  const capture = captureMark(facts['capture']);
  if (capture === 'wrong') return wrong('capture', facts['capture'], 'must hold of, number and at');
  return {
    facts: {
      ...{ sequence, bootedAt: at, endedClean: endOf(ended) },
      ...{ bootId: bootId ?? undefined, kernel: kernel ?? undefined, generation: generationText ?? undefined },
      ...(capture && { capture }),
    },
  };
}

/**
 * Oldest first: by sequence and never by the clock, which is wrong on machines without a battery. Those that have no
 * sequence come before all that have one, by the time that was read from their names (those without any first), then
 * by name. Sequences are equal where a boot was captured several times, or an old root was copied; the number of the
 * capture, time and name then make the order complete.
 */
export function compareOldRoots(a: Ordered, b: Ordered): number {
  return (
    compareKnown(a.sequence, b.sequence) ||
    compareKnown(a.capture?.number, b.capture?.number) ||
    compareKnown(a.bootedAt, b.bootedAt) ||
    compareRaw(a.name, b.name)
  );
}

type Ordered = Pick<OldRoot, 'name' | 'sequence' | 'bootedAt' | 'capture'>;

function captureMark(value: unknown): CaptureMark | undefined | 'wrong' {
  if (value === undefined || value === null) return undefined;
  const { of, number, at } = value as Readonly<Record<string, unknown>>;
  const seconds = typeof at === 'string' ? utcTime(at) : undefined;
  return typeof of === 'string' && isCount(number) && seconds !== undefined ? { of, number, at: seconds } : 'wrong';
}

/** `running` is written by what writes `clean` at the shutdown: where it stays, there was none in order. */
function endOf(ended: string | null | undefined): boolean | undefined {
  return ended === 'clean' ? true : ended === 'running' ? false : undefined;
}

/** Numbers in their order, after what is not known. */
export function compareKnown(a: number | undefined, b: number | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  return a - b;
}

const LAST = 2 ** 52;

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isOptionalText(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string';
}

/** Seconds since 1970 of an RFC 3339 time whose zone is UTC; undefined where it is none. */
function utcTime(text: string): number | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]00:00)$/.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hours, minutes, seconds] = parts.slice(1, 7).map(Number);
  const at = checkedUtcSeconds(year, month, day, hours, minutes, seconds);
  return at === undefined ? undefined : at + Number(parts[7] ?? 0);
}

function wrong(key: string, value: unknown, expected: string): BootReading {
  if (value === undefined) return { problem: `${key} is missing: ${expected}` };
  return { problem: `${key} is ${quote(value)}: ${expected}` };
}

/** The value as JSON, cut where it is long. */
function quote(value: unknown): string {
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
