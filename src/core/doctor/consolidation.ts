import type { Category } from '../category.ts';
import type { DeclaredPath } from '../configuration.ts';
import { join, nameOf, parentOf, type RawName, type RawPath } from '../rawpath.ts';
import { isSweeping } from './path-facts.ts';

/** Declared directories and files that one declaration could keep: of the directory that they lie in. */
export interface Consolidation {
  readonly parent: RawPath;
  readonly storage: RawPath;
  readonly count: number;
  /** What lies there too and would be kept with them: it has to be copied into the storage first. */
  readonly others: readonly RawPath[];
}

export interface ConsolidationView {
  readonly declared: readonly DeclaredPath[];
  /** What lies in a directory of the root, with what is mounted there. */
  readonly namesIn: (path: RawPath) => readonly RawName[];
  /** What lies in it in the storage. */
  readonly storedIn: (storage: RawPath, path: RawPath) => readonly RawName[];
  readonly categoryOf: (path: RawPath) => Category;
}

/** Fewer than that are not worth the change. */
const LEAST = 3;

/**
 * Where declaring a directory instead of what lies in it loses nothing and keeps nothing that is not to be kept: all in it is
 * declared, or would be kept by anybody; and the storage has nothing there that would come to light.
 */
export function consolidations({ declared, namesIn, storedIn, categoryOf }: ConsolidationView): Consolidation[] {
  const paths = new Set(declared.map(({ path }) => path));
  const groups = Map.groupBy(declared, ({ path, storage }) => `${storage}\0${parentOf(path)}`);
  return [...groups.values()].flatMap((members): Consolidation[] => {
    const [{ storage, path: first }] = members as [DeclaredPath, ...DeclaredPath[]];
    const parent = parentOf(first);
    if (members.length < LEAST || isSweeping(parent) || parent === '/' || paths.has(parent)) return [];
    const own = new Set(members.map(({ path }) => nameOf(path)));
    const others = namesIn(parent)
      .filter((name) => !own.has(name))
      .map((name) => join(parent, name));
    const isStranger = storedIn(storage, parent).some((name) => !own.has(name));
    const isSafe = others.every((path) => isKeptByAnybody(categoryOf(path)));
    return isSafe && !isStranger ? [{ parent, storage, count: members.length, others }] : [];
  });
}

function isKeptByAnybody(category: Category): boolean {
  return category === 'state' || category === 'secret' || category === 'home';
}
