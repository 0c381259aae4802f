import { type Category, categories, isCategory } from '../core/category.ts';
import { type ChangeKind, changeKinds } from '../core/change.ts';
import { Failure } from '../core/failure.ts';
import { type RawPath, ROOT, resolveLexically } from '../core/rawpath.ts';
import { notASize, parseSize } from '../core/size.ts';

/** A path as it was typed, a byte string, seen from the working directory. */
export function pathFrom(context: { readonly workingDirectory: RawPath }, typed: string): RawPath {
  if (typed === '') throw new Failure('usage', 'a path is empty');
  // An absolute one needs no working directory, which may be gone.
  if (typed.startsWith('/')) return resolveLexically(ROOT, typed);
  return resolveLexically(context.workingDirectory, typed);
}

/** As it was typed. */
export function parseText(input: string): string {
  return input;
}

export function parseCategory(input: string): Category {
  if (isCategory(input)) return input;
  throw new Error(`there is no category ${input}; there are ${categories.join(', ')}`);
}

export function parseKind(input: string): ChangeKind {
  const kind = changeKinds.find((known) => known === input);
  if (kind === undefined) throw new Error(`there is no kind of change ${input}; there are ${changeKinds.join(', ')}`);
  return kind;
}

export function parseBytes(input: string): number {
  const bytes = parseSize(input);
  if (bytes === undefined) throw new Error(notASize(input));
  return bytes;
}

export function parseDepth(input: string): number {
  const depth = Number(input);
  if (!/^\d+$/.test(input) || depth < 1) throw new Error(`${input} is not a depth: give a whole number from 1 up`);
  return depth;
}

const statuses = [
  '0  success',
  '1  findings',
  '2  wrong usage, or failure',
  '3  part of the work failed',
  '10 what was named does not exist',
  '11 locked by another ebb',
  '130 interrupted',
] as const;

/** What not every command ends with. */
export type RareStatus = 'partial' | 'locked';

/**
 * The end of every command's help. `findings` says when the status is 1; without it, it never is, and so are 3 and 11
 * where `rare` does not name them.
 */
export function helpText(
  about: string,
  examples: readonly (readonly [command: string, does: string])[],
  findings?: string,
  rare: readonly RareStatus[] = [],
): string {
  const width = Math.max(...examples.map(([command]) => command.length));
  const shown = examples.map(([command, does]) => `  ${command.padEnd(width)}  ${does}`);
  const status = statuses.flatMap((line) => {
    if (line.startsWith('3 ') && !rare.includes('partial')) return [];
    if (line.startsWith('11 ') && !rare.includes('locked')) return [];
    if (!line.startsWith('1 ')) return [`  ${line}`];
    return findings === undefined ? [] : [`  1  ${findings}`];
  });
  return [about, '', 'Examples:', ...shown, '', 'Exit status:', ...status].join('\n');
}
