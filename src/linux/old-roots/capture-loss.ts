import { closeSync } from 'node:fs';
import type { Suspect } from '../../core/captured.ts';
import { EntryType } from '../../core/change.ts';
import { nameOf, parentOf, type RawPath } from '../../core/rawpath.ts';
import { isBeginningOf } from '../system/content-digest.ts';
import { A_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';

/**
 * The first of the earlier capture's paths whose content the later one has not: a file has it too where it only grew.
 * Both are descriptors of root directories. undefined where all is there.
 */
export function firstLacking(
  calls: Syscalls,
  write: WriteCalls,
  suspects: readonly Suspect[],
  earlier: number,
  later: number,
): RawPath | undefined {
  const open = <T>(root: number, path: RawPath, flags: number, use: (fd: number) => T): T | undefined => {
    const fd = openInSteps(calls, root, path, flags, STRICTLY_BELOW);
    if (fd < 0) return undefined;
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  };
  const typeOf = (path: RawPath): number | undefined =>
    open(later, parentOf(path), A_DIRECTORY, (fd) =>
      write.stat(fd, write.cstring(nameOf(path))) === 0 ? write.type : 0,
    );
  const linkOf = (root: number, path: RawPath): string | number | undefined =>
    open(root, parentOf(path), A_DIRECTORY, (fd) => write.readLink(fd, write.cstring(nameOf(path))));
  const reading = O_NOFOLLOW | O_NONBLOCK;
  return suspects.find(({ path, type }) => {
    if (typeOf(path) !== type) return true;
    if (type === EntryType.symlink) return linkOf(earlier, path) !== linkOf(later, path);
    if (type !== EntryType.file) return false;
    return (
      open(earlier, path, reading, (one) => open(later, path, reading, (other) => isBeginningOf(one, other))) !== true
    );
  })?.path;
}
