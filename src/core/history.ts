import type { Category } from './category.ts';
import { EntryType } from './change.ts';
import type { Evidence } from './evidence.ts';
import { isKeyName } from './key-file.ts';
import { covers, nameOf, type RawName, type RawPath } from './rawpath.ts';

/** How a path was in one root. */
export interface Appearance {
  /** An `EntryType`. */
  readonly type: number;
  readonly mode: number;
  /** Bytes of a file; entries of a directory, with all that is below it. */
  readonly size: number;
  /** Of itself and of what is in it: seconds since 1970, with a fraction. */
  readonly oldest: number;
  readonly newest: number;
  /** False of a directory of which only the beginning was looked at. */
  readonly whole: boolean;
  /** Of a directory: stands for the names, types, modes and sizes in it. */
  readonly shape: string;
  /** Stands for what it holds, equal where that is; undefined where that was not read. */
  readonly content: string | undefined;
}

/** When a root was made, and when the boot had set it up: seconds since 1970, by the clock of then. */
export interface Beginning {
  readonly made: number;
  readonly settled: number;
}

/** A root of an earlier boot. */
export interface PastRoot {
  readonly name: RawName;
  readonly beginning: Beginning | undefined;
  readonly endedClean: boolean | undefined;
  /** It holds only what somebody chose of it, so that what is not in it may have been there. */
  readonly partial: boolean;
}

export interface PathHistory {
  readonly path: RawPath;
  /** undefined where there is nothing. */
  readonly now: Appearance | undefined;
  /** Of the root that runs. */
  readonly beginning: Beginning | undefined;
  /** What it holds now looks like a key. */
  readonly looksLikeKey: boolean;
  /** It is known as a secret, or as somebody's. */
  readonly isPersonal: boolean;
  /** Newest first, each of another boot. `absent`: nothing was there. */
  readonly past: readonly { readonly root: PastRoot; readonly was: Appearance | 'absent' }[];
  /** Somebody restored it, or what is in it. */
  readonly restored: Restored | undefined;
}

export interface Restored {
  /** The path that was restored, which may lie above or below the one that is asked about. */
  readonly path: RawPath;
  readonly times: number;
  /** The last time: seconds since 1970. */
  readonly at: number;
}

/** Of this many old roots in a row something has to be the same before it is taken to come back at every boot. */
const ENOUGH = 3;
/** So many seconds after a root was set up, what is written is no longer part of the boot. */
const BOOT_ENDS = 15 * 60;
/** And that many seconds after it nobody has logged in, and brought back what they missed. */
const NOBODY_YET = 60;
/** A clock that was put right during the boot shows as a root of so many seconds. */
const LONGEST_LIFE = 400 * 86_400;
/** Seconds by which a clock that is being put right may be off. */
const SLACK = 5;

/** What the old roots say of the path, the weightiest first. */
export function historyEvidence(history: PathHistory): Evidence[] {
  const restored = restoredEvidence(history);
  const judged = comesBack(history) ?? lostIdentity(history) ?? grows(history);
  const found = [restored, judged].filter((evidence) => evidence !== undefined);
  return found.some(({ kind }) => kind !== undefined) ? found : [...found, ...presence(history)];
}

/**
 * `equal` only where all that can be known of both was: a directory of which the beginning was looked at, or a file that
 * was not read, is never equal to another one.
 */
export function compareAppearances(a: Appearance, b: Appearance): 'equal' | 'different' | 'unknown' {
  if (a.type !== b.type) return 'different';
  if (!a.whole || !b.whole) return 'unknown';
  if (a.size !== b.size || a.shape !== b.shape) return 'different';
  if (a.content === undefined || b.content === undefined) return 'unknown';
  if (a.content !== b.content) return 'different';
  return a.mode === b.mode ? 'equal' : 'unknown';
}

/** Whether what the path holds has to be read to tell whether it comes back: all else speaks for it. */
export function mayComeBack(history: Omit<PathHistory, 'looksLikeKey' | 'restored'>): boolean {
  const { now, beginning, past } = history;
  const isMadeAtBoot = madeAtBoot(history);
  if (now === undefined || !isMadeAtBoot(now, beginning)) return false;
  const here = past.filter(({ was }) => was !== 'absent').slice(0, ENOUGH);
  return (
    here.length === ENOUGH &&
    here.every(({ root, was }) => was !== 'absent' && isLike(was, now) && isMadeAtBoot(was, root.beginning))
  );
}

function isLike(a: Appearance, b: Appearance): boolean {
  return a.whole && b.whole && a.type === b.type && a.mode === b.mode && a.size === b.size && a.shape === b.shape;
}

/**
 * The same in the newest old roots in a row, made anew by each boot and not taken along: what a fresh root is copied from has
 * it with older times. What a person makes anew after each boot is not made within minutes of it; a key, or what else a
 * person copies back as the first thing that they do, not before they are there.
 */
