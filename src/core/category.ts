import type { ChangeKind } from './change.ts';

/** What a change is. The order is that of the documentation. */
export const categories = ['state', 'secret', 'home', 'unknown', 'cache', 'log', 'runtime', 'generated'] as const;
export type Category = (typeof categories)[number];

/** What to do about it. The order is that in which a person should look. */
export const verdicts = ['persist', 'decide', 'ignore'] as const;
export type Verdict = (typeof verdicts)[number];

export function compareVerdicts(a: Verdict, b: Verdict): number {
  return verdicts.indexOf(a) - verdicts.indexOf(b);
}

export function isCategory(text: string): text is Category {
  return (categories as readonly string[]).includes(text);
}

/** Made anew at every boot, so nobody loses it: left out of what a person sees unless asked for. */
export const hiddenCategories: ReadonlySet<Category> = new Set(['runtime', 'generated']);

/** What `ebb check` fails on where nothing else is asked. */
export const failingCategories: ReadonlySet<Category> = new Set(['state', 'secret', 'home', 'unknown']);

const verdictOfCategory: Readonly<Record<Category, Verdict>> = {
  state: 'persist',
  secret: 'persist',
  home: 'persist',
  unknown: 'decide',
  cache: 'ignore',
  log: 'ignore',
  runtime: 'ignore',
  generated: 'ignore',
};

/** What else is known of a change that bears on its verdict. */
export interface Circumstances {
  readonly kind: ChangeKind;
  /** Named under `[ignore]` of the configuration. */
  readonly ignored: boolean;
  /** Hidden below a mount: its path is covered, but this data is not what the mount shows. */
  readonly shadowed: boolean;
}

export function verdictOf(category: Category, { kind, ignored, shadowed }: Circumstances): Verdict {
  const verdict = ignored ? 'ignore' : verdictOfCategory[category];
  // What was deleted cannot be persisted, and shadowed data must first be brought together with what hides it.
  return verdict === 'persist' && (kind === 'deleted' || shadowed) ? 'decide' : verdict;
}
