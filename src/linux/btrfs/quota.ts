import { SystemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { subvolumeInfo } from './subvolume.ts';
import { ItemType, TreeSearch } from './tree-search.ts';

const QUOTA_TREE = 8;

/**
 * Bytes that only this subvolume holds, as its quota group counts them; undefined where quotas are off: without them
 * nobody knows it without reading all that there is.
 */
export function exclusiveBytesOf(calls: Syscalls, fd: number): number | undefined {
  const info = subvolumeInfo(calls, fd);
  if (info === undefined) return undefined;
  const search = new TreeSearch(calls, fd);
  const [object, type] = [{ minObject: 0, maxObject: 0 }, ItemType.quotaInfo];
  const range = { tree: QUOTA_TREE, ...object, minType: type, maxType: type, minOffset: info.id, maxOffset: info.id };
  let bytes: number | undefined;
  try {
    // struct btrfs_qgroup_info_item: generation, referenced, referenced compressed, exclusive, exclusive compressed; u64 each.
    search.each(range, ({ start, length }) => {
      if (length >= 32) bytes = search.u64(start + 24);
    });
  } catch (error) {
    // No such tree.
    if (!(error instanceof SystemError)) throw error;
  }
  return bytes;
}
