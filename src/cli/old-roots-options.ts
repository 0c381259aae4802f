import type { FlagParametersForType } from '@stricli/core';
import { Failure } from '../core/failure.ts';
import type { RawName, RawPath } from '../core/rawpath.ts';
import type { RetentionPolicy } from '../core/retention.ts';
import type { Context } from './context.ts';
import { parseText, pathFrom } from './options.ts';

/** Where the old roots are: of every command that works on them. */
export interface PlaceFlags {
  readonly oldRoots?: string;
  /** The name that the original's tool gave it. */
  readonly snapshotRoot?: string;
}

export const placeFlags: FlagParametersForType<PlaceFlags, Context> = {
  oldRoots: {
    kind: 'parsed',
    parse: parseText,
    placeholder: 'DIR',
    optional: true,
    brief: 'The directory that old roots are kept in; the configured one where nothing is asked',
  },
  snapshotRoot: {
    kind: 'parsed',
    parse: parseText,
    placeholder: 'DIR',
    optional: true,
    hidden: true,
    brief: 'The same as --old-roots',
  },
};

export function placeOf(context: Context, { oldRoots, snapshotRoot }: PlaceFlags): RawPath | undefined {
  if (oldRoots !== undefined && snapshotRoot !== undefined) {
    throw new Failure('usage', '--old-roots and --snapshot-root name the same thing: give one of them');
  }
  const typed = oldRoots ?? snapshotRoot;
  return typed === undefined ? undefined : pathFrom(context, typed);
}

/** How many old roots to keep; the long names are those of the original's tool. */
export interface RetentionFlags {
  readonly recent?: number;
  readonly weekly?: number;
  readonly monthly?: number | 'all';
  readonly keepRecentCount?: number;
  readonly keepRecentWeeks?: number;
  readonly keepPerMonth?: number;
}

export const retentionFlags: FlagParametersForType<RetentionFlags, Context> = {
  recent: { ...countFlag('Keep the newest N'), hidden: false },
  weekly: { ...countFlag('Keep the newest of each of the last N weeks that have old roots'), hidden: false },
  monthly: {
    kind: 'parsed',
    parse: (input: string) => (input === 'all' ? input : parseCount(input)),
    placeholder: 'N|all',
    optional: true,
    brief: 'Keep the newest of each of the last N months that have old roots, or of all',
  },
  keepRecentCount: { ...countFlag('The same as --recent'), hidden: true },
  keepRecentWeeks: { ...countFlag('The same as --weekly'), hidden: true },
  keepPerMonth: { ...countFlag('Old roots to keep of every month: 1, as --monthly all, or 0'), hidden: true },
};

function countFlag(brief: string) {
  return { kind: 'parsed', parse: parseCount, placeholder: 'N', optional: true, brief } as const;
}

export function parseCount(input: string): number {
  const count = Number(input);
  if (!/^\d+$/.test(input) || !Number.isSafeInteger(count)) {
    throw new Error(`${input} is not a number of old roots: give a whole number from 0 up`);
  }
  return count;
}

/** What of the policy is asked for. @throws Failure where it is asked for twice, or cannot be had. */
export function policyOf(flags: RetentionFlags): Partial<RetentionPolicy> {
  const one = <T>(name: string, own: T | undefined, other: string, theirs: T | undefined): T | undefined => {
    if (own !== undefined && theirs !== undefined)
      throw new Failure('usage', `${name} and ${other} say the same thing`);
    return own ?? theirs;
  };
  const perMonth = flags.keepPerMonth;
  if (perMonth !== undefined && perMonth > 1) {
    throw new Failure('usage', `--keep-per-month ${perMonth}: one old root of a month is kept, or none`);
  }
  const everyMonth = perMonth === undefined ? undefined : perMonth === 1 ? 'all' : 0;
  const recent = one('--recent', flags.recent, '--keep-recent-count', flags.keepRecentCount);
  const weekly = one('--weekly', flags.weekly, '--keep-recent-weeks', flags.keepRecentWeeks);
  const monthly = one<number | 'all'>('--monthly', flags.monthly, '--keep-per-month', everyMonth);
  return {
    ...(recent === undefined ? {} : { recent }),
    ...(weekly === undefined ? {} : { weekly }),
    ...(monthly === undefined ? {} : { monthly }),
  };
}

/** The name of an old root as it was typed; its path in the directory will do, too, as a shell completes it. */
export function oldRootName(typed: string): RawName {
  const path = typed.replace(/\/+$/, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === '' || name === '.' || name === '..')
    throw new Failure('usage', `${typed} names no old root`, 'ebb ls lists them');
  return name as RawName;
}

/** The one old root that a command is about. */
export const namePositional = {
  kind: 'tuple',
  parameters: [{ parse: parseText, brief: 'Its name, as ebb ls shows it', placeholder: 'OLD_ROOT' }],
} as const;
