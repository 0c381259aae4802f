import { createRequire } from 'node:module';
import { latin1 } from './unit-tree.ts';

const require = createRequire(import.meta.url);

/** More than any machine's units have to say. */
const LARGEST = 16 * 1024 * 1024;

export interface Systemctl {
  readonly program: string;
  /** Milliseconds after which it is given up. */
  readonly patience: number;
}

/** What `systemctl` prints, as a byte string, or why it does not. */
export function runSystemctl(
  { program, patience }: Systemctl,
  words: readonly string[],
): string | { readonly problem: string } {
  // Loaded where it is needed: it costs as much as the answer.
  const { spawnSync } = require('node:child_process') as typeof import('node:child_process');
  const { stdout, stderr, status, error } = spawnSync(program, words, {
    ...{ timeout: patience, killSignal: 'SIGKILL', maxBuffer: LARGEST },
    env: { ...process.env, LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '' },
  });
  if (error !== undefined) {
    const isLate = (error as NodeJS.ErrnoException).code === 'ETIMEDOUT';
    return { problem: isLate ? `it does not answer within ${patience / 1000} s` : `${program}: ${error.message}` };
  }
  if (status === 0) return latin1(stdout);
  const said = latin1(stderr).trim().split('\n', 1)[0] ?? '';
  return { problem: `${program} ended with status ${status}${said === '' ? '' : ` (${said})`}` };
}
