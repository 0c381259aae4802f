import { widthOf } from './columns.ts';
import type { Paint } from './style.ts';

const BETWEEN = '   ·   ';

/**
 * Commands to be copied, behind `next:`: on one line, or one a line. What does not fit on a line would break where it is
 * copied, and is left out. `width` is that of the lines; undefined: they have room for everything.
 */
export function nextSteps(commands: readonly string[], width: number | undefined, paint: Paint): string[] {
  const fitting = commands.filter((command) => width === undefined || widthOf(command) + LABEL.length <= width);
  if (fitting.length === 0) return [];
  const label = paint('faint', LABEL.trimEnd());
  const line = fitting.join(BETWEEN);
  if (width === undefined || widthOf(line) + LABEL.length <= width) return [`${label} ${line}`];
  return fitting.map((command, i) => (i === 0 ? `${label} ${command}` : `${' '.repeat(LABEL.length)}${command}`));
}

const LABEL = 'next: ';
