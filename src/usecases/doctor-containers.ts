import type { DoctorFinding } from '../core/doctor/doctor-report.ts';
import { declaring, type Place, plainFinding } from '../core/doctor/remedies.ts';
import { compareRaw, covers, type RawPath } from '../core/rawpath.ts';
import type { SurveyContainer, SurveyVolume } from '../core/survey/report.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { containersIn } from './survey-containers.ts';
import { homesIn } from './survey-files.ts';

const MOST_SHOWN = 6;
const titles: Readonly<Record<SurveyContainer['engine'], string>> = {
  ...{ docker: 'Docker', podman: 'Podman', 'nixos-container': 'NixOS containers', 'systemd-nspawn': 'systemd-nspawn' },
};

/** What containers keep on a root that is thrown away: for each engine, and each user of one, a finding. */
export function containerFindings(root: OpenRoot, place: Place): DoctorFinding[] {
  if (!root.facts.ephemeral.value) return [];
  const { containers, volumes } = containersIn(root, homesIn(root.files));
  const { declared } = root.configuration;
  return findingsOf(containers, volumes, (path) => declared.some((one) => covers(one.path, path)), place);
}

function findingsOf(
  containers: readonly SurveyContainer[],
  volumes: readonly SurveyVolume[],
  isDeclared: (path: RawPath) => boolean,
  place: Place,
): DoctorFinding[] {
  const lost = new Map<string, Map<RawPath, string>>();
  const add = (engine: SurveyContainer['engine'], home: RawPath | undefined, path: RawPath, said: string): void => {
    // What is declared and not mounted is told of already.
    if (isDeclared(path)) return;
    const key = `${engine}\0${home ?? ''}`;
    const known = lost.get(key) ?? new Map<RawPath, string>();
    if (!known.has(path)) known.set(path, said);
    lost.set(key, known);
  };
  for (const { engine, home, name, path, fate, usedBy } of volumes) {
    const whose = usedBy.length === 0 ? 'which no container uses' : `of ${usedBy.join(', ')}`;
    if (fate === 'lost') add(engine, home, path, `the volume ${name} ${whose}`);
  }
  for (const { engine, home, name, root, rootFate, mounts } of containers) {
    if (root !== undefined && rootFate === 'lost') add(engine, home, root, `all of ${name}`);
    for (const { kind, source, destination, readOnly, fate } of mounts ?? []) {
      const isState = kind === 'bind' && !readOnly && fate === 'lost' && !/^\/(etc|dev|run|tmp)\//.test(source);
      if (isState) add(engine, home, source, `${destination} of ${name}`);
    }
  }
  return [...lost].map(([key, paths]) => findingOf(key, paths, place)).sort((a, b) => compareRaw(a.what, b.what));
}

function findingOf(key: string, paths: ReadonlyMap<RawPath, string>, place: Place): DoctorFinding {
  const [engine = '', home = ''] = key.split('\0');
  const all = [...paths.keys()].sort(compareRaw);
  const title = titles[engine as SurveyContainer['engine']];
  const whose = home === '' ? '' : ` of ${home}`;
  const evidence = [...paths].slice(0, MOST_SHOWN).map(([path, said]) => `${path}: ${said}`);
  if (paths.size > MOST_SHOWN) evidence.push(`and ${paths.size - MOST_SHOWN} more`);
  // All volumes of an engine lie in one directory, which the next one will lie in, too.
  const kept = [...new Set(all.map((path) => volumesOf(path) ?? path))];
  const tops = kept.filter((path) => !kept.some((other) => other !== path && covers(other, path)));
  return plainFinding({
    ...{ kind: 'container', severity: 'risk', path: all[0], paths: all.slice(1, 11), type: 'directory', evidence },
    what: `what containers${whose} keep is lost at the next reboot (${title})`,
    remedies: tops.slice(0, MOST_SHOWN).map((path) => {
      const owner = { user: undefined, group: undefined, mode: undefined };
      return declaring({ path, type: 'directory', ...owner }, place);
    }),
  });
}

function volumesOf(path: RawPath): RawPath | undefined {
  return /^(.*\/volumes)\/[^/]+\/_data$/s.exec(path)?.[1] as RawPath | undefined;
}
