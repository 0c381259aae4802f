import { padLeft, padRight, shortenText, widthOf } from './columns.ts';
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
/** What is left of the first column, at least. */
const narrowest = 12;

/** Rows with a heading. Columns without content are left out; where a terminal is narrow, dispensable ones go, then text is cut. */
export function table<R>(rows: readonly R[], columns: readonly TableColumn<R>[], options: PlainTableOptions): string[] {
  const { width, paint } = options;
  let shown = columns
    .map((column) => ({ column, cells: rows.map((row) => column.text(row)) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .map((filled) => ({
      ...filled,
      width: Math.max(widthOf(filled.column.title), ...filled.cells.map(widthOf)),
    }));
  const total = (): number => shown.reduce((sum, column) => sum + column.width + gap, indent - gap);
  while (width !== undefined && total() > width) {
    const [first] = shown
      .filter(({ column }) => column.dispensable !== undefined)
      .sort((a, b) => (a.column.dispensable ?? 0) - (b.column.dispensable ?? 0));
    if (first === undefined) break;
    shown = shown.filter((column) => column !== first);
  }
  // The last column first, as it is prose; then the first one, a name.
  for (const at of [shown.length - 1, 0]) {
    const column = shown[at];
    if (width === undefined || column === undefined || total() <= width) continue;
    shown[at] = { ...column, width: Math.max(narrowest, column.width - (total() - width)) };
  }
  const line = (cells: readonly string[], tones: readonly Tone[]): string => {
    let text = ' '.repeat(indent);
    let pending = '';
    shown.forEach((column, i) => {
      const cell = shortenText(cells[i] ?? '', column.width);
      const padded = column.column.numeric === true ? padLeft(cell, column.width) : padRight(cell, column.width);
      const end = padded.trimEnd();
      if (end !== '') text += pending + paint(tones[i] ?? 'plain', end);
      pending = (end === '' ? pending + padded : padded.slice(end.length)) + ' '.repeat(gap);
    });
    return text.trimEnd();
  };
  const faint = shown.map((): Tone => 'faint');
  return [
    line(
      shown.map(({ column }) => column.title),
      faint,
    ),
    ...rows.map((row, i) =>
      line(
        shown.map(({ cells }) => cells[i] ?? ''),
        shown.map(({ column }) => column.tone?.(row) ?? 'plain'),
      ),
    ),
  ];
}
