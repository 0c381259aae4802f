import {
  CONFIGURATION_FILE,
  type Configuration,
  DEFAULT_OLD_ROOTS,
  DEFAULT_STORAGE,
  type DeclaredPath,
} from '../core/configuration.ts';
import { Failure } from '../core/failure.ts';
import { covers, parentOf, type RawPath, ROOT } from '../core/rawpath.ts';
import { type InitrdTarget, type Layout, layoutOf } from '../core/setup.ts';
import { usuallyKept } from '../core/setup-configuration.ts';
import { OWN_DIRECTORY } from '../core/setup-files.ts';
import type { InitReport } from '../core/setup-report.ts';
import type { Machine } from '../ports/machine.ts';
import type { Setup } from '../ports/setup.ts';
import { SettingUp } from './setting-up.ts';

export interface InitRequest {
  readonly target: InitrdTarget | undefined;
  readonly device: string | undefined;
  /** To be kept beside what usually is. */
  readonly persist: readonly RawPath[];
  /** Nothing but what an earlier run has copied into persistent storage, once more. */
  readonly copyAgain: boolean;
  readonly dryRun: boolean;
}

export interface InitPorts {
  readonly machine: Pick<Machine, 'configuration'>;
  readonly setup: Setup;
  /** Asked before anything is done. */
  readonly confirm: (plan: InitReport) => boolean;
  readonly progress: (entries: number) => void;
}

const USUAL_BLANK = '@blank';

/**
 * Sets the machine up so that its root is reset at boot: a plan, and its execution. Until the last of its steps, which
 * makes what fresh roots are copies of, nothing that is installed resets anything.
 * @throws Failure where it cannot be set up, or a step failed; the machine is then as it was.
 */
export function init(request: InitRequest, ports: InitPorts): InitReport {
  const { machine, setup } = ports;
  const configuration = machine.configuration();
  const storage = configuration.storages[0] ?? DEFAULT_STORAGE;
  const facts = setup.facts(storage);
  const layout = layoutOf(facts, {
    target: request.target,
    device: request.device ?? configuration.root?.device,
    oldRoots: configuration.root?.oldRoots ?? DEFAULT_OLD_ROOTS,
    blank: configuration.root?.blank ?? USUAL_BLANK,
    onFailure: configuration.root?.onFailure ?? 'boot',
    storage,
  });
  checkConfiguration(configuration, layout, request);
  const top = setup.topLevel();
  try {
    const declared = declaredPaths(request, configuration, layout, setup);
    const { dryRun } = request;
    const work = new SettingUp({
      configuration,
      facts,
      layout,
      declared,
      top,
      setup,
      dryRun,
      progress: ports.progress,
    });
    if (request.copyAgain) return work.copyAgain();
    const plan = work.report();
    if (dryRun || plan.steps.length === 0 || !ports.confirm(plan)) return plan;
    work.carryOut();
    return { ...plan, planned: false };
  } finally {
    top.close();
  }
}

function checkConfiguration({ file, root }: Configuration, layout: Layout, { persist }: InitRequest): void {
  if (file === undefined) return;
  if (persist.length > 0)
    throw new Failure('usage', `${file} says what is persisted: declare it there`, 'then: ebb init');
  if (root === undefined || root.filesystem !== layout.filesystem || root.subvolume !== layout.root) {
    const lines = `filesystem = "${layout.filesystem}" and subvolume = "${layout.root}"`;
    throw new Failure(
      'failed',
      `${file} does not say under [root] what the root is: ${lines}`,
      'write it there, or move the file away',
    );
  }
}

/** @throws Failure where binding it would hide persistent storage, or what tells a boot from the one before. */
function checkKeepable(path: RawPath, storage: RawPath): void {
  const bad = ['/.ebb' as RawPath, storage].some((own) => covers(path, own) || covers(own, path));
  if (bad) throw new Failure('usage', `${path} cannot be kept in ${storage}`, 'name what lies in it and is to be kept');
}

/** @throws Failure where a symlink is on the way: a boot follows none. */
function checkNoLink(path: RawPath, setup: Setup): void {
  for (let at = parentOf(path); at !== ROOT; at = parentOf(at)) {
    if (setup.lookAt(at).kind === 'link')
      throw new Failure('usage', `${path} cannot be kept: ${at} is a symlink`, 'name it as it is without symlinks');
  }
}

/** What is kept: as the configuration has it, else what usually is; and always where ebb's own settings lie. */
function declaredPaths(
  { persist }: InitRequest,
  { file, declared }: Configuration,
  { storage }: Layout,
  setup: Setup,
): DeclaredPath[] {
  const declare = (path: RawPath, kind: DeclaredPath['kind']): DeclaredPath => ({
    ...{ path, kind, storage, method: 'bind', hidden: true, home: undefined, declaredIn: CONFIGURATION_FILE },
    owner: { user: 'root', group: undefined, mode: kind === 'file' ? '0644' : '0755' },
  });
  if (file !== undefined) {
    for (const { path, storage } of declared) checkKeepable(path, storage);
    const own = declared.some(({ path }) => path === OWN_DIRECTORY);
    return own ? [...declared] : [declare(OWN_DIRECTORY, 'directory'), ...declared];
  }
  const usual = setup.existing(usuallyKept);
  const asked = persist.map((path) => {
    checkKeepable(path, storage);
    checkNoLink(path, setup);
    const [found] = setup.existing([path]);
    if (found !== undefined) return found;
    if (setup.lookAt(path).kind === 'link')
      throw new Failure('usage', `${path} is a symlink, which keeps nothing`, 'name what it leads to');
    throw new Failure(
      'not-found',
      `the root has no file or directory ${path} that could be kept`,
      'what lies on another filesystem is kept anyway',
    );
  });
  const all = [...usual, ...asked];
  const isCovered = ({ path }: { readonly path: RawPath }): boolean =>
    all.some((other) => other.path !== path && other.kind === 'directory' && covers(other.path, path));
  const own = { path: OWN_DIRECTORY, kind: 'directory' } as const;
  const chosen = new Map([own, ...all.filter((one) => !isCovered(one))].map((one) => [one.path, one]));
  // In the order of the configuration that is written of them.
  const ordered = [...chosen.values()].sort((a, b) => Number(a.kind === 'file') - Number(b.kind === 'file'));
  return ordered.map(({ path, kind }) => declare(path, kind));
}
