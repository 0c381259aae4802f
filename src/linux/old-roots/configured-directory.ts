import {
  type Configuration,
  type ConfiguredRoot,
  DEFAULT_OLD_ROOTS,
  DEFAULT_STORAGE,
  DEFAULT_SUBVOLUME,
} from '../../core/configuration.ts';
import { Failure } from '../../core/failure.ts';
import type { Mount, MountTable } from '../../core/mount-table.ts';
import { covers, join, type RawPath, ROOT, rebase, resolveLexically } from '../../core/rawpath.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import { deviceNumber } from '../system/device-number.ts';
import { readMountTable } from '../system/mount-view.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { type HeldDirectory, holdUnder, holdVisible } from './held-directory.ts';
import { mountTopLevel } from './private-mount.ts';

const USUAL_STORAGES = [DEFAULT_STORAGE, '/nix/persist' as RawPath];
const hint = 'name the directory: --old-roots DIR';

/**
 * Holds the directory in which this machine keeps its old roots: as the configuration says, else by the name that ebb
 * gives it. Where no mount shows it, the top level of its filesystem is mounted for this process alone.
 * @throws Failure where there is none.
 */
export function holdConfigured(calls: Syscalls, configuration: Configuration): HeldDirectory {
  const { root } = configuration;
  const table = readMountTable();
  if (isCaptured(configuration, table)) {
    return holdCaptures(
      configuration,
      (directory) => `nothing was captured of this root yet, or its storage is not mounted: there is no ${directory}`,
    );
  }
  const mount = mountOfRoots(table, root);
  if (mount === undefined) {
    const where =
      root?.device === undefined ? 'this machine shows no root filesystem' : `nothing of ${root.device} is mounted`;
    throw new Failure('failed', `old roots are not found: ${where}`, hint);
  }
  if (isUnnamed(configuration, table)) {
    return holdCaptures(configuration, () => 'no configuration says where old roots are kept');
  }
  return holdOn(calls, table, mount, resolveLexically(ROOT, root?.oldRoots ?? DEFAULT_OLD_ROOTS));
}

/**
 * Holds the directory of old roots of a root that is mounted somewhere, as its own configuration names it; undefined
 * where the root is not the one that lies beside old roots. @throws Failure where there is none.
 */
export function holdBeside(
  calls: Syscalls,
  { mount, subtree, configuration }: Pick<OpenRoot, 'mount' | 'subtree' | 'configuration'>,
): HeldDirectory | undefined {
  const { root } = configuration;
  const own = resolveLexically(ROOT, root?.subvolume ?? DEFAULT_SUBVOLUME);
  if (root?.filesystem === 'tmpfs' || subtree === ROOT || subtree !== own) return undefined;
  return holdOn(calls, readMountTable(), mount, resolveLexically(ROOT, root?.oldRoots ?? DEFAULT_OLD_ROOTS));
}

/** Where a mount shows the path of this filesystem, or its top level is mounted for it. */
function holdOn(calls: Syscalls, table: MountTable, mount: Mount, path: RawPath): HeldDirectory {
  const shown = table.mounts.find(
    ({ device, subtree, point }) =>
      device === mount.device && covers(subtree, path) && table.of(point)?.point === point,
  );
  if (shown !== undefined) return holdVisible(rebase(path, shown.subtree, shown.point));
  return holdUnder(calls, mountTopLevel(calls, mount), path, mount);
}

/** Where captures are kept where nobody says otherwise. `isUsual`: `holdConfigured` looks there, too. */
export function usualCaptures(configuration: Configuration): { directory: RawPath; isUsual: boolean } {
  const { root, storages } = configuration;
  // What a configuration says of other roots is no path on the machine.
  const named = root?.filesystem === 'tmpfs' ? root.oldRoots : undefined;
  const table = readMountTable();
  const mounted = USUAL_STORAGES.find((point) => table.mounts.some((mount) => mount.point === point));
  const storage = storages[0] ?? mounted ?? DEFAULT_STORAGE;
  const directory = resolveLexically(ROOT, named ?? join(storage, '.ebb/old_roots'));
  return { directory, isUsual: isCaptured(configuration, table) || isUnnamed(configuration, table) };
}

/** The root is one that leaves no old roots behind. */
function isCaptured({ root }: Configuration, table: MountTable): boolean {
  return root === undefined ? table.root()?.filesystem === 'tmpfs' : root.filesystem === 'tmpfs';
}

/** Nothing says that the root's filesystem holds anything but the root, so that old roots could only be captures. */
function isUnnamed({ root }: Configuration, table: MountTable): boolean {
  return root === undefined && table.root()?.subtree === ROOT;
}

function holdCaptures(configuration: Configuration, lack: (directory: RawPath) => string): HeldDirectory {
  const { directory } = usualCaptures(configuration);
  try {
    return holdVisible(directory);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'not-found') throw error;
    const make = isCaptured(configuration, readMountTable()) ? 'make the first one: ebb capture; or ' : '';
    throw new Failure('failed', lack(directory), `${make}${hint}`);
  }
}

/**
 * The live root lies beside the directory of old roots, and among directories that look like theirs.
 * @throws Failure where the directory is the top level itself.
 */
export function refuseTopLevel(calls: Syscalls, { fd, directory }: HeldDirectory, { root }: Configuration): void {
  const name = root?.subvolume ?? DEFAULT_SUBVOLUME;
  if (root?.filesystem === 'tmpfs' || name.includes('/') || calls.identityAt(fd, name) === undefined) return;
  const instead = join(directory, root?.oldRoots ?? DEFAULT_OLD_ROOTS);
  throw new Failure('failed', `${directory} holds ${name}, the root itself: it keeps no old roots`, `try ${instead}`);
}

/** A mount of the filesystem that keeps the roots. */
function mountOfRoots(table: MountTable, root: ConfiguredRoot | undefined): Mount | undefined {
  if (root?.device === undefined) return table.root();
  const device = deviceNumber(root.device);
  const isIts = ({ source }: Mount): boolean =>
    source === root.device || (device !== undefined && deviceNumber(source) === device);
  const rootMount = table.root();
  return rootMount !== undefined && isIts(rootMount) ? rootMount : table.mounts.find(isIts);
}
