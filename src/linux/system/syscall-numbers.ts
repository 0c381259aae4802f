/** Numbers of include/uapi: those from 424 on are the same on every architecture. */
const numbers = {
  x64: {
    ...{ read: 0, write: 1, close: 3, lseek: 8, ioctl: 16, sendfile: 40, flock: 73, fsync: 74, ftruncate: 77 },
    ...{ fchmod: 91, fchown: 93, mount: 165, setxattr: 188, fsetxattr: 190, getxattr: 191, fgetxattr: 193 },
    ...{ listxattr: 194, flistxattr: 196, removexattr: 197, fremovexattr: 199, getdents64: 217, ioprio_set: 251 },
    ...{ mkdirat: 258, mknodat: 259, fchownat: 260, unlinkat: 263, linkat: 265, symlinkat: 266, readlinkat: 267 },
    ...{ fchmodat: 268, unshare: 272, ppoll: 271, utimensat: 280, fanotify_init: 300, fanotify_mark: 301 },
    ...{ open_by_handle_at: 304, syncfs: 306, renameat2: 316, bpf: 321, statx: 332 },
  },
  arm64: {
    ...{ read: 63, write: 64, close: 57, lseek: 62, ioctl: 29, sendfile: 71, flock: 32, fsync: 82, ftruncate: 46 },
    ...{ fchmod: 52, fchown: 55, mount: 40, setxattr: 5, fsetxattr: 7, getxattr: 8, fgetxattr: 10 },
    ...{ listxattr: 11, flistxattr: 13, removexattr: 14, fremovexattr: 16, getdents64: 61, ioprio_set: 30 },
    ...{ mkdirat: 34, mknodat: 33, fchownat: 54, unlinkat: 35, linkat: 37, symlinkat: 36, readlinkat: 78 },
    ...{ fchmodat: 53, unshare: 97, ppoll: 73, utimensat: 88, fanotify_init: 262, fanotify_mark: 263 },
    ...{ open_by_handle_at: 265, syncfs: 267, renameat2: 276, bpf: 280, statx: 291 },
  },
} as const;

export type SyscallNumbers = { readonly [call in keyof (typeof numbers)['x64']]: number };

/** undefined for an architecture whose numbers we do not know. */
export function syscallNumbers(architecture: string): SyscallNumbers | undefined {
  return architecture === 'x64' || architecture === 'arm64' ? numbers[architecture] : undefined;
}

export const OPEN_TREE = 428;
export const FSOPEN = 430;
export const FSCONFIG = 431;
export const FSMOUNT = 432;
export const CLOSE_RANGE = 436;
export const OPENAT2 = 437;
