import { type Category, hiddenCategories } from '../category.ts';
import type { RootFacts, Warning } from '../report.ts';
import { type WrittenRow, writtenRows } from './rows.ts';
import type { Tally } from './tally.ts';
import { writerKey } from './writer.ts';

/** What was written to a root while it was watched. */
export interface WatchReport {
  readonly root: RootFacts;
  /** Seconds since 1970. */
  readonly since: number;
  readonly now: number;
  readonly rows: readonly WrittenRow[];
  /** Of those in `rows`. */
  readonly writers: number;
  readonly writes: number;
  /** Writes of categories that are not shown, unless asked for. */
  readonly hidden: Readonly<Partial<Record<Category, number>>>;
  /** Writes in directories that were gone again before they could be looked up. */
  readonly gone: number;
  /** How often the kernel's queue was full. */
  readonly overflows: number;
  /** What was written meanwhile is still to be searched for. */
  readonly isSearching: boolean;
  readonly warnings: readonly Warning[];
}

/** Reports of what a tally holds; the rest stays as it is given. */
export function watchReport(
  tally: Tally,
  all: boolean,
  rest: Omit<WatchReport, 'rows' | 'writers' | 'writes' | 'hidden'>,
): WatchReport {
  const isShown = (category: Category): boolean => all || !hiddenCategories.has(category);
  const rows = writtenRows(tally.rows(), isShown);
  const hidden: Partial<Record<Category, number>> = {};
  if (!all) {
    for (const { category, writes } of writtenRows(tally.rows(), (category) => !isShown(category))) {
      hidden[category] = (hidden[category] ?? 0) + writes;
    }
  }
  const writers = new Set(rows.map(({ writer }) => writerKey(writer))).size;
  const writes = rows.reduce((sum, row) => sum + row.writes, 0);
  return { ...rest, rows, writers, writes, hidden };
}
