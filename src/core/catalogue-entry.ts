import type { Category } from './category.ts';
import { EntryType } from './change.ts';
import { spellingsOf } from './pattern.ts';
import type { Persist } from './persist.ts';
import { componentsOf, type RawName, type RawPath } from './rawpath.ts';
import type { Rule } from './rule.ts';
import { RuleSet } from './rules.ts';

/** What a service or program keeps where: one file of the catalogue. Byte strings where paths are quoted. */
export interface CatalogueEntry {
  /** Its file without `.toml`: `forgejo`. */
  readonly id: string;
  /** `Forgejo` */
  readonly title: string;
  /** `service`: runs by itself; `program`: a user starts it; `system`: belongs to the system or its distribution. */
  readonly kind: 'service' | 'program' | 'system' | 'container';
  /** The units that write there: `forgejo.service`, with `*` for what varies. */
  readonly units: readonly string[];
  /** The NixOS options that turn it on: `services.forgejo`. */
  readonly nixos: readonly string[];
  /** Where this is known from. */
  readonly sources: readonly string[];
  readonly paths: readonly CataloguePath[];
}

export interface CataloguePath {
  readonly patterns: readonly { readonly pattern: string; readonly exact: boolean }[];
  readonly types: readonly number[] | undefined;
  readonly category: Category;
  readonly persist: Persist;
  readonly why: string;
  /** What does not work without it. */
  readonly breaks: string | undefined;
  /** What to persist instead: the directory of a file that is replaced as a whole. */
  readonly instead: RawPath | undefined;
  /** As chown(1) and chmod(1) take them. */
  readonly owner: string | undefined;
  readonly group: string | undefined;
  readonly mode: string | undefined;
  /** The NixOS option that moves it: `services.forgejo.stateDir`. */
  readonly option: string | undefined;
  /** A copy of it is only good while these units are stopped. */
  readonly stop: readonly string[];
  /** The command that gives a copy while it runs: `sudo -u postgres pg_dumpall`. */
  readonly dump: string | undefined;
}

/** What to do about a category where nobody says anything else. */
export function persistOf(category: Category): Persist {
  switch (category) {
    case 'state':
    case 'secret':
    case 'home':
      return 'yes';
    case 'unknown':
      return 'optional';
    default:
      return 'no';
  }
}

/**
 * The rules of the entries and the general ones, in the order in which they are asked: by weight; of the entries' the
 * one with more components first; the general ones as they stand.
 */
export function catalogueRules(entries: readonly CatalogueEntry[], general: readonly Rule[]): Rule[] {
  const known = new RuleSet(general);
  const ofEntries = entries.flatMap((entry) => entry.paths.flatMap((path) => rulesOf(entry, path, known)));
  const depth = new Map(ofEntries.map((rule) => [rule.pattern, componentsOf(rule.pattern).length]));
  const depthOf = ({ pattern }: Rule): number => depth.get(pattern) ?? 0;
  ofEntries.sort((a, b) => depthOf(b) - depthOf(a));
  const exceptions = new RuleSet(ofEntries.filter(({ kind }) => kind === 'exception'));
  // What is kept in a directory that an entry calls a cache: plugins that somebody installed, a queue.
  const isExcepted = (rule: Rule): boolean =>
    matchesExample(rule, exceptions, (exception) => depthOf(exception) < depthOf(rule));
  const asked = ofEntries.map((rule): Rule => (isExcepted(rule) ? { ...rule, kind: 'exception' } : rule));
  return [
    ...asked.filter(({ kind }) => kind === 'exception'),
    ...general.filter(({ kind }) => kind === 'general'),
    ...asked.filter(({ kind }) => kind === 'catalogue'),
    ...general.filter(({ kind }) => kind === 'place'),
  ];
}

function rulesOf(entry: CatalogueEntry, path: CataloguePath, general: RuleSet): Rule[] {
  const { category, types, why, persist, instead } = path;
  return path.patterns.map(({ pattern, exact }): Rule => {
    const kind = contradicts(pattern, exact, path, general) ? 'exception' : 'catalogue';
    const by = writerOf(entry, pattern);
    const said = persist === persistOf(category) ? undefined : persist;
    return { pattern, category, exact, types, why, file: `${entry.id}.toml`, kind, by, persist: said, instead };
  });
}

/**
 * The unit or program that keeps it: the first unit, unless that is only a part of several (`systemd-random-seed.service` of
 * systemd keeps no journal) or one of many (`docker-compose@*.service`). Of an entry about several programs (`A, B, C`,
 * `A and B`) the unit that the pattern names: no program's unit is taken for another's.
 */
function writerOf({ id, title, units }: CatalogueEntry, pattern: string): string | undefined {
  const [first] = units;
  if (title.includes(', ') || title.includes(' and ')) {
    const components = componentsOf(pattern);
    const named = units.find((unit) => components.includes(stemOf(unit) as RawName));
    return named ?? (title.includes(', ') ? undefined : title);
  }
  if (first === undefined) return title;
  const isPart = first.includes('*') || stemOf(first).startsWith(`${id}-`);
  return units.length > 1 && isPart ? title : first;
}

function stemOf(unit: string): string {
  return unit.split(/[.@*]/, 1)[0] ?? '';
}

/**
 * Whether it has to come before the general rules: they would say something else of it. A *.pem in a service's cache is
 * cache; one in its state is still a key. Where they say the same, what they except in it (locks, sockets) stays excepted.
 */
function contradicts(pattern: string, exact: boolean, path: CataloguePath, general: RuleSet): boolean {
  const { category, types, persist } = path;
  if (persistOf(category) === 'no') return true;
  // Of one path alone it takes nothing from the general rules to say the same with the name of who keeps it.
  const saysElse = (rule: Rule): boolean =>
    rule.kind === 'general' &&
    (exact || (!isBareDirectory(rule) && (rule.category !== category || persist !== persistOf(category))));
  return matchesExample({ pattern, exact, types }, general, saysElse);
}

/** It says of a directory alone that every system has it: what an entry says is about what is in there. */
function isBareDirectory({ exact, category, types }: Rule): boolean {
  return exact && category === 'generated' && types?.length === 1 && types[0] === EntryType.directory;
}

/** Whether one of `rules` that `isMeant` is the first for what the pattern usually matches. */
function matchesExample(
  { pattern, exact, types }: Pick<Rule, 'pattern' | 'exact' | 'types'>,
  rules: RuleSet,
  isMeant: (rule: Rule) => boolean,
): boolean {
  const [spelling = '/'] = spellingsOf(pattern);
  const example = exampleOf(spelling);
  const usual = exact ? [EntryType.file] : [EntryType.directory, EntryType.file];
  return (types ?? usual).some((type) => {
    const index = rules.matchPath(example, type);
    return index >= 0 && isMeant(rules.rules[index]);
  });
}

/** A path that the pattern matches. */
function exampleOf(pattern: string): RawPath {
  const components = componentsOf(pattern).map((component) =>
    component === '**'
      ? 'x'
      : component.replace(/\[(.)[^\]]*\]/g, '$1').replace(/\\(.)|[*?]/g, (_, kept) => kept ?? 'x'),
  );
  return `/${components.join('/')}` as RawPath;
}
