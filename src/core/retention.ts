import { compareKnown, compareOldRoots, isForeign, type OldRoot } from './old-root.ts';
import { isHalfDeleted } from './old-root-name.ts';
import type { RawName } from './rawpath.ts';

/** How many old roots to keep. The rules are alternatives: what one of them keeps is kept. */
export interface RetentionPolicy {
  /** The newest ones; of a boot that was captured several times see `retain`. */
  readonly recent: number;
  /** The newest one of each of the last ISO weeks that have old roots. */
  readonly weekly: number;
  /** The newest one of each of the last calendar months that have old roots; `all`: of every month. */
  readonly monthly: number | 'all';
}

export const defaultPolicy: RetentionPolicy = { recent: 5, weekly: 4, monthly: 'all' };

export interface RetentionDecision {
  readonly name: RawName;
  readonly decision: 'keep' | 'delete';
  /**
   * All that keep it, in this order: `recent`, `day 2026-11-24`, `week 2026-W47`, `month 2026-11`, `pinned`,
   * `unreadable`, `newest`, `in use`, `unknown time`, `foreign`; or why it is deleted: `no rule keeps it`,
   * `half deleted`. Never empty.
   */
  readonly reasons: readonly string[];
}

/**
 * What `gc` keeps and deletes, newest first. The clock plays no part but for the week and month that each old root
 * says it booted in: these are counted over the old roots in the order of their sequence, not along the calendar. So a
 * boot with a wrong clock makes a week of its own, takes one place at most, and moves out like any other.
 *
 * The captures of one root in one boot are one for `recent`, or those of a timer would push out the boots before. Of each
 * boot that `recent` keeps, it keeps as many of the newest captures, and the newest one of each of as many days: what was
 * deleted from a root in memory is nowhere else. Their days, weeks and months are those in which they were made.
 *
 * Foreign old roots that were not adopted are neither deleted nor counted. One that lies half deleted stands for no
 * boot, so it is not counted either. One whose time is not known belongs to no week or month, and since it could be
 * the only one of its month, it is kept: nothing is deleted that no rule could be asked about.
 *
 * An adopted one has a time and no sequence. It takes no place from those of ebb, below which it is sorted; and it is
 * kept as recent where it is so by its time, too: it may be the latest that there is.
 *
 * A RangeError where the policy is none.
 */
export function retain(oldRoots: readonly OldRoot[], policy: RetentionPolicy): readonly RetentionDecision[] {
  checkPolicy(policy);
  const ordered = oldRoots.toSorted(compareOldRoots).reverse();
  const reasons = reasonsToKeep(ordered, policy);
  // Those that are recent stay, so that a `gc` that was stopped finds the same ones.
  const recent = firstOfBoots(ordered).filter(
    (oldRoot) => isOnlyTimed(oldRoot) || reasons.get(oldRoot.name)?.[0] === 'recent',
  );
  for (const { name } of recent.sort(laterFirst).slice(0, policy.recent)) {
    const keep = reasons.get(name) ?? [];
    if (keep[0] !== 'recent') reasons.set(name, ['recent', ...keep]);
  }
  return ordered.map(({ name }) => {
    const keep = reasons.get(name) ?? [];
    if (keep.length > 0) return { name, decision: 'keep', reasons: keep };
    return { name, decision: 'delete', reasons: [isHalfDeleted(name) ? 'half deleted' : 'no rule keeps it'] };
  });
}

/** By name: all that keeps it, where the old roots are in this order. */
function reasonsToKeep(newestFirst: readonly OldRoot[], policy: RetentionPolicy): Map<RawName, readonly string[]> {
  const weeks = newestOfLast(policy.weekly);
  const months = newestOfLast(policy.monthly === 'all' ? Number.POSITIVE_INFINITY : policy.monthly);
  const recent = ofNewestBoots(policy.recent);
  let newer = 0;
  const all = new Map<RawName, readonly string[]>();
  for (const oldRoot of newestFirst) {
    const { name, pinned, inUse, doubt } = oldRoot;
    const foreign = isForeign(oldRoot);
    const counts = !foreign && !isHalfDeleted(name);
    const period = counts ? periodOf(oldRoot.capture?.at ?? oldRoot.bootedAt) : undefined;

    const reasons: string[] = [];
    if (counts) reasons.push(...recent(oldRoot));
    if (period !== undefined && weeks(period.week)) reasons.push(`week ${weekName(period.week)}`);
    if (period !== undefined && months(period.month)) reasons.push(`month ${monthName(period.month)}`);
    if (pinned !== undefined) reasons.push('pinned');
    if (doubt !== undefined) reasons.push('unreadable');
    if (counts && newer === 0) reasons.push('newest');
    if (inUse !== undefined) reasons.push('in use');
    if (counts && period === undefined) reasons.push('unknown time');
    if (foreign) reasons.push('foreign');
    if (counts) newer++;
    all.set(name, reasons);
  }
  return all;
}

