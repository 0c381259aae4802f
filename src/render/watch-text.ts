import { foldedRows } from '../core/writers/fold.ts';
import type { WatchReport } from '../core/writers/report.ts';
import type { WrittenRow } from '../core/writers/rows.ts';
import { writerText } from '../core/writers/writer.ts';
import { flow } from './columns.ts';
import { display } from './escape.ts';
import { painter, toneOfCategory } from './style.ts';
import { type TableColumn, table } from './table.ts';
import { ageText, counted, countText, durationText } from './units.ts';

export interface WatchTextOptions {
  readonly width: number | undefined;
  readonly colour: boolean;
  /** Rows that are shown, of those with the most writes; what there is more of is summed up first. undefined: all. */
  readonly limit: number | undefined;
  /** How it is going on; undefined: it is over. */
  readonly live: { readonly hint: string } | undefined;
  /** Safe to print: only what it wrote counts, so that nobody has to be named. */
  readonly command: string | undefined;
}

/** What `ebb watch` shows: who wrote where, the most writes first. */
export function watchText(report: WatchReport, options: WatchTextOptions): string {
  return `${watchLines(report, options).join('\n')}\n`;
}

/** The same by lines, for a screen. */
export function watchLines(report: WatchReport, options: WatchTextOptions): string[] {
  const { width, limit } = options;
  const paint = painter(options.colour);
  const inner = width === undefined ? undefined : width - 2;
  const lines = flow(headingOf(report, options), width);
  const folded = limit === undefined ? report.rows : foldedRows(report.rows, limit);
  const shown = folded.slice(0, limit);
  lines.push('');
  if (shown.length === 0) lines.push(`  ${paint('faint', 'nothing was written')}`);
  else lines.push(...table(shown, columnsFor(report, options), { width, paint }));
  const notes = notesOf(report, folded.length - shown.length);
  if (notes.length > 0 || options.live !== undefined) lines.push('');
  lines.push(...flow(notes, inner).map((line) => `  ${line}`));
  if (report.overflows > 0) lines.push(...flow(overflowText(report), inner).map((line) => `  ${paint('care', line)}`));
  if (options.live !== undefined) lines.push(`  ${paint('faint', options.live.hint)}`);
  return lines;
}

function headingOf({ root, since, now, writes, writers }: WatchReport, options: WatchTextOptions): string[] {
  const { live, command } = options;
  const { mount, filesystem, subvolume, ephemeral } = root;
  const what = [filesystem, ...(subvolume === undefined ? [] : [subvolume])].map(display).join(' ');
  const fate = ephemeral.value ? '' : ', which is not ephemeral';
  const where = `${display(mount)} (${what}${fate})`;
  const took = durationText(now - since);
  if (command !== undefined) return [`ebb: ${command}`, `${counted(writes, 'write')} on ${where}`, took];
  const verb = live === undefined ? 'watched' : 'watching';
  return [`${verb} ${where}`, took, `${counted(writes, 'write')} by ${counted(writers, 'writer')}`];
}

function columnsFor({ now }: WatchReport, { live, command }: WatchTextOptions): TableColumn<WrittenRow>[] {
  const isNew = ({ last }: WrittenRow): boolean => live !== undefined && now - last < 2;
  return [
    {
      title: 'writes',
      text: ({ writes }) => countText(writes),
      numeric: true,
      tone: (row) => (isNew(row) ? 'strong' : 'plain'),
    },
    {
      title: 'category',
      text: ({ category }) => category,
      tone: ({ category }) => toneOfCategory(category),
      dispensable: 2,
    },
    ...(command !== undefined ? [] : [{ title: 'who', text: ({ writer }: WrittenRow) => display(writerText(writer)) }]),
    { title: 'where', text: whereText },
    { title: 'last', text: ({ last }) => ageText(now, last), tone: () => 'faint', dispensable: 3 },
    { title: 'files', text: filesText, tone: () => 'faint', dispensable: 1 },
  ];
}

/** A single file by its path, else the directory; `…` where all that is below it is meant. */
function whereText({ directory, deep, names, hasMore }: WrittenRow): string {
  const slash = directory === '/' ? '' : '/';
  const [only] = names;
  if (names.length === 1 && only !== undefined && !hasMore) return display(`${directory}${slash}${only}`);
  return `${display(directory + slash)}${deep ? '…' : ''}`;
}

function filesText({ names, hasMore, deep }: WrittenRow): string {
  if (deep || (names.length <= 1 && !hasMore)) return '';
  const some = names.slice(0, 3).map(display).join(', ');
  return names.length > 3 || hasMore ? `${some}${some === '' ? 'many' : ', …'}` : some;
}

function notesOf({ hidden, gone }: WatchReport, left: number): string[] {
  const parts = Object.entries(hidden).map(([category, writes]) => `${countText(writes)} ${category}`);
  return [
    ...(left > 0 ? [counted(left, 'more row')] : []),
    ...(parts.length > 0 ? [`hidden: ${parts.join(', ')} (--all)`] : []),
    ...(gone > 0 ? [`${counted(gone, 'write')} in directories that are gone again`] : []),
  ];
}

function overflowText({ overflows, isSearching }: WatchReport): string[] {
  const times = overflows === 1 ? 'once' : `${countText(overflows)} times`;
  const now = isSearching
    ? 'what was written meanwhile will be searched for'
    : 'what was written then was searched for';
  return [`the kernel's queue was full ${times}: ${now}, but not who wrote it`];
}
