import { DEFAULT_OLD_ROOTS } from '../core/configuration.ts';
import { Failure } from '../core/failure.ts';
import { covers, join, type RawPath, ROOT, resolveLexically } from '../core/rawpath.ts';
import type { ResetReport } from '../core/report.ts';
import type { Machine, ResetSettings } from '../ports/machine.ts';

export interface ResetRequest {
  /** The directory at which the top level of the filesystem is mounted; undefined, to arm: where the running root lies. */
  readonly top: RawPath | undefined;
  readonly dryRun: boolean;
  /** Only let the first reset happen though persistent storage is empty. */
  readonly arm: boolean;
}

const USUAL_ROOT = '@root';
const USUAL_STORAGE = '@persist';

/**
 * Resets the root on a top level that is mounted, as the boot does it and by the same script: the root becomes an old
 * root, a fresh one takes its place. @throws Failure where there is none, or it is that of a running system.
 */
export function reset({ top, dryRun, arm }: ResetRequest, machine: Machine): ResetReport {
  if (top === undefined && !arm) {
    throw new Failure('usage', 'the root of a running system is reset when it boots', 'ebb reset --root TOPLEVEL');
  }
  const settings = settingsOf(top, machine);
  if (top !== undefined) checkTopLevel(top, settings.root, machine);
  if (top !== undefined && !dryRun && !arm) {
    const root = resolveLexically(ROOT, settings.root);
    const use = machine.usesOf(top).find(({ path }) => covers(root, path));
    const hint = 'it is reset when it boots; from here, only where it is mounted nowhere';
    if (use !== undefined) throw new Failure('locked', `${join(top, root.slice(1))} is in use: ${use.how}`, hint);
  }
  return { top, dryRun, arm, ...machine.resetRoot(top, settings, { dryRun, arm }) };
}

/** At boot a machine without a root gets one. Here it is a directory that was named by mistake. */
function checkTopLevel(top: RawPath, root: string, machine: Machine): void {
  const { files, close } = machine.openFiles(top);
  try {
    // Between its renames a reset leaves only the fresh one.
    for (const name of [root, `${root}.fresh`]) {
      if (files.lstat(resolveLexically(ROOT, name)) !== undefined) return;
    }
    const isRoot = files.lstat('/.ebb' as RawPath) !== undefined || files.lstat('/etc' as RawPath) !== undefined;
    const hint = isRoot
      ? 'it is a root itself: name the directory that it lies in, where the top level of its filesystem is mounted'
      : 'mount the top level of the filesystem that has it, on btrfs with -o subvolid=5, and name that directory';
    throw new Failure('not-found', `there is no ${root} in ${top}`, hint);
  } finally {
    close();
  }
}

/** As the root's own configuration has it, which a rescue system has not; else as this machine's; else as usual. */
function settingsOf(top: RawPath | undefined, machine: Machine): ResetSettings {
  const here = machine.configuration();
  const usual = here.root?.subvolume ?? USUAL_ROOT;
  const own = top === undefined ? undefined : configurationAt(resolveLexically(top, usual), machine);
  const { root } = own?.root === undefined ? here : own;
  return {
    root: root?.subvolume ?? usual,
    oldRoots: root?.oldRoots ?? DEFAULT_OLD_ROOTS,
    blank: root?.blank,
    storage: USUAL_STORAGE,
    device: root?.device,
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
