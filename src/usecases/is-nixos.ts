import type { RawPath } from '../core/rawpath.ts';
import type { RootFiles } from '../ports/root-files.ts';

/** What to declare is said in Nix there. */
export function isNixos(files: RootFiles): boolean {
  return files.lstat('/etc/NIXOS' as RawPath) !== undefined;
}
