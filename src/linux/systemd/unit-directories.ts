import { EntryType } from '../../core/change.ts';
import { join, type RawPath, resolveLexically } from '../../core/rawpath.ts';
import type { RootFiles } from '../../ports/root-files.ts';

const path = (text: string): RawPath => text as RawPath;

/**
 * Where the system's units lie, the first directory before all others (systemd.unit(5)). NixOS adds the mutable one and
 * that of the default profile.
 */
export const systemUnitDirectories: readonly RawPath[] = [
  ...['/etc/systemd/system.control', '/run/systemd/system.control', '/run/systemd/transient'],
  ...['/run/systemd/generator.early', '/etc/systemd/system', '/etc/systemd/system.attached'],
  ...['/etc/systemd-mutable/system', '/run/systemd/system', '/run/systemd/system.attached', '/run/systemd/generator'],
  ...['/usr/local/lib/systemd/system', '/nix/var/nix/profiles/default/lib/systemd/system', '/lib/systemd/system'],
  ...['/usr/lib/systemd/system', '/run/systemd/generator.late'],
].map(path);

/** Where units of all users lie. */
export const userUnitDirectories: readonly RawPath[] = [
  ...['/etc/xdg/systemd/user', '/etc/systemd/user', '/etc/systemd-mutable/user', '/run/systemd/user'],
  ...['/usr/local/share/systemd/user', '/usr/share/systemd/user', '/usr/local/lib/systemd/user'],
  ...['/nix/var/nix/profiles/default/lib/systemd/user', '/lib/systemd/user', '/usr/lib/systemd/user'],
].map(path);

/** Where units of one user lie, before those of all users and after them. */
export function homeUnitDirectories(home: RawPath): { readonly first: RawPath[]; readonly last: RawPath[] } {
  return {
    first: ['.config/systemd/user.control', '.config/systemd/user'].map((name) => join(home, name)),
    last: ['.local/share/systemd/user', '.nix-profile/share/systemd/user'].map((name) => join(home, name)),
  };
}

/** Without those that are others of the list under another name: `/lib` is a link on most systems. */
export function withoutTwins(files: RootFiles, directories: readonly RawPath[]): RawPath[] {
  const lib = path('/lib');
  const target = files.lstat(lib)?.type === EntryType.symlink ? files.readLink(lib) : undefined;
  const isTwin = target !== undefined && resolveLexically(path('/'), target) === '/usr/lib';
  return directories.filter((directory) => !isTwin || !directory.startsWith('/lib/'));
}
