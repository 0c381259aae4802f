import { EntryType, type EntryTypeName } from './change.ts';
import { type Claim, type Evidence, weights } from './evidence.ts';
import { Glob, spellingsOf } from './pattern.ts';
import { bytesOf, componentsOf, type RawPath, ROOT } from './rawpath.ts';
import type { Rule, Rules } from './rule.ts';

/** The rules with what claims say of categories among them, in the order of their weights. */
export function withClaims(rules: Rules, claims: readonly Claim[]): Rules {
  const claimed = claims.flatMap(({ pattern, exact, types, evidence }): Rule[] => {
    const { category, kind, detail, source, by, persist } = evidence;
    if (category === undefined || kind === undefined) return [];
    return [{ pattern, category, exact, types, why: detail, file: source, kind, by, persist }];
  });
  if (claimed.length === 0) return rules;
  const depth = new Map(claimed.map((rule) => [rule, componentsOf(rule.pattern).length]));
  claimed.sort((a, b) => weights[b.kind] - weights[a.kind] || (depth.get(b) ?? 0) - (depth.get(a) ?? 0));
  // Both are in order: claims of one weight come before the first rule that is lighter. There are few weights, and
  // thousands of rules, which are not looked at one by one.
  const merged: Rule[] = [];
  const shifts: { from: number; by: number }[] = [];
  const others: number[] = [];
  let taken = 0;
  for (let next = 0; next < claimed.length; ) {
    const weight = weights[(claimed[next] as Rule).kind];
    const at = firstLighter(rules, weight);
    for (; taken < at; taken++) merged.push(rules[taken] as Rule);

    for (; next < claimed.length && weights[(claimed[next] as Rule).kind] === weight; next++) {
      others.push(merged.length);
      merged.push(claimed[next] as Rule);
    }
    shifts.push({ from: at, by: next });
  }
  const all = [...merged, ...rules.slice(taken)];
  return rules.sorted === undefined ? all : Object.assign(all, { sorted: { ...rules.sorted, shifts, others } });
}

/** The first of the rules, which stand in the order of their weights, that is lighter; their number for none. */
function firstLighter(rules: readonly Rule[], weight: number): number {
  let [low, high] = [0, rules.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (weights[(rules[middle] as Rule).kind] < weight) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** What a rule says of a path that it matches. */
export function evidenceOfRule({ pattern, category, why, file, kind, by, persist, instead }: Rule): Evidence {
  const said = { kind, category, by, persist, instead };
  switch (kind) {
    case 'general':
    case 'place':
      return { source: 'rule', detail: `${pattern}: ${why}`, ...said };
    case 'catalogue':
    case 'exception':
      return { source: 'catalogue', detail: `${pattern}: ${why}`, ...said };
    default:
      return { source: file, detail: why, ...said };
  }
}

/** How many claims are told of one path. */
const MOST = 8;

/** Finds the claims about a path among many. Most of them are about one path by its name, and found without a search. */
export class ClaimIndex {
  readonly claims: readonly Claim[];
  readonly #byPath = new Map<string, Claim[]>();
  /** The keys of `#byPath` in order, for what lies below a path. */
  readonly #paths: readonly string[];
  readonly #globs: {
    readonly claim: Claim;
    /** What each path begins with that it matches: most paths are told apart by that. */
    readonly beginning: string;
    readonly components: readonly (Glob | undefined)[];
  }[] = [];

  constructor(claims: readonly Claim[]) {
    this.claims = claims;
    for (const claim of claims) {
      for (const spelling of spellingsOf(claim.pattern)) {
        if (/[*?[]/.test(spelling)) {
          const components = componentsOf(spelling).map((name) => (name === '**' ? undefined : new Glob(name)));
          const beginning = spelling.slice(0, spelling.search(/[*?[\\]|\/\*\*(\/|$)/));
          this.#globs.push({ claim, beginning, components });
          continue;
        }
        const path = spelling.replace(/\\(.)/gs, '$1');
        const known = this.#byPath.get(path);
        if (known === undefined) this.#byPath.set(path, [claim]);
        else known.push(claim);
      }
    }
    this.#paths = [...this.#byPath.keys()].sort();
  }

  /**
   * What claims say of the path: first those that are about it or a directory above it, the closest first; then, where
   * it stands for all that lies in it, those about what does. The latter do not speak for its category.
   */
  about(path: RawPath, type: EntryTypeName, standsForAll: boolean): Evidence[] {
    const found: Evidence[] = [];
    const isType = ({ types }: Claim): boolean => types === undefined || types.includes(EntryType[type]);
    const add = (evidence: Evidence): void => {
      const isKnown = found.some(({ source, detail }) => source === evidence.source && detail === evidence.detail);
      if (found.length < MOST && !isKnown) found.push(evidence);
    };
    for (let at: string = path; ; at = at.slice(0, at.lastIndexOf('/')) || ROOT) {
      for (const claim of this.#byPath.get(at) ?? []) {
        if (isType(claim) && (at === path || !claim.exact)) add(claim.evidence);
      }
      if (at === '/') break;
    }
    const names = this.#globs.length === 0 ? [] : componentsOf(path).map(bytesOf);
    for (const { claim, beginning, components } of this.#globs) {
      if (path.startsWith(beginning) && isType(claim) && matches(components, names, claim.exact)) add(claim.evidence);
    }
    if (standsForAll) {
      const below = path === '/' ? '/' : `${path}/`;
      for (let i = this.#firstFrom(below); this.#paths[i]?.startsWith(below) && found.length < MOST; i++) {
        for (const { evidence } of this.#byPath.get(this.#paths[i] as string) ?? []) {
          add({ ...evidence, kind: undefined, category: undefined, persist: undefined });
        }
      }
    }
    return found;
  }

  #firstFrom(prefix: string): number {
    let [low, high] = [0, this.#paths.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#paths[middle] as string) < prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function matches(components: readonly (Glob | undefined)[], names: readonly Uint8Array[], exact: boolean): boolean {
  const matchFrom = (pattern: number, name: number): boolean => {
    if (pattern === components.length) return name === names.length || !exact;
    if (name > names.length) return false;
    const glob = components[pattern];
    if (glob === undefined)
      return matchFrom(pattern + 1, name) || (name < names.length && matchFrom(pattern, name + 1));
    const bytes = names[name];
    return bytes !== undefined && glob.matches(bytes, 0, bytes.length) && matchFrom(pattern + 1, name + 1);
  };
  return matchFrom(0, 0);
}