function comesBack(history: PathHistory): Evidence | undefined {
  const { now, beginning, past, restored } = history;
  const isMadeAtBoot = madeAtBoot(history);
  if (now === undefined || restored !== undefined || !isMadeAtBoot(now, beginning)) return undefined;
  let times = 0;
  for (const { root, was } of past) {
    if (was === 'absent') {
      // It ended before it came to that, or nobody chose it.
      if (root.partial || root.endedClean !== true) continue;
      break;
    }
    if (compareAppearances(now, was) !== 'equal' || !isMadeAtBoot(was, root.beginning)) break;
    times++;
  }
  if (times < ENOUGH) return undefined;
  const same = now.type === EntryType.directory && now.size === 0 ? 'empty' : 'the same, byte for byte,';
  const detail = `comes back at every boot: ${same} in the last ${times} old roots, made anew in each`;
  return { source: 'history', detail, kind: 'comes-back', category: 'generated' };
}

/** A key, or what a machine is known by, that was another one in each root. */
function lostIdentity({ path, now, past, looksLikeKey }: PathHistory): Evidence | undefined {
  if (now?.type !== EntryType.file || !(looksLikeKey || isKeyName(nameOf(path)))) return undefined;
  const others = past.flatMap(({ was }) => (was === 'absent' ? [] : [was]));
  if (others.length < 2 || !areAllDifferent([now, ...others])) return undefined;
  const detail = `another one in each of the last ${others.length} old roots: it is lost, and made anew, at every boot`;
  return { source: 'history', detail, kind: 'lost-identity', category: 'secret' };
}

function areAllDifferent(appearances: readonly Appearance[]): boolean {
  return appearances.every((one, index) =>
    appearances.slice(index + 1).every((other) => compareAppearances(one, other) === 'different'),
  );
}

/** Written while the machine was in use, in more than one boot, and not the same each time. */
function grows({ now, beginning, past }: PathHistory): Evidence | undefined {
  const seen = past.flatMap(({ root, was }) => (was === 'absent' ? [] : [{ was, beginning: root.beginning }]));
  if (now !== undefined) seen.unshift({ was: now, beginning });
  const [first, ...others] = seen;
  if (first === undefined || others.every(({ was }) => compareAppearances(first.was, was) === 'equal'))
    return undefined;
  const late = seen.filter(({ was, beginning: its }) => isWrittenInUse(was, its)).length;
  // Half of them: what a timer writes at times is nobody's state.
  if (late < 2 || late * 2 < seen.length) return undefined;
  const which = now === undefined ? 'old roots' : 'roots, this one among them';
  const detail = `written long after the boot in ${late} of ${seen.length} ${which}, and not the same in each`;
  return { source: 'history', detail, kind: 'grows', category: 'state' };
}

function restoredEvidence({ path, restored, looksLikeKey }: PathHistory): Evidence | undefined {
  if (restored === undefined) return undefined;
  const when = `${new Date(restored.at * 1000).toISOString().slice(0, 10)}`;
  const often = restored.times === 1 ? `on ${when}` : `${restored.times} times, last on ${when}`;
  // What lies in it may be anything, such as a lock.
  if (restored.path !== path && covers(restored.path, path)) {
    return { source: 'history', detail: `lies in ${restored.path}, which somebody restored from an old root ${often}` };
  }
  const what = restored.path === path ? '' : `${restored.path} in it was `;
  const detail = `${what}restored from an old root by somebody ${often}`;
  return { source: 'history', detail, kind: 'restored', category: kept(path, looksLikeKey), persist: 'yes' };
}

function kept(path: RawPath, looksLikeKey: boolean): Category {
  if (looksLikeKey || isKeyName(nameOf(path))) return 'secret';
  return isInHome(path) ? 'home' : 'state';
}

function isInHome(path: RawPath): boolean {
  return covers('/home', path) || covers('/root', path);
}

function presence({ past }: PathHistory): Evidence[] {
  const here = past.filter(({ was }) => was !== 'absent');
  const newest = here[0];
  if (newest === undefined) return [];
  const detail =
    here.length === 1
      ? `one of the last ${past.length} old roots had it: ${newest.root.name}`
      : `${here.length} of the last ${past.length} old roots had it, the newest of these ${newest.root.name}`;
  return [{ source: 'history', detail }];
}

/** Whether something is as old as the boot of its root. */
function madeAtBoot({
  path,
  isPersonal,
  looksLikeKey,
}: Pick<PathHistory, 'path' | 'isPersonal'> & Partial<PathHistory>): (
  appearance: Appearance,
  beginning: Beginning | undefined,
) => boolean {
  const isOfPerson = isPersonal || looksLikeKey === true || isKeyName(nameOf(path)) || isInHome(path);
  const ends = isOfPerson ? NOBODY_YET : BOOT_ENDS;
  return ({ oldest, newest }, beginning) =>
    beginning !== undefined && oldest >= beginning.made - SLACK && newest <= beginning.settled + ends;
}

function isWrittenInUse({ newest }: Appearance, beginning: Beginning | undefined): boolean {
  if (beginning === undefined) return false;
  const after = newest - beginning.settled;
  return after > BOOT_ENDS && after < LONGEST_LIFE;
}
