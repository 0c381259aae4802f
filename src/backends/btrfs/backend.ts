import { nameOf, parentOf, ROOT } from '../../core/rawpath.ts';
import { SubvolumeChanges } from '../../linux/btrfs/changes.ts';
import { subvolumeInfo } from '../../linux/btrfs/subvolume.ts';
import { FIRST_INODE, TreeSearch } from '../../linux/btrfs/tree-search.ts';
import { systemError } from '../../linux/system/errors.ts';
import {
  ENOENT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  type Syscalls,
} from '../../linux/system/syscalls.ts';
import { openInSteps } from '../../linux/tree/open-in-steps.ts';
import type { Backend } from '../../ports/backend.ts';

const SNAP_DESTROY = 0x5000940f;
const SUBVOL_GETFLAGS = 0x80089419;
const SUBVOL_SETFLAGS = 0x4008941a;
const SUBVOL_RDONLY = 2n;
/** struct btrfs_ioctl_vol_args: fd s64, name. */
const VOL_ARGS = 4096;
const NAME_AT = 8;
const DIRECTORY = O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
const STRICTLY_BELOW = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;

/** Old roots are subvolumes, which go at once; a plain directory is deleted like anywhere, but for those in it. */
export function createBackend(calls: Syscalls, inodeOf: (fd: number) => number): Backend {
  return {
    name: 'btrfs',
    supports: { snapshots: true, exclusiveBytes: false },
    removeWhole: (directory, name) => removeSubvolume(calls, inodeOf, directory, name),
    exclusiveBytes: () => undefined,
  };
}

/** False where it is no subvolume. Those that lie in it go first, the deepest of them before the others. */
function removeSubvolume(calls: Syscalls, inodeOf: (fd: number) => number, directory: number, name: string): boolean {
  const fd = calls.openAt(directory, name, DIRECTORY, STRICTLY_BELOW);
  if (fd === -ENOENT) return true;
  if (fd < 0) throw systemError('openat2', -fd, undefined);
  try {
    if (inodeOf(fd) !== FIRST_INODE) return false;
    const info = subvolumeInfo(calls, fd);
    if (info === undefined) return false;
    makeWritable(calls, fd);
    const nested = new SubvolumeChanges(new TreeSearch(calls, fd), info.id, ROOT).nested();
    for (const { path } of nested) {
      const parent = openInSteps(calls, fd, parentOf(path), DIRECTORY, STRICTLY_BELOW);
      // Moved or gone meanwhile: the subvolume itself will not go while it holds another.
      if (parent < 0) continue;
      try {
        removeSubvolume(calls, inodeOf, parent, nameOf(path));
      } finally {
        calls.close(parent);
      }
    }
  } finally {
    calls.close(fd);
  }
  destroy(calls, directory, name);
  return true;
}

/** A read-only subvolume lets nobody take another one out of it. */
function makeWritable(calls: Syscalls, fd: number): void {
  const memory = new BigUint64Array(new ArrayBuffer(64));
  const address = calls.addressOf(memory.buffer);
  if (calls.ioctl(fd, SUBVOL_GETFLAGS, address) < 0) return;
  const flags = memory[0] ?? 0n;
  if ((flags & SUBVOL_RDONLY) === 0n) return;
  memory[0] = flags & ~SUBVOL_RDONLY;
  const error = calls.ioctl(fd, SUBVOL_SETFLAGS, address);
  if (error < 0) throw systemError('BTRFS_IOC_SUBVOL_SETFLAGS', -error, undefined);
}

/** By its name in the directory's descriptor: by its id, it would go even while it is mounted. */
function destroy(calls: Syscalls, directory: number, name: string): void {
  const memory = new ArrayBuffer(VOL_ARGS);
  const bytes = new Uint8Array(memory);
  for (let i = 0; i < name.length; i++) bytes[NAME_AT + i] = name.charCodeAt(i);
  const error = calls.ioctl(directory, SNAP_DESTROY, calls.addressOf(memory));
  if (error < 0 && error !== -ENOENT) throw systemError('BTRFS_IOC_SNAP_DESTROY', -error, undefined);
}
