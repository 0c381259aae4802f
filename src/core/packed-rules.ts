import { type Category, categories } from './category.ts';
import type { EvidenceKind } from './evidence.ts';
import { withoutRepeats } from './pattern.ts';
import type { Persist } from './persist.ts';
import type { Rule, Rules } from './rule.ts';
import { sortPatterns } from './sorted-patterns.ts';

/**
 * Rules as the build keeps them, for the little that a start has to do with each: what several of them say is there
 * once, and their patterns stand sorted, as a `RuleSet` takes them.
 */
export interface PackedRules {
  /** The patterns, sorted, a line each. */
  readonly patterns: string;
  /** Of each line its rule, and of each rule its line. */
  readonly ruleOf: readonly number[];
  readonly lineOf: readonly number[];
  /** Of each rule what it says: an index of `said`. */
  readonly saidBy: readonly number[];
  readonly said: readonly PackedRule[];
}

type PackedRule = readonly [
  category: number,
  exact: number,
  types: readonly number[] | 0,
  why: string,
  file: string,
  kind: EvidenceKind,
  by: string | 0,
  persist: Persist | 0,
  instead: string | 0,
];

export function packRules(rules: readonly Rule[]): PackedRules {
  const patterns = rules.map(({ pattern }) => pattern);
  const strange = patterns.find((pattern) => pattern.includes('\n') || pattern !== withoutRepeats(pattern));
  if (strange !== undefined) throw new RangeError(`pattern "${strange}" cannot be packed`);
  const ruleOf = sortPatterns(patterns);
  const lineOf = rules.map(() => 0);
  ruleOf.forEach((rule, line) => {
    lineOf[rule] = line;
  });
  const indexes = new Map<string, number>();
  const saidBy = rules.map(({ category, exact, types, why, file, kind, by, persist, instead }) => {
    const what = [categories.indexOf(category), exact ? 1 : 0, types ?? 0] as const;
    const said: PackedRule = [...what, why, file, kind, by ?? 0, persist ?? 0, instead ?? 0];
    const key = JSON.stringify(said);
    const index = indexes.get(key) ?? indexes.size;
    indexes.set(key, index);
    return index;
  });
  const said = [...indexes.keys()].map((key) => JSON.parse(key) as PackedRule);
  return { patterns: ruleOf.map((rule) => patterns[rule]).join('\n'), ruleOf, lineOf, saidBy, said };
}

export function unpackRules({ patterns, ruleOf, lineOf, saidBy, said }: PackedRules): Rules {
  const lines = patterns === '' ? [] : patterns.split('\n');
  const parts = said.map(unpackSaid);
  const rules: Rule[] = [];
  for (let i = 0; i < lineOf.length; i++) {
    rules.push(ruleFrom(lines[lineOf[i] as number] as string, parts[saidBy[i] as number] as Said));
  }
  return Object.assign(rules, { sorted: { lines, ruleOf, shifts: [], others: [] } });
}

type Said = Omit<Rule, 'pattern'>;

function unpackSaid(packed: PackedRule): Said {
  return {
    category: categories[packed[0]] as Category,
    exact: packed[1] === 1,
    types: packed[2] === 0 ? undefined : packed[2],
    why: packed[3],
    file: packed[4],
    kind: packed[5],
    by: packed[6] === 0 ? undefined : packed[6],
    persist: packed[7] === 0 ? undefined : packed[7],
    instead: packed[8] === 0 ? undefined : packed[8],
  };
}

/** Field by field: thousands are made at each start, before the engine has compiled anything. */
function ruleFrom(pattern: string, said: Said): Rule {
  return {
    pattern,
    category: said.category,
    exact: said.exact,
    types: said.types,
    why: said.why,
    file: said.file,
    kind: said.kind,
    by: said.by,
    persist: said.persist,
    instead: said.instead,
  };
}
