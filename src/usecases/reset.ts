import { DEFAULT_OLD_ROOTS } from '../core/configuration.ts';
import { Failure } from '../core/failure.ts';
import { covers, join, type RawPath, ROOT, resolveLexically } from '../core/rawpath.ts';
import type { ResetReport } from '../core/report.ts';
import type { Machine, ResetSettings } from '../ports/machine.ts';

export interface ResetRequest {
  /** The directory at which the top level of the filesystem is mounted. */
  readonly top: RawPath;
  readonly dryRun: boolean;
  /** Only let the first reset happen though persistent storage is empty. */
  readonly arm: boolean;
}

const USUAL_ROOT = '@root';
const USUAL_STORAGE = '@persist';

/**
 * Resets the root on a top level that is mounted, as the boot does it and by the same script: the root becomes an old
 * root, a fresh one takes its place. @throws Failure where it is the root of a running system.
 */
export function reset({ top, dryRun, arm }: ResetRequest, machine: Machine): ResetReport {
  const settings = settingsOf(top, machine);
  const root = resolveLexically(ROOT, settings.root);
  const use = machine.usesOf(top).find(({ path }) => covers(root, path));
  if (use !== undefined && !dryRun && !arm) {
    const hint = 'it is reset when it boots; from here, only where it is mounted nowhere';
    throw new Failure('locked', `${join(top, root.slice(1))} is in use: ${use.how}`, hint);
  }
  return { top, dryRun, armed: arm, ...machine.resetRoot(top, settings, { dryRun, arm }) };
}

/** As the root's own configuration has it, which a rescue system has not; else as this machine's; else as usual. */
function settingsOf(top: RawPath, machine: Machine): ResetSettings {
  const here = machine.configuration();
  const usual = here.root?.subvolume ?? USUAL_ROOT;
  const own = configurationAt(resolveLexically(top, usual), machine);
  const { root } = own?.root === undefined ? here : own;
  return {
    root: root?.subvolume ?? usual,
    oldRoots: root?.oldRoots ?? DEFAULT_OLD_ROOTS,
    blank: root?.blank,
    storage: USUAL_STORAGE,
  };
}

function configurationAt(directory: RawPath, machine: Machine) {
  try {
    const root = machine.openRoot(directory);
    root.close();
    return root.configuration;
  } catch (error) {
    // There is none to be reset, perhaps; the script says so.
    if (!(error instanceof Failure) || error.code !== 'not-found') throw error;
    return undefined;
  }
}
