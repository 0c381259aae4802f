import { join, type RawPath } from '../../core/rawpath.ts';
import {
  commandsOfScript,
  containerScript,
  quadletFile,
  quadletSettings,
  settingsOfQuadlet,
} from '../../core/systemd/containers.ts';
import type { UnitFacts } from '../../core/systemd/unit-facts.ts';
import { parseUnitFile } from '../../core/systemd/unit-file.ts';
import { parseUnitName, type UnitName } from '../../core/systemd/unit-name.ts';
import type { UnitSettings } from '../../core/systemd/unit-settings.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { latin1 } from './unit-tree.ts';

/** With the containers that its scripts run. */
export function withScripts(facts: UnitFacts, files: RootFiles): UnitFacts {
  const more = facts.commands.flatMap(({ setting, command: [program = ''] }) => {
    const bytes = containerScript.test(program) ? files.readFile(program as RawPath, LARGEST_SCRIPT) : undefined;
    return bytes === undefined ? [] : commandsOfScript(latin1(bytes)).map((command) => ({ setting, command }));
  });
  return more.length === 0 ? facts : { ...facts, commands: [...facts.commands, ...more] };
}

const LARGEST_SCRIPT = 64 * 1024;
/** Of one directory. */
const MOST_QUADLETS = 200;
export const systemQuadlets = ['/run/containers/systemd', '/etc/containers/systemd', '/usr/share/containers/systemd'];

/** The files that podman makes units of: where these directories are of a root that does not run, nobody has made them. */
export function* quadlets(
  files: RootFiles,
  directories: readonly string[],
): Generator<[UnitName, RawPath, UnitSettings]> {
  const known = new Set<string>();
  for (const directory of directories) {
    for (const file of files.listNames(directory as RawPath, MOST_QUADLETS) ?? []) {
      const stem = quadletFile.exec(file)?.[1];
      const name = stem === undefined ? undefined : parseUnitName(`${stem}.service`);
      if (name === undefined || known.has(file)) continue;
      known.add(file);
      const path = join(directory as RawPath, file);
      const bytes = files.readFile(path, LARGEST_SCRIPT);
      if (bytes !== undefined) yield [name, path, settingsOfQuadlet(parseUnitFile(latin1(bytes), quadletSettings))];
    }
  }
}
