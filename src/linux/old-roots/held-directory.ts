import { closeSync, constants, openSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import type { Mount } from '../../core/mount-table.ts';
import { join, type RawPath } from '../../core/rawpath.ts';
import { ENOENT } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { O_DIRECTORY, O_NOFOLLOW, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS } from '../system/flags.ts';
import { mountIdOf } from '../system/mount-id.ts';
import { openVisible, readMountTable, subtreeOf } from '../system/mount-view.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';

/** A directory in which roots are kept, and where it is on its filesystem. */
export interface HeldDirectory {
  /** As this machine names it, for people; `/dev/vda2:/@snapshots/old_roots` where it is mounted nowhere. */
  readonly directory: RawPath;
  /** Where this process sees it. */
  readonly path: RawPath;
  readonly fd: number;
  readonly filesystem: string;
  /** `major:minor`, as the mount table has it. */
  readonly device: string;
  /** What of its filesystem the directory is. */
  readonly subtree: RawPath;
}

/**
 * Holds a directory that this machine shows. Symlinks in its path are followed: whoever runs ebb chose it.
 * @throws Failure where there is none.
 */
export function holdVisible(directory: RawPath): HeldDirectory {
  const path = openVisible(directory);
  try {
    const mount = readMountTable().byId(mountIdOf(path));
    if (mount === undefined) throw new Failure('failed', `the kernel's mount table does not show ${directory}`);
    const { filesystem, device } = mount;
    const fd = openSync(`/proc/self/fd/${path}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
    return { directory, path: directory, fd, filesystem, device, subtree: subtreeOf(mount, directory) };
  } finally {
    closeSync(path);
  }
}

/**
 * Holds the directory `path` of the filesystem whose top level only this process sees, at `point`.
 * @throws Failure where there is none.
 */
export function holdUnder(calls: Syscalls, point: RawPath, path: RawPath, mount: Mount): HeldDirectory {
  const { filesystem, device, source } = mount;
  const directory = `${source}:${path}` as RawPath;
  const top = openVisible(point);
  try {
    const fd = openInSteps(calls, top, path, O_DIRECTORY | O_NOFOLLOW, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    if (fd === -ENOENT) throw new Failure('not-found', `there is no directory ${directory}`);
    if (fd < 0) throw new Failure('failed', `${directory}: ${systemError('openat2', -fd, undefined).message}`);
    return { directory, path: join(point, path.slice(1)), fd, filesystem, device, subtree: path };
  } finally {
    closeSync(top);
  }
}
