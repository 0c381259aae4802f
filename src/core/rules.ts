import type { Category } from './category.ts';
import { ANY_DEPTH, type Glob, type GlobCache, parsePattern } from './pattern.ts';
import { componentsOf, nameOf, parentOf, type RawName, type RawPath } from './rawpath.ts';

/**
 * A rule of the catalogue. `pattern` is a byte string, matched component by component: `*` and `?` stand for bytes of
 * one component, a `**` component for any number of components (none too), a leading `~/` for a user's home (`/root/`
 * or below `/home`); pattern.ts has the details. A rule covers the paths that match and all that lies below these,
 * unless `exact`.
 */
export interface Rule {
  readonly pattern: string;
  readonly category: Category;
  /** Covers only what matches, not what lies below. */
  readonly exact: boolean;
  /** `EntryType`s of the entries that it judges, whatever lies above these; undefined: any. */
  readonly types: readonly number[] | undefined;
  readonly why: string;
  /** The catalogue's file: `general.toml`. */
  readonly file: string;
}

/**
 * The rules, compiled to be asked about every file of a machine. A tree of patterns is walked alongside the tree of
 * directories: a `RuleState` is the set of places in the pattern tree where a directory stands. Equal states are one
 * object, about a hundred for a machine of a million files, and each has an index of what a name in it could match.
 */
export class RuleSet {
  readonly rules: readonly Rule[];
  readonly #top: PatternNode;
  readonly #root: RuleState;
  readonly #states = new Map<string, RuleState>();
  /** The name of the directory that `descend` is about: an array for each is what it would spend its time on. */
  #nameBytes = new Uint8Array(256);

