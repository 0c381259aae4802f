/** systemd itself as the judge of what a unit says: `systemd-analyze verify` loads units as the manager does. */
import { spawnSync } from 'node:child_process';
import { has } from './workplace.ts';

export const withoutSystemd: string | false = has('systemd-analyze') ? false : 'systemd-analyze is not installed';

/** What systemd made of each of these units, by name: lines `key: value` of its dump, several values by key. */
export function loadedUnits(
  directories: readonly string[],
  names: readonly string[],
): Map<string, Map<string, string[]>> {
  const { stdout } = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no', ...names], {
    env: {
      PATH: process.env['PATH'],
      SYSTEMD_LOG_LEVEL: 'debug',
      LC_ALL: 'C',
      SYSTEMD_UNIT_PATH: directories.join(':'),
    },
    encoding: 'latin1',
    cwd: '/',
    maxBuffer: 256 * 1024 * 1024,
  });
  const units = new Map<string, Map<string, string[]>>();
  let current: Map<string, string[]> | undefined;
  for (const line of stdout.split('\n')) {
    const name = /^\t?(?:->|\xe2\x86\x92) Unit (.*):$/.exec(line)?.[1];
    if (name !== undefined) {
      current = new Map();
      units.set(name, current);
      continue;
    }
    const [, key, value] = /^\t+([\w ]+): (.*)$/.exec(line) ?? [];
    if (current === undefined || key === undefined || value === undefined) continue;
    current.set(key, [...(current.get(key) ?? []), value]);
  }
  return units;
}
