import { bytesOf } from '../../core/rawpath.ts';
import { systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';

// bcachefs_ioctl.h, since Linux 6.7: _IOW(0xbc, 16 and 17, struct bch_ioctl_subvolume).
const SUBVOLUME_CREATE = 0x4020bc10;
const SUBVOLUME_DESTROY = 0x4020bc11;
const SNAPSHOT_CREATE = 1;
const SNAPSHOT_READ_ONLY = 2;
/** struct bch_ioctl_subvolume: flags u32, dirfd u32, mode u16, padding to 16, dst_ptr u64, src_ptr u64. */
const ARGUMENTS = 32;

/** Makes an empty subvolume, of mode 0755 less the umask. */
export function createSubvolume(calls: Syscalls, directory: number, name: string): void {
  const error = ioctl(calls, SUBVOLUME_CREATE, { directory, name, flags: 0 });
  if (error < 0) throw systemError('BCH_IOCTL_SUBVOLUME_CREATE', -error, undefined);
}

/** Makes a snapshot of the subvolume that the descriptor is the root directory of, without those that lie in it. */
export function snapshot(calls: Syscalls, subvolume: number, directory: number, name: string, readOnly = false): void {
  const flags = SNAPSHOT_CREATE | (readOnly ? SNAPSHOT_READ_ONLY : 0);
  // The ioctl wants a path of the source: this one cannot be swapped.
  const error = ioctl(calls, SUBVOLUME_CREATE, { directory, name, flags, source: `/proc/self/fd/${subvolume}` });
  if (error < 0) throw systemError('BCH_IOCTL_SUBVOLUME_CREATE', -error, undefined);
}

/**
 * Deletes the subvolume of this name at once, with all its files. Gives 0 or minus errno: ENOTEMPTY where subvolumes
 * lie in it, ENOENT where there is nothing of this name, or no subvolume.
 */
export function destroySubvolume(calls: Syscalls, directory: number, name: string): number {
  return ioctl(calls, SUBVOLUME_DESTROY, { directory, name, flags: 0 });
}

interface Arguments {
  readonly directory: number;
  /** One component: more of a path would be resolved, links and all. */
  readonly name: string;
  readonly flags: number;
  readonly source?: string;
}

function ioctl(calls: Syscalls, request: number, { directory, name, flags, source = '' }: Arguments): number {
  const memory = new ArrayBuffer(ARGUMENTS + name.length + 1 + source.length + 1);
  const sourceAt = ARGUMENTS + name.length + 1;
  new Uint8Array(memory).set(bytesOf(name), ARGUMENTS);
  new Uint8Array(memory).set(bytesOf(source), sourceAt);
  const address = calls.addressOf(memory);
  const view = new DataView(memory);
  view.setUint32(0, flags, true);
  view.setUint32(4, directory, true);
  view.setUint16(8, 0o755, true);
  view.setBigUint64(16, BigInt(address + ARGUMENTS), true);
  if (source !== '') view.setBigUint64(24, BigInt(address + sourceAt), true);
  return calls.ioctl(directory, request, address);
}
