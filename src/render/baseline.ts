import type { BaselineReport } from '../core/report.ts';
import { display } from './escape.ts';
import { counted } from './units.ts';

export function baselineText({ root, path, entries, recorded }: BaselineReport): string {
  const file = display(root.mount === '/' ? path : `${root.mount}${path}`);
  return recorded
    ? `recorded ${counted(entries, 'entry', 'entries')} in ${file}\n`
    : `would record ${counted(entries, 'entry', 'entries')} in ${file}\n`;
}

export function baselineJson({ root, path, entries, recorded }: BaselineReport): string {
  return `${JSON.stringify({ schema: 'ebb.baseline/1', root: display(root.mount), path: display(path), entries, recorded })}\n`;
}
