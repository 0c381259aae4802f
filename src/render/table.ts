import { shortenText, widthOf } from './columns.ts';
import type { Paint, Tone } from './style.ts';

export interface TableColumn<R> {
  readonly title: string;
  /** Safe to print. */
  readonly text: (row: R) => string;
  readonly numeric?: boolean;
  readonly tone?: (row: R) => Tone;
  /** What a narrow terminal does without: the smallest first. Absent: it stays. */
  readonly dispensable?: number;
}

export interface PlainTableOptions {
  readonly width: number | undefined;
  readonly paint: Paint;
}

const indent = 2;
const gap = 2;
/** What is left of a column that is cut, at least. */
const narrowest = 12;

/** Rows with a heading. Columns without content are left out; where a terminal is narrow, dispensable ones go, then text is cut. */
export function table<R>(rows: readonly R[], columns: readonly TableColumn<R>[], options: PlainTableOptions): string[] {
  const { width, paint } = options;
  let shown = columns
    .map((column) => ({ column, cells: rows.map((row) => column.text(row)) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map((filled) => {
      const widths = filled.cells.map(widthOf);
      return {
        ...filled,
        widths,
        width: widths.reduce((most, cell) => Math.max(most, cell), widthOf(filled.column.title)),
      };
    });
  const total = (): number => shown.reduce((sum, column) => sum + column.width + gap, indent - gap);
  while (width !== undefined && total() > width) {
    const [first] = shown
      .filter(({ column }) => column.dispensable !== undefined)
      .sort((a, b) => (a.column.dispensable ?? 0) - (b.column.dispensable ?? 0));
    if (first === undefined) break;
    shown = shown.filter((column) => column !== first);
  }
  // The last column first, as it is prose; then the widest, which is names.
  const last = shown.length - 1;
  const widest = shown
    .slice(0, last)
    .reduce((most, { width: columns }, i) => (columns > (shown[most]?.width ?? 0) ? i : most), 0);
  for (const at of [last, widest]) {
    const column = shown[at];
    if (width === undefined || column === undefined || total() <= width) continue;
    shown[at] = { ...column, width: Math.min(column.width, Math.max(narrowest, column.width - (total() - width))) };
  }
  const line = (
    cellOf: (at: number) => string,
    widthAt: (at: number) => number,
    toneOf: (at: number) => Tone,
  ): string => {
    let text = '';
    let pending = indent;
    for (let i = 0; i < shown.length; i++) {
      const { column, width: columns } = shown[i] as (typeof shown)[number];
      const whole = cellOf(i);
      // A name tells most by its beginning and its end; prose, in the last column, by its beginning.
      const shorten = i > 0 && i === last ? beginningOf : shortenText;
      const fits = widthAt(i) <= columns;
      const cell = fits ? whole : shorten(whole, columns);
      if (cell === '') {
        pending += columns + gap;
        continue;
      }
      const spare = columns - (fits ? widthAt(i) : widthOf(cell));
      const isNumeric = column.numeric === true;
      text += ' '.repeat(isNumeric ? pending + spare : pending) + paint(toneOf(i), cell);
      pending = isNumeric ? gap : spare + gap;
    }
    return text;
  };
  return [
    line(
      (at) => shown[at]?.column.title ?? '',
      (at) => widthOf(shown[at]?.column.title ?? ''),
      () => 'faint',
    ),
    ...rows.map((row, i) =>
      line(
        (at) => shown[at]?.cells[i] ?? '',
        (at) => shown[at]?.widths[i] ?? 0,
        (at) => shown[at]?.column.tone?.(row) ?? 'plain',
      ),
    ),
  ];
}

/** With `…` at its end where it is cut. */
export function beginningOf(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let cut = text;
  while (cut !== '' && widthOf(cut) >= columns) cut = cut.slice(0, -1);
  return `${cut.trimEnd()}…`;
}
