import type { Verdict } from '../core/category.ts';
import { verdicts } from '../core/category.ts';
import type { EntryTypeName } from '../core/change.ts';
import type { Change } from '../core/report.ts';
import { padLeft, padRight, shortenPath, shortenText, widthOf } from './columns.ts';
import { display } from './escape.ts';
import { insteadOf } from './instead.ts';
import type { Paint } from './style.ts';
import { toneOfCategory, toneOfVerdict } from './style.ts';
import { ageText, bytesText, countText } from './units.ts';

export interface TableOptions {
  /** Stands over the paths. */
  readonly title: string;
  readonly now: number;
  /** Columns of the terminal; undefined: as wide as it comes out, and no path is cut. */
  readonly width: number | undefined;
  readonly paint: Paint;
}

const indent = 2;
const gap = 2;
/** Wider gaps before the unit and before the numbers, in a terminal that has this many columns. */
const roomyFrom = 110;
const unitGap = 3;
const numbersGap = 5;
/** Where it is not cut, a longer path pushes its own row aside, not the whole table. */
const widestUncut = 72;

type Column = 'unit' | 'entries' | 'size' | 'newest' | 'verdict';

interface Row {
  readonly change: Change;
  readonly path: string;
  readonly notes: readonly string[];
  readonly cells: Readonly<Record<Column, string>>;
}

/** The rows, one a line, with a heading; what does not fit beside a path stands on a line of its own under it. */
export function* changeTable(changes: readonly Change[], options: TableOptions): Iterable<string> {
  // A row is made twice rather than kept: there may be a hundred thousand of them.
  const layout = layoutOf(changes, options);
  yield headingOf(layout, options);
  for (const change of changes) yield* linesOf(rowOf(change, options.now), layout, options.paint);
}

function rowOf(change: Change, now: number): Row {
  const gone = change.kind === 'deleted';
  return {
    change,
    path: pathText(change),
    notes: notesOf(change),
    cells: {
      unit: unitOf(change),
      entries: countText(change.entries),
      size: gone && change.bytes === 0 ? '' : bytesText(change.bytes),
      newest: ageText(now, change.mtime),
      verdict: change.verdict === 'ignore' ? '' : `→ ${change.verdict}`,
    },
  };
}

/** For a person: a directory ends with a slash. */
export function pathText(change: Pick<Change, 'path' | 'type'>): string {
  const path = display(change.path);
  return change.type === 'directory' && path !== '/' ? `${path}/` : path;
}

const typeWords: Readonly<Record<EntryTypeName, string>> = {
  file: 'file',
  directory: 'directory',
  symlink: 'symlink',
  socket: 'socket',
  fifo: 'named pipe',
  block: 'block device',
  character: 'character device',
  unknown: 'file of unknown type',
};

function notesOf(change: Change): string[] {
  const notes: string[] = [];
  if (change.folds > 1) return [`${countText(change.folds)} rows below it`];
  const word = typeWords[change.type];
  if (change.kind === 'type-changed') notes.push(`now a ${word}`);
  else if (change.kind !== 'added') notes.push(change.kind);
  if (change.kind !== 'type-changed' && change.type !== 'file' && change.type !== 'directory') notes.push(word);
  if (change.shadowed) notes.push('hidden under a mount');
  if (change.ignored) notes.push('ignored');
  const instead = change.verdict === 'persist' ? insteadOf(change) : undefined;
  if (instead !== undefined) notes.push(`by its directory ${display(instead)}/`);
  if (change.apart > 0) notes.push(`besides ${countText(change.apart)} of other categories`);
  return notes;
}

/** The unit that it belongs to, where that is known. */
function unitOf(change: Change): string {
  const units = new Set(change.evidence.flatMap(({ by }) => (by === undefined ? [] : [display(by)])));
  const [first = ''] = units;
  return units.size > 1 ? `${first} +${units.size - 1}` : first;
}

interface Layout {
  readonly category: number;
  readonly path: number;
  /** Columns that are shown, in their order, with their widths. */
  readonly columns: ReadonlyMap<Column, number>;
  /** There is room for wider gaps. */
  readonly roomy: boolean;
  /** Paths are cut to `path`. */
  readonly cut: boolean;
}

const titles: Readonly<Record<Column, string>> = {
  unit: '',
  entries: 'entries',
  size: 'size',
  newest: 'newest',
  verdict: '',
};
/** On a terminal. Who keeps it may be a long title, and is not worth the columns that say how much it is. */
const widestUnit = 28;
/** What a narrow terminal does without, first to last, and how wide a path may ask to be before it comes to that. */
const dispensable: readonly [Column, number][] = [
  ['unit', 30],
  ['newest', 22],
  ['entries', 22],
  ['size', 22],
];

