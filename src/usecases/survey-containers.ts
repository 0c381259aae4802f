import { compareRaw, componentsOf, covers, join, type RawPath, ROOT, textOf } from '../core/rawpath.ts';
import {
  dataRootOf,
  graphRootOf,
  type ReadMount,
  readContainersJson,
  readDockerConfig,
  readNixosContainer,
  readNspawnFile,
  readOciMounts,
} from '../core/survey/container-files.ts';
import type { OwnedPlace } from '../core/survey/groups.ts';
import type { ContainerEngine, ContainerMount, SurveyContainer, SurveyVolume } from '../core/survey/report.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { fateAt } from './survey-fate.ts';
import { contentOf, isDirectory, namesIn } from './survey-files.ts';

export interface FoundContainers {
  readonly containers: readonly SurveyContainer[];
  /** Their sizes are not known yet. */
  readonly volumes: readonly SurveyVolume[];
  /** Where the engines keep what is theirs, and what containers mount. */
  readonly places: readonly OwnedPlace[];
  /** What could not be understood, in sentences that name paths. */
  readonly problems: readonly string[];
}

/** What an engine keeps, the system's or a user's. */
interface Store {
  readonly engine: 'docker' | 'podman';
  readonly directory: RawPath;
  readonly home: RawPath | undefined;
}

const at = (path: string): RawPath => path as RawPath;

/** Of what one store says of its containers. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The containers of a root and their volumes, from what the engines have written down: none of them need run. */
export function containersIn(root: OpenRoot, homes: readonly RawPath[]): FoundContainers {
  const search = new ContainerSearch(root);
  for (const store of storesIn(root, homes)) {
    search.stores.push(store);
    if (store.engine === 'podman') search.podman(store);
    else search.docker(store);
  }
  search.nixosContainers(at('/etc/nixos-containers'), at('/var/lib/nixos-containers'));
  // Before NixOS 22.05; podman has its files there, too.
  search.nixosContainers(at('/etc/containers'), at('/var/lib/containers'));
  search.nspawn();
  return {
    containers: search.containers,
    volumes: search.volumesWithUsers(),
    places: [...enginePlaces, ...storesOf(search), ...search.containers.flatMap(mountedPlaces)],
    problems: search.problems,
  };
}

/** By the titles that they have in the catalogue. */
const enginePlaces: readonly OwnedPlace[] = [
  { path: at('/var/lib/containers'), title: 'Podman' },
  { path: at('/var/lib/docker'), title: 'Docker' },
  { path: at('/var/lib/nixos-containers'), title: 'NixOS containers and systemd-nspawn' },
  { path: at('/etc/nixos-containers'), title: 'NixOS containers and systemd-nspawn' },
  { path: at('/var/lib/machines'), title: 'NixOS containers and systemd-nspawn' },
  { path: at('/etc/systemd/nspawn'), title: 'NixOS containers and systemd-nspawn' },
];

function storesOf({ stores }: ContainerSearch): OwnedPlace[] {
  const own = stores.filter(({ directory, home }) => directory !== ROOT && isTheirs(directory, home));
  return own.map(({ engine, directory }) => ({ path: directory, title: engine === 'podman' ? 'Podman' : 'Docker' }));
}

/** Not all of /etc or /srv: that is nobody's alone. What a user's container mounts of other places is not its own. */
function mountedPlaces({ name, engine, home, mounts }: SurveyContainer): OwnedPlace[] {
  const own = (mounts ?? []).filter(
    ({ kind, source }) => kind === 'bind' && componentsOf(source).length > 1 && isTheirs(source, home),
  );
  return own.map(({ source }) => ({ path: source, title: `${name} in ${engine}` }));
}

/** Whether whoever has this home may say whose the path is; undefined: root. */
function isTheirs(path: RawPath, home: RawPath | undefined): boolean {
  return home === undefined || (path !== home && covers(home, path));
}

function storesIn(root: OpenRoot, homes: readonly RawPath[]): Store[] {
  const { files } = root;
  const daemon = contentOf(files, at('/etc/docker/daemon.json'));
  const configured = contentOf(files, at('/etc/containers/storage.conf'));
  const stores: Store[] = [
    {
      engine: 'podman',
      directory: graphRootOf(configured ?? '') ?? at('/var/lib/containers/storage'),
      home: undefined,
    },
    { engine: 'docker', directory: dataRootOf(daemon ?? '') ?? at('/var/lib/docker'), home: undefined },
    ...homes.flatMap((home): Store[] => {
      const own = graphRootOf(contentOf(files, join(home, '.config/containers/storage.conf')) ?? '');
      const share = join(home, '.local/share');
      return [
        { engine: 'podman', directory: own ?? join(share, 'containers/storage'), home },
        { engine: 'docker', directory: join(share, 'docker'), home },
      ];
    }),
  ];
  const seen = new Set<RawPath>();
  return stores.filter(({ directory }) => {
    if (seen.has(directory) || !isDirectory(files, directory)) return false;
    seen.add(directory);
    return true;
  });
}

