import type { CataloguePath } from './catalogue-entry.ts';
import type { RawPath } from './rawpath.ts';

/** The names under which a program is packaged with a home of its own. */
export interface Sandboxes {
  /** Application ids: `org.mozilla.firefox`. */
  readonly flatpak: readonly string[];
  readonly snap: readonly string[];
}

/** `paths`, and what of them lies in a user's home once more for each sandbox, at its place there. */
export function withSandboxed(paths: readonly CataloguePath[], { flatpak, snap }: Sandboxes): CataloguePath[] {
  const moves = [...flatpak.map((id) => inFlatpak(id)), ...snap.map((name) => inSnap(name))];
  return [...paths, ...moves.flatMap((move) => paths.flatMap((path) => moved(path, move)))];
}

/** Where a path below the home, without `~/`, is in the sandbox. */
type Move = (path: string) => string;

/**
 * Flatpak sets the XDG directories; what a program keeps directly in the home is there by `--persist=`
 * (docs.flatpak.org, Sandbox Permissions).
 */
function inFlatpak(id: string): Move {
  const xdg: readonly (readonly [string, string])[] = [
    ['.config', 'config'],
    ['.local/share', 'data'],
    ['.cache', 'cache'],
  ];
  return (path) => {
    const [from = '', to = ''] =
      xdg.find(([directory]) => path === directory || path.startsWith(`${directory}/`)) ?? [];
    return `~/.var/app/${id}/${to}${path.slice(from.length)}`;
  };
}

/** A snap's home is a directory for each of its revisions, and `common` for all (snapcraft.io, Data locations). */
function inSnap(name: string): Move {
  return (path) => `~/snap/${name}/*/${path}`;
}

function moved(path: CataloguePath, move: Move): CataloguePath[] {
  const inHome = path.patterns.filter(({ pattern }) => isInHome(pattern));
  if (inHome.length === 0) return [];
  const patterns = inHome.map(({ pattern, exact }) => ({ pattern: move(pattern.slice(2)), exact }));
  const instead = path.instead !== undefined && isInHome(path.instead) ? move(path.instead.slice(2)) : path.instead;
  return [{ ...path, patterns, instead: instead as RawPath | undefined }];
}

function isInHome(path: string): boolean {
  return path.startsWith('~/') && !path.startsWith('~/.var/app/') && !path.startsWith('~/snap/');
}
