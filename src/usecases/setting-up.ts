import type { Configuration, DeclaredPath } from '../core/configuration.ts';
import { Failure } from '../core/failure.ts';
import { entryOf, type Installed, type InstallStep, planInstallation } from '../core/installation.ts';
import { persistedTable } from '../core/persisted-table.ts';
import { covers, join, type RawPath } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import { planRestore } from '../core/restore-plan.ts';
import type { Layout, SetupFacts } from '../core/setup.ts';
import { configurationText } from '../core/setup-configuration.ts';
import { COPY_UNIT, OVERLAY, OWN_DIRECTORY, SETTINGS, setupFiles } from '../core/setup-files.ts';
import type { InitReport, InitStep } from '../core/setup-report.ts';
import type { Copying, Setup, SetupTopLevel } from '../ports/setup.ts';
import { rollBack } from './roll-back.ts';

/** What the set-up of this machine begins with. */
export interface Ground {
  readonly configuration: Configuration;
  readonly facts: SetupFacts;
  readonly layout: Layout;
  readonly declared: readonly DeclaredPath[];
  readonly top: SetupTopLevel;
  readonly setup: Setup;
  readonly dryRun: boolean;
  readonly progress: (entries: number) => void;
}

/** How a machine is set up: what is planned, and how it is done. */
export class SettingUp {
  readonly #ground: Ground;
  readonly #installed: Installed | undefined;
  readonly #files: readonly InstallStep[];
  readonly #same: number;
  /** What the storage does not have yet. */
  readonly #missing: readonly RawPath[];
  /** What it has as an earlier run has copied it. */
  readonly #outdated: readonly RawPath[];
  readonly #makesStorage: boolean;
  readonly #makesBlank: boolean;
  readonly #warnings: Warning[] = [];

  /** @throws Failure where something is in the way. */
  constructor(ground: Ground) {
    this.#ground = ground;
    const { layout, top, setup, declared, facts } = ground;
    this.#installed = setup.installed();
    this.#makesStorage = layout.storageAt !== undefined && !top.has(layout.storageAt);
    this.#makesBlank = !top.has(layout.blank);
    const steps = this.#filesToPut();
    this.#same = steps.filter(({ action }) => action === 'same').length;
    this.#files = this.#lasting(steps.filter(({ action }) => action !== 'same'));
    const isHere = ({ storage }: DeclaredPath): boolean => storage === layout.storage;
    for (const one of declared) if (!isHere(one)) this.#checkElsewhere(one);
    const paths = declared
      .filter(isHere)
      .map(({ path }) => path)
      .filter((path) => path !== OWN_DIRECTORY);
    this.#missing = this.#missingIn(paths);
    // Where no boot has put it in its place yet: what is written to it is on the root.
    const isOld = (path: RawPath): boolean => this.#installed?.copied.has(path) === true && !setup.isMountPoint(path);
    this.#outdated = facts.isFresh ? [] : paths.filter((path) => isOld(path) && !this.#missing.includes(path));
    this.#warn();
    const isForeign = (path: RawPath): boolean => !this.#missing.includes(path) && !this.#installed?.copied.has(path);
    if (!facts.isFresh) this.#warnOfForeign(paths.filter((path) => isForeign(path) && !setup.isMountPoint(path)));
  }

