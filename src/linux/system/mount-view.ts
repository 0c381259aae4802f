import { constants, openSync, readFileSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { fateOf, type Mount, MountTable, parseMountInfo } from '../../core/mount-table.ts';
import { covers, join, nameOf, parentOf, type RawPath, rebase } from '../../core/rawpath.ts';
import { systemError } from './errors.ts';
import { O_DIRECTORY, O_PATH } from './flags.ts';
import { Syscalls } from './syscalls.ts';

export function readMountTable(): MountTable {
  return new MountTable(parseMountInfo(readFileSync('/proc/self/mountinfo', 'latin1')));
}

/** How the root is looked at: a descriptor, and what is mounted upon the tree that it shows. */
export interface MountView {
  readonly method: 'open_tree' | 'mount-table';
  /** The root's directory, without mounts upon it where the method is `open_tree`. */
  readonly fd: number;
  /** Whatever else holds the view: to be closed with it. */
  readonly held: readonly number[];
  readonly limitation: string | undefined;
}

/** A detached clone of the mount where that is allowed: it has no submounts, so what they hide is seen. */
export function openView(directory: RawPath): MountView {
  const calls = Syscalls.load();
  if (calls === undefined) return byTable(directory, 'system calls are not available here (no koffi)');
  const mount = calls.openTreeClone(directory);
  if (mount < 0) return byTable(directory, 'not run as root');
  // The clone is a path only; reading it and asking its filesystem takes an open directory.
  const fd = calls.openAt(mount, '.', O_DIRECTORY, 0);
  if (fd < 0) throw systemError('open', -fd, directory);
  return { method: 'open_tree', fd, held: [mount], limitation: undefined };
}

function byTable(directory: RawPath, limitation: string): MountView {
  try {
    const fd = openSync(Buffer.from(directory, 'latin1'), constants.O_RDONLY | constants.O_DIRECTORY);
    return { method: 'mount-table', fd, held: [], limitation };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    throw new Failure('failed', `this user may not read ${directory}`, 'run it as root');
  }
}

/** The directory with everything that is mounted in it. */
export function openVisible(directory: RawPath): number {
  try {
    return openSync(Buffer.from(directory, 'latin1'), O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Failure('not-found', `there is no directory ${directory}`);
    if (code === 'EACCES') throw new Failure('failed', `this user may not look at ${directory}`, 'run it as root');
    if (code === 'ENOTDIR')
      throw new Failure('usage', `${directory} is not a directory`, 'give the directory at which the root is mounted');
    throw error;
  }
}

/** What is mounted upon the root, in the root's own paths. */
export interface RootMounts {
  /** Names at which something is mounted, by their directory. */
  readonly points: ReadonlyMap<RawPath, ReadonlySet<string>>;
  /** Where data lies that the reset of the root does not touch. */
  readonly kept: ReadonlySet<RawPath>;
}

/** The root is the directory `directory`, on `mount`. */
export function mountsUpon(table: MountTable, mount: Mount, directory: RawPath, subtree: RawPath): RootMounts {
  const points = new Map<RawPath, Set<string>>();
  for (const child of table.childrenOf(mount)) {
    if (child.point === directory || !covers(directory, child.point)) continue;
    const point = rebase(child.point, directory, '/' as RawPath);
    const names = points.get(parentOf(point)) ?? new Set();
    names.add(nameOf(point));
    points.set(parentOf(point), names);
  }
  const kept = new Set<RawPath>(['/nix/store', '/etc/static', '/etc/alternatives'] as RawPath[]);
  const root = { ...mount, subtree };
  for (const other of table.mounts) {
    if (other.id === mount.id || other.point === directory || !covers(directory, other.point)) continue;
    // Another mount may have come over it.
    if (table.of(other.point) !== other) continue;
    if (fateOf(other, root, table) === 'persistent') kept.add(rebase(other.point, directory, '/' as RawPath));
  }
  return { points, kept };
}

/** What of its filesystem a directory on `mount` is. */
export function subtreeOf(mount: Mount, directory: RawPath): RawPath {
  return covers(mount.point, directory)
    ? rebase(directory, mount.point, mount.subtree)
    : join(mount.subtree, directory.slice(1));
}
