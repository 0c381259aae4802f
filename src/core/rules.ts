import type { Category } from './category.ts';
import type { EvidenceKind } from './evidence.ts';
import { HOMES, xdgDirectories } from './home.ts';
import { ANY_DEPTH, Glob, withoutRepeats } from './pattern.ts';
import { componentsOf, nameOf, parentOf, type RawName, type RawPath, ROOT } from './rawpath.ts';

/**
 * A rule of the catalogue. `pattern` is a byte string, matched component by component: `*` and `?` stand for bytes of
 * one component, a `**` component for any number of components (none too), a leading `~/` for a user's home (`/root/`
 * or below `/home`) and for the homes of flatpaks and snaps within it; pattern.ts has the details. A rule covers the paths that match and all that lies below these,
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
  /** Where it is from: the catalogue's file (`general.toml`), or the source of a claim (`unit`). */
  readonly file: string;
  /** How much it counts, and so when it is asked. */
  readonly kind: EvidenceKind;
  /** The unit or program that it is about. A byte string. */
  readonly by?: string | undefined;
  /** Where it is not what its category says. */
  readonly persist?: Persist | undefined;
  /** The directory to persist instead, which may begin with `~/`: what matches is replaced as a whole. */
  readonly instead?: string | undefined;
}

/** Whether a path needs to be kept: `optional` where that is a matter of taste. */
export type Persist = 'yes' | 'no' | 'optional';

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
  #lastParent: RawPath = ROOT;
  #lastParentState: RuleState;

  /** The first of `rules` that matches wins. Their patterns must be ones that `checkPattern` lets pass. */
  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    this.#top = new PatternTree(rules).top;
    this.#root = this.#stateAt([this.#top], this.#top.covers);
    this.#lastParentState = this.#root;
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

  /** The state of the directory at `path`. Siblings in a row cost one step each. */
  stateOf(path: RawPath): RuleState {
    if (path === '/') return this.#root;
    const parent = parentOf(path);
    if (parent !== this.#lastParent) {
      this.#lastParentState = componentsOf(parent).reduce((state, name) => this.descend(state, name), this.#root);
      this.#lastParent = parent;
    }
    return this.descend(this.#lastParentState, nameOf(path));
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

  /** All rules for `path`, the one that wins first. */
  static all(rules: readonly Rule[], path: RawPath, type: number): Rule[] {
    const found: Rule[] = [];
    for (let rest = rules; ; ) {
      const index = new RuleSet(rest).matchPath(path, type);
      const rule = rest[index];
      if (rule === undefined) return found;
      found.push(rule);
      rest = rest.slice(index + 1);
    }
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
    const nodes = [...reached].filter((node) => canBeat(node.below, inherited)).sort((a, b) => a.id - b.id);
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

/** A pattern that leads on from a node: what is left of it begins at `from`. */
interface Pending {
  readonly pattern: string;
  readonly from: number;
  readonly rule: number;
}

/** Components that lead from a node to one that others lead to as well. */
interface Link {
  readonly components: readonly string[];
  readonly target: PatternNode;
}

/**
 * A place in the tree of patterns, in which patterns share what they have in common at the beginning. It grows where
 * it is walked: a start of ebb meets a small part of the catalogue's patterns, and the engine is slow then.
 */
class PatternNode {
  readonly id: number;
  /** Stands behind a `**`: whoever is here stays here in every directory further down. */
  readonly atAnyDepth: boolean;
  /** The first rule for a path that led here, and for what lies below such a path. */
  matches: RuleByType = NO_RULES;
  covers: RuleByType = NO_RULES;
  firstMatch = NONE;
  /** The first rule that can be reached from here by at least one more component. */
  below = NONE;
  readonly #tree: PatternTree;
  #edges: readonly PatternEdge[] | undefined;
  #anyDepth: PatternNode | undefined;
  #pending: Pending[] = [];
  #links: Link[] = [];

  constructor(id: number, atAnyDepth: boolean, tree: PatternTree) {
    this.id = id;
    this.atAnyDepth = atAnyDepth;
    this.#tree = tree;
  }

  /** One component further. */
  get edges(): readonly PatternEdge[] {
    return this.#edges ?? this.#grow();
  }

  /** Behind a `**` that stands here. */
  get anyDepth(): PatternNode | undefined {
    if (this.#edges === undefined) this.#grow();
    return this.#anyDepth;
  }

  /** Takes the pattern whose components from `from` on lead away from here. */
  add(pattern: string, from: number, rule: number): void {
    const atEnd = from >= pattern.length;
    // `**` at the end: what lies below is meant as well, however exact the rule.
    if (!atEnd && pattern.slice(from) !== ANY_DEPTH) {
      this.#pending.push({ pattern, from, rule });
      this.below = Math.min(this.below, rule);
      return;
    }
    const judged = this.#tree.judgedBy(rule);
    this.firstMatch = Math.min(this.firstMatch, rule);
    this.matches = earliest(this.matches, judged);
    if (!atEnd || !this.#tree.rules[rule].exact) this.covers = earliest(this.covers, judged);
  }

  /** From here `components` lead to `target`. Only once that has all that it is to have. */
  link(components: readonly string[], target: PatternNode): void {
    this.#links.push({ components, target });
    this.below = Math.min(this.below, target.firstMatch, target.below);
  }

  #grow(): readonly PatternEdge[] {
    const targets = new Map<string, PatternNode>();
    const shared: PatternEdge[] = [];
    const targetOf = (component: string): PatternNode => {
      const target = targets.get(component) ?? this.#tree.node(false);
      targets.set(component, target);
      return target;
    };
    for (const { pattern, from, rule } of this.#pending) {
      const slash = pattern.indexOf('/', from);
      const end = slash < 0 ? pattern.length : slash;
      const component = pattern.slice(from, end);
      if (component === ANY_DEPTH) {
        this.#anyDepth ??= this.#tree.node(true);
        this.#anyDepth.add(pattern, end + 1, rule);
      } else targetOf(component).add(pattern, end + 1, rule);
    }
    for (const { components, target } of this.#links) {
      const [first = '', ...rest] = components;
      if (rest.length === 0) shared.push({ glob: this.#tree.glob(first), target });
      else targetOf(first).link(rest, target);
    }
    this.#pending = [];
    this.#links = [];
    const own = [...targets].map(([component, target]) => ({ glob: this.#tree.glob(component), target }));
    this.#edges = [...own, ...shared];
    return this.#edges;
  }
}

/** All patterns. Those of a home are there once, and many places lead to it: a tree, but for these. */
class PatternTree {
  readonly rules: readonly Rule[];
  readonly top: PatternNode;
  readonly #globs = new Map<string, Glob>();
  readonly #judged: RuleByType[] = [];
  #count = 0;

  constructor(rules: readonly Rule[]) {
    this.rules = rules;
    this.top = this.node(false);
    const home = this.node(false);
    const inHome = xdgDirectories.map((directory) => ({ ...directory, node: this.node(false) }));
    rules.forEach(({ pattern: given }, index) => {
      const pattern = withoutRepeats(given);
      if (!pattern.startsWith('~/')) {
        this.top.add(pattern, pattern.startsWith('/') ? 1 : 0, index);
        return;
      }
      const xdg = inHome.find(({ path }) => pattern.startsWith(path) && (pattern[path.length] ?? '/') === '/');
      if (xdg === undefined) home.add(pattern, 2, index);
      else xdg.node.add(pattern, xdg.path.length + 1, index);
    });
    for (const { path, node } of inHome) home.link(path.slice(2).split('/'), node);
    // A flatpak has a home of its own, where the XDG directories have other names (docs.flatpak.org, XDG base
    // directories); a snap has one for each of its revisions, and `common` (snapcraft.io, Data locations).
    home.link(['.var', 'app', '*'], home);
    for (const { inFlatpak, node } of inHome) home.link(['.var', 'app', '*', inFlatpak], node);
    home.link(['snap', '*', '*'], home);
    for (const path of HOMES) this.top.link(path.slice(1).split('/'), home);
  }

  node(atAnyDepth: boolean): PatternNode {
    return new PatternNode(this.#count++, atAnyDepth, this);
  }

  glob(component: string): Glob {
    let glob = this.#globs.get(component);
    if (glob === undefined) {
      glob = new Glob(component);
      this.#globs.set(component, glob);
    }
    return glob;
  }

  judgedBy(rule: number): RuleByType {
    this.#judged[rule] ??= judgedBy(this.rules[rule], rule);
    return this.#judged[rule];
  }
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
    .filter(({ target }) => beats(target.matches, inherited) || canBeat(target.below, inherited))
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

/** Where a rule that comes no earlier than `first` could still come before that of `others`. */
function canBeat(first: number, others: RuleByType): boolean {
  for (let type = 0; type < TYPES; type++) if (first < others[type]) return true;
  return false;
}
