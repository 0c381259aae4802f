import { EntryType } from '../../core/change.ts';
import type { Claim } from '../../core/evidence.ts';
import type { RawPath } from '../../core/rawpath.ts';
import { claimsOfTmpfiles, type TmpfilesFacts } from '../../core/systemd/tmpfiles-claims.ts';
import { parseTmpfiles } from '../../core/systemd/tmpfiles-line.ts';
import type { ClaimSource } from '../../ports/evidence.ts';
import type { OpenRoot } from '../../ports/machine.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { claimsLeniently } from './claims-leniently.ts';
import { readConfigurations } from './configuration-files.ts';
import { latin1 } from './unit-tree.ts';
import { systemdVersion } from './version.ts';

/** No file that they make is as large. */
const LARGEST = 1024 * 1024;

/** What tmpfiles.d makes and removes at every boot. */
export const tmpfilesSource: ClaimSource = {
  name: 'tmpfiles',
  claims: ({ files }: Pick<OpenRoot, 'files'>) => claimsLeniently(files, 'lines of tmpfiles.d', claimsOfTmpfilesIn),
};

export function claimsOfTmpfilesIn(files: RootFiles): Claim[] {
  // Without systemd they are only files.
  return systemdVersion(files) === undefined || isMasked(files)
    ? []
    : claimsOfTmpfiles(readConfigurations(files, 'tmpfiles.d', parseTmpfiles), factsOf(files));
}

/** Whether nobody calls systemd-tmpfiles at boot. */
function isMasked(files: RootFiles): boolean {
  return files.readLink('/etc/systemd/system/systemd-tmpfiles-setup.service' as RawPath) === '/dev/null';
}

function factsOf(files: RootFiles): TmpfilesFacts {
  return {
    typeOf: (path) => files.lstat(path)?.type,
    linkOf: (path) => files.readLink(path),
    contentOf: (path) => {
      if (files.lstat(path)?.type !== EntryType.file) return undefined;
      const bytes = files.readFile(path, LARGEST);
      return bytes && latin1(bytes);
    },
    namesOf: (path, atMost) => files.listNames(path, atMost),
    isKnownUser: knownNames(files, '/etc/passwd'),
    isKnownGroup: knownNames(files, '/etc/group'),
  };
}

/** `root`, numbers, and what stands in the file. */
function knownNames(files: RootFiles, path: string): (name: string) => boolean {
  let names: Set<string> | undefined;
  return (name) => {
    if (name === 'root' || /^\d+$/.test(name)) return true;
    if (names === undefined) {
      const bytes = files.readFile(path as RawPath);
      const text = bytes === undefined ? '' : latin1(bytes);
      names = new Set(text.split('\n').flatMap((line) => /^[^:]+(?=:)/.exec(line)?.[0] ?? []));
    }
    return names.has(name);
  };
}
