import type { RawPath } from '../../core/rawpath.ts';
import type { RootFiles } from '../../ports/root-files.ts';

const libraries = ['/usr/lib/systemd', '/lib/systemd', '/usr/lib64/systemd', '/run/current-system/systemd/lib/systemd'];
const multiarch = ['/usr/lib/x86_64-linux-gnu/systemd', '/usr/lib/aarch64-linux-gnu/systemd'];
const profile = '/nix/var/nix/profiles/system/systemd/lib/systemd';

/** The version of the systemd that a root has: `present` where it is there and does not tell; undefined: it has none. */
export function systemdVersion(files: RootFiles): number | 'present' | undefined {
  let isPresent = false;
  for (const directory of [...libraries, profile, ...multiarch]) {
    for (const name of files.listNames(directory as RawPath) ?? []) {
      const version = /^libsystemd-(?:shared|core)-(\d+)/.exec(name)?.[1];
      if (version !== undefined) return Number(version);
      if (name === 'systemd') isPresent = true;
    }
  }
  return isPresent ? 'present' : undefined;
}

/** Where `StateDirectory=` of a user's units lies in the home: it moved with version 254. */
export function userStateDirectories(version: number | 'present' | undefined): readonly string[] {
  if (typeof version !== 'number') return ['.local/state', '.config'];
  return [version >= 254 ? '.local/state' : '.config'];
}
