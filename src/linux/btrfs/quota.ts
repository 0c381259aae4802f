import type { Space } from '../../core/report.ts';
import { SystemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { subvolumeInfo } from './subvolume.ts';
import { ItemType, TreeSearch } from './tree-search.ts';

const QUOTA_TREE = 8;

/**
 * What the quota group of the subvolume counts; undefined where quotas are off: without them nobody knows it without
 * reading all that there is.
 */
export function spaceOf(calls: Syscalls, fd: number): Space | undefined {
  const info = subvolumeInfo(calls, fd);
  if (info === undefined) return undefined;
  const search = new TreeSearch(calls, fd);
  const type = ItemType.quotaInfo;
  const range = { minObject: 0, maxObject: 0, minType: type, maxType: type, minOffset: info.id, maxOffset: info.id };
  let space: Space | undefined;
  try {
    // struct btrfs_qgroup_info_item: generation, referenced, referenced compressed, exclusive, exclusive compressed.
    search.each({ tree: QUOTA_TREE, ...range }, ({ start, length }) => {
      if (length < 32) return;
      const exclusive = search.u64(start + 24);
      space = { exclusive, shared: search.u64(start + 8) - exclusive };
    });
  } catch (error) {
    // There is no such tree, or this user may not look into it.
    if (!(error instanceof SystemError)) throw error;
  }
  return space;
}
