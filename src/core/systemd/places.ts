import type { Category } from '../category.ts';
import { Glob } from '../pattern.ts';
import { bytesOf, componentsOf, covers } from '../rawpath.ts';
import { ANY_NAME, type OpenPath, OWN_HOME } from './open-path.ts';

/**
 * Places that belong to everybody: that a unit names one of them says nothing about what lies in it. Single components
 * are all of the usual ones; `/data` is somebody's own.
 */
const shared: ReadonlySet<string> = new Set([
  ...['/', '/bin', '/boot', '/dev', '/efi', '/etc', '/home', '/lib', '/lib32', '/lib64', '/libx32', '/lost+found'],
  ...['/media', '/mnt', '/nix', '/opt', '/persist', '/proc', '/root', '/run', '/sbin', '/snap', '/srv', '/sys', '/tmp'],
  ...['/usr', '/var', '/boot/efi', '/etc/static', '/etc/systemd', '/etc/systemd/system', '/nix/var', '/nix/var/nix'],
  ...['/etc/default', '/etc/ssl', '/etc/ssl/certs', '/etc/ssl/private', '/etc/pki', '/etc/pki/tls', '/etc/ssh'],
  ...['/var/backups', '/var/cache', '/var/cache/private', '/var/crash', '/var/db', '/var/empty', '/var/games'],
  ...['/var/lib', '/var/lib/misc', '/var/lib/private', '/var/lib/systemd', '/var/local', '/var/lock', '/var/log'],
  ...['/var/log/private', '/var/mail', '/var/opt', '/var/run', '/var/spool', '/var/spool/mail', '/var/tmp'],
  ...[OWN_HOME, '.cache', '.config', '.local', '.local/bin', '.local/share', '.local/state'].map((name) =>
    name === OWN_HOME ? name : `${OWN_HOME}/${name}`,
  ),
]);

const HOME = bytesOf('home');
/** The names on the way to each of `shared`; made when first needed. */
let sharedNames: readonly (readonly Uint8Array[])[] | undefined;

/** What the kernel, the boot or a package puts there, or nobody keeps. */
const notKept = [
  ...['/dev', '/proc', '/run', '/sys', '/tmp', '/var/run', '/var/lock', '/var/tmp', '/usr', '/nix/store', '/bin'],
  ...['/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc/static', '/boot', '/efi', '/nonexistent', '/var/empty'],
  ...['/snap', '/nix/var/nix/profiles', '/etc/profiles', '/sysroot'],
];

/** Whether too much lies in it for a claim that covers all of it. `homes`: those of people. */
export function isTooGeneral(path: OpenPath, homes: ReadonlySet<string>): boolean {
  if (shared.has(path) || homes.has(path) || /^\/home\/[^/]*$/.test(path)) return true;
  const inHome = homeOf(path, homes);
  if (inHome !== undefined) return shared.has(`${OWN_HOME}${path.slice(inHome.length)}`);
  // Any name at all in such a place.
  const slash = path.lastIndexOf('/');
  return path.slice(slash + 1) === ANY_NAME && isTooGeneral(path.slice(0, slash) || '/', homes);
}

/**
 * Whether the pattern matches a place of everybody, or whatever lies in one: a line that has all of `/var/lib` removed
 * is a mistake, or was never carried out, and hides nothing.
 */
export function matchesShared(pattern: string): boolean {
  sharedNames ??= Array.from(shared, (place) => componentsOf(place).map(bytesOf));
  const components = componentsOf(pattern);
  const globs = components.map((component) => new Glob(component));
  const isMatch = (glob: Glob | undefined, name: Uint8Array): boolean => glob?.matches(name, 0, name.length) === true;
  for (let length = globs.length; ; length--) {
    if (length === 2 && isMatch(globs[0], HOME)) return true;
    for (const names of sharedNames) {
      if (names.length === length && names.every((name, depth) => isMatch(globs[depth], name))) return true;
    }
    // Whatever lies in the directory above.
    if (length === 0 || !/^(\[!\.\])?\*$/.test(components[length - 1] ?? '')) return false;
  }
}

/** Whether nothing that lies there needs a unit to tell about it. */
export function isNotKept(path: OpenPath): boolean {
  return notKept.some((place) => covers(place, path));
}

function homeOf(path: OpenPath, homes: ReadonlySet<string>): string | undefined {
  if (path.startsWith(`${OWN_HOME}/`)) return OWN_HOME;
  const usual = /^\/(root|home\/[^/]+)(?=\/)/.exec(path)?.[0];
  if (usual !== undefined) return usual;
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    if (homes.has(path.slice(0, at))) return path.slice(0, at);
  }
  return undefined;
}

/** What a path is that a unit names without saying what for; undefined of /etc, where it is configuration. */
export function categoryByPlace(path: OpenPath, homes: ReadonlySet<string>): Category | undefined {
  if (covers('/etc', path)) return undefined;
  if (covers('/var/cache', path)) return 'cache';
  if (covers('/var/log', path)) return 'log';
  const home = homeOf(path, homes);
  if (home === undefined) return 'state';
  if (covers(`${home}/.cache`, path)) return 'cache';
  return covers(`${home}/.config`, path) ? undefined : 'state';
}
