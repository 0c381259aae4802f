import { Failure } from '../../core/failure.ts';
import { join, type RawName, ROOT } from '../../core/rawpath.ts';
import { ENOENT } from '../system/errno.ts';
import { SystemError, systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { WriteCalls } from '../system/write-calls.ts';
import { EntryCopy } from './restore-copy.ts';
import { HardLinks } from './restore-links.ts';
import { TreeCopy } from './restore-tree.ts';

/**
 * Copies the directory `from` in `source` to `name` in `directory`, entry by entry, all of it or nothing that counts: it
 * ends at the first thing that cannot be copied. Sockets are left out, and what is deleted meanwhile.
 * @throws SystemError
 */
export function copyTree(calls: Syscalls, source: number, from: string, directory: number, name: string): void {
  const write = WriteCalls.load();
  if (write === undefined) throw new Failure('failed', 'copying needs system calls that are not available here');
  const path = join(ROOT, from);
  const links = new HardLinks(calls, write, directory);
  const trees = new TreeCopy(calls, write, new EntryCopy(write), links, {
    made: () => {},
    failed: (_path, error) => {
      // Of a root that runs: gone between its name and its turn.
      if (error instanceof SystemError && error.errno === ENOENT) return;
      throw error;
    },
    attributeFailed: (at, attribute, errno) => {
      throw systemError(`setxattr ${attribute}`, errno, at);
    },
    leftOut: () => {},
  });
  links.notInPlace(path, name as RawName);
  // Files and directories are made with the permissions that are asked for.
  const umask = process.umask(0);
  try {
    const tree = trees.make(path, source, directory, name as RawName);
    try {
      trees.finish(tree, path);
    } finally {
      write.close(tree.fd);
      write.close(tree.source);
    }
  } finally {
    write.closeAll();
    process.umask(umask);
  }
}
