import type { Category } from '../core/category.ts';
import { compareRaw } from '../core/rawpath.ts';
import type { Change, CheckReport, DiffReport } from '../core/report.ts';
import { changeTable } from './change-table.ts';
import { flow } from './columns.ts';
import { display } from './escape.ts';
import { painter } from './style.ts';
import { bytesText, counted, countText } from './units.ts';

export interface CheckTextOptions {
  readonly width: number | undefined;
  readonly colour: boolean;
  /** The summary alone. */
  readonly quiet: boolean;
  /** Changes, and uncovered declarations, to show at most. Default: 10. */
  readonly limit?: number | undefined;
}

/** What `ebb check` prints: one line that stands alone, in a log or in a mail, and what is worst. */
export function checkText(report: CheckReport, options: CheckTextOptions): string {
  const { width } = options;
  const paint = painter(options.colour);
  const limit = options.limit ?? 10;
  const blocks = [[`${paint(report.passed ? 'good' : 'alarm', 'ebb check:')} ${summaryLine(report)}`]];
  if (!options.quiet && report.losing.length > 0) {
    const worst = report.losing.toSorted(worstFirst).slice(0, limit);
    const lines = [...changeTable(worst, { title: 'the worst of it', now: report.diff.now, width, paint })];
    const more = report.losing.length - worst.length;
    if (more > 0) lines.push(paint('faint', `  … and ${countText(more)} more: ebb diff`));
    blocks.push(lines);
  }
  if (!options.quiet && report.uncovered.length > 0) {
    const lines = [paint('faint', '  declared, but not covered')];
    for (const { path, problem, declaredIn } of report.uncovered.slice(0, limit)) {
      const segments = [display(path), display(problem), `declared in ${display(declaredIn)}`];
      lines.push(
        ...flow(segments, width === undefined ? undefined : width - 4).map(
          (line, i) => `${i === 0 ? '  ' : '    '}${line}`,
        ),
      );
    }
    const more = report.uncovered.length - limit;
    if (more > 0) lines.push(paint('faint', `  … and ${countText(more)} more`));
    blocks.push(lines);
  }
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function summaryLine({ diff, losing, uncovered, resetFailed }: CheckReport): string {
  const parts = [
    losing.length === 0 ? `nothing that counts would be lost ${occasion(diff)}` : losingLine(diff, losing),
  ];
  if (uncovered.length > 0) {
    parts.push(`${counted(uncovered.length, 'declared path')} ${uncovered.length === 1 ? 'is' : 'are'} not covered`);
  }
  if (resetFailed !== undefined) parts.unshift(`the root was not reset at its last boot: ${display(resetFailed)}`);
  const { unreadable } = diff.view;
  if (unreadable > 0) parts.push(`${counted(unreadable, 'directory', 'directories')} could not be read`);
  return parts.join('; ');
}

/** `1 secret, 2 state`: the worst first. */
export function losingCounts(losing: readonly Change[]): string {
  const counts = new Map<Category, number>();
  for (const { category } of losing.toSorted(worstFirst)) counts.set(category, (counts.get(category) ?? 0) + 1);
  return Array.from(counts, ([category, count]) => `${countText(count)} ${category}`).join(', ');
}

function losingLine(diff: DiffReport, losing: readonly Change[]): string {
  const entries = losing.reduce((sum, change) => sum + change.entries, 0);
  const bytes = losing.reduce((sum, change) => sum + change.bytes, 0);
  return `${counted(losing.length, 'change')} would be lost ${occasion(diff)} (${losingCounts(losing)}: ${counted(entries, 'entry', 'entries')}, ${bytesText(bytes)})`;
}

function occasion({ root }: DiffReport): string {
  if (!root.ephemeral.value) return 'with an ephemeral root';
  return root.mount === '/' ? 'at the next reboot' : 'when it boots next';
}

/** By what it costs to lose it: a key is small, and cannot be had again. */
const severity: Readonly<Record<Category, number>> = {
  secret: 0,
  state: 1,
  home: 2,
  unknown: 3,
  log: 4,
  cache: 5,
  runtime: 6,
  generated: 7,
};

function worstFirst(a: Change, b: Change): number {
  return severity[a.category] - severity[b.category] || b.bytes - a.bytes || compareRaw(a.path, b.path);
}
