import { isBelowAny } from './ancestors.ts';
import { type ChangeKind, EntryType } from './change.ts';
import { classCode } from './class-code.ts';
import { deletedTree } from './deleted-tree.ts';
import type { Finding, Place, Scope, Sink } from './finding.ts';
import type { Listing } from './listing.ts';
import { NameTable } from './name-table.ts';
import type { PendingPlaces } from './pending-places.ts';
import { bytesOf, join, type RawName, type RawPath, ROOT, resolveLexically } from './rawpath.ts';
import { Judgement, type Reference, type ReferenceDirectory } from './reference.ts';
import type { RuleSet, RuleState } from './rules.ts';

export interface ExaminationOptions {
  readonly reference: Reference;
  readonly rules: RuleSet;
  /** `[ignore]` of the configuration. */
  readonly ignored: RuleSet | undefined;
  /** Names at which something is mounted, by the directory that holds them. */
  readonly mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>;
  /** The view shows what lies under mounts. */
  readonly seesShadowed: boolean;
  /** Where data is that the reset does not touch: a symlink into one of these is nobody's loss. */
  readonly keptPrefixes: ReadonlySet<RawPath>;
}

const EBB = '.ebb';
const unknown = { category: 'unknown', persist: undefined } as const;
/** A link to what is not lost is nobody's loss. */
const linked = { category: 'generated', persist: undefined } as const;
const directoryType = EntryType.directory;

/**
 * Compares a tree with a reference, one directory at a time, in any order and in several threads: each directory is
 * decided by its own entries and its path.
 */
export class Examination {
  readonly options: ExaminationOptions;
  readonly sink: Sink;

  constructor(options: ExaminationOptions, sink: Sink) {
    this.options = options;
    this.sink = sink;
  }

  /** `pending` takes the directories below. */
  visit(place: Place, pending: PendingPlaces): Visit {
    return new Visit(this.options, this.sink, place, pending);
  }
}

/** The examination of one directory: `batch` for each part of its listing, then `finish`. */
export class Visit {
  readonly #options: ExaminationOptions;
  readonly #sink: Sink;
  readonly #place: Place;
  readonly #state: RuleState;
  readonly #ignored: RuleState | undefined;
  readonly #reference: ReferenceDirectory | undefined;
  readonly #mountPoints: ReadonlySet<string> | undefined;
  /** The names of `scope`, to be looked up as bytes. */
  readonly #scopeNames: NameTable | undefined;
  /** How many entries were looked at, of those that `scope` names. */
  #looked = 0;
  /** Everything in it is new, and nothing in it is special: most of a large tree is looked at so. */
  readonly #isPlainNew: boolean;
  /** Findings by rule, so that there is one object for thousands of files. */
  readonly #added: Finding[] = [];
  readonly #pending: PendingPlaces;

  constructor(options: ExaminationOptions, sink: Sink, place: Place, pending: PendingPlaces) {
    this.#options = options;
    this.#sink = sink;
    this.#place = place;
    this.#pending = pending;
    this.#state = options.rules.stateOf(place.path);
    this.#ignored = options.ignored?.stateOf(place.path);
    const only = place.scope?.entriesChanged === false ? place.scope.names.keys() : undefined;
    this.#reference = place.isNew ? undefined : options.reference.directory(place.path, only);
    this.#mountPoints = options.mountPoints.get(place.path);
    if (place.scope?.entriesChanged === true) this.#scopeNames = namesOf(place.scope);
    const isSpecial = this.#reference !== undefined || this.#mountPoints !== undefined || place.scope !== undefined;
    this.#isPlainNew = !isSpecial && place.path !== '/';
  }

