import { compareRaw, join, nameOf, type RawPath } from '../../core/rawpath.ts';
import { machineSpecifiers, type Specifiers, systemSpecifiers } from '../../core/systemd/specifiers.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { machineFactsOf } from './machine-facts.ts';
import { withoutTwins } from './unit-directories.ts';
import { latin1 } from './unit-tree.ts';

/** No file of these is as large. */
const LARGEST = 1024 * 1024;

/** Where systemd looks for the files of `kind`, the first before all others. */
const places = ['/etc', '/run', '/usr/local/lib', '/lib', '/usr/lib'];

/**
 * What `parse` makes of each file `*.conf` of such a kind (`tmpfiles.d`), in the order of their names, wherever they
 * lie. Of files of one name only the first counts.
 */
export function readConfigurations<T>(
  files: RootFiles,
  kind: string,
  parse: (text: string, path: RawPath, specifiers: Specifiers) => T[],
): T[] {
  const byName = new Map<string, RawPath>();
  const directories = places.map((place) => `${place}/${kind}` as RawPath);
  for (const directory of withoutTwins(files, directories)) {
    for (const name of files.listNames(directory) ?? []) {
      if (/^[^.].*\.conf$/s.test(name) && !byName.has(name)) byName.set(name, join(directory, name));
    }
  }
  const specifiers = systemSpecifiers(machineSpecifiers(machineFactsOf(files)));
  const paths = [...byName.values()].sort((a, b) => compareRaw(nameOf(a), nameOf(b)));
  return paths.flatMap((path) => {
    const bytes = files.readFile(path, LARGEST);
    return bytes === undefined ? [] : parse(latin1(bytes), path, specifiers);
  });
}
