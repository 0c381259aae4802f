import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { Baseline } from '../core/baseline.ts';
import { BaselineError } from '../core/baseline-format.ts';
import type { Configuration } from '../core/configuration.ts';
import { ephemeralFact } from '../core/ephemeral.ts';
import { Failure } from '../core/failure.ts';
import type { Mount, MountTable } from '../core/mount-table.ts';
import { covers, nameOf, parentOf, type RawPath, ROOT, rebase, resolveLexically } from '../core/rawpath.ts';
import type { BaselineFacts, RootFacts, Warning } from '../core/report.ts';
import type { Rule } from '../core/rules.ts';
import type { Backend } from '../ports/backend.ts';
import type {
  Against,
  ExaminationOutcome,
  ExaminationRequest,
  Machine,
  OpenRoot,
  PreparedReference,
} from '../ports/machine.ts';
import type { OldRoots } from '../ports/old-roots.ts';
import type { RootFiles } from '../ports/root-files.ts';
import { placesNewerThanBaseline, placesNewerThanParting, placesNewerThanSnapshot } from './btrfs/search.ts';
import { subvolumeInfo } from './btrfs/subvolume.ts';
import { readConfiguration } from './configuration.ts';
import { loadDpkg } from './dpkg/load.ts';
import { recordBaseline } from './examination/baseline-record.ts';
import { FileByteSource } from './examination/byte-source.ts';
import { examine } from './examination/examine.ts';
import { openReference, type ReferenceSpec } from './examination/reference-spec.ts';
import { startingPlaces } from './examination/starting-places.ts';
import type { ThreadWiring } from './examination/thread.ts';
import { KeptRoots } from './old-roots/kept-roots.ts';
import { readOnlyShell } from './read-only-shell.ts';
import { mountIdOf } from './system/mount-id.ts';
import {
  type MountView,
  mountsUpon,
  openView,
  openVisible,
  type RootMounts,
  readMountTable,
  subtreeOf,
} from './system/mount-view.ts';
import { openRootFiles } from './system/root-files.ts';
import { Syscalls } from './system/syscalls.ts';
import { openTree } from './tree/open-tree.ts';

/** What the command line brings in. */
export interface HostWiring extends ThreadWiring {
  readonly threadScript: URL | undefined;
  readonly rules: () => readonly Rule[];
  readonly backendOf: (filesystem: string, calls: Syscalls) => Backend;
}

/** The machine that this process runs on. */
export class Host implements Machine {
  readonly hostname = readFileSync('/proc/sys/kernel/hostname', 'utf8').trim();
  readonly #wiring: HostWiring;

  constructor(wiring: HostWiring) {
    this.#wiring = wiring;
  }

  now(): number {
    return Date.now() / 1000;
  }