  /** The first of `rules` that matches wins. A RangeError where a pattern is not one. */
  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    this.#top = buildTree(rules);
    this.#root = this.#stateAt([this.#top], this.#top.covers);
  }

  /** The state of `/`. */
  root(): RuleState {
    return this.#root;
  }

  /** The state of the directory `name` in the directory of `state`. */
  descend(state: RuleState, name: RawName): RuleState {
    const bytes = this.#bytesOf(name);
    const taken: PatternNode[] = [];
    let key = '';
    for (const { glob, target } of state.edgesByLastByte[bytes[name.length - 1]]) {
      if (!glob.matches(bytes, 0, name.length)) continue;
      taken.push(target);
      key += `${target.id} `;
    }
    let below = state.children.get(key);
    if (below === undefined) {
      const inherited = taken.reduce((best, node) => earliest(best, node.covers), state.inherited);
      below = this.#stateAt([...state.nodes.filter((node) => node.atAnyDepth), ...taken], inherited);
      state.children.set(key, below);
    }
    return below;
  }

  /** The state of the directory at `path`. */
  stateOf(path: RawPath): RuleState {
    return componentsOf(path).reduce((state, name) => this.descend(state, name), this.#root);
  }

  /**
   * The index in `rules` of the rule for the entry `names[start, end)` of `type` (an `EntryType`), a directory too, in
   * the directory of `state`; -1 where there is none.
   */
  match(state: RuleState, names: Uint8Array, start: number, end: number, type: number): number {
    let best = state.inherited[type];
    const edges = state.edgesByLastByte[names[end - 1]];
    for (let i = 0; i < edges.length; i++) {
      const { glob, target } = edges[i];
      // The edges are in the order of their first rule: none of the others can do better.
      if (target.firstMatch >= best) break;
      const rule = target.matches[type];
      if (rule < best && glob.matches(names, start, end)) best = rule;
    }
    return best === NONE ? -1 : best;
  }

  /** The index in `rules` of the rule for `path`, an entry of `type`; -1 where there is none. */
  matchPath(path: RawPath, type: number): number {
    if (path === '/') return this.#top.matches[type] === NONE ? -1 : this.#top.matches[type];
    const state = this.stateOf(parentOf(path));
    const name = nameOf(path);
    return this.match(state, this.#bytesOf(name), 0, name.length, type);
  }

  #bytesOf(name: RawName): Uint8Array {
    if (name.length > this.#nameBytes.length) this.#nameBytes = new Uint8Array(name.length);
    for (let i = 0; i < name.length; i++) this.#nameBytes[i] = name.charCodeAt(i);
    return this.#nameBytes;
  }

  #stateAt(entered: readonly PatternNode[], inherited: RuleByType): RuleState {
    const reached = new Set<PatternNode>();
    for (const node of entered) {
      reached.add(node);
      // `**` stands for no component too: who stands before it stands behind it.
      if (node.anyDepth !== undefined) reached.add(node.anyDepth);
    }
    // Whoever can no longer lead to a rule before the inherited one is dropped: below a matched directory most are.
    const nodes = [...reached].filter((node) => beats(node.below, inherited)).sort((a, b) => a.id - b.id);
    const key = `${nodes.map((node) => node.id).join(' ')}:${inherited.join(' ')}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      state = { nodes, inherited, edgesByLastByte: indexEdges(nodes, inherited), children: new Map() };
      this.#states.set(key, state);
    }
    return state;
  }
}

/** What the rules have to say in a directory. Only a `RuleSet` looks inside; equal ones are the same object. */
export interface RuleState {
  readonly nodes: readonly PatternNode[];
  /** The rule that covers an entry in this directory whatever its name. */
  readonly inherited: RuleByType;
  /** What a name could match, by its last byte: `*.key` costs nothing where a name does not end in y. */
  readonly edgesByLastByte: readonly (readonly PatternEdge[])[];
  /** Of the directories in it, by the ids of the nodes that their names lead to. */
  readonly children: Map<string, RuleState>;
}

/** For each `EntryType` the index of a rule, or NONE. Shared, so never changed once made. */
type RuleByType = readonly number[];
const TYPES = 16;
/** Greater than any index, so that the smaller number always wins. */
const NONE = 0x3fffffff;
const NO_RULES: RuleByType = new Array<number>(TYPES).fill(NONE);

interface PatternEdge {
  readonly glob: Glob;
  readonly target: PatternNode;
}

/** A place in the tree of patterns, in which patterns share what they have in common at the beginning. */
class PatternNode {
  readonly id: number;
  /** Stands behind a `**`: whoever is here stays here in every directory further down. */
  readonly atAnyDepth: boolean;
  readonly edges: PatternEdge[] = [];
  anyDepth: PatternNode | undefined;
  /** The first rule for a path that led here, and for what lies below such a path. */
  matches: RuleByType = NO_RULES;
  covers: RuleByType = NO_RULES;
  firstMatch = NONE;
  /** The first rule that can be reached from here by at least one more component. */
  below: RuleByType = NO_RULES;

  constructor(id: number, atAnyDepth: boolean) {
    this.id = id;
    this.atAnyDepth = atAnyDepth;
  }
}

function buildTree(rules: readonly Rule[]): PatternNode {
  let count = 0;
  const top = new PatternNode(count++, false);
  const globs: GlobCache = new Map();
  rules.forEach((rule, index) => {
    const judged = judgedBy(rule, index);
    for (const { components, below } of parsePattern(rule.pattern, rule.file, globs)) {
      let node = top;
      for (const component of components) {
        node.below = earliest(node.below, judged);
        if (component === ANY_DEPTH) {
          node.anyDepth ??= new PatternNode(count++, true);
          node = node.anyDepth;
          continue;
        }
        let edge = node.edges.find(({ glob }) => glob === component);
        if (edge === undefined) {
          edge = { glob: component, target: new PatternNode(count++, false) };
          node.edges.push(edge);
        }
        node = edge.target;
      }
      node.firstMatch = Math.min(node.firstMatch, index);
      node.matches = earliest(node.matches, judged);
      if (below || !rule.exact) node.covers = earliest(node.covers, judged);
    }
  });
  return top;
}

function judgedBy(rule: Rule, index: number): RuleByType {
  if (rule.types === undefined) return new Array<number>(TYPES).fill(index);
  const judged = NO_RULES.slice();
  for (const type of rule.types) judged[type] = index;
  return judged;
}

function indexEdges(nodes: readonly PatternNode[], inherited: RuleByType): PatternEdge[][] {
  const edges = nodes
    .flatMap((node) => node.edges)
    .filter(({ target }) => beats(target.matches, inherited) || beats(target.below, inherited))
    .sort((a, b) => a.target.firstMatch - b.target.firstMatch);
  const index = new Array<PatternEdge[]>(256).fill(edges.filter(({ glob }) => glob.lastBytes === undefined));
  for (const byte of new Set(edges.flatMap(({ glob }) => glob.lastBytes ?? []))) {
    index[byte] = edges.filter(({ glob }) => glob.lastBytes?.includes(byte) ?? true);
  }
  return index;
}

function earliest(a: RuleByType, b: RuleByType): RuleByType {
  // The shortcuts are for the start, when none of this has been compiled by the engine.
  if (a === NO_RULES || a === b) return b;
  if (!beats(b, a)) return a;
  if (!beats(a, b)) return b;
  return a.map((rule, type) => Math.min(rule, b[type]));
}

/** Where `rules` has, for some type, a rule that comes before that of `others`. */
function beats(rules: RuleByType, others: RuleByType): boolean {
  for (let type = 0; type < TYPES; type++) if (rules[type] < others[type]) return true;
  return false;
}
