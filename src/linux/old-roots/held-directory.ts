import { closeSync, constants, openSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import type { RawPath } from '../../core/rawpath.ts';
import { mountIdOf } from '../system/mount-id.ts';
import { openVisible, readMountTable, subtreeOf } from '../system/mount-view.ts';

/** A directory in which roots are kept, and where it is on its filesystem. */
export interface HeldDirectory {
  /** As this machine names it, for people. */
  readonly directory: RawPath;
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
    return { directory, fd, filesystem, device, subtree: subtreeOf(mount, directory) };
  } finally {
    closeSync(path);
  }
}
