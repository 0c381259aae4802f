import type { Rule } from './rule.ts';

/** For each `EntryType` the index of a rule, or NONE. Shared, so never changed once made. */
export type RuleByType = readonly number[];
const TYPES = 16;
/** Greater than any index, so that the smaller number always wins. */
export const NONE = 0x3fffffff;
export const NO_RULES: RuleByType = new Array<number>(TYPES).fill(NONE);

/** What the rule at `index` says of each type. */
export function judgedBy(rule: Rule, index: number): RuleByType {
  if (rule.types === undefined) return new Array<number>(TYPES).fill(index);
  const judged = NO_RULES.slice();
  for (const type of rule.types) judged[type] = index;
  return judged;
}

/** Of each type the earlier of both. */
export function earliest(a: RuleByType, b: RuleByType): RuleByType {
  // The shortcuts are for the start, when none of this has been compiled by the engine.
  if (a === NO_RULES || a === b) return b;
  if (b === NO_RULES || !beats(b, a)) return a;
  if (!beats(a, b)) return b;
  return a.map((rule, type) => Math.min(rule, b[type] as number));
}

/** Where `rules` has, for some type, a rule that comes before that of `others`. */
function beats(rules: RuleByType, others: RuleByType): boolean {
  for (let type = 0; type < TYPES; type++) if ((rules[type] as number) < (others[type] as number)) return true;
  return false;
}

/** Where a rule that comes no earlier than `first` could still come before that of `others`. */
export function canBeat(first: number, others: RuleByType): boolean {
  for (let type = 0; type < TYPES; type++) if (first < (others[type] as number)) return true;
  return false;
}
