import { type RawPath, ROOT } from '../core/rawpath.ts';
import type { Change, Warning } from '../core/report.ts';
import { grouped, Owners, type SurveyRow } from '../core/survey/groups.ts';
import type { SurveyReport, SurveyVolume } from '../core/survey/report.ts';
import type { Machine } from '../ports/machine.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import type { Against } from '../ports/prepared-reference.ts';
import { type DiffRequest, diffOf, preparedFor } from './diff.ts';
import { isNixos } from './is-nixos.ts';
import { containersIn } from './survey-containers.ts';
import { databasesIn } from './survey-databases.ts';
import { contentOf, homesIn } from './survey-files.ts';
import { keptOf } from './survey-kept.ts';
import { type Digest, diskKeysIn, keysIn, passwordsIn } from './survey-keys.ts';
import { sizesOf } from './survey-sizes.ts';

export interface SurveyRequest {
  /** Where the root is mounted. */
  readonly root: RawPath;
  /** undefined: the best that the root offers. */
  readonly against: Against | undefined;
  /** What is mounted upon the root is not looked into. */
  readonly rootOnly: boolean;
}

export interface SurveyPorts {
  readonly machine: Machine;
  readonly sha256: Digest;
  readonly progress: (entries: number) => void;
}

/** All the state of a machine, whether its root is ephemeral or not: what a rollout starts from. */
export async function survey(request: SurveyRequest, ports: SurveyPorts): Promise<SurveyReport> {
  const { machine } = ports;
  const asked: DiffRequest = {
    ...{ root: request.root, against: request.against, paths: [], categories: undefined, kinds: undefined },
    ...{ all: false, depth: undefined, noSync: false },
  };
  const root = machine.openRoot(request.root);
  try {
    const opened = preparedFor(root, asked, ports);
    const diff = { ...(await diffOf(opened, asked, ports)), host: hostOf(root, machine) };
    const kept = await keptOf(root, opened.knowledge, machine, !request.rootOnly, ports.progress);
    const fate = root.facts.ephemeral.value ? 'lost' : 'root';
    const own = diff.changes.filter(({ kind }) => kind !== 'deleted').map((change): SurveyRow => ({ change, fate }));
    const rows = [...own, ...kept.rows];
    const homes = homesIn(root.files);
    const found = containersIn(root, homes);
    const owners = new Owners(machine.entries(), opened.knowledge.rules, found.places);
    const { keys, more } = keysIn(root, homes, rows, ports.sha256);
    return {
      diff,
      isNixos: isNixos(root.files),
      owners: ownersOf(diff.changes, owners),
      ...grouped(rows, owners),
      databases: databasesIn(root, rows, found.volumes, owners),
      containers: found.containers,
      volumes: await sized(root, found.volumes, ports),
      keys,
      moreKeys: more,
      diskKeys: diskKeysIn(root),
      passwords: passwordsIn(root),
      kept: kept.paths,
      warnings: [
        ...diff.warnings,
        ...kept.warnings,
        ...found.problems.map((message): Warning => ({ code: 'unreadable', message })),
      ],
    };
  } finally {
    root.close();
  }
}

/** The name of the machine that the root is of; this one's where it does not say. */
function hostOf({ facts, files }: OpenRoot, { hostname }: Machine): string {
  if (facts.mount === ROOT) return hostname;
  const name = contentOf(files, '/etc/hostname' as RawPath)?.trim();
  return name === undefined || name === '' || name.length > 255 ? hostname : name;
}

function ownersOf(changes: readonly Change[], owners: Owners): Map<RawPath, string> {
  return new Map(
    changes.flatMap((change): [RawPath, string][] => {
      const owner = owners.ownerOf(change);
      return owner === undefined ? [] : [[change.path, owner.title]];
    }),
  );
}

async function sized(root: OpenRoot, volumes: readonly SurveyVolume[], ports: SurveyPorts): Promise<SurveyVolume[]> {
  if (volumes.length === 0) return [];
  const sizes = await sizesOf(
    root,
    ports.machine,
    volumes.map(({ path }) => path),
    ports.progress,
  );
  return volumes.map((volume) => ({ ...volume, size: sizes.get(volume.path) }));
}
