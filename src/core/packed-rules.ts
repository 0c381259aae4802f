import { type Category, categories } from './category.ts';
import type { Rule } from './rules.ts';

/** Rules as the build keeps them: what many of them say is there once, so that there is less to read at each start. */
export interface PackedRules {
  readonly whys: readonly string[];
  readonly files: readonly string[];
  /** Pattern, index of the category, 1 where exact, types or 0, index of why, index of the file. */
  readonly rules: readonly (readonly [string, number, number, readonly number[] | 0, number, number])[];
}

export function packRules(rules: readonly Rule[]): PackedRules {
  const whys = [...new Set(rules.map(({ why }) => why))];
  const files = [...new Set(rules.map(({ file }) => file))];
  return {
    whys,
    files,
    rules: rules.map(({ pattern, category, exact, types, why, file }) => [
      pattern,
      categories.indexOf(category),
      exact ? 1 : 0,
      types ?? 0,
      whys.indexOf(why),
      files.indexOf(file),
    ]),
  };
}

export function unpackRules({ whys, files, rules }: PackedRules): Rule[] {
  return rules.map(([pattern, category, exact, types, why, file]) => ({
    pattern,
    category: categories[category] as Category,
    exact: exact === 1,
    types: types === 0 ? undefined : types,
    why: whys[why] as string,
    file: files[file] as string,
  }));
}
