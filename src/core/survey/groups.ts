import type { CatalogueEntry, CataloguePath } from '../catalogue-entry.ts';
import { EntryType } from '../change.ts';
import type { Evidence } from '../evidence.ts';
import { folded } from '../fold.ts';
import { Glob } from '../pattern.ts';
import { bytesOf, compareRaw, componentsOf, covers, type RawPath } from '../rawpath.ts';
import type { Change, Totals } from '../report.ts';
import type { Rule } from '../rule.ts';
import { RuleSet } from '../rules.ts';
import type { SurveyFate, SurveyGroup, SurveyItem } from './report.ts';

/** A row of the root, or of what is mounted upon it. */
export interface SurveyRow {
  readonly change: Change;
  readonly fate: SurveyFate;
}

export interface Grouped {
  readonly services: readonly SurveyGroup[];
  readonly homes: readonly SurveyGroup[];
  readonly system: SurveyGroup;
  readonly unclaimed: readonly SurveyItem[];
}

/** Rows of one group that a person takes in; with more, those of one directory are summed up. */
const READABLE = 12;
const READABLE_UNCLAIMED = 60;

/** Whom the rows belong to: a service that the catalogue or a unit knows, a user, the system, or nobody. */
export function grouped(rows: readonly SurveyRow[], owners: Owners): Grouped {
  const services = new Map<string, { owner: Owner; rows: SurveyRow[] }>();
  const homes = new Map<string, SurveyRow[]>();
  const system: SurveyRow[] = [];
  const unclaimed: SurveyRow[] = [];
  for (const row of rows) {
    const { change } = row;
    const home = homeOf(change.path);
    const owner = owners.ownerOf(change);
    if (home !== undefined) add(homes, home, row);
    else if (owner !== undefined && owner.entry?.kind !== 'system') {
      const key = owner.entry === undefined ? `\0${owner.title}` : owner.entry.id;
      const group = services.get(key);
      if (group === undefined) services.set(key, { owner, rows: [row] });
      else group.rows.push(row);
    } else if (owner === undefined && isNobodys(change)) unclaimed.push(row);
    else system.push(row);
  }
  const groups = Array.from(services.values(), ({ owner, rows: those }) =>
    groupOf(owner.title, owner.entry?.id, those, owners),
  );
  return {
    services: groups.sort(byNeed),
    homes: Array.from(homes, ([user, those]) => groupOf(user, undefined, those, owners)).sort(byNeed),
    system: groupOf('system', undefined, system, owners),
    unclaimed: itemsOf(unclaimed, owners, READABLE_UNCLAIMED),
  };
}

/** `josh` of what lies in /home/josh, `root` of /root; undefined of what lies in nobody's home. */
function homeOf(path: RawPath): string | undefined {
  const [first, second] = componentsOf(path);
  if (first === 'root') return 'root';
  return first === 'home' ? second : undefined;
}

/** Nothing knows it by its name, or what knows it leaves it to a person. */
function isNobodys({ category, verdict, evidence }: Change): boolean {
  if (verdict === 'ignore') return false;
  return category === 'unknown' || !evidence.some(({ kind }) => kind !== undefined && kind !== 'place');
}

function add(groups: Map<string, SurveyRow[]>, key: string, row: SurveyRow): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [row]);
  else group.push(row);
}

function byNeed(a: SurveyGroup, b: SurveyGroup): number {
  return b.needed.bytes - a.needed.bytes || b.rest.bytes - a.rest.bytes || compareRaw(a.title, b.title);
}

function groupOf(title: string, id: string | undefined, rows: readonly SurveyRow[], owners: Owners): SurveyGroup {
  const needed = rows.filter(({ change }) => change.verdict !== 'ignore');
  const units = new Set(rows.flatMap(({ change }) => unitsOf(change.evidence)));
  return {
    ...{ id, title, units: [...units].sort(compareRaw), items: itemsOf(needed, owners, READABLE) },
    needed: totalsOf(needed),
    unkept: totalsOf(needed.filter(({ fate }) => fate !== 'kept')),
    rest: totalsOf(rows.filter(({ change }) => change.verdict === 'ignore')),
  };
}

function unitsOf(evidence: readonly Evidence[]): string[] {
  return evidence.flatMap(({ source, by }) => (by !== undefined && source !== 'catalogue' && isUnit(by) ? [by] : []));
}

function isUnit(name: string): boolean {
  return /\.(service|socket|timer|mount|path|scope|slice)$/.test(name);
}

