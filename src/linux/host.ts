import { closeSync, readFileSync, realpathSync } from 'node:fs';
import type { CatalogueEntry } from '../core/catalogue-entry.ts';
import type { Configuration } from '../core/configuration.ts';
import { Failure } from '../core/failure.ts';
import { type RawPath, ROOT, rebase } from '../core/rawpath.ts';
import type { Rules } from '../core/rule.ts';
import type { Captures } from '../ports/capture.ts';
import type { ClaimSource, Witness } from '../ports/evidence.ts';
import type { Machine, ResetSettings } from '../ports/machine.ts';
import type { OldRoots } from '../ports/old-roots.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import type { RootFiles } from '../ports/root-files.ts';
import type { TopLevel } from '../ports/top-level.ts';
import { readConfiguration } from './configuration.ts';
import { HistoryWitness } from './history/witness.ts';
import { HostRoot, type HostWiring, systemCalls } from './host-root.ts';
import { nixosEtcSource } from './nixos/etc-source.ts';
import { capturesIn } from './old-roots/captures.ts';
import { holdBeside, holdConfigured, refuseTopLevel, usualCaptures } from './old-roots/configured-directory.ts';
import { holdVisible } from './old-roots/held-directory.ts';
import { KeptRoots } from './old-roots/kept-roots.ts';
import { type Use, usesBelow } from './old-roots/mounts-everywhere.ts';
import { HostTopLevel } from './old-roots/top-level.ts';
import { readOnlyShell } from './read-only-shell.ts';
import { runResetScript } from './reset-script.ts';
import { openVisible, readMountTable } from './system/mount-view.ts';
import { openRootFiles } from './system/root-files.ts';
import { Syscalls } from './system/syscalls.ts';
import { sysusersSource } from './systemd/sysusers-source.ts';
import { tmpfilesSource } from './systemd/tmpfiles-source.ts';
import { UnitSource } from './systemd/unit-source.ts';
import { WriterWitness } from './writers/witness.ts';

export type { HostWiring } from './host-root.ts';

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

  catalogue(): Rules {
    return this.#wiring.rules();
  }

  entries(): readonly CatalogueEntry[] {
    return this.#wiring.entries();
  }

  claimSources(): readonly ClaimSource[] {
    return [new UnitSource(), nixosEtcSource, tmpfilesSource, sysusersSource];
  }

  witnesses(): readonly Witness[] {
    return [
      new HistoryWitness({
        calls: systemCalls,
        oldRootsOf: (root) => this.oldRootsOf(root),
        bootedAt: () => this.bootedAt(),
        bootId: () => this.bootId(),
      }),
      new WriterWitness({
        bootId: () => this.bootId(),
        bootedAt: () => this.bootedAt(),
        rules: () => this.catalogue(),
        runningFiles: () => this.openFiles(ROOT),
      }),
    ];
  }

  oldRootsOf(root: OpenRoot): OldRoots | undefined {
    // A root that stays has left none behind; and a top level is not mounted for nothing.
    if (!root.facts.ephemeral.value && root.configuration.root === undefined) return undefined;
    try {
      if (root.facts.mount === ROOT) return this.oldRoots(undefined);
      const calls = systemCalls();
      const held = holdBeside(calls, root);
      return held && new KeptRoots(calls, held, (type, fd) => this.#wiring.backendOf(type, fd, calls));
    } catch (error) {
      // Nobody set the machine up for it, or nothing was kept of a boot before.
      const { configuration, facts } = root;
      const isNone = configuration.root === undefined || facts.filesystem === 'tmpfs';
      if (error instanceof Failure && (error.code === 'not-found' || isNone)) return undefined;
      throw error;
    }
  }

  usesOf(top: RawPath): readonly Use[] {
    const held = holdVisible(top);
    closeSync(held.fd);
    return usesBelow(held).map(({ path, how }) => ({ path: rebase(path, held.subtree, ROOT), how }));
  }

  resetRoot(
    top: RawPath | undefined,
    settings: ResetSettings,
    how: { readonly dryRun: boolean; readonly arm: boolean },
  ): ReturnType<typeof runResetScript> {
    const script = this.#wiring.resetScript;
    if (top === undefined) {
      const root = readMountTable().root();
      const { filesystem = '', source = '' } = root ?? {};
      const device = settings.device ?? source;
      return runResetScript(script, top, { ...settings, filesystem, device }, how);
    }
    const held = holdVisible(top);
    closeSync(held.fd);
    return runResetScript(script, top, { ...settings, filesystem: held.filesystem }, how);
  }

  bootId(): string {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  }

  kernel(): string {
    return readFileSync('/proc/sys/kernel/osrelease', 'latin1').trim();
  }

  captures(directory: RawPath | undefined): Captures {
    const calls = systemCalls();
    const usual = directory === undefined ? usualCaptures(this.configuration()) : { directory, isUsual: false };
    return capturesIn(calls, usual.directory, usual.isUsual, (type, fd) => this.#wiring.backendOf(type, fd, calls));
  }

  topLevel(directory: RawPath): TopLevel {
    const calls = systemCalls();
    return new HostTopLevel(calls, holdVisible(directory), (type, fd) => this.#wiring.backendOf(type, fd, calls));
  }

  oldRoots(directory: RawPath | undefined): OldRoots {
    const calls = systemCalls();
    const held = directory === undefined ? holdConfigured(calls, this.configuration()) : holdVisible(directory);
    refuseTopLevel(calls, held, this.configuration());
    return new KeptRoots(calls, held, (type, fd) => this.#wiring.backendOf(type, fd, calls));
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
