import type { Configuration, DeclaredPath } from '../core/configuration.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { UncoveredDeclaration } from '../core/report.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { isEphemeralMount, type Location, locate } from './locate.ts';

/** Declared paths of which this user cannot tell whether they are kept. */
export function untold(root: OpenRoot, configuration: Configuration): RawPath[] {
  return configuration.declared.map(({ path }) => path).filter((path) => isUntold(locate(root, path)));
}

function isUntold({ denied, fate }: Location): boolean {
  return denied && fate !== 'persistent';
}

/** The declared paths on which a write would not survive a reboot, as the kernel sees it now. */
export function uncovered(root: OpenRoot, configuration: Configuration): UncoveredDeclaration[] {
  return configuration.declared.flatMap((declared) => {
    const problem = problemOf(root, declared);
    const { path, declaredIn } = declared;
    return problem === undefined ? [] : [{ path, declaredIn, problem }];
  });
}

function problemOf(root: OpenRoot, { path, kind }: DeclaredPath): string | undefined {
  const location = locate(root, path);
  const { fate, mount, links, resolved, loops } = location;
  if (fate === 'persistent' || isUntold(location)) return undefined;
  if (loops) return 'its symlinks lead round in a circle';
  if (fate === 'volatile')
    return isEphemeralMount(root, mount)
      ? 'it lies on a filesystem that is thrown away too'
      : `it lies on ${mount.filesystem}, in memory`;
  if (fate === 'kernel') return `it lies on ${mount.filesystem}`;
  if (links.length > 0) return `it is a link to ${resolved}, which lies on the root`;
  if (root.files.lstat(path) === undefined) return 'it is not there, and nothing is mounted at it';
  return kind === 'file'
    ? 'a file of the root lies there: the mount failed, or the file was replaced'
    : 'nothing is mounted there';
}
