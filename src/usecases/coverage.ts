import type { Configuration, DeclaredPath } from '../core/configuration.ts';
import type { UncoveredDeclaration } from '../core/report.ts';
import type { OpenRoot } from '../ports/machine.ts';
import { locate } from './locate.ts';

/** The declared paths on which a write would not survive a reboot, as the kernel sees it now. */
export function uncovered(root: OpenRoot, configuration: Configuration): UncoveredDeclaration[] {
  const declaredIn = configuration.file ?? '';
  return configuration.declared.flatMap((declared) => {
    const problem = problemOf(root, declared);
    return problem === undefined ? [] : [{ path: declared.path, declaredIn, problem }];
  });
}

function problemOf(root: OpenRoot, { path, kind }: DeclaredPath): string | undefined {
  const { fate, mount, links, resolved } = locate(root, path);
  if (fate === 'persistent') return undefined;
  if (fate === 'volatile') return `it lies on ${mount.filesystem}, in memory`;
  if (fate === 'kernel') return `it lies on ${mount.filesystem}`;
  if (links.length > 0) return `it is a link to ${resolved}, which lies on the root`;
  if (root.files.lstat(path) === undefined) return 'it is not there, and nothing is mounted at it';
  return kind === 'file'
    ? 'a file of the root lies there: the mount failed, or the file was replaced'
    : 'nothing is mounted there';
}
