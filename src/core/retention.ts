import { compareOldRoots, type OldRoot } from './old-root.ts';
import { isHalfDeleted } from './old-root-name.ts';
import type { RawName } from './rawpath.ts';

/** How many old roots to keep. The rules are alternatives: what one of them keeps is kept. */
export interface RetentionPolicy {
  /** The newest ones. */
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
   * All that keep it, in this order: `recent`, `week 2026-W47`, `month 2026-11`, `pinned`, `newest`, `in use`,
   * `unknown time`, `foreign`; or why it is deleted: `no rule keeps it`, `half deleted`. Never empty.
   */
  readonly reasons: readonly string[];
}

/**
 * What `gc` keeps and deletes, newest first. The clock plays no part but for the week and month that each old root
 * says it booted in: these are counted over the old roots in the order of their sequence, not along the calendar. So a
 * boot with a wrong clock makes a week of its own, takes one place at most, and moves out like any other.
 *
 * Foreign old roots that were not adopted are neither deleted nor counted. One that lies half deleted stands for no
 * boot, so it is not counted either. One whose time is not known belongs to no week or month, and since it could be
 * the only one of its month, it is kept: nothing is deleted that no rule could be asked about.
 *
 * A RangeError where the policy is none.
 */
export function retain(oldRoots: readonly OldRoot[], policy: RetentionPolicy): readonly RetentionDecision[] {
  checkPolicy(policy);
  const weeks = newestOfLast(policy.weekly);
  const months = newestOfLast(policy.monthly === 'all' ? Number.POSITIVE_INFINITY : policy.monthly);
  let newer = 0;
  return oldRoots
    .toSorted(compareOldRoots)
    .reverse()
    .map((oldRoot) => {
      const { name, pinned, inUse } = oldRoot;
      const foreign = isForeign(oldRoot);
      const halfDeleted = isHalfDeleted(name);
      const counts = !foreign && !halfDeleted;
      const period = counts ? periodOf(oldRoot.bootedAt) : undefined;

      const reasons: string[] = [];
      if (counts && newer < policy.recent) reasons.push('recent');
      if (period !== undefined && weeks(period.week)) reasons.push(`week ${weekName(period.week)}`);
      if (period !== undefined && months(period.month)) reasons.push(`month ${monthName(period.month)}`);
      if (pinned !== undefined) reasons.push('pinned');
      if (counts && newer === 0) reasons.push('newest');
      if (inUse !== undefined) reasons.push('in use');
      if (counts && period === undefined) reasons.push('unknown time');
      if (foreign) reasons.push('foreign');
      if (counts) newer++;

      if (reasons.length > 0) return { name, decision: 'keep', reasons };
      return { name, decision: 'delete', reasons: [halfDeleted ? 'half deleted' : 'no rule keeps it'] };
    });
}

function isForeign({ foreign, adopted }: OldRoot): boolean {
  return foreign !== false && !adopted;
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
