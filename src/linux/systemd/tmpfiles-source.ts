import { EntryType } from '../../core/change.ts';
import type { Claim } from '../../core/evidence.ts';
import { covers, join, type RawPath } from '../../core/rawpath.ts';
import { isPerson, parseAccounts } from '../../core/systemd/accounts.ts';
import { OWN_HOME } from '../../core/systemd/open-path.ts';
import { machineSpecifiers, type Specifiers, userSpecifiers } from '../../core/systemd/specifiers.ts';
import { claimsOfTmpfiles, claimsOfUserTmpfiles, type TmpfilesFacts } from '../../core/systemd/tmpfiles-claims.ts';
import { parseTmpfiles, type TmpfilesLine } from '../../core/systemd/tmpfiles-line.ts';
import type { ClaimSource } from '../../ports/evidence.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { claimsLeniently } from './claims-leniently.ts';
import { isConfiguration, readConfigurations } from './configuration-files.ts';
import { machineFactsOf } from './machine-facts.ts';
import { latin1 } from './unit-tree.ts';
import { systemdVersion } from './version.ts';

/** No such file is as large, nor any that they make. */
const LARGEST = 1024 * 1024;
/** More homes than that are not looked into, nor more or larger files and lines of one: anybody puts there what they like. */
const MOST_HOMES = 1000;
const MOST_FILES = 200;
const LARGEST_OF_HOMES = 64 * 1024;
const MOST_LINES = 2000;

/** What tmpfiles.d makes and removes at every boot. */
export const tmpfilesSource: ClaimSource = {
  name: 'tmpfiles',
  claims: ({ files }: Pick<OpenRoot, 'files'>) => claimsLeniently(files, 'lines of tmpfiles.d', claimsOfTmpfilesIn),
};

export function claimsOfTmpfilesIn(files: RootFiles): Claim[] {
  // Without systemd they are only files.
  return systemdVersion(files) === undefined || isMasked(files)
    ? []
    : [
        ...claimsOfTmpfiles(readConfigurations(files, 'tmpfiles.d', parseTmpfiles), factsOf(files)),
        ...claimsOfUserTmpfiles(linesOfUsers(files)),
      ];
}

/** Those of all users, and those that people have in their homes. */
function linesOfUsers(files: RootFiles): TmpfilesLine[] {
  const specifiers = userSpecifiers(machineSpecifiers(machineFactsOf(files)), '.config');
  const linesIn = (directory: RawPath, home: Specifiers): TmpfilesLine[] =>
    (files.listNames(directory, MOST_FILES) ?? []).filter(isConfiguration).flatMap((name) => {
      const path = join(directory, name);
      const bytes = files.readFile(path, LARGEST_OF_HOMES);
      return bytes === undefined ? [] : parseTmpfiles(latin1(bytes), path, home);
    });
  const shared = ['/usr/local/share/user-tmpfiles.d', '/usr/share/user-tmpfiles.d'] as RawPath[];
  const passwd = files.readFile('/etc/passwd' as RawPath);
  const people = passwd === undefined ? [] : [...parseAccounts(latin1(passwd)).values()].filter(isPerson);
  const own = people.slice(0, MOST_HOMES).flatMap(({ home }) => {
    // The home is known here.
    const known: Specifiers = (letter) => specifiers(letter)?.replace(OWN_HOME, () => home);
    const lines = ['.config/user-tmpfiles.d', '.local/share/user-tmpfiles.d'].flatMap((name) => {
      return linesIn(join(home, name), known);
    });
    return lines.filter(({ path }) => covers(home, path)).slice(0, MOST_LINES);
  });
  return [...shared.flatMap((directory) => linesIn(directory, specifiers)), ...own];
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
