import { fstatSync } from 'node:fs';
import type { Syscalls } from '../linux/system/syscalls.ts';
import type { Backend } from '../ports/backend.ts';
import { createBackend as createBtrfs } from './btrfs/backend.ts';
import { createBackend as createDirectory } from './directory/backend.ts';

/** The backend for a filesystem, by the name that the mount table gives it. */
export function backendOf(filesystem: string, calls: Syscalls): Backend {
  switch (filesystem) {
    case 'btrfs':
      return createBtrfs(calls, (fd) => fstatSync(fd).ino);
    case 'tmpfs':
      return createDirectory(calls, 'tmpfs');
    default:
      return createDirectory(calls);
  }
}
