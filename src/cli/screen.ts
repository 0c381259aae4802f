import { isTerminal, writeAll } from './output.ts';

/** A terminal that is drawn upon whole, again and again. */
export interface Screen {
  size(): { readonly columns: number; readonly rows: number };
  /** Draws these lines from the top, in place of what there was; what does not fit is cut at the bottom. */
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

// The alternate screen without a cursor: what was on the terminal before comes back when it is left.
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';

/** undefined where stdout is no terminal that can be drawn upon. */
export function openScreen(): Screen | undefined {
  if (!isTerminal(1) || process.env['TERM'] === 'dumb' || process.env['TERM'] === undefined) return undefined;
  const write = (text: string): void => {
    try {
      writeAll(1, Buffer.from(text));
    } catch {
      // The terminal is gone, and with it whoever looked at it: SIGHUP ends this.
    }
  };
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    write(LEAVE);
    process.removeListener('exit', close);
    process.removeListener('SIGTSTP', suspend);
    process.removeListener('SIGCONT', resume);
  };
  const suspend = (): void => {
    write(LEAVE);
    process.kill(process.pid, 'SIGSTOP');
  };
  const resume = (): void => write(ENTER);
  process.on('exit', close);
  process.on('SIGTSTP', suspend);
  process.on('SIGCONT', resume);
  write(ENTER);
  const size = (): { columns: number; rows: number } => {
    const { columns, rows } = process.stdout;
    return { columns: columns || 80, rows: rows || 24 };
  };
  return {
    size,
    draw(lines) {
      if (!isOpen) return;
      const { rows } = size();
      const shown = lines.slice(0, rows).map((line) => `${line}\x1b[K`);
      write(`\x1b[H${shown.join('\r\n')}\x1b[J`);
    },
    close,
  };
}
