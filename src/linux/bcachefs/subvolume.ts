import { EntryType } from '../../core/change.ts';
import { bytesOf, join, type RawName, type RawPath, ROOT } from '../../core/rawpath.ts';
import { EIO, ELOOP, ENOENT, ENOTDIR } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { A_DIRECTORY, STATX_SUBVOL, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { NativeTree } from '../tree/native-tree.ts';
import { openInSteps } from '../tree/open-in-steps.ts';

/** struct statx: stx_mask u32 at 0, stx_subvol u64 at 160. */
const STATX = 256;
const SUBVOL_AT = 160;

/**
 * The number of the subvolume that `name` in the directory belongs to; undefined where the kernel does not say (before
 * Linux 6.10) or it lies on another filesystem. A directory that has another one than its parent is the root of a
 * subvolume. Nothing else tells: there is one device for all, and a snapshot has the inode numbers of its original.
 * @throws SystemError
 */
export function subvolumeOf(calls: Syscalls, directory: number, name = '.'): bigint | undefined {
  const memory = new ArrayBuffer(STATX + name.length + 1);
  new Uint8Array(memory).set(bytesOf(name), STATX);
  const address = calls.addressOf(memory);
  const error = calls.statx(directory, address + STATX, address, STATX_SUBVOL);
  if (error < 0) throw systemError('statx', -error, name as RawPath);
  const view = new DataView(memory);
  return (view.getUint32(0, true) & STATX_SUBVOL) === 0 ? undefined : view.getBigUint64(SUBVOL_AT, true);
}

/**
 * Where the subvolumes are that lie in the one whose root directory the descriptor is, and in no other. Linux 6.12 has no
 * call that lists them, so every directory is looked into.
 * @throws SystemError where one cannot be looked into, or something is mounted upon it.
 */
export function nestedSubvolumes(calls: Syscalls, root: number): RawPath[] {
  const own = subvolumeOf(calls, root);
  const nested: RawPath[] = [];
  const pending: RawPath[] = [ROOT];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const fd = openInSteps(calls, root, path, A_DIRECTORY, STRICTLY_BELOW);
    // Gone meanwhile, or something else by now.
    if (fd === -ENOENT || fd === -ENOTDIR || fd === -ELOOP) continue;
    if (fd < 0) throw systemError('openat2', -fd, path);
    try {
      for (const name of directoriesIn(calls, fd, path)) {
        const subvolume = subvolumeOf(calls, fd, name);
        (subvolume === own || subvolume === undefined ? pending : nested).push(join(path, name as RawName));
      }
    } finally {
      calls.close(fd);
    }
  }
  return nested;
}

function directoriesIn(calls: Syscalls, fd: number, path: RawPath): string[] {
  const names: string[] = [];
  const tree = new NativeTree(calls, fd);
  const outcome = tree.list(ROOT, (listing) => {
    for (let i = 0; i < listing.count; i++) if (listing.type[i] === EntryType.directory) names.push(listing.name(i));
  });
  tree.close();
  if (outcome !== 'read') throw systemError('getdents64', EIO, path);
  return names;
}