  bootedAt(): number {
    const btime = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1];
    return Number(btime ?? 0);
  }

  catalogue(): readonly Rule[] {
    return this.#wiring.rules();
  }

  oldRoots(directory: RawPath | undefined): OldRoots {
    const calls = Syscalls.load();
    if (calls === undefined)
      throw new Failure('failed', 'old roots need system calls that are not available here (no koffi)');
    const at = directory ?? configuredOldRoots(this.configuration(), readMountTable());
    return new KeptRoots(calls, at, (filesystem) => this.#wiring.backendOf(filesystem, calls));
  }

  configuration(): Configuration {
    const running = this.openFiles(ROOT);
    try {
      return readConfiguration(running.files);
    } finally {
      running.close();
    }
  }

  openFiles(directory: RawPath): { path: RawPath; files: RootFiles; close(): void } {
    const fd = openVisible(directory);
    return { path: directory, files: openRootFiles(fd), close: () => closeSync(fd) };
  }

  readOnlyShell(directory: RawPath): void {
    readOnlyShell(directory);
  }

  yieldDisk(): void {
    Syscalls.load()?.setIdlePriority();
  }

  openRoot(directory: RawPath): OpenRoot {
    const visibleFd = openVisible(directory);
    const resolved = realpathSync.native(Buffer.from(directory, 'latin1'), 'buffer').toString('latin1');
    return new HostRoot(this, this.#wiring, resolved as RawPath, visibleFd);
  }
}

/** Where a mount shows the old roots that the configuration names, on the filesystem of the root. */
function configuredOldRoots(configuration: Configuration, table: MountTable): RawPath {
  const hint = 'name the directory: --old-roots DIR';
  const named = configuration.root?.oldRoots;
  if (named === undefined) throw new Failure('failed', 'no configuration says where old roots are kept', hint);
  const inFilesystem = resolveLexically(ROOT, named);
  const root = table.root();
  const mount = table.mounts.find(
    ({ device, subtree, point }) =>
      device === root?.device && covers(subtree, inFilesystem) && table.of(point)?.point === point,
  );
  if (mount === undefined)
    throw new Failure('failed', `${named} is not mounted anywhere`, `mount the top level, and ${hint}`);
  return rebase(inFilesystem, mount.subtree, mount.point);
}

interface HostReference extends PreparedReference {
  readonly spec: ReferenceSpec;
  readonly baseline: Baseline | undefined;
}

const BASELINE = '/.ebb/baseline' as RawPath;
/** Seconds within which a machine is set up after it booted, and by which its clock may be off then. */
const SET_UP = 300;
const CLOCK_SLACK = 120;

class HostRoot implements OpenRoot {
  readonly facts: RootFacts;
  readonly configuration: Configuration;
  readonly table: MountTable;
  readonly mount: Mount;
  readonly subtree: RawPath;
  readonly files: RootFiles;
  readonly warnings: Warning[] = [];
  readonly #host: Host;
  readonly #wiring: HostWiring;
  readonly #visibleFd: number;
  readonly #view: MountView;
  #mounts: RootMounts;
  readonly #opened: number[];

  constructor(host: Host, wiring: HostWiring, directory: RawPath, visibleFd: number) {
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
        bornAt: this.#bornAt(),
        configured: running && this.#isConfigured(),
        marked: this.holds('/.ebb/boot.json' as RawPath),
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
    const opened = openReference((reference as HostReference).spec);
    try {
      const name = nameOf(path);
      const directory = opened.directory(parentOf(path), [name]);
      return directory?.knowsMissing === true && directory.has(name);
    } finally {
      opened.close();
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
    const warnings: Warning[] = [];
    const prepared = (facts: BaselineFacts, spec: ReferenceSpec, baseline?: Baseline): HostReference => ({
      ...{ facts, spec, warnings },
      baseline,
    });
    switch (against.kind) {
      case 'baseline':
        return this.#prepareBaseline(against.required === true);
      case 'boot': {
        const since = this.#host.bootedAt();
        return prepared({ kind: 'boot', at: since, detail: 'this boot', complete: true }, { kind: 'boot', since });
      }
      case 'nothing':
        return prepared({ kind: 'nothing', at: undefined, detail: 'nothing', complete: true }, { kind: 'nothing' });
      case 'packages': {
        const owned = loadDpkg(this.files);
        if (owned === undefined) return undefined;
        for (const message of owned.warnings) warnings.push({ code: 'packages', message });
        const facts = {
          kind: 'packages',
          at: undefined,
          detail: `what ${owned.manager} installed`,
          complete: true,
        } as const;
        return prepared(facts, { kind: 'packages', owned, visibleFd: this.#visibleFd });
      }
      case 'directory': {
        const fd = this.#keep(openOther(against.path));
        const readable = this.#keep(openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_DIRECTORY));
        const spec = { kind: 'directory', fd: readable, rootFd: this.#view.fd, checksum: against.checksum } as const;
        return prepared({ kind: 'directory', at: undefined, detail: against.path, complete: false }, spec);
      }
    }
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
    const result = await examine(
      {
        rootFd: this.#view.fd,
        reference: reference.spec,
        rules: this.#wiring.rules(),
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
        return placesNewerThanSnapshot(fd, spec.since, points, warnings);
      case 'directory': {
        // Where every content is to be read, no place can be left out.
        const mayShare = !spec.checksum && this.table.byId(mountIdOf(spec.fd))?.device === this.mount.device;
        return mayShare ? placesNewerThanParting(fd, spec.fd, points, warnings) : undefined;
      }
      default:
        return undefined;
    }
  }

  async recordBaseline(dryRun: boolean): Promise<{ entries: number; path: RawPath }> {
    if (!dryRun && process.getuid?.() !== 0) throw new Failure('failed', 'only root may record the baseline of a root');
    return recordBaseline(this.#view.fd, this.#mounts.points, this.#host.now(), dryRun);
  }

  close(): void {
    for (const fd of this.#opened.splice(0)) closeSync(fd);
  }

  #prepareBaseline(isAsked: boolean): HostReference | undefined {
    const seen = this.#look(BASELINE);
    if (seen === 'denied') return this.#withoutBaseline(isAsked);
    if (seen === 'absent') return undefined;
    try {
      const fd = this.#keep(
        // Not blocking: a fifo in its place would be waited for.
        openSync(
          `/proc/self/fd/${this.#view.fd}/.ebb/baseline`,
          constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
        ),
      );
      if (!fstatSync(fd).isFile()) throw new BaselineError('not-a-baseline', 'it is no file');
      const baseline = new Baseline(new FileByteSource(fd, fstatSync(fd).size));
      const { recorded, uptime } = baseline.header;
      const ofThisBoot = this.facts.mount === '/' && recorded >= this.#host.bootedAt() - CLOCK_SLACK;
      // Made by the boot, before there was anything of anyone's; later ones are made by hand.
      const complete = uptime !== undefined && uptime < SET_UP && (ofThisBoot || this.facts.mount !== '/');
      const detail = !complete ? 'a baseline' : ofThisBoot ? 'the baseline of this boot' : 'its own baseline';
      const facts = { kind: 'baseline', at: recorded, detail, complete } as const;
      return { facts, spec: { kind: 'baseline', fd }, baseline, warnings: [] };
    } catch (error) {
      if (error instanceof BaselineError) throw unusable(error, this.facts.mount);
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES') return this.#withoutBaseline(isAsked);
      if (code !== 'ELOOP') throw error;
      throw unusable(new BaselineError('not-a-baseline', 'it is a symlink'), this.facts.mount);
    }
  }

  /** There may be one: only root may look. */
  #withoutBaseline(isAsked: boolean): undefined {
    const what = 'this user may not read /.ebb, where the baseline of this root may be';
    if (isAsked) throw new Failure('failed', what, 'run it as root');
    this.warnings.push({ code: 'ordinary-user', message: `${what}: compared with something else` });
  }

  #keep(fd: number): number {
    this.#opened.push(fd);
    return fd;
  }

  #isConfigured(): boolean {
    if (this.configuration.root === undefined) return false;
    const { filesystem, subvolume } = this.configuration.root;
    if (filesystem === 'tmpfs') return this.mount.filesystem === 'tmpfs';
    return subvolume !== undefined && this.subtree.slice(1) === subvolume;
  }

  #bornAt(): number | undefined {
    const calls = Syscalls.load();
    if (calls !== undefined && this.mount.filesystem === 'btrfs' && this.#view.method === 'open_tree') {
      // A snapshot's root directory is as old as that of its source; its subvolume is not.
      const info = subvolumeInfo(calls, this.#view.fd);
      if (info !== undefined) return info.createdAt;
    }
    const { birthtimeMs } = statSync(`/proc/self/fd/${this.#visibleFd}/.`);
    return birthtimeMs === 0 ? undefined : birthtimeMs / 1000;
  }
}

/** A directory to compare with. */
function openOther(path: RawPath): number {
  try {
    return openVisible(path);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, error.message, '--against takes a directory, or: baseline, boot, packages, nothing');
  }
}

function unusable(error: BaselineError, mount: RawPath): Failure {
  const file = mount === '/' ? BASELINE : `${mount}${BASELINE}`;
  const hint =
    error.reason === 'version'
      ? 'use the ebb that wrote it, or compare with something else: --against boot'
      : 'compare with something else (--against boot), or record a new one: ebb baseline record';
  return new Failure('failed', `the baseline ${file} cannot be used: ${error.message}`, hint);
}
