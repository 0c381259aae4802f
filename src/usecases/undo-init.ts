import { CONFIGURATION_FILE, type Configuration, DEFAULT_OLD_ROOTS, DEFAULT_STORAGE } from '../core/configuration.ts';
import { Failure } from '../core/failure.ts';
import { type Installed, planRemoval, type RemovalStep } from '../core/installation.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import { configurationText } from '../core/setup-configuration.ts';
import { OVERLAY } from '../core/setup-files.ts';
import type { InitReport, InitStep } from '../core/setup-report.ts';
import type { Setup } from '../ports/setup.ts';
import type { InitPorts } from './init.ts';
import { rollBack } from './roll-back.ts';

/** What a boot notes in a root: none of it holds of one that nothing resets any more. */
const RECORDS = ['/.ebb/boot.json', '/.ebb/made-from'] as RawPath[];

/**
 * Takes away what `init` has put on the machine, so that nothing resets its root. What holds data stays: old roots,
 * persistent storage, and what puts persisted paths in place where they lie there by now.
 * @throws Failure where it has put nothing there, or what made the initrd fails; the machine is then as it was.
 */
export function undoInit({ dryRun }: { readonly dryRun: boolean }, ports: InitPorts): InitReport {
  const { setup, machine } = ports;
  const configuration = machine.configuration();
  const storage = configuration.storages[0] ?? DEFAULT_STORAGE;
  // Asks who may do this, too.
  const { isFresh } = setup.facts(storage);
  const noted = setup.installed();
  if (noted === undefined) throw new Failure('not-found', 'ebb init has put nothing on this machine');
  // Once reset, persistent storage has the newer ones: not even a later `init` copies them again.
  const installed = isFresh ? { ...noted, copied: new Set<RawPath>() } : noted;
  // A fresh root has copies that have grown old of those that are not in their places just now.
  const inPlace = configuration.declared.filter(({ path }) => isFresh || setup.isMountPoint(path)).length;
  const steps = planRemoval(installed, (path) => setup.lookAt(path), inPlace > 0);
  const records = RECORDS.filter((path) => setup.lookAt(path).kind === 'file');
  const plan: InitReport = {
    ...{ layout: undefined, undo: true, dryRun, planned: true, storage },
    steps: told(steps, records, installed, configuration),
    same: steps.filter(({ action }) => action === 'needed').length,
    warnings: warningsOf(steps, inPlace, installed, configuration),
  };
  if (dryRun || !ports.confirm(plan)) return plan;
  carryOut(steps, records, installed, configuration, setup);
  return { ...plan, planned: false };
}

function told(
  steps: readonly RemovalStep[],
  records: readonly RawPath[],
  { target }: Installed,
  { root }: Configuration,
): InitStep[] {
  const rows: InitStep[] = [];
  for (const { path, action } of steps) {
    if (action === 'remove') rows.push({ action: 'remove', what: path });
    if (action === 'changed') rows.push({ action: 'keep', what: path, detail: 'somebody has changed it' });
  }
  for (const path of records) rows.push({ action: 'remove', what: path });
  if (target !== 'systemd-initrd') rows.push({ action: 'run', what: target, detail: 'makes the initrds anew' });
  for (const name of [root?.blank, root?.oldRoots ?? DEFAULT_OLD_ROOTS])
    if (name !== undefined) rows.push({ action: 'keep', what: name, detail: 'data, yours to delete' });
  return rows;
}

function warningsOf(
  steps: readonly RemovalStep[],
  inPlace: number,
  { target }: Installed,
  { root }: Configuration,
): Warning[] {
  const warnings: Warning[] = [];
  const warn = (message: string): void => void warnings.push({ code: 'setup', message });
  if (inPlace > 0) {
    const paths = inPlace === 1 ? 'one persisted path lies' : `${inPlace} persisted paths lie`;
    warn(
      `${paths} in persistent storage: what puts them in place stays (docs/guide/set-up.md says how to give them back)`,
    );
  }
  if (target === 'systemd-initrd') warn(`take ${OVERLAY} out of the initrd: until then the root is reset at each boot`);
  const isOurs = steps.some(({ path, action }) => path === CONFIGURATION_FILE && action !== 'changed');
  if (root !== undefined && !isOurs) warn(`take [root] out of ${CONFIGURATION_FILE}: nothing resets the root any more`);
  return warnings;
}

function carryOut(
  steps: readonly RemovalStep[],
  records: readonly RawPath[],
  installed: Installed,
  configuration: Configuration,
  setup: Setup,
): void {
  const undo: (() => void)[] = [];
  const kept = steps.filter(({ action }) => action === 'needed').map(({ path }) => path);
  try {
    for (const { path, action } of steps) if (action === 'remove') undo.push(setup.remove(path));
    const configured = installed.entries.get(CONFIGURATION_FILE);
    const entries = new Map([...installed.entries].filter(([path]) => kept.includes(path)));
    if (kept.includes(CONFIGURATION_FILE) && configured !== undefined) {
      const { storages, declared } = configuration;
      const content = configurationText(undefined, storages[0] ?? DEFAULT_STORAGE, declared);
      const there = setup.lookAt(CONFIGURATION_FILE);
      // Nobody has changed it.
      if (there.kind === 'file' && there.digest === configured.digest) {
        undo.push(setup.install({ kind: 'file', path: CONFIGURATION_FILE, part: 'persistence', content, mode: 0o644 }));
        entries.set(CONFIGURATION_FILE, { part: 'persistence', digest: setup.digestOf(content) });
      }
    }
    undo.push(() => setup.note(installed));
    setup.note(entries.size === 0 ? undefined : { ...installed, entries });
    setup.makeInitrds(installed.target, false);
    for (const path of records) undo.push(setup.remove(path));
  } catch (error) {
    rollBack(undo);
    throw error;
  }
  setup.reloadUnits([]);
}