  batch(listing: Listing): void {
    if (this.#isPlainNew) for (let i = 0; i < listing.count; i++) this.#newEntry(listing, i);
    else for (let i = 0; i < listing.count; i++) this.#entry(listing, i);
  }

  /** Call it only if the whole directory could be read: what was not seen counts as gone. */
  finish(complete: boolean): void {
    if (complete && this.#reference?.knowsMissing === true && this.#mayMiss()) {
      const { scope } = this.#place;
      // Names of the reference may be longer than those that this filesystem has.
      let bytes = new Uint8Array(256);
      for (const entry of this.#reference.missing()) {
        if (scope !== undefined && !scope.entriesChanged && !scope.names.has(entry.name)) continue;
        if (this.#mountPoints?.has(entry.name)) continue;
        if (entry.name.length > bytes.length) bytes = new Uint8Array(entry.name.length);
        for (let i = 0; i < entry.name.length; i++) bytes[i] = entry.name.charCodeAt(i);
        const rule = this.#options.rules.match(this.#state, bytes, 0, entry.name.length, entry.type);
        const finding = this.#finding('deleted', rule, bytes, 0, entry.name.length, entry.type, undefined);
        const judge = (below: string, type: number) =>
          this.#deletedFinding(join(this.#place.path, entry.name), below, type);
        for (const deleted of deletedTree(entry, finding, judge, !this.#sink.needsSizes)) {
          this.#sink.missing(this.#place, deleted.finding, deleted.entry);
        }
      }
    }
  }

  #deletedFinding(directory: RawPath, below: string, type: number): Finding {
    const path = join(directory, below);
    const { rules, ignored } = this.#options;
    const rule = rules.matchPath(path, type);
    const { category = 'unknown', persist } = rules.rules[rule] ?? {};
    const isIgnored = ignored !== undefined && ignored.matchPath(path, type) >= 0;
    const code = classCode(category, isIgnored, this.#place.shadowed, persist);
    return { kind: 'deleted', code, rule, link: undefined };
  }

  /** Where only some names were looked up, nothing else can be missing. */
  #mayMiss(): boolean {
    const { scope } = this.#place;
    return scope === undefined || scope.entriesChanged || this.#looked < scope.names.size;
  }

  #entry(listing: Listing, i: number): void {
    const place = this.#place;
    const scope = place.scope;
    let name: string | undefined;
    let whole = true;
    // Known and not named: unchanged, says whoever named the others.
    if (this.#scopeNames !== undefined && this.#mountPoints === undefined) {
      const known = this.#reference?.meet(listing, i) === true;
      if (known && !holds(this.#scopeNames, listing, i)) return;
    }
    if (this.#mountPoints !== undefined || scope !== undefined || place.path === '/') {
      name = listing.name(i);
      if (place.path === '/' && name === EBB) return;
      if (scope !== undefined) {
        const wanted = scope.names.get(name);
        if (wanted === undefined && (!scope.entriesChanged || this.#reference?.meet(listing, i) === true)) return;
        this.#looked++;
        whole = wanted !== false;
      }
      if (this.#mountPoints?.has(name)) {
        this.#reference?.meet(listing, i);
        this.#mountPoint(listing, i, name);
        return;
      }
    }
    const judgement = this.#judge(listing, i);
    if (judgement === Judgement.vanished) return;
    const isDirectory = listing.type[i] === directoryType;
    if (judgement === Judgement.unchanged) {
      if (isDirectory && whole) this.#descend(listing, i, false, undefined);
      return;
    }
    const kind = kindOf(judgement);
    const finding = this.#findingOf(listing, i, kind);
    if (!isDirectory) this.#sink.entry(place, finding, listing, i);
    else if (kind !== 'modified') this.#descend(listing, i, true, finding);
    else {
      this.#sink.entry(place, finding, listing, i);
      if (whole) this.#descend(listing, i, false, undefined);
    }
  }

  #newEntry(listing: Listing, i: number): void {
    if (this.#sink.needsSizes && !listing.stat(i)) return;
    const finding = this.#findingOf(listing, i, 'added');
    if (listing.type[i] === directoryType) this.#descend(listing, i, true, finding);
    else this.#sink.entry(this.#place, finding, listing, i);
  }

  #judge(listing: Listing, i: number): Judgement {
    if (this.#reference !== undefined) return this.#reference.judge(listing, i);
    return this.#sink.needsSizes && !listing.stat(i) ? Judgement.vanished : Judgement.added;
  }

  #descend(listing: Listing, i: number, isNew: boolean, finding: Finding | undefined): void {
    const id = this.#sink.directory(this.#place, finding, listing, i);
    this.#pending.push(this.#place.path, listing, i, id, isNew, this.#place.shadowed);
  }

  /** The mount point itself is no change: it is there to be mounted upon. What it hides is. */
  #mountPoint(listing: Listing, i: number, name: string): void {
    if (!this.#options.seesShadowed) return;
    const place = { ...this.#place, shadowed: true };
    if (listing.type[i] === directoryType) {
      const { code, rule } = this.#findingOf(listing, i, 'added', true);
      const isNew = this.#reference === undefined || !this.#reference.has(name as RawName);
      const id = this.#sink.mountPoint(place, code, rule, listing, i);
      this.#pending.push(place.path, listing, i, id, isNew, true);
      return;
    }
    // A file is made empty to be mounted upon; where it is not empty, somebody's data is under the mount.
    if (!listing.stat(i) || listing.size[i] === 0) return;
    const judgement = this.#judge(listing, i);
    if (judgement === Judgement.vanished || judgement === Judgement.unchanged) return;
    this.#sink.entry(this.#place, this.#findingOf(listing, i, kindOf(judgement), true), listing, i);
  }

  #findingOf(listing: Listing, i: number, kind: ChangeKind, shadowed = this.#place.shadowed): Finding {
    const { names, nameStart, nameEnd, type } = listing;
    const start = nameStart[i] as number;
    const end = nameEnd[i] as number;
    const entryType = type[i] as number;
    const rule = this.#options.rules.match(this.#state, names, start, end, entryType);
    if (
      kind === 'added' &&
      entryType !== EntryType.symlink &&
      this.#ignored === undefined &&
      shadowed === this.#place.shadowed
    ) {
      this.#added[rule + 1] ??= this.#finding(kind, rule, names, start, end, entryType, undefined);
      return this.#added[rule + 1] as Finding;
    }
    const link = entryType === EntryType.symlink ? this.#keptLink(listing.readLink(i)) : undefined;
    return this.#finding(kind, rule, names, start, end, entryType, link, shadowed);
  }

  #finding(
    kind: ChangeKind,
    rule: number,
    names: Uint8Array,
    start: number,
    end: number,
    type: number,
    link: string | undefined,
    shadowed = this.#place.shadowed,
  ): Finding {
    const { rules, ignored } = this.#options;
    const { category, persist } = link !== undefined ? linked : (rules.rules[rule] ?? unknown);
    const isIgnored =
      ignored !== undefined &&
      this.#ignored !== undefined &&
      ignored.match(this.#ignored, names, start, end, type) >= 0;
    const code = classCode(category, isIgnored, shadowed, persist);
    return { kind, code, rule: link === undefined ? rule : -1, link };
  }

  #keptLink(target: string | undefined): string | undefined {
    if (target === undefined) return undefined;
    const resolved = resolveLexically(this.#place.path, target);
    return isBelowAny(this.#options.keptPrefixes, resolved) ? resolved : undefined;
  }
}

function kindOf(judgement: Judgement): ChangeKind {
  switch (judgement) {
    case Judgement.modified:
      return 'modified';
    case Judgement.typeChanged:
      return 'type-changed';
    default:
      return 'added';
  }
}

/** Where an examination of the whole tree begins. */
export function wholeTree(isNew: boolean): Place {
  return { id: 0, path: ROOT, isNew, shadowed: false, scope: undefined };
}

function namesOf({ names }: Scope): NameTable {
  const raw = [...names.keys()];
  const table = new NameTable(bytesOf(raw.join('')), raw.length);
  let at = 0;
  for (const name of raw) {
    table.add(at, at + name.length, 0);
    at += name.length;
  }
  return table;
}

function holds(table: NameTable, listing: Listing, i: number): boolean {
  return table.indexOf(listing.names, listing.nameStart[i] as number, listing.nameEnd[i] as number) >= 0;
}
