import { readFileSync } from 'node:fs';
import { isBelowAny } from '../core/ancestors.ts';
import type { Baseline } from '../core/baseline.ts';
import type { Place } from '../core/examination.ts';
import { covers, join, nameOf, parentOf, type RawPath, ROOT } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import { subvolumeInfo } from './btrfs.ts';
import { addName, type ChangedEntries, type ChangedSince, SubvolumeChanges } from './btrfs-changes.ts';
import { TreeSearch } from './btrfs-tree-search.ts';
import { SystemError } from './errors.ts';
import { Syscalls } from './syscalls.ts';

/**
 * The places where a btrfs root may differ from its baseline, from what the trees say is newer than the baseline's
 * generation: the cost grows with what changed. undefined where that cannot be told, so that all has to be walked.
 */
export function searchPlaces(
  rootFd: number,
  baseline: Baseline,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
  warnings: Warning[],
): Omit<Place, 'id'>[] | undefined {
  const calls = Syscalls.load();
  const { generation, subvolume } = baseline.header;
  if (calls === undefined || generation === undefined || subvolume === undefined) return undefined;
  try {
    const info = subvolumeInfo(calls, rootFd);
    if (info?.id !== subvolume) return undefined;
    writeOut(calls, rootFd, warnings);
    const changed: ChangedEntries = new Map();
    const since = { generation, ctime: trustedCtime(baseline) };
    gatherBelow(new TreeSearch(calls, rootFd), subvolume, ROOT, since, baseline, changed);
    return placesOf(changed, baseline, mountPoints);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    warnings.push({
      code: 'search',
      message: `btrfs could not be asked what is new (${error.message}): walked instead`,
    });
    return undefined;
  }
}

/** Seconds. */
const SLOW = 1;

/** Before a commit the trees lie: a new file has no entry yet, a written one no size, a removed one still its name. */
function writeOut(calls: Syscalls, rootFd: number, warnings: Warning[]): void {
  const began = process.uptime();
  calls.syncfs(rootFd);
  const took = process.uptime() - began;
  if (took < SLOW) return;
  const message = `writing out what was in memory took ${took.toFixed(1)} s; --no-sync walks the tree instead`;
  warnings.push({ code: 'slow-sync', message });
}

/**
 * The ctime from which on an inode may have changed since the baseline. Not to be trusted where the clock was set back
 * meanwhile: then a change can be older than the baseline, and every inode that was written anew is looked at.
 */
function trustedCtime({ header }: Baseline): number | undefined {
  if (header.uptime === undefined) return undefined;
  const bootThen = header.recorded - header.uptime;
  const bootNow = Date.now() / 1000 - Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  // Of an earlier boot, or the clock was set: forward does no harm, back does.
  return bootNow < bootThen - 0.5 ? undefined : header.recorded - 1;
}

function gatherBelow(
  search: TreeSearch,
  subvolume: number,
  path: RawPath,
  since: ChangedSince,
  baseline: Baseline,
  into: ChangedEntries,
): void {
  const changes = new SubvolumeChanges(search, subvolume, path);
  changes.gather(since, into);
  for (const nested of changes.nested()) {
    const known = baseline.directory(nested.path);
    // A new one comes with its new entry.
    if (known === undefined) continue;
    const isReplaced = nested.createdIn > since.generation;
    // `find -xdev` does not look into subvolumes, so a baseline of its making has nothing of what was there.
    const isUnrecorded = known.missing(new Set())[Symbol.iterator]().next().done === true;
    if (isReplaced || isUnrecorded) addName(into, parentOf(nested.path), nameOf(nested.path), true);
    else gatherBelow(search, nested.id, nested.path, since, baseline, into);
  }
}

function placesOf(
  changed: ChangedEntries,
  baseline: Baseline,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
): Omit<Place, 'id'>[] {
  // What lies under a mount is looked at from its mount point down, as a walk does.
  for (const [path, entries] of [...changed]) {
    const point = mountPointAbove(path, mountPoints);
    if (point === undefined) continue;
    changed.delete(path);
    if (entries.entriesChanged || entries.names.size > 0) addName(changed, parentOf(point), nameOf(point), true);
  }
  const whole = new Set<RawPath>();
  for (const [path, { names }] of changed) for (const [name, isNew] of names) if (isNew) whole.add(join(path, name));
  const places: Omit<Place, 'id'>[] = [];
  for (const [path, scope] of changed) {
    if (covers('/.ebb', path) || isBelowAny(whole, path)) continue;
    // In a directory that the baseline does not know everything is new, and found from above.
    if (!baseline.knowsDirectory(path)) continue;
    places.push({ path, isNew: false, shadowed: false, scope });
  }
  return places;
}

/** The topmost mount point at or above the path. */
function mountPointAbove(path: RawPath, mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>): RawPath | undefined {
  let topmost: RawPath | undefined;
  for (let at = path; at !== '/'; at = parentOf(at)) if (mountPoints.get(parentOf(at))?.has(nameOf(at))) topmost = at;
  return topmost;
}
