import { constants } from 'node:fs';

/** Flags of include/uapi, by the names that they have there. */

// These two differ between architectures.
export const { O_DIRECTORY, O_NOFOLLOW } = constants;
export const O_WRONLY = 1;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NONBLOCK = 0o4000;
export const O_NOATIME = 0o1000000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

export const RESOLVE_NO_XDEV = 1;
export const RESOLVE_NO_MAGICLINKS = 2;
export const RESOLVE_NO_SYMLINKS = 4;
export const RESOLVE_BENEATH = 8;
export const RESOLVE_IN_ROOT = 16;

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_SYMLINK_FOLLOW = 0x400;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;

export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
/** Where the kernel knows it (Linux 6.10). */
export const STATX_SUBVOL = 0x8000;

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;

export const SEEK_SET = 0;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

/** To open a directory, whatever else may be in its place. */
export const A_DIRECTORY = O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
/** To stay in the tree below a descriptor: no symlink is followed; mounts are crossed. */
export const BELOW = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
/** The same, and no mount is crossed. */
export const STRICTLY_BELOW = BELOW | RESOLVE_NO_XDEV;
