import { fateOf, type Mount, type MountFate, upperDirectory } from '../core/mount-table.ts';
import { join, type RawPath, rebase, resolveLexically } from '../core/rawpath.ts';
import type { OpenRoot } from '../ports/open-root.ts';

/** Where a path of the root really is. */
export interface Location {
  /** With every symlink followed; names below a missing directory are taken as they are. */
  readonly resolved: RawPath;
  /** The symlinks that were followed, in order. */
  readonly links: readonly { readonly from: RawPath; readonly to: RawPath }[];
  readonly mount: Mount;
  readonly fate: MountFate;
  /** On the root itself by a bind mount of it, or an overlay that is written there: the path there. */
  readonly onRoot: RawPath | undefined;
  /** This user may not look at it: links in it could lead elsewhere. */
  readonly denied: boolean;
  /** Its symlinks lead round in a circle, so that it is nowhere. */
  readonly loops: boolean;
}

/** The kernel follows no more. */
const MAX_LINKS = 40;
const nowhere = { onRoot: undefined, denied: false, loops: true } as const;

/** Follows the path as the kernel does, through symlinks and mounts, and says on which filesystem it ends. */
export function locate(root: OpenRoot, path: RawPath): Location {
  const links: { from: RawPath; to: RawPath }[] = [];
  let at = '/' as RawPath;
  let pending = path.split('/').filter((name) => name !== '');
  while (pending.length > 0) {
    const [name, ...rest] = pending as [string, ...string[]];
    const next = name === '..' || name === '.' ? resolveLexically(at, name) : join(at, name);
    const target = root.files.readLink(next);
    if (target !== undefined && links.length === MAX_LINKS) {
      const mount = mountOf(root, path);
      return { resolved: path, links: links.slice(0, 1), mount, fate: fateIn(root, mount), ...nowhere };
    }
    if (target === undefined) {
      at = next;
      pending = rest;
      continue;
    }
    const to = resolveLexically(at, target);
    links.push({ from: next, to });
    // The target's own components may be links too: begin again at the top.
    pending = [...to.split('/').filter((part) => part !== ''), ...rest];
    at = '/' as RawPath;
  }
  const mount = mountOf(root, at);
  const fate = fateIn(root, mount);
  const isBind = fate === 'root' && mount.id !== root.mount.id;
  const onRoot = isBind ? pathOnRoot(root, mount, at) : undefined;
  return { resolved: at, links, mount, fate, onRoot, denied: !root.files.mayLook(at), loops: false };
}

/** As the kernel sees it, and as the configuration knows better: a disk may be thrown away too. */
function fateIn(root: OpenRoot, mount: Mount): MountFate {
  const fate = fateOf(mount, rootMount(root), root.table);
  return fate === 'persistent' && isEphemeralMount(root, mount) ? 'volatile' : fate;
}

/** Named under `root.ephemeral_mounts`. */
export function isEphemeralMount(root: OpenRoot, mount: Mount): boolean {
  return root.configuration.ephemeralMounts.includes(pointInRoot(root, mount));
}

/** The mount that a resolved path of the root lies on. */
function mountOf(root: OpenRoot, path: RawPath): Mount {
  const absolute = absoluteOf(root, path);
  return root.table.of(absolute) ?? root.mount;
}

/** The root's mount, as showing just the root. */
export function rootMount(root: OpenRoot): Mount {
  return { ...root.mount, subtree: root.subtree };
}

/** A path of the root as this machine names it. */
export function absoluteOf(root: OpenRoot, path: RawPath): RawPath {
  return rebase(path, '/' as RawPath, root.facts.mount);
}

/** A mount's point as a path of the root. */
export function pointInRoot(root: OpenRoot, mount: Mount): RawPath {
  return rebase(mount.point, root.facts.mount, '/' as RawPath);
}

function pathOnRoot(root: OpenRoot, mount: Mount, path: RawPath): RawPath {
  const upper = mount.filesystem === 'overlay' ? upperDirectory(mount) : undefined;
  if (upper !== undefined) {
    return rebase(rebase(path, pointInRoot(root, mount), upper), root.facts.mount, '/' as RawPath);
  }
  const inFilesystem = rebase(path, pointInRoot(root, mount), mount.subtree);
  return rebase(inFilesystem, root.subtree, '/' as RawPath);
}
