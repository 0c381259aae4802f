import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Mount, parseMountInfo } from '../../core/mount-table.ts';
import { covers, type RawPath, rebase } from '../../core/rawpath.ts';
import type { HeldDirectory } from './held-directory.ts';

/** The mounts of every mount namespace that a process lives in, as far as this user may look. */
export function mountsEverywhere(): Mount[] {
  const seen = new Set<string>();
  const mounts: Mount[] = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const namespace = readlinkSync(`/proc/${pid}/ns/mnt`);
      if (seen.has(namespace)) continue;
      seen.add(namespace);
      mounts.push(...parseMountInfo(readFileSync(`/proc/${pid}/mountinfo`, 'latin1')));
    } catch {
      // The process ended meanwhile, or belongs to somebody else.
    }
  }
  return mounts;
}

/** Something that is mounted: the directory of the filesystem that it shows or lies upon, and a few words. */
export interface Use {
  readonly path: RawPath;
  readonly how: string;
}

/** What every namespace that can be reached shows of what lies in the directory, and what is mounted upon it. */
export function usesBelow({ device, subtree: below }: Pick<HeldDirectory, 'device' | 'subtree'>): Use[] {
  const mounts = mountsEverywhere();
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const uses: Use[] = [];
  const add = (path: RawPath, how: string): void => {
    if (path !== below && covers(below, path)) uses.push({ path, how });
  };
  for (const { device: other, subtree, point, parentId } of mounts) {
    if (other === device) add(subtree, `mounted at ${point}`);
    const parent = byId.get(parentId);
    if (parent?.device === device && covers(parent.point, point)) {
      add(rebase(point, parent.point, parent.subtree), `something is mounted at ${point}`);
    }
  }
  return uses;
}