function layoutOf(changes: readonly Change[], { title, width, now }: TableOptions): Layout {
  const widest = { category: 0, path: 0, withNotes: 0, unit: 0, entries: 0, size: 0, newest: 0, verdict: 0 };
  const widen = (what: keyof typeof widest, text: string): void => {
    widest[what] = Math.max(widest[what], widthOf(text));
  };
  const shown = ['unit', 'entries', 'size', 'newest', 'verdict'] as const;
  for (const change of changes) {
    const row = rowOf(change, now);
    widen('category', change.category);
    widen('path', row.path);
    widen('withNotes', row.path + noteText(row.notes));
    for (const column of shown) widen(column, row.cells[column]);
  }
  const { category, path: wanted, withNotes } = widest;
  const columns = new Map<Column, number>();
  for (const column of shown) {
    if (widest[column] > 0) columns.set(column, Math.max(widest[column], titles[column].length));
  }
  const unit = columns.get('unit');
  if (width !== undefined && unit !== undefined) columns.set('unit', Math.min(unit, widestUnit));
  // The title stands over the category, the path and the unit.
  const forTitle = title.length - category - gap;
  const roomy = width === undefined || width >= roomyFrom;
  const besides = () => lineWidth({ category, path: 0, columns, roomy });
  if (width !== undefined) {
    for (const [column, enough] of dispensable) {
      if (width - besides() >= Math.max(forTitle, Math.min(wanted, enough))) break;
      columns.delete(column);
    }
  }
  const room = width === undefined ? widestUncut : Math.max(8, width - besides());
  const path = Math.max(Math.min(withNotes, room), forTitle - unitSpan(columns, roomy));
  return { category, path, columns, roomy, cut: width !== undefined };
}

function headingOf(layout: Layout, { title, paint }: TableOptions): string {
  let line = padRight(title, layout.category + gap + layout.path + unitSpan(layout.columns, layout.roomy));
  for (const [column, width] of layout.columns) {
    if (column !== 'unit') line += gapBefore(column, layout.roomy) + align(column, titles[column], width);
  }
  return ' '.repeat(indent) + paint('faint', line.trimEnd());
}

/** What the units take, with the gap before them. */
function unitSpan(columns: Layout['columns'], roomy: boolean): number {
  const width = columns.get('unit');
  return width === undefined ? 0 : gapBefore('unit', roomy).length + width;
}

function gapBefore(column: Column, roomy: boolean): string {
  if (roomy && column === 'unit') return ' '.repeat(unitGap);
  return ' '.repeat(roomy && column === 'entries' ? numbersGap : gap);
}

function align(column: Column, text: string, width: number): string {
  return column === 'entries' || column === 'size' ? padLeft(text, width) : padRight(text, width);
}

function noteText(notes: readonly string[]): string {
  return notes.length === 0 ? '' : ` (${notes.join(' · ')})`;
}

function linesOf({ change, path, notes, cells }: Row, layout: Layout, paint: Paint): string[] {
  const under = indent + layout.category + gap;
  const quiet = change.verdict === 'ignore';
  const tone = quiet ? 'faint' : 'plain';
  const whole = lineWidth(layout) - under;
  // A path is to be copied: it has a line of its own before it loses its middle.
  const isApart = layout.cut && widthOf(path) > layout.path && widthOf(path) <= whole;
  const room = isApart ? whole : layout.path;
  const fits = !layout.cut || widthOf(path + noteText(notes)) <= room;
  const note = fits ? noteText(notes) : '';
  const shown = layout.cut && !isApart ? shortenPath(path, layout.path) : path;

  let middle = isApart ? '' : ' '.repeat(Math.max(0, layout.path - widthOf(shown + note)));
  for (const [column, width] of layout.columns) {
    const cell = column === 'unit' ? shortenText(cells.unit, width) : cells[column];
    middle += gapBefore(column, layout.roomy) + align(column, cell, width);
  }
  if (cells.verdict !== '') middle = middle.trimEnd().slice(0, -cells.verdict.length);
  const category = padRight(change.category, layout.category);
  const lines = [
    ' '.repeat(indent) +
      paint(quiet ? 'faint' : toneOfCategory(change.category), category) +
      ' '.repeat(gap) +
      paint(tone, shown) +
      paint('faint', note),
  ];
  const facts =
    paint(tone, cells.verdict === '' ? middle.trimEnd() : middle) + paint(toneOfVerdict(change.verdict), cells.verdict);
  if (!isApart) lines[0] += facts;
  else if (facts !== '') lines.push(' '.repeat(under + layout.path) + facts);
  if (!fits && notes.length > 0) {
    lines.push(' '.repeat(under) + paint('faint', shortenText(notes.join(' · '), whole)));
  }
  return lines;
}

function lineWidth(layout: Omit<Layout, 'cut'>): number {
  let width = indent + layout.category + gap + layout.path;
  for (const [column, content] of layout.columns) width += gapBefore(column, layout.roomy).length + content;
  return width;
}

/**
 * The first changes of each verdict, `limit` in all: each verdict gets its share, and what one does not need goes to
 * the others. The order stays.
 */
export function firstOfEachVerdict(changes: readonly Change[], limit: number): Change[] {
  if (changes.length <= limit) return [...changes];
  const sizes = verdicts.map((verdict) => ({
    verdict,
    count: changes.filter((change) => change.verdict === verdict).length,
  }));
  const left = new Map<Verdict, number>();
  let room = limit;
  sizes.sort((a, b) => a.count - b.count);
  sizes.forEach(({ verdict, count }, i) => {
    const share = Math.min(count, Math.floor(room / (sizes.length - i)));
    left.set(verdict, share);
    room -= share;
  });
  return changes.filter(({ verdict }) => {
    const count = left.get(verdict) ?? 0;
    left.set(verdict, count - 1);
    return count > 0;
  });
}
