import type { FlagParametersForType } from '@stricli/core';
import type { Category } from '../core/category.ts';
import type { ChangeKind } from '../core/change.ts';
import { Failure } from '../core/failure.ts';
import { ROOT } from '../core/rawpath.ts';
import type { Against } from '../ports/machine.ts';
import type { DiffRequest } from '../usecases/diff.ts';
import type { Context } from './context.ts';
import { parseCategory, parseDepth, parseKind, pathFrom } from './options.ts';

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

const text = (input: string): string => input;

export const comparisonFlags: FlagParametersForType<ComparisonFlags, Context> = {
  root: {
    kind: 'parsed',
    parse: text,
    placeholder: 'DIR',
    optional: true,
    brief: 'Examine the root filesystem that is mounted at DIR, with the mounts below DIR',
  },
  against: {
    kind: 'parsed',
    parse: text,
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

export function requestOf(context: Context, flags: ComparisonFlags, paths: readonly string[]): DiffRequest {
  const root = flags.root === undefined ? ROOT : pathFrom(context, flags.root);
  // Paths are the root's own; a relative one is only clear on the running root.
  const from = root === '/' ? context : { workingDirectory: ROOT };
  if (flags.checksum && flags.against === undefined) {
    throw new Failure('usage', '--checksum compares with a directory: --against DIR');
  }
  return {
    root,
    paths: paths.map((path) => pathFrom(from, path)),
    against: flags.against === undefined ? undefined : againstOf(context, flags.against, flags.checksum),
    categories: flags.category === undefined ? undefined : new Set(flags.category),
    kinds: flags.kind === undefined ? undefined : new Set(flags.kind),
    all: flags.all,
    depth: flags.depth,
    noSync: flags.noSync,
  };
}

/** Compares with what is named, or with the root's own best. */
function againstOf(context: Context, typed: string, checksum: boolean): Against {
  if (typed === 'baseline' || typed === 'boot' || typed === 'packages' || typed === 'nothing') {
    if (checksum) throw new Failure('usage', `--checksum compares with a directory, not with ${typed}`);
    return { kind: typed };
  }
  return { kind: 'directory', path: pathFrom(context, typed), checksum };
}
