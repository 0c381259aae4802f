/** ebb in a pseudo-terminal of a given width. */

import { spawnSync } from 'node:child_process';
import { widthOf } from '../../src/render/columns.ts';
import { command, quoted, type RunOptions } from './cli-program.ts';

export interface Screen {
  /** What the terminal was sent, with its control sequences. */
  readonly sent: string;
  /** The lines that a person sees. */
  readonly lines: readonly string[];
  readonly widest: number;
}

export function onTerminal(columns: number, args: readonly string[], options: RunOptions = {}): Screen {
  const line = [...command(options), ...args].map(quoted).join(' ');
  const { NO_COLOR: _, ...env } = process.env;
  const { stdout } = spawnSync('script', ['-qec', `stty cols ${columns}; ${line}`, '/dev/null'], {
    cwd: '/',
    encoding: 'utf8',
    input: '',
    env: { ...env, SHELL: '/bin/sh', TERM: 'xterm', ...options.env },
  });
  const lines = stdout
    .replace(/\x1b\[[0-9;]*[mK]/g, '')
    .split('\r\n')
    .slice(0, -1);
  return { sent: stdout, lines, widest: Math.max(...lines.map(widthOf)) };
}
