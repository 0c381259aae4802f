import { closeSync } from 'node:fs';
import { BaselineError } from '../core/baseline-format.ts';
import type { CatalogueEntry } from '../core/catalogue-entry.ts';
import type { Configuration } from '../core/configuration.ts';
import { ephemeralFact } from '../core/ephemeral.ts';
import { Failure } from '../core/failure.ts';
import type { Mount, MountTable } from '../core/mount-table.ts';
import type { BootFacts } from '../core/old-root.ts';
import { nameOf, parentOf, type RawPath } from '../core/rawpath.ts';
import { Judgement, type Reference } from '../core/reference.ts';
import type { RootFacts, Warning } from '../core/report.ts';
import type { Rules } from '../core/rule.ts';
import type { Backend } from '../ports/backend.ts';
import type { CaptureOutcome, CaptureRequest, CaptureSurvey, SurveyRequest } from '../ports/capture.ts';
import type { Machine } from '../ports/machine.ts';
import type { EntryComparison, ExaminationOutcome, ExaminationRequest, OpenRoot } from '../ports/open-root.ts';
import type { Against, PreparedReference } from '../ports/prepared-reference.ts';
import type { RootFiles } from '../ports/root-files.ts';
import { readBoot } from './boot-facts.ts';
import {
  placesNewerThanBaseline,
  placesNewerThanGeneration,
  placesNewerThanParting,
  placesNewerThanSnapshot,
} from './btrfs/search.ts';
import { subvolumeInfo } from './btrfs/subvolume.ts';
import { readConfiguration } from './configuration.ts';
import { packageOf } from './dpkg/reference.ts';
import { recordBaseline } from './examination/baseline-record.ts';
import { examine } from './examination/examine.ts';
import { openReference } from './examination/reference-spec.ts';
import { startingPlaces } from './examination/starting-places.ts';
import type { ThreadWiring } from './examination/thread.ts';
import { captureRoot, recordsOf } from './old-roots/capture-root.ts';
import { surveyPaths } from './old-roots/capture-survey.ts';
import { type ComparedRoot, type HostReference, ofMoment, prepareReference, unusable } from './prepare-reference.ts';
import { rootIdentity } from './root-identity.ts';
import { bornAt, isConfigured, isMarked } from './root-signs.ts';
import { mountIdOf } from './system/mount-id.ts';
import {
  type MountView,
  mountsUpon,
  openView,
  type RootMounts,
  readMountTable,
  subtreeOf,
} from './system/mount-view.ts';
import { openRootFiles } from './system/root-files.ts';
import { Syscalls } from './system/syscalls.ts';
import { WriteCalls } from './system/write-calls.ts';
import { openTree } from './tree/open-tree.ts';

/** What the command line brings in. */
export interface HostWiring extends ThreadWiring {
  readonly threadScript: URL | undefined;
  /** The path of the script that resets a root. */
  readonly resetScript: string;
  readonly rules: () => Rules;
  readonly entries: () => readonly CatalogueEntry[];
  readonly backendOf: (filesystem: string, fd: number, calls: Syscalls) => Backend;
}

export function systemCalls(): Syscalls {
  const calls = Syscalls.load();
  if (calls !== undefined) return calls;
  throw new Failure('failed', 'old roots need system calls that are not available here (no koffi)');
}

function writeCalls(): WriteCalls {
  const calls = WriteCalls.load();
  if (calls !== undefined) return calls;
  throw new Failure('failed', 'capturing needs system calls that are not available here (no koffi)');
}

/** A root of this machine. */
export class HostRoot implements OpenRoot {
  readonly facts: RootFacts;
  readonly configuration: Configuration;
  readonly table: MountTable;
  readonly mount: Mount;
  readonly subtree: RawPath;
  readonly files: RootFiles;
  readonly warnings: Warning[] = [];
  readonly #host: Pick<Machine, 'now' | 'bootedAt'>;
  readonly #wiring: HostWiring;
  readonly #visibleFd: number;
  readonly #view: MountView;
  #mounts: RootMounts;
  readonly #opened: number[];

