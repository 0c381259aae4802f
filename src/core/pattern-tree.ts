import { HOMES, xdgDirectories } from './home.ts';
import { ANY_DEPTH, Glob, withoutRepeats } from './pattern.ts';
import type { Rule, Rules } from './rule.ts';
import { earliest, judgedBy, NO_RULES, NONE, type RuleByType } from './rule-by-type.ts';
import { beginningsOf, linesBelow, ruleAt, type SortedPatterns } from './sorted-patterns.ts';

export interface PatternEdge {
  readonly glob: Glob;
  readonly target: PatternNode;
}

/** A pattern that leads on from a node: what is left of it begins at `from`. */
interface Pending {
  readonly pattern: string;
  readonly from: number;
  readonly rule: number;
}

/** Lines that lead on from a node: what is left of each begins at `offset`. */
interface Range {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
}

/** Components that lead from a node to one that others lead to as well. */
interface Link {
  readonly components: readonly string[];
  readonly target: PatternNode;
}

/** What a plain name leads to, until somebody goes there: most of the catalogue's names no machine has. */
class Beginning {
  readonly pending: Pending[] = [];
  readonly ranges: Range[] = [];
  readonly links: Link[] = [];
}

/** More lines than this are not looked through to find their first rule. */
const FEW = 256;

/**
 * A place in the tree of patterns, in which patterns share what they have in common at the beginning. It grows where
 * it is walked: a start of ebb meets a small part of the catalogue's patterns, and the engine is slow then.
 */
export class PatternNode {
  readonly id: number;
  /** Stands behind a `**`: whoever is here stays here in every directory further down. */
  readonly atAnyDepth: boolean;
  /** The first rule for a path that led here, and for what lies below such a path. */
  matches: RuleByType = NO_RULES;
  covers: RuleByType = NO_RULES;
  firstMatch = NONE;
  /** No rule that can be reached from here by at least one more component comes before this one. */
  below = NONE;
  readonly #tree: PatternTree;
  // Most are ends, from which nothing leads on: those have none of these.
  #pending: Pending[] | undefined;
  #ranges: Range[] | undefined;
  #links: Link[] | undefined;
  #isGrown = true;
  #literals: Map<string, PatternNode | Beginning> | undefined;
  #globs: Map<string, PatternNode> | undefined;
  /** Where others lead as well. */
  #sharedLiterals: Map<string, PatternNode> | undefined;
  #sharedGlobs: PatternEdge[] | undefined;
  #anyDepth: PatternNode | undefined;
  /** By the last byte of plain names, their lengths as bits. */
  #ends: Uint32Array | undefined;

  constructor(id: number, atAnyDepth: boolean, tree: PatternTree) {
    this.id = id;
    this.atAnyDepth = atAnyDepth;
    this.#tree = tree;
  }

  /** Whether plain names lead on from here. */
  get hasPlain(): boolean {
    this.#grow();
    return this.#literals !== undefined || this.#sharedLiterals !== undefined;
  }

