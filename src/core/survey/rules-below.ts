import { ANY_DEPTH, Glob, spellingsOf } from '../pattern.ts';
import { bytesOf, componentsOf, type RawPath } from '../rawpath.ts';
import type { Rule } from '../rule.ts';

/** Rules for the tree below a directory, in paths of that tree, each with what it was before; in the same order. */
export interface RulesBelow {
  readonly rules: readonly Rule[];
  readonly originals: readonly Rule[];
}

/** What the rules have to say below the directory, as if it were a root of its own. */
export function rulesBelow(rules: readonly Rule[], directory: RawPath): RulesBelow {
  const names = componentsOf(directory).map(bytesOf);
  const globs = new Map<string, Glob>();
  const matches = (component: string, name: Uint8Array): boolean => {
    let glob = globs.get(component);
    if (glob === undefined) {
      glob = new Glob(component);
      globs.set(component, glob);
    }
    return glob.matches(name, 0, name.length);
  };
  /** What is left of the pattern's components behind the directory's from `at` on. */
  const leftOf = (components: readonly string[], at: number, exact: boolean): string[] => {
    const name = names[at];
    if (name === undefined) return components.length > 0 ? [`/${components.join('/')}`] : exact ? [] : ['/**'];
    const [first, ...rest] = components;
    // It ends above the directory, and covers what lies below.
    if (first === undefined) return exact ? [] : ['/**'];
    if (first === ANY_DEPTH) return [...leftOf(rest, at, exact), ...leftOf(components, at + 1, exact)];
    return matches(first, name) ? leftOf(rest, at + 1, exact) : [];
  };
  const below: Rule[] = [];
  const originals: Rule[] = [];
  for (const rule of rules) {
    const left = spellingsOf(rule.pattern).flatMap((spelling) => leftOf(componentsOf(spelling), 0, rule.exact));
    for (const pattern of new Set(left)) {
      below.push({ ...rule, pattern });
      originals.push(rule);
    }
  }
  return { rules: below, originals };
}