  /** Of another storage, into which nothing is copied. */
  #checkElsewhere({ path, storage }: DeclaredPath): void {
    const { setup } = this.#ground;
    const there = join(storage, path.slice(1));
    if (setup.lookAt(path).kind === 'absent' || setup.lookAt(there).kind !== 'absent') return;
    throw new Failure('failed', `${there} is not there, and would take the place of ${path}`, 'copy it there first');
  }

  /** The root may have newer ones, and nobody but their owner knows. */
  #warnOfForeign(paths: readonly RawPath[]): void {
    const { setup, layout } = this.#ground;
    for (const path of paths) {
      if (setup.lookAt(path).kind === 'absent') continue;
      const there = join(layout.storage, path.slice(1));
      const message = `${there} is there already, and is what boots show: what ${path} holds now is not copied into it`;
      this.#warnings.push({ code: 'setup', message });
    }
  }

  #filesToPut(): InstallStep[] {
    const { setup, configuration, layout, facts, declared } = this.#ground;
    const wanted = setupFiles(layout, setup.shipped(), {
      atShutdown: configuration.atShutdown,
      ebbLink: facts.installedEbb === undefined ? facts.launcher?.path : undefined,
      table: persistedTable(declared),
      configuration: configuration.file === undefined ? configurationText(layout, layout.storage, declared) : undefined,
    });
    const digestOf = (content: string): string => setup.digestOf(content);
    const steps = planInstallation(wanted, (path) => setup.lookAt(path), this.#installed, digestOf);
    const conflicts = steps.filter(({ action }) => action === 'conflict').map(({ wanted: { path } }) => path);
    if (conflicts.length === 0) return steps;
    const more = conflicts.length > 3 ? ` and ${conflicts.length - 3} more` : '';
    const hint = 'ebb did not put it there, or somebody has changed it: move it away';
    throw new Failure('failed', `in the way: ${conflicts.slice(0, 3).join(', ')}${more}`, hint);
  }

  #warn(): void {
    const { facts, layout } = this.#ground;
    const warn = (message: string): void => void this.#warnings.push({ code: 'setup', message });
    if (facts.launcher?.isVolatile === true && facts.installedEbb === undefined)
      warn(
        `ebb lies in ${facts.launcher.path}, which is gone after a reboot: put it on the root first, such as in /opt`,
      );
    if (/^\/dev\/(?!disk\/|mapper\/)/.test(layout.device))
      warn(`${layout.device} may be another device at the next boot: name one that stays, such as --device UUID=…`);
    if (facts.hasBootMount && this.#makesBlank)
      warn(
        `/boot is not part of the root: a new kernel needs its modules in ${layout.blank} too (docs/guide/set-up.md)`,
      );
  }

  report(): InitReport {
    const { layout, dryRun } = this.#ground;
    return {
      ...{ layout, undo: false, dryRun, planned: true, steps: this.#steps(), same: this.#same },
      ...{ storage: layout.storage, warnings: this.#warnings },
    };
  }

  #steps(): InitStep[] {
    const { blank, root, target, storage, storageAt = '' } = this.#ground.layout;
    const steps: InitStep[] = [];
    if (this.#makesStorage)
      steps.push({ action: 'make', what: storageAt, detail: `persistent storage, for ${storage}` });
    const to = (path: RawPath): string => join(storage, path.slice(1));
    for (const path of this.#missing) steps.push({ action: 'copy', what: path, detail: `to ${to(path)}` });
    for (const path of this.#outdated)
      steps.push({ action: 'copy', what: path, detail: 'what is new since the last time' });
    for (const { wanted, action } of this.#files) {
      if (wanted.kind === 'link') steps.push({ action: 'link', what: wanted.path, detail: wanted.target });
      else steps.push({ action: action === 'replace' ? 'replace' : 'write', what: wanted.path });
    }
    if (this.#needsInitrds()) {
      if (target === 'systemd-initrd')
        steps.push({ action: 'keep', what: OVERLAY, detail: 'to be put into the initrd, by you' });
      else steps.push({ action: 'run', what: target, detail: 'makes the initrds anew' });
    }
    if (this.#makesBlank)
      steps.push({ action: 'make', what: blank, detail: `a copy of ${root}: what each boot begins with` });
    return steps;
  }

  #needsInitrds(): boolean {
    return this.#files.some(({ wanted }) => wanted.part === 'reset');
  }

  /** What is put onto a root that is thrown away would be gone after a reboot, but for what lies in the storage. */
  #lasting(steps: readonly InstallStep[]): InstallStep[] {
    if (!this.#ground.facts.isFresh || this.#makesBlank) return [...steps];
    const lasting = steps.filter(({ wanted: { path } }) => covers(OWN_DIRECTORY, path) && path !== SETTINGS);
    if (lasting.length < steps.length) {
      const count = steps.length - lasting.length;
      const message = `${count} of ebb's files are of another version, and this root goes at the next boot: update them in ${this.#ground.layout.blank} (docs/guide/set-up.md)`;
      this.#warnings.push({ code: 'setup', message });
    }
    return lasting;
  }

  /** Those that persistent storage does not have yet, and the root has. */
  #missingIn(paths: readonly RawPath[]): RawPath[] {
    if (this.#makesStorage) return [...paths];
    return this.#copying(({ source, target }) =>
      paths.filter((path) => target.look(path) === undefined && target.sourceOf(source).look(path) !== undefined),
    );
  }

  #copying<T>(use: (both: Copying) => T): T {
    const { root, storage, storageAt, mountsStorage } = this.#ground.layout;
    const into = mountsStorage && storageAt !== undefined ? storageAt : { mounted: storage };
    const both = this.#ground.top.copying(root, into);
    try {
      return use(both);
    } finally {
      both.source.close();
      both.target.close();
    }
  }

  /** @throws Failure with the machine as it was, but for what was copied into persistent storage. */
  carryOut(): void {
    const { setup, layout, top, facts } = this.#ground;
    const { blank, root, storage, storageAt, oldRoots, target } = layout;
    const undo: (() => void)[] = [];
    let makesInitrds = false;
    try {
      if (this.#makesStorage && storageAt !== undefined) top.create(storageAt);
      // What is there by now is told by it, wherever this ends.
      setup.note(this.#noted());
      const entries = this.#installed?.entries ?? new Map();
      undo.push(() => setup.note({ ...this.#noted(), entries }));
      this.#copy(this.#missing, false);
      this.#copy(this.#outdated, true);
      undo.push(setup.makeDirectory(storage));
      for (const { wanted } of this.#files) undo.push(setup.install(wanted));
      // Where a boot finds the table, before anything is put in its place.
      this.#copy([OWN_DIRECTORY], true);
      makesInitrds = this.#needsInitrds() && target !== 'systemd-initrd';
      if (makesInitrds) setup.makeInitrds(target, true);
      if (storageAt === undefined && this.#makesBlank) top.arm(oldRoots);
      if (this.#makesBlank) severalTimes(() => top.copyRoot(root, blank));
    } catch (error) {
      rollBack(undo);
      if (makesInitrds) rollBack([() => setup.makeInitrds(target, false)]);
      throw error;
    }
    setup.reloadUnits(facts.isFresh ? [] : [COPY_UNIT]);
  }

  #noted(): Installed {
    const { setup, layout } = this.#ground;
    const entries = new Map(this.#installed?.entries);
    for (const { wanted } of this.#files) {
      entries.set(
        wanted.path,
        entryOf(wanted, (text) => setup.digestOf(text)),
      );
    }
    const copied = new Set([...(this.#installed?.copied ?? []), ...this.#missing]);
    return { target: layout.target, entries, copied };
  }

  /** Only what an earlier run has copied, once more. */
  copyAgain(): InitReport {
    const outdated: readonly string[] = this.#outdated;
    const steps = this.#steps().filter(({ action, what }) => action === 'copy' && outdated.includes(what));
    const report = { ...this.report(), steps };
    if (this.#ground.dryRun) return report;
    this.#copy(this.#outdated, true);
    return { ...report, planned: false };
  }

  /** Whole or not at all, each of them; what is there stays, unless it `replaces`. */
  #copy(paths: readonly RawPath[], replaces: boolean): void {
    if (paths.length === 0) return;
    this.#copying((both) => {
      both.target.lock();
      // What is there already is the same the next time.
      severalTimes(() => this.#copyOnce(both, paths, replaces));
    });
  }

  #copyOnce({ source, target }: Copying, paths: readonly RawPath[], replaces: boolean): void {
    const side = target.sourceOf(source);
    const there = paths.filter((path) => side.look(path) !== undefined);
    const steps = planRestore(there, side, target, { force: replaces });
    const outcome = target.carryOut(steps, source, this.#ground.progress);
    // What is gone by now has been deleted meanwhile.
    const failed = outcome.failures.find(({ path }) => side.look(path) !== undefined);
    const blocked = steps.find(({ action }) => action === 'blocked');
    const problem = outcome.stopped ?? (failed === undefined ? undefined : `${failed.path}: ${failed.problem}`);
    if (problem === undefined && blocked === undefined && outcome.moreFailures === 0) return;
    const message = problem ?? `${blocked?.path ?? ''}: something is in its way in ${this.#ground.layout.storage}`;
    throw new Failure('failed', `what is to be kept could not be copied: ${message}`, 'what was copied stays there');
  }
}

const ATTEMPTS = 5;

/** Of a root that runs, something may change just while it is copied. */
function severalTimes(copy: () => void): void {
  for (let attempt = 1; ; attempt++) {
    try {
      copy();
      return;
    } catch (error) {
      if (!(error instanceof Failure) || attempt === ATTEMPTS) throw error;
    }
  }
}
