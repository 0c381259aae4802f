import { fstatSync, readFileSync, statSync } from 'node:fs';
import type { Baseline } from '../../core/baseline.ts';
import type { Place } from '../../core/finding.ts';
import { covers, join, nameOf, parentOf, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { Warning } from '../../core/report.ts';
import { SystemError } from '../system/errors.ts';
import { Syscalls } from '../system/syscalls.ts';
import { openTree } from '../tree/open-tree.ts';
import { addName, type ChangedEntries, type ChangedSince, SubvolumeChanges } from './changes.ts';
import { type SubvolumeInfo, subvolumeInfo } from './subvolume.ts';
import { FIRST_INODE, TreeSearch } from './tree-search.ts';

/** What the search needs to know of the reference. */
interface Known {
  readonly since: ChangedSince;
  /** Whether the reference has this directory: in one that it does not have everything is new, and found from above. */
  directory(path: RawPath): boolean;
  /** It has the directory, and nothing of what was in it. */
  isUnrecorded(path: RawPath): boolean;
  /** Whether it can tell what is missing from a directory. */
  readonly knowsMissing: boolean;
  /** Directories that a mount may have hidden when it was recorded, so that it has nothing of what was in them. */
  hidden(): Iterable<RawPath>;
}

/**
 * The places where a btrfs root may differ from its baseline, from what the trees say is newer than the baseline's
 * generation: the cost grows with what changed. undefined where that cannot be told, so that all has to be walked.
 */
export function placesNewerThanBaseline(
  rootFd: number,
  baseline: Baseline,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
  warnings: Warning[],
): Omit<Place, 'id'>[] | undefined {
  const { generation, subvolume } = baseline.header;
  if (generation === undefined) return undefined;
  return search(rootFd, mountPoints, warnings, (info) => {
    // One with fewer generations is of another filesystem, to which the baseline was copied.
    if (info.id !== subvolume || info.generation < generation) return undefined;
    return {
      since: { generation, ctime: trustedCtime(baseline) },
      directory: (path) => baseline.knowsDirectory(path),
      // `find -xdev` does not look into subvolumes, so a baseline of its making has nothing of what was there.
      isUnrecorded: (path) => baseline.directory(path) === undefined,
      knowsMissing: true,
      hidden: () => baseline.possiblyHidden(),
    };
  });
}

/**
 * The same for what changed since this boot, where the root was made by it as a snapshot: nothing in it was newer then
 * than the transaction of its making, and nothing had to be recorded.
 */
export function placesNewerThanSnapshot(
  rootFd: number,
  bootedAt: number,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
  warnings: Warning[],
): Omit<Place, 'id'>[] | undefined {
  return search(rootFd, mountPoints, warnings, ({ parent, createdAt, createdIn }) => {
    // Made by the boot itself, so that nothing had changed in its source since then; of a later snapshot that is not
    // known. Its source is older, or its content would look new.
    const byBoot = createdAt >= Math.floor(bootedAt) && createdAt <= bootedAt + BOOT_TAKES;
    const isOlderThanBoot = statSync(`/proc/self/fd/${rootFd}/.`).birthtimeMs / 1000 < bootedAt;
    if (parent === undefined || !byBoot || !isOlderThanBoot) return undefined;
    const since = { generation: createdIn, ctime: bootedAt };
    return { since, directory: () => true, isUnrecorded: () => false, knowsMissing: false, hidden: () => [] };
  });
}

/** The same for what changed since a moment of this boot, at which the subvolume had this generation. */
export function placesNewerThanGeneration(
  rootFd: number,
  generation: number,
  at: number,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
  warnings: Warning[],
): Omit<Place, 'id'>[] | undefined {
  return search(rootFd, mountPoints, warnings, () => {
    const since = { generation, ctime: at };
    return { since, directory: () => true, isUnrecorded: () => false, knowsMissing: false, hidden: () => [] };
  });
}

/**
 * The places where a root may differ from another subvolume of its filesystem that it has its beginnings in common with:
 * one is a snapshot of the other, or both are of a third. What neither has written since they parted is the same in both.
 */
export function placesNewerThanParting(
  rootFd: number,
  otherFd: number,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
  warnings: Warning[],
): Omit<Place, 'id'>[] | undefined {
  return searching(rootFd, warnings, (calls, info) => {
    const other = subvolumeInfo(calls, otherFd);
    if (other === undefined || inodeOf(otherFd) !== FIRST_INODE) return undefined;
    const parting = partingOf(info, other);
    if (parting === undefined) return undefined;
    writeOut(calls, rootFd, warnings);
    // That transaction too: a snapshot's name is put in its place after the copy, where a second one copies it along.
    const since = { generation: parting - 1, ctime: undefined };
    const changed: ChangedEntries = new Map();
    for (const [fd, { id }] of [
      [rootFd, info],
      [otherFd, other],
    ] as const) {
      const changes = new SubvolumeChanges(new TreeSearch(calls, fd), id, ROOT);
      if (!changes.gather(since, changed, WORTH_A_SEARCH)) return undefined;
      // A snapshot has an empty directory in the place of one.
      for (const { path } of changes.nested()) addName(changed, parentOf(path), nameOf(path), true);
    }
    const tree = openTree(otherFd);
    try {
      const directory = (path: RawPath): boolean => tree.look(path, [], () => {}) !== 'gone';
      return placesOf(changed, { directory, knowsMissing: true, hidden: () => [] }, mountPoints);
    } finally {
      tree.close();
    }
  });
}

/** Inodes and entries written since: with more of them, such as in a root that began empty, a walk is no slower. */
const WORTH_A_SEARCH = 5000;

/** The transaction up to which both hold the same; undefined where nothing tells of any. */
function partingOf(one: SubvolumeInfo, other: SubvolumeInfo): number | undefined {
  if (one.parent === other.uuid) return one.createdIn;
  if (other.parent === one.uuid) return other.createdIn;
  const isOfThird = one.parent !== undefined && one.parent === other.parent;
  return isOfThird ? Math.min(one.createdIn, other.createdIn) : undefined;
}

function search(
  rootFd: number,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
  warnings: Warning[],
  knownOf: (root: SubvolumeInfo) => Known | undefined,
): Omit<Place, 'id'>[] | undefined {
  return searching(rootFd, warnings, (calls, info) => {
    const known = knownOf(info);
    if (known === undefined) return undefined;
    writeOut(calls, rootFd, warnings);
    const changed: ChangedEntries = new Map();
    gatherBelow(new TreeSearch(calls, rootFd), info.id, ROOT, known, changed);
    return placesOf(changed, known, mountPoints);
  });
}

/** undefined where the root cannot be searched. */
function searching<T>(
  rootFd: number,
  warnings: Warning[],
  found: (calls: Syscalls, info: SubvolumeInfo) => T | undefined,
): T | undefined {
  const calls = Syscalls.load();
  if (calls === undefined) return undefined;
  try {
    const info = subvolumeInfo(calls, rootFd);
    // A directory within a subvolume has no tree of its own.
    if (info === undefined || inodeOf(rootFd) !== FIRST_INODE) return undefined;
    return found(calls, info);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    // Without privilege the trees cannot be read; that the view is a lesser one is said anyway.
    if (error.code !== 'EPERM') {
      const message = `btrfs could not be asked what is new (${error.message}): walked instead`;
      warnings.push({ code: 'search', message });
    }
    return undefined;
  }
}

function inodeOf(fd: number): number {
  return fstatSync(fd).ino;
}

/** Seconds. */
const SLOW = 1;
const BOOT_TAKES = 120;

/** Before a commit the trees lie: a new file has no entry yet, a written one no size, a removed one still its name. */
function writeOut(calls: Syscalls, rootFd: number, warnings: Warning[]): void {
  const began = process.uptime();
  calls.syncFilesystem(rootFd);
  const took = process.uptime() - began;
  if (took < SLOW) return;
  const message = `writing out what was in memory took ${took.toFixed(1)} s; --no-sync walks the tree instead`;
  warnings.push({ code: 'slow-sync', message });
}

/**
 * The ctime from which on an inode may have changed since the baseline. Not to be trusted where the clock was set back
 * meanwhile: then a change can be older than the baseline, and every inode that was written anew is looked at. That it
 * was not can only be told in the boot that recorded the baseline.
 */
function trustedCtime({ header }: Baseline): number | undefined {
  if (header.uptime === undefined) return undefined;
  const now = Date.now() / 1000;
  if (header.recorded > now) return undefined;
  const bootThen = header.recorded - header.uptime;
  const bootNow = now - Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  return Math.abs(bootNow - bootThen) < 0.5 ? header.recorded - 1 : undefined;
}

function gatherBelow(
  treeSearch: TreeSearch,
  subvolume: number,
  path: RawPath,
  known: Known,
  into: ChangedEntries,
): void {
  const changes = new SubvolumeChanges(treeSearch, subvolume, path);
  changes.gather(known.since, into);
  for (const nested of changes.nested()) {
    // A new one comes with its new entry.
    if (!known.directory(nested.path)) continue;
    const isReplaced = nested.createdIn > known.since.generation;
    if (isReplaced || known.isUnrecorded(nested.path)) addName(into, parentOf(nested.path), nameOf(nested.path), true);
    else gatherBelow(treeSearch, nested.id, nested.path, known, into);
  }
}

function placesOf(
  changed: ChangedEntries,
  known: Pick<Known, 'directory' | 'knowsMissing' | 'hidden'>,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
): Omit<Place, 'id'>[] {
  const under = new Lookup((path) => mountPoints.get(parentOf(path))?.has(nameOf(path)) === true);
  // What lies under a mount is looked at from its mount point down, as a walk does, and so is what did when the
  // baseline was recorded: neither is in it.
  for (const path of [...changed.keys()]) if (mountPoints.size > 0 && under.isAtOrBelow(path)) changed.delete(path);
  for (const [path, names] of mountPoints) {
    if (!under.isAtOrBelow(path)) for (const name of names) addName(changed, path, name, true);
  }
  for (const path of known.hidden()) {
    if (!under.isAtOrBelow(path)) addName(changed, parentOf(path), nameOf(path), true);
  }
  const whole = new Set<RawPath>();
  for (const [path, { names }] of changed) for (const [name, isNew] of names) if (isNew) whole.add(join(path, name));
  const inWhole = new Lookup((path) => whole.has(path));
  const places: Omit<Place, 'id'>[] = [];
  for (const [path, { names, entriesChanged }] of changed) {
    if (covers('/.ebb', path) || inWhole.isAtOrBelow(path) || !known.directory(path)) continue;
    const scope = { names, entriesChanged: entriesChanged && known.knowsMissing };
    if (scope.entriesChanged || names.size > 0) places.push({ path, isNew: false, shadowed: false, scope });
  }
  return places;
}

/** Whether a path or one above it is of a kind. Each directory is asked about once, however deep the paths are. */
class Lookup {
  readonly #is: (path: RawPath) => boolean;
  readonly #known = new Map<RawPath, boolean>([[ROOT, false]]);

  constructor(is: (path: RawPath) => boolean) {
    this.#is = is;
  }

  isAtOrBelow(path: RawPath): boolean {
    const asked: RawPath[] = [];
    let at = path;
    while (!this.#known.has(at)) {
      asked.push(at);
      at = parentOf(at);
    }
    let answer = this.#known.get(at) === true;
    for (const below of asked.reverse()) {
      answer ||= this.#is(below);
      this.#known.set(below, answer);
    }
    return answer;
  }
}