class ContainerSearch {
  readonly containers: SurveyContainer[] = [];
  readonly volumes: SurveyVolume[] = [];
  readonly problems: string[] = [];
  readonly stores: Store[] = [];
  readonly #root: OpenRoot;
  /** Of the store that is looked into. */
  #left = 0;

  constructor(root: OpenRoot) {
    this.#root = root;
  }

  /** A store is anybody's who has a home: what it says of its containers is read up to a limit. */
  #contentOf(path: RawPath): string | undefined {
    if (this.#left <= 0) return undefined;
    const text = contentOf(this.#root.files, path);
    this.#left -= 1 + (text?.length ?? 0);
    if (this.#left <= 0) this.problems.push(`not all containers were looked at: ${path} and others are too large`);
    return text;
  }

  /** containers-storage has a directory for each storage driver: `overlay-containers`, `vfs-containers`… */
  podman({ engine, directory, home }: Store): void {
    const { files } = this.#root;
    const volumes = join(directory, 'volumes');
    this.#left = MOST_BYTES;
    for (const driver of namesIn(files, directory).filter((name) => name.endsWith('-containers'))) {
      const place = join(directory, driver);
      const list = join(place, 'containers.json');
      const text = this.#contentOf(list);
      if (text === undefined) continue;
      const read = readContainersJson(utf8(text));
      if (read === undefined) this.problems.push(`${list} is not what podman writes`);
      for (const { id, name, image } of read ?? []) {
        const config = this.#contentOf(join(place, `${id}/userdata/config.json`));
        const mounts = config === undefined ? undefined : readOciMounts(utf8(config), volumes, id);
        this.#add(engine, name, image, home, mounts);
      }
    }
    this.#addVolumes(engine, volumes, home);
  }

  docker({ engine, directory, home }: Store): void {
    const { files } = this.#root;
    const place = join(directory, 'containers');
    this.#left = MOST_BYTES;
    for (const id of namesIn(files, place)) {
      const config = join(place, `${id}/config.v2.json`);
      const text = this.#contentOf(config);
      if (text === undefined) continue;
      const read = readDockerConfig(utf8(text));
      if (read === undefined) this.problems.push(`${config} is not what docker writes`);
      else this.#add(engine, read.name, read.image, home, read.mounts);
    }
    this.#addVolumes(engine, join(directory, 'volumes'), home);
  }

  nixosContainers(configurations: RawPath, roots: RawPath): void {
    const { files } = this.#root;
    for (const file of namesIn(files, configurations)) {
      const [, name] = /^(.+)\.conf$/s.exec(file) ?? [];
      const text = name === undefined ? undefined : contentOf(files, join(configurations, file));
      // Podman's own registries.conf and storage.conf lie in one of these directories.
      if (name === undefined || text === undefined || !/^(SYSTEM_PATH|PRIVATE_NETWORK|AUTO_START)=/m.test(text))
        continue;
      this.#add('nixos-container', name, undefined, undefined, readNixosContainer(text), join(roots, name));
    }
  }

  nspawn(): void {
    const { files } = this.#root;
    const roots = at('/var/lib/machines');
    const settings = at('/etc/systemd/nspawn');
    const named = namesIn(files, settings).flatMap((file) => /^(.+)\.nspawn$/s.exec(file)?.[1] ?? []);
    const machines = namesIn(files, roots).filter(
      (name) => !name.startsWith('.') && isDirectory(files, join(roots, name)),
    );
    for (const name of new Set([...machines, ...named])) {
      const text = contentOf(files, join(settings, `${name}.nspawn`));
      this.#add('systemd-nspawn', name, undefined, undefined, readNspawnFile(text ?? ''), join(roots, name));
    }
  }

  volumesWithUsers(): SurveyVolume[] {
    const users = new Map<RawPath, Set<string>>();
    for (const { name, mounts = [] } of this.containers) {
      for (const { source } of mounts) users.set(source, (users.get(source) ?? new Set()).add(name));
    }
    return this.volumes.map((volume) => ({ ...volume, usedBy: [...(users.get(volume.path) ?? [])] }));
  }

  #add(
    engine: ContainerEngine,
    name: string,
    image: string | undefined,
    home: RawPath | undefined,
    mounts: readonly ReadMount[] | undefined,
    own?: RawPath,
  ): void {
    const withFate = (mount: ReadMount): ContainerMount => ({ ...mount, fate: fateAt(this.#root, mount.source) });
    this.containers.push({
      ...{ engine, name, image, home, root: own },
      rootFate: own === undefined ? undefined : fateAt(this.#root, own),
      // Engines have them in no order.
      mounts: mounts?.map(withFate).sort((a, b) => compareRaw(a.destination, b.destination)),
    });
  }

  #addVolumes(engine: ContainerEngine, directory: RawPath, home: RawPath | undefined): void {
    for (const name of namesIn(this.#root.files, directory)) {
      const path = join(directory, `${name}/_data`);
      if (!isDirectory(this.#root.files, path)) continue;
      this.volumes.push({ engine, name, path, home, usedBy: [], fate: fateAt(this.#root, path), size: undefined });
    }
  }
}

/** A JSON file is UTF-8; one that is not is left as it is, and no JSON. */
function utf8(text: string): string {
  return textOf(text) ?? text;
}