  constructor(host: Pick<Machine, 'now' | 'bootedAt'>, wiring: HostWiring, directory: RawPath, visibleFd: number) {
    this.#host = host;
    this.#wiring = wiring;
    this.#visibleFd = visibleFd;
    this.table = readMountTable();
    const mount = this.table.byId(mountIdOf(visibleFd)) ?? this.table.of(directory);
    if (mount === undefined) throw new Failure('failed', `the kernel's mount table does not show ${directory}`);
    this.mount = mount;
    this.subtree = subtreeOf(mount, directory);
    this.#view = openView(directory);
    this.#opened = [visibleFd, this.#view.fd, ...this.#view.held];
    this.#mounts = mountsUpon(this.table, mount, directory, this.subtree);
    this.files = openRootFiles(visibleFd);
    this.configuration = readConfiguration(this.files, directory);
    if (this.configuration.unread !== undefined) {
      const { file, problem } = this.configuration.unread;
      this.warnings.push({ code: 'configuration', message: `the configuration ${file} was not read: ${problem}` });
    }
    // A link into what is thrown away too keeps nothing.
    const kept = new Set(this.#mounts.kept);
    for (const point of this.configuration.ephemeralMounts) kept.delete(point);
    this.#mounts = { ...this.#mounts, kept };
    const running = directory === '/';
    this.facts = {
      mount: directory,
      filesystem: mount.filesystem,
      subvolume: this.subtree === '/' ? undefined : this.subtree.slice(1),
      ephemeral: ephemeralFact({
        filesystem: mount.filesystem,
        running,
        bootedAt: host.bootedAt(),
        bornAt: bornAt(mount, this.#view, visibleFd),
        configured: running && isConfigured(this.configuration, mount, this.subtree),
        marked: isMarked(this.#view.fd, this.warnings),
      }),
    };
  }

  get method(): MountView['method'] {
    return this.#view.method;
  }

  get seesShadowed(): boolean {
    return this.#view.method === 'open_tree';
  }

  get limitation(): string | undefined {
    return this.#view.limitation;
  }

  holds(path: RawPath): boolean {
    return this.#look(path) === 'there';
  }

  knows(reference: PreparedReference, path: RawPath): boolean {
    return this.#withReference(reference, (opened) => {
      const name = nameOf(path);
      const directory = opened.directory(parentOf(path), [name]);
      return directory?.knowsMissing === true && directory.has(name);
    });
  }

  compare(reference: PreparedReference, path: RawPath): EntryComparison | undefined {
    const { spec } = reference as HostReference;
    const [directory, name] = [parentOf(path), nameOf(path)];
    const tree = openTree(this.#view.fd);
    try {
      return this.#withReference(reference, (opened) => {
        let judgement: Judgement = Judgement.vanished;
        tree.look(directory, [name], (listing) => {
          judgement = opened.directory(directory, [name])?.judge(listing, 0) ?? Judgement.added;
        });
        if (judgement === Judgement.vanished) return undefined;
        const owner = spec.kind === 'packages' ? packageOf(spec.owned, path) : undefined;
        return { unchanged: judgement === Judgement.unchanged, package: owner };
      });
    } finally {
      tree.close();
    }
  }

