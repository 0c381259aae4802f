import type { RestoredPath, RestoreReport } from '../core/restore-report.ts';
import { display } from './escape.ts';
import { type Paint, painter, type Tone } from './style.ts';
import { bytesText, counted, countText } from './units.ts';

export interface RestoreTextOptions {
  readonly colour: boolean;
  /** Paths to list at most; undefined: all. */
  readonly limit?: number;
}

const LISTED = 40;

/** What `ebb restore` did, or would do: a line a path, those that are there already summed up. */
export function restoreText(report: RestoreReport, options: RestoreTextOptions): string {
  const paint = painter(options.colour);
  const limit = options.limit ?? (report.dryRun ? undefined : LISTED);
  const told = report.paths.filter((path) => isTold(path, report));
  const lines = told.slice(0, limit).map((path) => pathLine(path, report, paint));
  const more = limit === undefined ? 0 : told.length - limit;
  if (more > 0) lines.push(paint('faint', `  … and ${counted(more, 'more path')} (--json lists all)`));
  for (const path of report.leftOut.slice(0, 10)) {
    lines.push(`${paint('faint', '  left out ')} ${display(path)} ${paint('faint', '(a socket)')}`);
  }
  if (report.leftOut.length > 10)
    lines.push(paint('faint', `  … and ${counted(report.leftOut.length - 10, 'socket')}`));
  return `${[...lines, ...summaryLines(report, paint)].join('\n')}\n`;
}

/** What failed, for stderr. Empty where nothing did. */
export function restoreProblemsText(report: RestoreReport, options: RestoreTextOptions): string {
  const paint = painter(options.colour);
  const shown = report.failures.slice(0, 100);
  const lines = shown.map(({ path, problem }) => `ebb: ${display(path)}: ${display(problem)}`);
  const more = report.failures.length + report.moreFailures - shown.length;
  if (more > 0) lines.push(`ebb: … and ${counted(more, 'more failure')}`);
  if (report.stopped !== undefined) {
    lines.push(`ebb: ${paint('alarm', 'stopped:')} ${display(report.stopped)}`);
    lines.push('  what is restored so far stays, and the same command goes on from there');
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** What is in its place already is summed up, and a directory that is there is told by what is in it. */
function isTold({ action, entries }: RestoredPath, { dryRun }: RestoreReport): boolean {
  switch (action) {
    case 'same':
    case 'merge':
    case 'blocked':
      return false;
    case 'create':
    case 'parent':
    case 'replace':
      return dryRun || entries > 0;
    case 'skip':
    case 'leave-out':
      return true;
  }
}

function pathLine(path: RestoredPath, { dryRun }: RestoreReport, paint: Paint): string {
  const shown = display(path.path) + (path.type === 'directory' && path.path !== '/' ? '/' : '');
  return `${paint(toneOf(path), `  ${wordOf(path, dryRun).padEnd(WIDTH)}`)} ${shown}  ${paint('faint', factsOf(path))}`.trimEnd();
}

const WIDTH = 13;

function wordOf({ action }: RestoredPath, dryRun: boolean): string {
  switch (action) {
    case 'create':
      return dryRun ? 'would restore' : 'restored';
    case 'parent':
      return dryRun ? 'would make' : 'made';
    case 'replace':
      return dryRun ? 'would replace' : 'replaced';
    case 'skip':
      return 'kept';
    case 'leave-out':
      return 'left out';
    case 'same':
    case 'merge':
    case 'blocked':
      return action;
  }
}

function toneOf({ action }: RestoredPath): Tone {
  return action === 'skip' ? 'care' : action === 'replace' ? 'alarm' : action === 'create' ? 'good' : 'faint';
}

function factsOf({ action, type, entries, bytes, newer, oldRoot }: RestoredPath): string {
  const size = [
    ...(entries > 1 ? [counted(entries, 'entry', 'entries')] : []),
    ...(bytes > 0 ? [bytesText(bytes)] : []),
  ];
  switch (action) {
    case 'create':
      return [...size, `from ${display(oldRoot)}`].join(', ');
    case 'replace':
      return [...size, `from ${display(oldRoot)}`, newerText(newer)].join(', ');
    case 'skip':
      return `${newerText(newer)}; --force replaces it with that of ${display(oldRoot)}`;
    case 'leave-out':
      return `a ${type}`;
    case 'parent':
      return 'above what is restored';
    case 'same':
    case 'merge':
    case 'blocked':
      return '';
  }
}

function newerText(newer: RestoredPath['newer']): string {
  switch (newer) {
    case 'old-root':
      return 'that of the old root is newer';
    case 'target':
      return 'what is there is newer';
    case 'neither':
    case undefined:
      return 'as old as what is there, but not the same';
  }
}

function summaryLines(report: RestoreReport, paint: Paint): string[] {
  const { paths, entries, bytes, dryRun } = report;
  const count = (action: RestoredPath['action']): number => paths.filter((path) => path.action === action).length;
  const where = report.target === '/' ? '' : ` below ${display(report.target)}`;
  const done = `${counted(entries, 'entry', 'entries')}, ${bytesText(bytes)}${where}`;
  const parts = [paint('strong', dryRun ? `would restore ${done}` : `restored ${done}`)];
  if (count('same') > 0) parts.push(`${countText(count('same'))} there already`);
  if (count('skip') > 0) parts.push(`${countText(count('skip'))} kept as they are (--force replaces them)`);
  const failed = report.failures.length + report.moreFailures;
  if (failed > 0) parts.push(paint('alarm', counted(failed, 'failure')));
  return [parts.join(' · ')];
}