/** Without what else there is of a boot that was captured several times. */
function firstOfBoots(newestFirst: readonly OldRoot[]): OldRoot[] {
  const seen = new Set<string>();
  return newestFirst.filter((oldRoot) => {
    if (oldRoot.capture === undefined || isForeign(oldRoot)) return true;
    const isFirst = !seen.has(oldRoot.capture.of);
    seen.add(oldRoot.capture.of);
    return isFirst;
  });
}

function isOnlyTimed({ name, sequence, bootedAt, adopted }: OldRoot): boolean {
  return adopted && sequence === undefined && bootedAt !== undefined && !isHalfDeleted(name);
}

function laterFirst(a: OldRoot, b: OldRoot): number {
  return compareKnown(b.bootedAt, a.bootedAt);
}

/** Asked for one old root after the other, newest first: why it is kept as one of the last `count` boots. */
function ofNewestBoots(count: number): (oldRoot: OldRoot) => string[] {
  let boots = 0;
  const captured = new Map<string, { boot: number; captures: number; days: (day: number) => boolean }>();
  return ({ capture }) => {
    if (capture === undefined) return boots++ < count ? ['recent'] : [];
    let those = captured.get(capture.of);
    if (those === undefined) {
      those = { boot: boots++, captures: 0, days: newestOfLast(count) };
      captured.set(capture.of, those);
    }
    if (those.boot >= count) return [];
    const day = Math.floor(capture.at / DAY);
    const isRecent = those.captures++ < count;
    // The newest of its day is more than that only where there are others.
    const isOfDay = those.days(day) && !isRecent;
    return [...(isRecent ? ['recent'] : []), ...(isOfDay ? [`day ${dayName(day)}`] : [])];
  };
}

function dayName(day: number): string {
  return new Date(day * DAY * 1000).toISOString().slice(0, 10);
}

/** Asked for one old root after the other, newest first: is it the newest of one of the last `count` periods? */
function newestOfLast(count: number): (period: number) => boolean {
  const seen = new Set<number>();
  return (period) => {
    if (seen.size >= count || seen.has(period)) return false;
    seen.add(period);
    return true;
  };
}

const DAY = 86_400;

/** Numbers, as most old roots are of a week and a month whose name nobody asks for. */
export interface Period {
  /** ISO weeks since the one that has 1 January 1970, a Thursday. */
  readonly week: number;
  /** Calendar months since January of the year 0. */
  readonly month: number;
}

/** When `seconds` since 1970 were, in UTC; undefined outside of the years 1 to 9999. */
export function periodOf(seconds: number | undefined): Period | undefined {
  if (seconds === undefined) return undefined;
  const date = new Date(seconds * 1000);
  const year = date.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999) return undefined;
  // Weeks begin on Monday, three days before the Thursday.
  return { week: Math.floor((Math.floor(seconds / DAY) + 3) / 7), month: year * 12 + date.getUTCMonth() };
}

/** As ISO 8601 writes it, `2026-W47`: a week belongs to the year that its Thursday is in. */
export function weekName(week: number): string {
  const thursday = week * 7;
  const year = new Date(thursday * DAY * 1000).getUTCFullYear();
  // Not Date.UTC(year, …): it takes the years 0 to 99 for those of the twentieth century.
  const newYear = new Date(0).setUTCFullYear(year, 0, 1) / 1000 / DAY;
  return `${digits(year, 4)}-W${digits(1 + Math.floor((thursday - newYear) / 7), 2)}`;
}

/** `2026-11`. */
export function monthName(month: number): string {
  return `${digits(Math.floor(month / 12), 4)}-${digits(1 + (month % 12), 2)}`;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}

function checkPolicy({ recent, weekly, monthly }: RetentionPolicy): void {
  for (const [rule, count] of Object.entries({ recent, weekly, monthly: monthly === 'all' ? 0 : monthly })) {
    // NaN would compare false with everything, and so delete everything.
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`retention: ${rule} is ${count}, must be an integer of 0 or more`);
    }
  }
}
