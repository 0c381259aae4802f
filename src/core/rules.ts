import { type PatternEdge, type PatternNode, PatternTree } from './pattern-tree.ts';
import { covers, nameOf, parentOf, type RawName, type RawPath, rawFromBytes } from './rawpath.ts';
import type { Rule, Rules } from './rule.ts';
import { canBeat, earliest, NONE, type RuleByType } from './rule-by-type.ts';

/**
 * The rules, compiled to be asked about every file of a machine. A tree of patterns is walked alongside the tree of
 * directories: a `RuleState` is the set of places in the pattern tree where a directory stands. Equal states are one
 * object, about a hundred for a machine of a million files, and share an index of what names anywhere could match.
 */
export class RuleSet {
  readonly rules: Rules;
  readonly #top: PatternNode;
  readonly #root: RuleState;
  readonly #states = new Map<string, RuleState>();
  readonly #anywhere = new Map<string, EdgesByLastByte>();
  readonly #inherited = new Map<string, RuleByType>();
  readonly #inheritedIds = new Map<RuleByType, number>();
  #remembered = 0;
  #lastParent = '';
  #lastParentState: RuleState;
  /** The name of the directory that `descend` is about: an array for each is what it would spend its time on. */
  #nameBytes = new Uint8Array(256);

  /** The first of `rules` that matches wins. Their patterns must be ones that `checkPattern` lets pass. */
  constructor(rules: Rules) {
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
    const known = state.byName?.get(name);
    if (known !== undefined) return known;
    const taken: PatternNode[] = [];
    for (const node of state.plain) node.take(name, taken);
    const bytes = this.#bytesOf(name);
    this.#take(taken, state.globs, bytes, name.length);
    this.#take(taken, state.anywhere[bytes[name.length - 1] as number] as Edges, bytes, name.length);
    let key = '';
    for (const { id } of taken) key += `${id} `;
    let below = state.children?.get(key);
    if (below === undefined) {
      const inherited = taken.reduce((best, node) => this.#earliest(best, node.covers), state.inherited);
      below = this.#stateAt([...state.nodes.filter((node) => node.atAnyDepth), ...taken], inherited);
      state.children ??= new Map();
      state.children.set(key, below);
    }
    if (this.#remembered < MOST_NAMES) {
      this.#remembered++;
      state.byName ??= new Map();
      state.byName.set(name, below);
    }
    return below;
  }

  /** The state of the directory at `path`. Siblings in a row cost one step each. */
  stateOf(path: RawPath): RuleState {
    if (path === '/') return this.#root;
    const slash = path.lastIndexOf('/');
    const parent = path.slice(0, slash);
    if (parent !== this.#lastParent) {
      let state = this.#root;
      for (let from = 1; from <= slash; ) {
        let end = path.indexOf('/', from);
        if (end < 0) end = path.length;
        state = this.descend(state, path.slice(from, end) as RawName);
        from = end + 1;
      }
      this.#lastParent = parent;
      this.#lastParentState = state;
    }
    return this.descend(this.#lastParentState, path.slice(slash + 1) as RawName);
  }

  /**
   * The index in `rules` of the rule for the entry `names[start, end)` of `type` (an `EntryType`), a directory too, in
   * the directory of `state`; -1 where there is none.
   */
  match(state: RuleState, names: Uint8Array, start: number, end: number, type: number): number {
    let best = state.inherited[type] as number;
    best = bestOf(best, state.anywhere[names[end - 1] as number] as Edges, names, start, end, type);
    best = bestOf(best, state.globs, names, start, end, type);
    for (let i = 0; i < state.plain.length; i++) {
      const node = state.plain[i] as PatternNode;
      if (!node.couldBePlain(names[end - 1] as number, end - start)) continue;
      best = Math.min(best, node.bestFor(rawFromBytes(names, start, end), type));
    }
    return best === NONE ? -1 : best;
  }

  /** The index in `rules` of the rule for `path`, an entry of `type`; -1 where there is none. */
  matchPath(path: RawPath, type: number): number {
    if (path === '/') return this.#top.matches[type] === NONE ? -1 : (this.#top.matches[type] as number);
    const state = this.stateOf(parentOf(path));
    const name = nameOf(path);
    const bytes = this.#bytesOf(name);
    let best = state.inherited[type] as number;
    best = bestOf(best, state.anywhere[bytes[name.length - 1] as number] as Edges, bytes, 0, name.length, type);
    best = bestOf(best, state.globs, bytes, 0, name.length, type);
    best = bestOfPlain(best, state.plain, name, type);
    return best === NONE ? -1 : best;
  }

  /** The rules for `path`, the one that wins first; of very many those that come first. */
  static all(rules: readonly Rule[], path: RawPath, type: number): Rule[] {
    const found: Rule[] = [];
    for (let rest = rules.filter(({ pattern }) => couldMatch(pattern, path)); ; ) {
      const index = new RuleSet(rest).matchPath(path, type);
      const rule = rest[index];
      if (rule === undefined || found.length === MOST_TOLD) return found;
      found.push(rule);
      rest = rest.slice(index + 1);
    }
  }

  #take(taken: PatternNode[], edges: Edges, bytes: Uint8Array, length: number): void {
    for (let i = 0; i < edges.length; i++) {
      const { glob, target } = edges[i] as PatternEdge;
      if (glob.matches(bytes, 0, length)) taken.push(target);
    }
  }

  #bytesOf(name: RawName): Uint8Array {
    if (name.length > this.#nameBytes.length) this.#nameBytes = new Uint8Array(name.length);
    for (let i = 0; i < name.length; i++) this.#nameBytes[i] = name.charCodeAt(i);
    return this.#nameBytes;
  }

  #stateAt(entered: readonly PatternNode[], inherited: RuleByType): RuleState {
    const nodes: PatternNode[] = [];
    for (const node of entered) {
      // `**` stands for no component too: who stands before it stands behind it. Whoever can no longer lead to a rule
      // before the inherited one is dropped: below a matched directory most are.
      for (let at: PatternNode | undefined = node; at !== undefined; at = at.anyDepth) {
        if (canBeat(at.below, inherited) && !nodes.includes(at)) nodes.push(at);
      }
    }
    nodes.sort((a, b) => a.id - b.id);
    let key = `${this.#idOf(inherited)}`;
    for (const { id } of nodes) key += ` ${id}`;
    let state = this.#states.get(key);
    if (state === undefined) {
      const here = nodes.filter((node) => !node.atAnyDepth);
      const plain = here.filter((node) => node.hasPlain);
      const globs = inOrder(here.flatMap((node) => node.globs()));
      const anywhere = this.#edgesAnywhere(nodes.filter((node) => node.atAnyDepth));
      state = { nodes, inherited, plain, globs, anywhere, children: undefined, byName: undefined };
      this.#states.set(key, state);
    }
    return state;
  }

