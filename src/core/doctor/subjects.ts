import { covers, type RawPath } from '../rawpath.ts';
import type { Occurrence } from './occurrences.ts';
import { isPassing, pathNamed } from './path-facts.ts';
import type { UnitPaths } from './unit-paths.ts';

/** Paths that one message may be about. */
const MOST = 12;

/**
 * The paths that a message is about: the one that it names, where a relative one may lie, or where what it speaks of is
 * kept. None of what a container sees, as its paths are not the machine's.
 */
export function subjectsOf({ container, file, pattern, unit }: Occurrence, units: UnitPaths): RawPath[] {
  if (container !== undefined) return [];
  const own = unit === undefined ? [] : units.of(unit);
  const directories = [...own, ...pattern.state];
  const those = file === undefined ? places(pattern.state, own) : named(file, directories);
  return [...new Set(those)].filter((path) => !isPassing(path)).slice(0, MOST);
}

/** Of several programs' places, those that the unit has. */
function places(state: readonly RawPath[], own: readonly RawPath[]): readonly RawPath[] {
  const its = state.filter((place) => own.some((path) => covers(place, path) || covers(path, place)));
  return its.length > 0 ? its : state.length > 0 ? state : own;
}

function named(file: string, directories: readonly RawPath[]): RawPath[] {
  if (file.startsWith('/')) {
    const path = pathNamed(file);
    return path === undefined ? [] : [path];
  }
  return directories.flatMap((directory) => pathNamed(file, directory) ?? []);
}
