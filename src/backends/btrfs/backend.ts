import { ROOT } from '../../core/rawpath.ts';
import { SubvolumeChanges } from '../../linux/btrfs/changes.ts';
import { spaceOf } from '../../linux/btrfs/quota.ts';
import { subvolumeInfo } from '../../linux/btrfs/subvolume.ts';
import { createSubvolume, destroySubvolume, makeWritable, snapshot } from '../../linux/btrfs/subvolume-calls.ts';
import { FIRST_INODE, TreeSearch } from '../../linux/btrfs/tree-search.ts';
import { SubvolumeTrees } from '../../linux/old-roots/subvolume-trees.ts';
import type { Syscalls } from '../../linux/system/syscalls.ts';
import type { Backend } from '../../ports/backend.ts';

/** Roots are subvolumes, made and gone at once; a plain directory is treated as anywhere, but for those in it. */
export function createBackend(calls: Syscalls, inodeOf: (fd: number) => number): Backend {
  const trees = new SubvolumeTrees(calls, {
    isSubvolume: (fd) => inodeOf(fd) === FIRST_INODE,
    nestedIn: (fd) => {
      const info = subvolumeInfo(calls, fd);
      if (info === undefined) return [];
      return new SubvolumeChanges(new TreeSearch(calls, fd), info.id, ROOT).nested().map(({ path }) => path);
    },
    snapshot: (fd, directory, name) => snapshot(calls, fd, directory, name),
    leavesPlaceholders: true,
  });
  return {
    name: 'btrfs',
    supports: { snapshots: true, exclusiveBytes: true },
    create: (directory, name) => createSubvolume(calls, directory, name),
    copy: (source, from, directory, name) => trees.copy(source, from, directory, name),
    removeWhole: (directory, name) => remove(calls, trees, directory, name),
    space: (fd) => (inodeOf(fd) === FIRST_INODE ? spaceOf(calls, fd) : undefined),
  };
}

/** False where it is no subvolume. Those that lie in it go first, the deepest of them before the others. */
function remove(calls: Syscalls, trees: SubvolumeTrees, directory: number, name: string): boolean {
  const isSubvolume = trees.open(directory, name, (fd) => {
    makeWritable(calls, fd);
    trees.eachNested(fd, (parent, nested) => {
      remove(calls, trees, parent, nested);
    });
  });
  if (isSubvolume === true) destroySubvolume(calls, directory, name);
  return isSubvolume ?? true;
}
