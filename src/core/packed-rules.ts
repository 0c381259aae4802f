import { type Category, categories } from './category.ts';
import type { EvidenceKind } from './evidence.ts';
import type { Persist, Rule } from './rules.ts';

/** Rules as the build keeps them: what many of them say is there once, so that there is less to read at each start. */
export interface PackedRules {
  readonly texts: readonly string[];
  /** Pattern, index of the category, 1 where exact, types or 0; indexes of why, file, kind, by, persist and instead, -1: none. */
  readonly rules: readonly PackedRule[];
}

type PackedRule = readonly [
  pattern: string,
  category: number,
  exact: number,
  types: readonly number[] | 0,
  why: number,
  file: number,
  kind: number,
  by: number,
  persist: number,
  instead: number,
];

export function packRules(rules: readonly Rule[]): PackedRules {
  const indexes = new Map<string, number>();
  const indexOf = (text: string | undefined): number => {
    if (text === undefined) return -1;
    const index = indexes.get(text) ?? indexes.size;
    indexes.set(text, index);
    return index;
  };
  const packed = rules.map((rule): PackedRule => {
    const { pattern, category, exact, types, why, file, kind, by, persist, instead } = rule;
    const what = [pattern, categories.indexOf(category), exact ? 1 : 0, types ?? 0] as const;
    const texts = [why, file, kind, by, persist, instead].map(indexOf) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    return [...what, ...texts];
  });
  return { texts: [...indexes.keys()], rules: packed };
}

export function unpackRules({ texts, rules }: PackedRules): Rule[] {
  return rules.map(([pattern, category, exact, types, why, file, kind, by, persist, instead]) => ({
    pattern,
    category: categories[category] as Category,
    exact: exact === 1,
    types: types === 0 ? undefined : types,
    why: texts[why] as string,
    file: texts[file] as string,
    kind: texts[kind] as EvidenceKind,
    by: texts[by],
    persist: texts[persist] as Persist | undefined,
    instead: texts[instead],
  }));
}
