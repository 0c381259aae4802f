import type { RawPath } from '../../core/rawpath.ts';
import type { RootFiles } from '../../ports/root-files.ts';

const libraries = ['/usr/lib/systemd', '/lib/systemd', '/usr/lib64/systemd', '/run/current-system/systemd/lib/systemd'];
const multiarch = ['/usr/lib/x86_64-linux-gnu/systemd', '/usr/lib/aarch64-linux-gnu/systemd'];
const profile = '/nix/var/nix/profiles/system/systemd/lib/systemd';

/** A root has more programs than these, if it shows them. */
const FEW = 20;

/**
 * The version of the systemd that a root has: `present` where it is there and does not tell; undefined: it has none. A root
 * that is mounted without its programs (NixOS without /nix, or /usr on another filesystem) does not show its systemd either,
 * which does not say that it has none.
 */
export function systemdVersion(files: RootFiles): number | 'present' | undefined {
  let isPresent = false;
  for (const directory of [...libraries, profile, ...multiarch]) {
    for (const name of files.listNames(directory as RawPath) ?? []) {
      const version = /^libsystemd-(?:shared|core)-(\d+)/.exec(name)?.[1];
      if (version !== undefined) return Number(version);
      if (name === 'systemd') isPresent = true;
    }
  }
  return isPresent || !showsPrograms(files) ? 'present' : undefined;
}

function showsPrograms(files: RootFiles): boolean {
  return ['/usr/bin', '/bin'].some((path) => (files.listNames(path as RawPath, FEW) ?? []).length >= FEW);
}

/** Where `StateDirectory=` of a user's units lies in the home: it moved with version 254. */
export function userStateDirectories(version: number | 'present' | undefined): readonly string[] {
  if (typeof version !== 'number') return ['.local/state', '.config'];
  return [version >= 254 ? '.local/state' : '.config'];
}
