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

/** What to do about a category where nothing else is known. */
export function verdictOf(category: Category): Verdict {
  return verdictOfCategory[category];
}
