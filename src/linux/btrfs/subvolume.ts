import { ENOTTY } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';

const GET_SUBVOL_INFO = 0x81f8943c;
const SUBVOL_INFO_SIZE = 504;

/** What btrfs knows of the subvolume that a descriptor lies in: struct btrfs_ioctl_get_subvol_info_args. */
export interface SubvolumeInfo {
  readonly id: number;
  /** Of its last committed change. */
  readonly generation: number;
  /** In which it was created: a snapshot holds nothing newer at first. */
  readonly createdIn: number;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly uuid: string;
  /** The uuid of the subvolume that it was made from, whose content it began with; undefined where it began empty. */
  readonly parent: string | undefined;
}

/** undefined where the descriptor is not on btrfs. */
export function subvolumeInfo(calls: Syscalls, fd: number): SubvolumeInfo | undefined {
  const memory = new ArrayBuffer(SUBVOL_INFO_SIZE);
  // It answers 1, not 0, for some subvolumes (Linux 6.18).
  const result = calls.ioctl(fd, GET_SUBVOL_INFO, calls.addressOf(memory));
  if (result < 0) {
    if (result === -ENOTTY) return undefined;
    throw systemError('BTRFS_IOC_GET_SUBVOL_INFO', -result, undefined);
  }
  const view = new DataView(memory);
  const u64 = (at: number): number => Number(view.getBigUint64(at, true));
  const uuid = (at: number): string => Buffer.from(memory, at, 16).toString('hex');
  const parent = /^0*$/.test(uuid(PARENT_UUID)) ? undefined : uuid(PARENT_UUID);
  return {
    ...{ id: u64(0), generation: u64(280), createdIn: u64(352), createdAt: u64(OTIME) },
    uuid: uuid(UUID),
    parent,
  };
}

const UUID = 296;
const PARENT_UUID = 312;
// After uuid, parent_uuid, received_uuid (16 each at 296) and ctransid, otransid, stransid, rtransid (8 each at 344)
// come ctime and otime: u64 seconds, u32 nanoseconds, 4 bytes of padding.
const OTIME = 376 + 16;
