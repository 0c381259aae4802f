import type { RawPath } from '../core/rawpath.ts';
import type { ContainerMount } from '../core/survey/report.ts';
import type { OpenRoot } from '../ports/machine.ts';
import { locate } from './locate.ts';

/** What a reset makes of the path, as the kernel sees it. */
export function fateAt(root: OpenRoot, path: RawPath): ContainerMount['fate'] {
  const { fate, loops } = locate(root, path);
  if (loops || root.files.lstat(path) === undefined) return 'absent';
  switch (fate) {
    case 'persistent':
      return 'kept';
    case 'volatile':
    case 'kernel':
      return 'volatile';
    case 'root':
      return root.facts.ephemeral.value ? 'lost' : 'root';
  }
}
