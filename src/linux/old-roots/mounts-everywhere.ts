import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Mount, MountTable, overlayDirectories, parseMountInfo } from '../../core/mount-table.ts';
import { covers, type RawPath, rebase } from '../../core/rawpath.ts';
import { readMountTable } from '../system/mount-view.ts';
import type { HeldDirectory } from './held-directory.ts';

/**
 * The mounts of every mount namespace that a process lives in, as far as this user may look: a list for each, and for each
 * directory that processes in it have for their root, as they are shown only what lies below that.
 */
export function mountsEverywhere(): Mount[][] {
  const lists = new Map<string, Mount[]>();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const view = `${readlinkSync(`/proc/${pid}/ns/mnt`)} ${readlinkSync(`/proc/${pid}/root`, 'latin1')}`;
      if (!lists.has(view)) lists.set(view, parseMountInfo(readFileSync(`/proc/${pid}/mountinfo`, 'latin1')));
    } catch {
      // The process ended meanwhile, or belongs to somebody else.
    }
  }
  return [...lists.values()];
}

/** Something that is mounted: the directory of the filesystem that it shows or lies upon, and a few words. */
export interface Use {
  readonly path: RawPath;
  readonly how: string;
}

/**
 * What every namespace that can be reached shows of what lies in the directory, what is mounted upon it, and what is a
 * part of an overlay or, as far as this namespace shows it, a disk.
 */
export function usesBelow({ device, subtree: below }: Pick<HeldDirectory, 'device' | 'subtree'>): Use[] {
  const uses: Use[] = [];
  const add = (path: RawPath, how: string): void => {
    if (path !== below && covers(below, path)) uses.push({ path, how });
  };
  for (const mounts of mountsEverywhere()) {
    const byId = new Map(mounts.map((mount) => [mount.id, mount]));
    let table: MountTable | undefined;
    for (const mount of mounts) {
      const { device: other, subtree, point, parentId, filesystem } = mount;
      if (other === device) add(subtree, `mounted at ${point}`);
      const parent = byId.get(parentId);
      if (parent?.device === device && covers(parent.point, point)) {
        add(rebase(point, parent.point, parent.subtree), `something is mounted at ${point}`);
      }
      if (filesystem !== 'overlay') continue;
      table ??= new MountTable(mounts);
      for (const path of overlayDirectories(mount)) {
        const on = table.of(path);
        if (on?.device === device) add(rebase(path, on.point, on.subtree), `part of the overlay at ${point}`);
      }
    }
  }
  const disks = loopFiles();
  const own = disks.length === 0 ? undefined : readMountTable();
  for (const path of disks) {
    const on = own?.of(path);
    if (on?.device === device) add(rebase(path, on.point, on.subtree), `${path} is in use as a disk`);
  }
  return uses;
}

/** The files that are disks now. */
function loopFiles(): RawPath[] {
  try {
    return readdirSync('/sys/block')
      .filter((name) => name.startsWith('loop'))
      .flatMap((name) => {
        try {
          return [readFileSync(`/sys/block/${name}/loop/backing_file`, 'latin1').replace(/\n$/, '') as RawPath];
        } catch {
          return [];
        }
      });
  } catch {
    return [];
  }
}
