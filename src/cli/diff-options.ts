import type { FlagParametersForType } from '@stricli/core';
import type { Category } from '../core/category.ts';
import type { ChangeKind } from '../core/change.ts';
import { Failure } from '../core/failure.ts';
import { ROOT } from '../core/rawpath.ts';
import type { OpenOldRoot } from '../ports/old-roots.ts';
import type { Against } from '../ports/prepared-reference.ts';
import type { DiffRequest } from '../usecases/diff.ts';
import { mayNameOldRoot, openNamed } from '../usecases/diff-old-roots.ts';
import type { Context } from './context.ts';
import { type PlaceFlags, placeOf } from './old-roots-options.ts';
import { parseCategory, parseDepth, parseKind, parseText, pathFrom } from './options.ts';

/** What `diff` and `check` have in common. */
export interface ComparisonFlags {
  readonly root?: string;
  readonly against?: string;
  readonly checksum: boolean;
  readonly category?: readonly Category[];
  readonly kind?: readonly ChangeKind[];
  readonly all: boolean;
  readonly depth?: number;
  readonly noSync: boolean;
  readonly json: boolean;
}

export const comparisonFlags: FlagParametersForType<ComparisonFlags, Context> = {
  root: {
    kind: 'parsed',
    parse: parseText,
    placeholder: 'DIR',
    optional: true,
    brief: 'Examine the root filesystem that is mounted at DIR, with the mounts below DIR',
  },
  against: {
    kind: 'parsed',
    parse: parseText,
    placeholder: 'WHAT',
    optional: true,
    brief: 'Compare with: baseline, boot (changed since this boot), packages, nothing, or a directory',
  },
  checksum: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Against a directory: compare the content of every file, whatever its size and time say',
  },
  category: {
    kind: 'parsed',
    parse: parseCategory,
    variadic: ',',
    optional: true,
    placeholder: 'C,…',
    brief: 'Only these categories: state, secret, home, unknown, cache, log, runtime, generated',
  },
  kind: {
    kind: 'parsed',
    parse: parseKind,
    variadic: ',',
    optional: true,
    placeholder: 'K,…',
    brief: 'Only these kinds of change: added, modified, deleted, type-changed',
  },
  all: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Show what is hidden, too: generated, runtime, ignored',
  },
  depth: {
    kind: 'parsed',
    parse: parseDepth,
    optional: true,
    placeholder: 'N',
    brief: 'Sum up rows deeper than N path components',
  },
  noSync: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'On btrfs: walk the tree instead of writing it out and asking what is new',
  },
  json: { kind: 'boolean', default: false, withNegated: false, brief: 'Print one JSON document' },
};

/** Old roots that take part; they are held open elsewhere. */
interface Compared {
  /** Is examined, in place of `--root`. */
  readonly examined?: OpenOldRoot | undefined;
  /** Is compared with, in place of `--against`. */
  readonly reference?: OpenOldRoot | undefined;
}

export function requestOf(
  context: Context,
  flags: ComparisonFlags,
  paths: readonly string[],
  compared: Compared = {},
): DiffRequest {
  const { examined, reference } = compared;
  const root = examined?.path ?? (flags.root === undefined ? ROOT : pathFrom(context, flags.root));
  // Paths are the root's own; a relative one is only clear on the running root.
  const from = root === '/' ? context : { workingDirectory: ROOT };
  if (flags.checksum && flags.against === undefined && reference === undefined) {
    throw new Failure('usage', '--checksum compares with a directory: --against DIR');
  }
  return {
    root,
    paths: paths.map((path) => pathFrom(from, path)),
    against: againstOf(context, flags, compared),
    categories: flags.category === undefined ? undefined : new Set(flags.category),
    kinds: flags.kind === undefined ? undefined : new Set(flags.kind),
    all: flags.all,
    depth: flags.depth,
    noSync: flags.noSync,
    oldRoot: examined?.name,
    againstOldRoot: reference?.name,
  };
}

/** Compares with what is named, or with the root's own best; an old root with its own baseline. */
function againstOf(
  context: Context,
  { against: typed, checksum }: ComparisonFlags,
  { examined, reference }: Compared,
): Against | undefined {
  if (reference !== undefined) return { kind: 'directory', path: reference.path, checksum };
  if (typed === undefined) return examined === undefined ? undefined : { kind: 'baseline' };
  if (!isReferenceWord(typed)) return { kind: 'directory', path: pathFrom(context, typed), checksum };
  if (checksum) throw new Failure('usage', `--checksum compares with a directory, not with ${typed}`);
  if (examined !== undefined && typed === 'boot') {
    throw new Failure('usage', '--against boot is about the running root, not about an old one');
  }
  return { kind: typed };
}

function isReferenceWord(typed: string): typed is 'baseline' | 'boot' | 'packages' | 'nothing' {
  return typed === 'baseline' || typed === 'boot' || typed === 'packages' || typed === 'nothing';
}

export interface Comparison {
  readonly request: DiffRequest;
  /** Lets go of the old roots, which are held until the comparison is over. */
  close(): void;
}

/**
 * The same where old roots may be meant: `OLD_ROOT` is compared with its own baseline, `OLD_A OLD_B` is B compared with
 * A, and `--against` may name one. They come before any paths.
 */
export async function comparisonOf(
  context: Context,
  flags: ComparisonFlags & PlaceFlags,
  words: readonly string[],
): Promise<Comparison> {
  const directory = placeOf(context, flags);
  const end = words.findIndex((word) => !mayNameOldRoot(word));
  const leading = end < 0 ? words : words.slice(0, end);
  const { against } = flags;
  const asked = against !== undefined && !isReferenceWord(against) && mayNameOldRoot(against) ? [against] : [];
  if (asked.length + leading.length === 0 && directory === undefined) {
    return { request: requestOf(context, flags, words), close: () => {} };
  }
  const named = openNamed([...asked, ...leading], directory, { machine: await context.machine() });
  try {
    const given = asked.length === 0 ? undefined : named.oldRoots[0];
    const roots = upToUndefined(named.oldRoots.slice(asked.length));
    const [first, second] = roots;
    if (roots.length > 2) throw new Failure('usage', 'two old roots can be compared, not more');
    if (first !== undefined && flags.root !== undefined) {
      throw new Failure('usage', '--root names one root, and an old root is another: give one of them');
    }
    if (second !== undefined && against !== undefined) {
      throw new Failure('usage', 'two old roots are compared with each other: leave out --against');
    }
    const compared =
      second === undefined ? { examined: first, reference: given } : { examined: second, reference: first };
    return { request: requestOf(context, flags, words.slice(roots.length), compared), close: named.close };
  } catch (error) {
    named.close();
    throw error;
  }
}

function upToUndefined<T>(items: readonly (T | undefined)[]): T[] {
  const end = items.indexOf(undefined);
  return (end < 0 ? items : items.slice(0, end)) as T[];
}
