import { wholeTree } from '../../core/examination.ts';
import type { Place } from '../../core/finding.ts';
import { covers, nameOf, parentOf, type RawPath } from '../../core/rawpath.ts';
import { openReference, type ReferenceSpec } from './reference-spec.ts';

/** Where an examination of these paths begins: in the directories that hold them. */
export function startingPlaces(
  paths: readonly RawPath[],
  spec: ReferenceSpec,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
): Omit<Place, 'id'>[] {
  const reference = openReference(spec);
  const isNew = (path: RawPath): boolean => reference.directory(path) === undefined;
  try {
    if (paths.length === 0 || paths.includes('/' as RawPath)) return [{ ...wholeTree(isNew('/' as RawPath)) }];
    const names = new Map<RawPath, Map<string, boolean>>();
    for (const path of paths) {
      // What lies below another of the paths is looked at with it.
      if (paths.some((other) => other !== path && covers(other, path))) continue;
      const known = names.get(parentOf(path)) ?? new Map<string, boolean>();
      known.set(nameOf(path), true);
      names.set(parentOf(path), known);
    }
    return [...names].map(([path, wanted]) => ({
      path,
      isNew: isNew(path),
      shadowed: isUnderMount(path, mountPoints),
      scope: { names: wanted, entriesChanged: false },
    }));
  } finally {
    reference.close();
  }
}

/** Whether a mount hides the directory. */
export function isUnderMount(path: RawPath, mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>): boolean {
  for (let at = path; at !== '/'; at = parentOf(at)) if (mountPoints.get(parentOf(at))?.has(nameOf(at))) return true;
  return false;
}
