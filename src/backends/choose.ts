import { fstatSync } from 'node:fs';
import { subvolumeOf } from '../linux/bcachefs/subvolume.ts';
import type { Syscalls } from '../linux/system/syscalls.ts';
import type { Backend } from '../ports/backend.ts';
import { createBackend as createBcachefs } from './bcachefs/backend.ts';
import { createBackend as createBtrfs } from './btrfs/backend.ts';
import { createBackend as createDirectory } from './directory/backend.ts';

/** The backend for the filesystem that `fd` lies on, by the name that the mount table gives it. */
export function backendOf(filesystem: string, fd: number, calls: Syscalls): Backend {
  switch (filesystem) {
    case 'bcachefs':
      // Where the kernel does not tell subvolumes apart, nothing may be done to them that a directory would not stand.
      return subvolumeOf(calls, fd) === undefined ? createDirectory(calls) : createBcachefs(calls);
    case 'btrfs':
      return createBtrfs(calls, (at) => fstatSync(at).ino);
    case 'tmpfs':
      return createDirectory(calls, 'tmpfs');
    default:
      return createDirectory(calls);
  }
}