  /** False where no plain name of this length ends so here: what most names can be told by, while they are bytes. */
  couldBePlain(lastByte: number, length: number): boolean {
    this.#ends ??= this.#endsOfPlain();
    return ((this.#ends[lastByte] as number) & (1 << (length & 31))) !== 0;
  }

  #endsOfPlain(): Uint32Array {
    const ends = new Uint32Array(256);
    for (const names of [this.#literals, this.#sharedLiterals]) {
      for (const name of names?.keys() ?? []) ends[name.charCodeAt(name.length - 1)] |= 1 << (name.length & 31);
    }
    return ends;
  }

  /** Adds to `taken` where the plain name leads. */
  take(name: string, taken: PatternNode[]): void {
    const own = this.#literal(name);
    if (own !== undefined) taken.push(own);
    const shared = this.#sharedLiterals?.get(name);
    if (shared !== undefined) taken.push(shared);
  }

  /** The first rule for an entry of this plain name here; NONE where there is none. */
  bestFor(name: string, type: number): number {
    const own = this.#literal(name)?.matches[type] ?? NONE;
    return Math.min(own, this.#sharedLiterals?.get(name)?.matches[type] ?? NONE);
  }

  /** Where names lead that are not plain. */
  globs(): PatternEdge[] {
    this.#grow();
    const own = [...(this.#globs ?? [])].map(([name, target]) => this.#edge(name, target));
    return [...own, ...(this.#sharedGlobs ?? [])];
  }

  /** Where any names lead. */
  edges(): PatternEdge[] {
    this.#grow();
    const names = [...(this.#literals?.keys() ?? [])];
    const own = names.map((name) => this.#edge(name, this.#literal(name) as PatternNode));
    const shared = [...(this.#sharedLiterals ?? [])].map(([name, target]) => this.#edge(name, target));
    return [...own, ...shared, ...this.globs()];
  }

  /** Behind a `**` that stands here. */
  get anyDepth(): PatternNode | undefined {
    this.#grow();
    return this.#anyDepth;
  }

  /** Takes the pattern whose components from `from` on lead away from here. */
  add(pattern: string, from: number, rule: number): void {
    const atEnd = from >= pattern.length;
    // `**` at the end: what lies below is meant as well, however exact the rule.
    if (atEnd || pattern.slice(from) === ANY_DEPTH) {
      this.#end(rule, atEnd);
      return;
    }
    this.#pending ??= [];
    this.#pending.push({ pattern, from, rule });
    this.#isGrown = false;
    this.below = Math.min(this.below, rule);
  }

  /** From here `components` lead to `target`. Only once that has all that it is to have. */
  link(components: readonly string[], target: PatternNode): void {
    this.#links ??= [];
    this.#links.push({ components, target });
    this.#isGrown = false;
    this.below = Math.min(this.below, target.firstMatch, target.below);
  }

  addRange({ from, to, offset }: Range): void {
    const { sorted } = this.#tree;
    let at = from;
    // Those that end here come first.
    for (; at < to; at++) {
      const { length } = sorted.lines[at] as string;
      const atEnd = length <= offset;
      if (!atEnd && !(length === offset + 2 && (sorted.lines[at] as string).endsWith(ANY_DEPTH))) break;
      this.#end(ruleAt(sorted, at), atEnd);
    }
    if (at === to) return;
    this.#ranges ??= [];
    this.#ranges.push({ from: at, to, offset });
    this.#isGrown = false;
    if (to - at > FEW) this.below = 0;
    else for (; at < to; at++) this.below = Math.min(this.below, ruleAt(sorted, at));
  }

  #end(rule: number, atEnd: boolean): void {
    const judged = this.#tree.judgedBy(rule);
    this.firstMatch = Math.min(this.firstMatch, rule);
    this.matches = earliest(this.matches, judged);
    if (!atEnd || !(this.#tree.rules[rule] as Rule).exact) this.covers = earliest(this.covers, judged);
  }

  #grow(): void {
    if (this.#isGrown) return;
    this.#isGrown = true;
    for (const { pattern, from, rule } of this.#pending ?? []) {
      const slash = pattern.indexOf('/', from);
      const end = slash < 0 ? pattern.length : slash;
      const component = pattern.slice(from, end);
      if (isPlain(component)) this.#beginning(component).pending.push({ pattern, from: end + 1, rule });
      else this.#behind(component).add(pattern, end + 1, rule);
    }
    for (const range of this.#ranges ?? []) this.#split(range);
    for (const { components, target } of this.#links ?? []) this.#lead(components, target);
    this.#pending = undefined;
    this.#ranges = undefined;
    this.#links = undefined;
  }

  #lead([first = '', ...rest]: readonly string[], target: PatternNode): void {
    const isLast = rest.length === 0;
    if (isPlain(first)) {
      if (isLast) {
        this.#sharedLiterals ??= new Map();
        this.#sharedLiterals.set(first, target);
      } else this.#beginning(first).links.push({ components: rest, target });
    } else if (isLast) {
      this.#sharedGlobs ??= [];
      this.#sharedGlobs.push(this.#edge(first, target));
    } else this.#behind(first).link(rest, target);
  }

  #split({ from, to, offset }: Range): void {
    const { lines } = this.#tree.sorted;
    for (let at = from; at < to; ) {
      const line = lines[at] as string;
      const slash = line.indexOf('/', offset);
      const end = slash < 0 ? line.length : slash;
      const component = line.slice(offset, end);
      const first = at++;
      while (at < to && goesOnWith(lines[at] as string, component, offset, end)) at++;
      const range = { from: first, to: at, offset: end + 1 };
      if (isPlain(component)) this.#beginning(component).ranges.push(range);
      else this.#behind(component).addRange(range);
    }
  }

  /** Where the plain name leads, as it was before anybody went there: only while this grows. */
  #beginning(name: string): Beginning {
    this.#literals ??= new Map();
    const known = this.#literals.get(name);
    if (known instanceof Beginning) return known;
    const beginning = new Beginning();
    this.#literals.set(name, beginning);
    return beginning;
  }

  #behind(component: string): PatternNode {
    if (component === ANY_DEPTH) {
      this.#anyDepth ??= this.#tree.node(true);
      return this.#anyDepth;
    }
    this.#globs ??= new Map();
    let node = this.#globs.get(component);
    if (node === undefined) {
      node = this.#tree.node(false);
      this.#globs.set(component, node);
    }
    return node;
  }

  #literal(name: string): PatternNode | undefined {
    this.#grow();
    const target = this.#literals?.get(name);
    return target instanceof Beginning ? this.#begun(name, target) : target;
  }

  #begun(name: string, { pending, ranges, links }: Beginning): PatternNode {
    const node = this.#tree.node(false);
    for (const { pattern, from, rule } of pending) node.add(pattern, from, rule);
    for (const range of ranges) node.addRange(range);
    for (const { components, target } of links) node.link(components, target);
    this.#literals?.set(name, node);
    return node;
  }

  #edge(component: string, target: PatternNode): PatternEdge {
    return { glob: this.#tree.glob(component), target };
  }
}

const NO_LINES: SortedPatterns = { lines: [], ruleOf: [], shifts: [], others: [] };

/** All patterns. Those of a home are there once, and many places lead to it: a tree, but for these. */
export class PatternTree {
  readonly rules: readonly Rule[];
  readonly sorted: SortedPatterns;
  readonly top: PatternNode;
  readonly #home: PatternNode;
  readonly #inHome: readonly { readonly path: string; readonly inFlatpak: string; readonly node: PatternNode }[];
  readonly #globs = new Map<string, Glob>();
  readonly #judged: RuleByType[] = [];
  #count = 0;

  constructor(rules: Rules) {
    this.rules = rules;
    this.sorted = rules.sorted ?? NO_LINES;
    this.top = this.node(false);
    this.#home = this.node(false);
    this.#inHome = xdgDirectories.map((directory) => ({ ...directory, node: this.node(false) }));
    this.#addLines();
    if (rules.sorted === undefined) for (let index = 0; index < rules.length; index++) this.#add(index);
    else for (const index of this.sorted.others) this.#add(index);
    const home = this.#home;
    for (const { path, node } of this.#inHome) home.link(path.slice(2).split('/'), node);
    // A flatpak has a home of its own, where the XDG directories have other names (docs.flatpak.org, XDG base
    // directories); a snap has one for each of its revisions, and `common` (snapcraft.io, Data locations).
    home.link(['.var', 'app', '*'], home);
    for (const { inFlatpak, node } of this.#inHome) home.link(['.var', 'app', '*', inFlatpak], node);
    home.link(['snap', '*', '*'], home);
    for (const path of HOMES) this.top.link(path.slice(1).split('/'), home);
  }

  #addLines(): void {
    const { lines } = this.sorted;
    const { anyDepth, plain } = beginningsOf(lines);
    this.top.addRange({ from: 0, to: anyDepth, offset: 0 });
    this.top.addRange({ from: anyDepth, to: plain, offset: 1 });
    const inHome = this.#inHome
      .map(({ path, node }) => ({ ...linesBelow(lines, plain, path), offset: path.length + 1, node }))
      .sort((a, b) => a.from - b.from);
    let at = plain;
    for (const { from, to, offset, node } of inHome) {
      this.#home.addRange({ from: at, to: from, offset: 2 });
      node.addRange({ from, to, offset });
      at = to;
    }
    this.#home.addRange({ from: at, to: lines.length, offset: 2 });
  }

  #add(index: number): void {
    const pattern = withoutRepeats((this.rules[index] as Rule).pattern);
    if (!pattern.startsWith('~/')) {
      this.top.add(pattern, pattern.startsWith('/') ? 1 : 0, index);
      return;
    }
    const xdg = this.#inHome.find(({ path }) => pattern.startsWith(path) && (pattern[path.length] ?? '/') === '/');
    if (xdg === undefined) this.#home.add(pattern, 2, index);
    else xdg.node.add(pattern, xdg.path.length + 1, index);
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
    this.#judged[rule] ??= judgedBy(this.rules[rule] as Rule, rule);
    return this.#judged[rule];
  }
}

/** A name that stands for itself alone. */
function isPlain(component: string): boolean {
  for (let i = 0; i < component.length; i++) {
    const character = component.charCodeAt(i);
    // * ? [ \
    if (character === 0x2a || character === 0x3f || character === 0x5b || character === 0x5c) return false;
  }
  return true;
}

/** Whether the line has `component` at `offset`, which ends at `end`. */
function goesOnWith(line: string, component: string, offset: number, end: number): boolean {
  return line.startsWith(component, offset) && (line.length === end || line.charCodeAt(end) === 0x2f);
}