  #edgesAnywhere(nodes: readonly PatternNode[]): EdgesByLastByte {
    const key = nodes.map((node) => node.id).join(' ');
    let index = this.#anywhere.get(key);
    if (index === undefined) {
      index = byLastByte(inOrder(nodes.flatMap((node) => node.edges())));
      this.#anywhere.set(key, index);
    }
    return index;
  }

  /** Equal ones are one object, so that the states that have them can be. */
  #earliest(a: RuleByType, b: RuleByType): RuleByType {
    const rules = earliest(a, b);
    if (rules === a || rules === b) return rules;
    const key = rules.join(' ');
    const known = this.#inherited.get(key) ?? rules;
    this.#inherited.set(key, known);
    return known;
  }

  #idOf(inherited: RuleByType): number {
    let id = this.#inheritedIds.get(inherited);
    if (id === undefined) {
      id = this.#inheritedIds.size;
      this.#inheritedIds.set(inherited, id);
    }
    return id;
  }
}

/** What the rules have to say in a directory. Only a `RuleSet` looks inside; equal ones are the same object. */
export interface RuleState {
  readonly nodes: readonly PatternNode[];
  /** The rule that covers an entry in this directory whatever its name. */
  readonly inherited: RuleByType;
  /** Those of `nodes` from which plain names lead on. */
  readonly plain: readonly PatternNode[];
  /** What other names could match here. */
  readonly globs: Edges;
  /** What a name could match behind a `**`, by its last byte: `*.key` costs nothing where a name does not end in y. */
  readonly anywhere: EdgesByLastByte;
  /** Of the directories in it, by the ids of the nodes that their names lead to. */
  children: Map<string, RuleState> | undefined;
  /** Of some of these directories, by their names: the same are in many places. */
  byName: Map<RawName, RuleState> | undefined;
}

/** In the order of their first rule. */
type Edges = readonly PatternEdge[];
type EdgesByLastByte = readonly Edges[];

/** As many rules are told of one path. */
const MOST_TOLD = 32;

/** How many names of directories are remembered, in all states. */
const MOST_NAMES = 20_000;

function bestOf(best: number, edges: Edges, names: Uint8Array, start: number, end: number, type: number): number {
  let found = best;
  for (let i = 0; i < edges.length; i++) {
    const { glob, target } = edges[i] as PatternEdge;
    // None of the others can do better.
    if (target.firstMatch >= found) break;
    const rule = target.matches[type] as number;
    if (rule < found && glob.matches(names, start, end)) found = rule;
  }
  return found;
}

function bestOfPlain(best: number, nodes: readonly PatternNode[], name: string, type: number): number {
  let found = best;
  for (let i = 0; i < nodes.length; i++) found = Math.min(found, (nodes[i] as PatternNode).bestFor(name, type));
  return found;
}

function inOrder(edges: PatternEdge[]): PatternEdge[] {
  return edges.sort((a, b) => a.target.firstMatch - b.target.firstMatch);
}

function byLastByte(edges: Edges): EdgesByLastByte {
  const index = new Array<Edges>(256).fill(edges.filter(({ glob }) => glob.lastBytes === undefined));
  for (const byte of new Set(edges.flatMap(({ glob }) => glob.lastBytes ?? []))) {
    index[byte] = edges.filter(({ glob }) => glob.lastBytes?.includes(byte) ?? true);
  }
  return index;
}

/** False where the pattern begins with other names than the path has: what a look at each of thousands can tell. */
function couldMatch(pattern: string, path: RawPath): boolean {
  if (pattern.startsWith('**')) return true;
  if (pattern.startsWith('~/')) return path.startsWith('/root') || path.startsWith('/home');
  const special = pattern.search(/[*?[\\]/);
  return special < 0 ? covers(pattern, path) : path.startsWith(pattern.slice(0, pattern.lastIndexOf('/', special)));
}
