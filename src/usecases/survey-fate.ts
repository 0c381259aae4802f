import type { RawPath } from '../core/rawpath.ts';
import type { ContainerMount } from '../core/survey/report.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { locate } from './locate.ts';
import { typeAt, unlessItFails } from './survey-files.ts';

/** What a reset makes of the path, as the kernel sees it. */
export function fateAt(root: OpenRoot, path: RawPath): ContainerMount['fate'] {
  const location = unlessItFails(() => locate(root, path));
  if (location === undefined || location.loops || typeAt(root.files, path) === undefined) return 'absent';
  switch (location.fate) {
    case 'persistent':
      return 'kept';
    case 'volatile':
    case 'kernel':
      return 'volatile';
    case 'root':
      return root.facts.ephemeral.value ? 'lost' : 'root';
  }
}
