import type { CatalogueEntry } from '../catalogue-entry.ts';
import { EntryType } from '../change.ts';
import { keptInstead } from '../instead.ts';
import { spellingsOf } from '../pattern.ts';
import { componentsOf, parentOf, type RawPath, ROOT } from '../rawpath.ts';
import type { Rule } from '../rule.ts';
import { isSweeping, type KeepAs } from './path-facts.ts';

/** Rules that know what a directory is for, and not only what a name means. */
const ofPlaces: ReadonlySet<Rule['kind']> = new Set(['catalogue', 'exception', 'unit-directory', 'unit-path', 'place']);

export function isOfPlace({ kind }: Rule): boolean {
  return ofPlaces.has(kind);
}

/**
 * What has to be declared so that the path is kept: what the rule about it, one of a place, is about. `missingFrom`: from where
 * on nothing is there, and so what else there was, where no rule knows.
 */
export function keepAs(
  path: RawPath,
  missingFrom: RawPath | undefined,
  ruleOf: (path: RawPath, type: number) => Rule | undefined,
  entries: readonly CatalogueEntry[],
): KeepAs {
  let rule = ruleOf(path, EntryType.file);
  let kept = (rule && extentOf(path, rule)) ?? missingFrom ?? path;
  // A key in a service's directory is not kept alone.
  for (let above = parentOf(kept); above !== ROOT; above = parentOf(kept)) {
    const wider = isSweeping(above) ? undefined : ruleOf(above, EntryType.directory);
    const extent = wider !== undefined && isState(wider) ? extentOf(above, wider) : undefined;
    if (extent === undefined) break;
    rule = wider;
    kept = extent;
  }
  const known = rule && catalogued(rule, entries);
  const owner = { user: known?.owner, group: known?.group, mode: known?.mode };
  const instead = known?.instead === undefined ? undefined : keptInstead(path, known.instead);
  if (instead !== undefined) return { path: instead, type: 'directory', ...owner };
  return { path: kept, type: kept === path && rule?.exact === true ? 'file' : 'directory', ...owner };
}

function isState({ category, persist }: Rule): boolean {
  return persist !== 'no' && (category === 'state' || category === 'secret' || category === 'home');
}

/** The part of the path that the rule's pattern matches; undefined where that may be of any depth. */
function extentOf(path: RawPath, { pattern, exact }: Rule): RawPath | undefined {
  if (exact) return path;
  const components = componentsOf(path);
  // Homes are `/root`, or of two components.
  const depths = spellingsOf(pattern).filter((spelling) => !spelling.includes('**'));
  const isHome = pattern.startsWith('~/');
  const spelling = isHome && components[0] !== 'root' ? depths.at(-1) : depths[0];
  if (spelling === undefined) return undefined;
  const depth = componentsOf(spelling).length;
  return depth > components.length || depth < 2 ? undefined : (`/${components.slice(0, depth).join('/')}` as RawPath);
}

function catalogued({ file, pattern }: Rule, entries: readonly CatalogueEntry[]) {
  const id = file.replace(/\.toml$/, '');
  const entry = entries.find((one) => one.id === id);
  return entry?.paths.find(({ patterns }) => patterns.some((one) => one.pattern === pattern));
}
