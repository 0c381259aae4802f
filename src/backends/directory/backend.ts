import type { Backend } from '../../ports/backend.ts';

/** Any filesystem: an old root is a directory like another. */
export function createBackend(name: 'directory' | 'tmpfs' = 'directory'): Backend {
  return {
    name,
    supports: { snapshots: false, exclusiveBytes: false },
    removeWhole: () => false,
    exclusiveBytes: () => undefined,
  };
}