export function totalsOf(rows: readonly SurveyRow[]): Totals {
  return rows.reduce(
    (sum, { change }) => ({ entries: sum.entries + change.entries, bytes: sum.bytes + change.bytes }),
    { entries: 0, bytes: 0 },
  );
}

function itemsOf(rows: readonly SurveyRow[], owners: Owners, readable: number): SurveyItem[] {
  const fates = Map.groupBy(rows, ({ fate }) => fate);
  return Array.from(fates, ([fate, those]) => {
    const changes = those.map(({ change }) => change);
    return folded(changes, readable).map((change) => itemOf(change, fate, owners));
  })
    .flat()
    .sort((a, b) => b.bytes - a.bytes || compareRaw(a.path, b.path));
}

function itemOf(change: Change, fate: SurveyFate, owners: Owners): SurveyItem {
  const { path, type, category, verdict, entries, bytes, mtime, folds } = change;
  const known = owners.knownOf(change);
  return {
    ...{ path, type, category, verdict, fate, entries, bytes, mtime, folds },
    why: known?.why ?? reasonOf(change),
    breaks: known?.breaks,
  };
}

/** What speaks for its category; of a rule without its pattern. */
function reasonOf({ category, evidence }: Change): string | undefined {
  const piece = evidence.find((each) => each.category === category);
  if (piece?.source !== 'rule') return piece?.detail;
  return piece.detail.slice(piece.detail.indexOf(': ') + 2);
}

/** Whose a path is. */
export interface Owner {
  readonly title: string;
  /** undefined: the catalogue does not know it, but a unit or a container says that it is its own. */
  readonly entry: CatalogueEntry | undefined;
}

/** A directory that something has for its own: the store of a container engine, what a container mounts. */
export interface OwnedPlace {
  readonly path: RawPath;
  readonly title: string;
}

/** Finds whose paths are, by what evidence says of owners, and by where they lie. */
export class Owners {
  readonly #byName = new Map<string, CatalogueEntry>();
  readonly #globs: { readonly glob: Glob; readonly entry: CatalogueEntry }[] = [];
  readonly #rules: RuleSet;
  readonly #places: readonly OwnedPlace[];

  /** `rules`: those of the entries, among others. `places`: the first that covers a path has it. */
  constructor(entries: readonly CatalogueEntry[], rules: readonly Rule[], places: readonly OwnedPlace[]) {
    for (const entry of entries) {
      for (const name of [entry.title, ...entry.units]) {
        if (/[*?[]/.test(name)) this.#globs.push({ glob: new Glob(name), entry });
        else if (!this.#byName.has(name)) this.#byName.set(name, entry);
      }
    }
    this.#rules = new RuleSet(rules.filter(({ by }) => by !== undefined));
    // What lies deeper is closer.
    this.#places = [...places].sort((a, b) => b.path.length - a.path.length);
  }

  ownerOf({ path, type, evidence }: Pick<Change, 'path' | 'type' | 'evidence'>): Owner | undefined {
    // The catalogue knows which service a path belongs to; a unit may only read there.
    const named = evidence.filter(({ by }) => by !== undefined);
    const told = (named.find(({ source }) => source === 'catalogue') ?? named.find(({ kind }) => kind !== undefined))
      ?.by;
    // A key in a service's directory is known by its name, and yet the service's.
    const by = told ?? this.#rules.rules[this.#rules.matchPath(path, EntryType[type])]?.by;
    if (by === undefined) {
      const place = this.#places.find((each) => covers(each.path, path));
      return place && { title: place.title, entry: this.#byName.get(place.title) };
    }
    const entry = this.#entryOf(by);
    return { title: entry?.title ?? by, entry };
  }

  /** What the catalogue says of the path that it knows it by. */
  knownOf(change: Pick<Change, 'path' | 'type' | 'evidence'>): CataloguePath | undefined {
    const details = new Set(change.evidence.flatMap(({ source, detail }) => (source === 'catalogue' ? [detail] : [])));
    if (details.size === 0) return undefined;
    const paths = this.ownerOf(change)?.entry?.paths ?? [];
    return paths.find(({ patterns, why }) => patterns.some(({ pattern }) => details.has(`${pattern}: ${why}`)));
  }

  #entryOf(by: string): CatalogueEntry | undefined {
    const bytes = bytesOf(by);
    return this.#byName.get(by) ?? this.#globs.find(({ glob }) => glob.matches(bytes, 0, bytes.length))?.entry;
  }
}
