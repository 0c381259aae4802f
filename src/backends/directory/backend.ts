import { copyTree } from '../../linux/old-roots/copy-tree.ts';
import { systemError } from '../../linux/system/errors.ts';
import type { Syscalls } from '../../linux/system/syscalls.ts';
import type { Backend } from '../../ports/backend.ts';

/** Any filesystem: a root is a directory like another. */
export function createBackend(calls: Syscalls, name: 'directory' | 'tmpfs' = 'directory'): Backend {
  return {
    name,
    supports: { snapshots: false, exclusiveBytes: false },
    create: (directory, root) => {
      const error = calls.mkdirAt(directory, root, 0o755);
      if (error < 0) throw systemError('mkdirat', -error, undefined);
    },
    copy: (source, from, directory, root) => copyTree(calls, source, from, directory, root),
    removeWhole: () => false,
    space: () => undefined,
  };
}
