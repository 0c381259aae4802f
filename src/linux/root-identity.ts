import { fstatSync } from 'node:fs';
import { subvolumeOf } from './bcachefs/subvolume.ts';
import { subvolumeInfo } from './btrfs/subvolume.ts';
import type { Syscalls } from './system/syscalls.ts';

/** FS_IOC_GETFSUUID, struct fsuuid2: length u8, uuid 16 bytes. Linux 6.9, on every filesystem that has one; tmpfs has. */
const GET_UUID = 0x80111500;

/**
 * Tells the root whose directory the descriptor is from every other of this boot, and from those of other boots as well
 * as the kernel lets tell: by filesystem and subvolume, and by number and birth of the directory.
 */
export function rootIdentity(calls: Syscalls | undefined, fd: number): string {
  const { dev, ino, birthtimeNs } = fstatSync(fd, { bigint: true });
  const subvolume = calls && (subvolumeInfo(calls, fd)?.uuid ?? subvolumeOf(calls, fd));
  return [(calls && uuidOf(calls, fd)) ?? `device ${dev}`, subvolume ?? '', ino, birthtimeNs].join(' ');
}

function uuidOf(calls: Syscalls, fd: number): string | undefined {
  const memory = new ArrayBuffer(17);
  if (calls.ioctl(fd, GET_UUID, calls.addressOf(memory)) < 0) return undefined;
  return Buffer.from(memory, 1, 16).toString('hex');
}
