import { compareRaw, join, nameOf, type RawName, type RawPath } from '../../core/rawpath.ts';
import { machineSpecifiers, type Specifiers, systemSpecifiers } from '../../core/systemd/specifiers.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { machineFactsOf } from './machine-facts.ts';
import { withoutTwins } from './unit-directories.ts';
import { latin1 } from './unit-tree.ts';

/** No file of these is as large. */
const LARGEST = 1024 * 1024;

/** Where systemd looks for the files of `kind`, the first before all others. */
const places = ['/etc', '/usr/local/lib', '/lib', '/usr/lib'];
const AT_RUN_TIME = '/run';

/**
 * What `parse` makes of each file `*.conf` of such a kind (`tmpfiles.d`), in the order of their names, wherever they
 * lie. Of files of one name only the first counts; but those in /run, which comes after /etc, are not there when the
 * next boot begins, and take no other's place.
 */
export function readConfigurations<T>(
  files: RootFiles,
  kind: string,
  parse: (text: string, path: RawPath, specifiers: Specifiers) => T[],
): T[] {
  const byName = new Map<string, RawPath>();
  const namesIn = (directory: RawPath): RawName[] => (files.listNames(directory) ?? []).filter(isConfiguration);
  for (const directory of withoutTwins(
    files,
    places.map((place) => `${place}/${kind}` as RawPath),
  )) {
    for (const name of namesIn(directory)) if (!byName.has(name)) byName.set(name, join(directory, name));
  }
  const atRunTime = `${AT_RUN_TIME}/${kind}` as RawPath;
  const specifiers = systemSpecifiers(machineSpecifiers(machineFactsOf(files)));
  const paths = [...byName.values(), ...namesIn(atRunTime).map((name) => join(atRunTime, name))].sort((a, b) =>
    compareRaw(nameOf(a), nameOf(b)),
  );
  return paths.flatMap((path) => {
    const bytes = files.readFile(path, LARGEST);
    return bytes === undefined ? [] : parse(latin1(bytes), path, specifiers);
  });
}

export function isConfiguration(name: string): boolean {
  return /^[^.].*\.conf$/s.test(name);
}
