import { ENOENT } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';

const SUBVOL_CREATE = 0x5000940e;
const SNAP_DESTROY = 0x5000940f;
const SNAP_CREATE_V2 = 0x50009417;
const SUBVOL_GETFLAGS = 0x80089419;
const SUBVOL_SETFLAGS = 0x4008941a;
const SUBVOL_RDONLY = 2n;
/** struct btrfs_ioctl_vol_args: fd s64, name; and its second form: fd s64, transid u64, flags u64, 4 unused u64, name. */
const VOL_ARGS = 4096;
const NAME_AT = 8;
const NAME_AT_V2 = 56;

/** Makes an empty subvolume, of mode 0777 less the umask. */
export function createSubvolume(calls: Syscalls, directory: number, name: string): void {
  const error = calls.ioctl(directory, SUBVOL_CREATE, calls.addressOf(volumeArguments(name, NAME_AT)));
  if (error < 0) throw systemError('BTRFS_IOC_SUBVOL_CREATE', -error, undefined);
}

/** Makes a writable snapshot of the subvolume that the descriptor is the root directory of. */
export function snapshot(calls: Syscalls, subvolume: number, directory: number, name: string): void {
  const memory = volumeArguments(name, NAME_AT_V2);
  new DataView(memory).setBigInt64(0, BigInt(subvolume), true);
  const error = calls.ioctl(directory, SNAP_CREATE_V2, calls.addressOf(memory));
  if (error < 0) throw systemError('BTRFS_IOC_SNAP_CREATE_V2', -error, undefined);
}

/** By its name in the directory's descriptor: by its id, it would go even while it is mounted. */
export function destroySubvolume(calls: Syscalls, directory: number, name: string): void {
  const error = calls.ioctl(directory, SNAP_DESTROY, calls.addressOf(volumeArguments(name, NAME_AT)));
  if (error < 0 && error !== -ENOENT) throw systemError('BTRFS_IOC_SNAP_DESTROY', -error, undefined);
}

/** A read-only subvolume lets nobody take another one out of it. */
export function makeWritable(calls: Syscalls, fd: number): void {
  const memory = new BigUint64Array(new ArrayBuffer(64));
  const address = calls.addressOf(memory.buffer);
  if (calls.ioctl(fd, SUBVOL_GETFLAGS, address) < 0) return;
  const flags = memory[0] ?? 0n;
  if ((flags & SUBVOL_RDONLY) === 0n) return;
  memory[0] = flags & ~SUBVOL_RDONLY;
  const error = calls.ioctl(fd, SUBVOL_SETFLAGS, address);
  if (error < 0) throw systemError('BTRFS_IOC_SUBVOL_SETFLAGS', -error, undefined);
}

function volumeArguments(name: string, at: number): ArrayBuffer {
  const memory = new ArrayBuffer(VOL_ARGS);
  const bytes = new Uint8Array(memory);
  for (let i = 0; i < name.length; i++) bytes[at + i] = name.charCodeAt(i);
  return memory;
}