  #withReference<T>(reference: PreparedReference, use: (opened: Reference) => T): T {
    try {
      const opened = openReference((reference as HostReference).spec);
      try {
        return use(opened);
      } finally {
        opened.close();
      }
    } catch (error) {
      if (error instanceof BaselineError) throw unusable(error, this.facts.mount);
      throw error;
    }
  }

  #look(path: RawPath): 'there' | 'absent' | 'denied' {
    if (path === '/') return 'there';
    let found = false;
    const outcome = openTree(this.#view.fd).look(parentOf(path), [nameOf(path)], () => {
      found = true;
    });
    if (found) return 'there';
    return outcome === 'denied' ? 'denied' : 'absent';
  }

  prepare(against: Against): HostReference | undefined {
    const compared: ComparedRoot = {
      ...{ host: this.#host, facts: this.facts, files: this.files },
      ...{ visibleFd: this.#visibleFd, viewFd: this.#view.fd },
      bornAt: () => bornAt(this.mount, this.#view, this.#visibleFd),
      look: (path) => this.#look(path),
      keep: (fd) => {
        this.#opened.push(fd);
        return fd;
      },
      warn: (warning) => this.warnings.push(warning),
    };
    return prepareReference(compared, against);
  }

  since(at: number, generation: number | undefined): HostReference {
    return ofMoment(at, generation);
  }

  boot(): BootFacts | undefined {
    const reading = readBoot(openRootFiles(this.#view.fd));
    return reading !== undefined && 'facts' in reading ? reading.facts : undefined;
  }

  generation(): number | undefined {
    const calls = this.mount.filesystem === 'btrfs' ? Syscalls.load() : undefined;
    return calls && subvolumeInfo(calls, this.#view.fd)?.generation;
  }

  async examine(request: ExaminationRequest): Promise<ExaminationOutcome> {
    try {
      return await this.#examine(request, request.reference as HostReference);
    } catch (error) {
      if (error instanceof BaselineError) throw unusable(error, this.facts.mount);
      throw error;
    }
  }

  async #examine(request: ExaminationRequest, reference: HostReference): Promise<ExaminationOutcome> {
    const warnings: Warning[] = [];
    const maySearch = request.paths.length === 0 && !request.noSync && this.mount.filesystem === 'btrfs';
    const found = maySearch ? this.#searchedPlaces(reference, warnings) : undefined;
    if (found === undefined) reference.baseline?.verify();
    const result = await examine(
      {
        rootFd: this.#view.fd,
        reference: reference.spec,
        rules: request.rules,
        ignored: request.ignored,
        mountPoints: this.#mounts.points,
        seesShadowed: this.seesShadowed,
        keptPrefixes: this.#mounts.kept,
        output: request.output,
      },
      found ?? startingPlaces(request.paths, reference.spec, this.#mounts.points),
      {
        wiring: this.#wiring,
        threadScript: this.#wiring.threadScript,
        write: request.write,
        progress: request.progress,
      },
    );
    if (result.unverified > 0) {
      const files = result.unverified === 1 ? '1 packaged file' : `${result.unverified} packaged files`;
      warnings.push({ code: 'packages', message: `${files} could not be read to compare them: judged by their times` });
    }
    const search = found === undefined ? 'walk' : 'tree-search';
    return { gathered: result.gathered, search, unreadable: result.unreadable, warnings };
  }

  #searchedPlaces({ spec, baseline }: HostReference, warnings: Warning[]): ReturnType<typeof placesNewerThanBaseline> {
    const { fd } = this.#view;
    const { points } = this.#mounts;
    if (baseline !== undefined) return placesNewerThanBaseline(fd, baseline, points, warnings);
    switch (spec.kind) {
      case 'boot':
        return spec.generation === undefined
          ? placesNewerThanSnapshot(fd, spec.since, points, warnings)
          : placesNewerThanGeneration(fd, spec.generation, spec.since, points, warnings);
      case 'directory': {
        // Where every content is to be read, no place can be left out.
        const mayShare = !spec.checksum && this.table.byId(mountIdOf(spec.fd))?.device === this.mount.device;
        return mayShare ? placesNewerThanParting(fd, spec.fd, points, warnings) : undefined;
      }
      default:
        return undefined;
    }
  }

  identity(): string {
    return rootIdentity(Syscalls.load(), this.#view.fd);
  }

  survey({ paths, earlier }: SurveyRequest): CaptureSurvey {
    return surveyPaths(systemCalls(), writeCalls(), this.#view.fd, paths, earlier && recordsOf(earlier.fd));
  }

  capture(request: CaptureRequest): CaptureOutcome {
    const baseline = (request.reference as HostReference | undefined)?.baseline;
    return captureRoot(systemCalls(), writeCalls(), this.#view.fd, baseline, request, this.#host.now());
  }

  async recordBaseline(dryRun: boolean): Promise<{ entries: number; path: RawPath }> {
    if (!dryRun && process.getuid?.() !== 0) throw new Failure('failed', 'only root may record the baseline of a root');
    return recordBaseline(this.#view.fd, this.#mounts.points, this.#host.now(), dryRun);
  }

  close(): void {
    for (const fd of this.#opened.splice(0)) closeSync(fd);
  }
}
