import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Mount, parseMountInfo } from '../../core/mount-table.ts';

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
