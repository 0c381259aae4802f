import type { Command } from './command-line.ts';
import type { Assignment } from './unit-file.ts';
import type { UnitSettings } from './unit-settings.ts';
import { wordsOf } from './words.ts';

/** The scripts of NixOS that start a container (`virtualisation.oci-containers`): the units name nothing but these. */
export const containerScript = /^\/nix\/store\/[^/]+-unit-script-(podman|docker)-[^/]+\/bin\/[^/]+$/;

/** The containers that such a script runs. */
export function commandsOfScript(text: string): Command[] {
  return text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const { words } = wordsOf(line, { separators: ' \t', unquotes: true, backslash: 'literal' });
      const at = words.findIndex((word) => /(^|\/)(podman|docker)$/.test(word));
      return at >= 0 && words[at + 1] === 'run' ? [words.slice(at)] : [];
    });
}

/** Of the files that podman's generator makes units of (podman-systemd.unit(5)): what tells of paths. */
export const quadletSettings: ReadonlySet<string> = new Set(['Volume', 'EnvironmentFile']);
export const quadletFile = /^(.+)\.(container|pod)$/s;

/** As the unit says it that the generator makes. */
export function settingsOfQuadlet(assignments: readonly Assignment[]): UnitSettings {
  const of = (key: string): string[] =>
    assignments.filter((one) => one.key === key && one.value !== '').map(({ value }) => value);
  const volumes = of('Volume').map((value) => `podman run "--volume=${value.replace(/["\\]/g, '\\$&')}"`);
  return new Map([
    ['ExecStart', volumes],
    ['EnvironmentFile', of('EnvironmentFile')],
  ]);
}
