import type { RawPath } from '../../core/rawpath.ts';
import { ENAMETOOLONG } from '../system/errno.ts';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, RESOLVE_NO_SYMLINKS } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';

/** Below PATH_MAX: what lies deeper is reached in steps. */
const STEP = 4000;

/**
 * openat2(2) of a path of any length below the directory `root`; a descriptor or minus errno. Where it takes steps, the
 * directories on the way must be no symlinks: each step begins anew, and a link could lead out of the root.
 */
export function openInSteps(calls: Syscalls, root: number, path: RawPath, flags: number, resolve: number): number {
  let directory = root;
  let rest = path === '/' ? '.' : path.slice(1);
  while (rest.length > STEP) {
    const cut = rest.lastIndexOf('/', STEP);
    if (cut < 0) {
      if (directory !== root) calls.close(directory);
      return -ENAMETOOLONG;
    }
    const step = O_PATH | O_DIRECTORY | O_NOFOLLOW;
    const next = calls.openAt(directory, rest.slice(0, cut), step, resolve | RESOLVE_NO_SYMLINKS);
    if (directory !== root) calls.close(directory);
    if (next < 0) return next;
    directory = next;
    rest = rest.slice(cut + 1);
  }
  const fd = calls.openAt(directory, rest, flags, resolve);
  if (directory !== root) calls.close(directory);
  return fd;
}
