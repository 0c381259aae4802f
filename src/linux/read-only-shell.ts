import { createRequire } from 'node:module';
import { Failure } from '../core/failure.ts';
import type { RawPath } from '../core/rawpath.ts';

const require = createRequire(import.meta.url);

/** What the script ends with where it could not get as far as the shell. */
const NO_SHELL = 125;

/**
 * A shell in the directory, through a mount of it that cannot be written to and that only the shell and its children
 * see. Comes back when the shell has ended.
 * @throws Failure where there can be no such mount.
 */
export function readOnlyShell(directory: RawPath): void {
  // Loaded when asked for: it costs a part of ebb's start.
  const { spawnSync } = require('node:child_process') as typeof import('node:child_process');
  const octal = Array.from(directory, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`).join('');
  // Node passes arguments as UTF-8, so the bytes of the path go through printf; the dot keeps newlines at its end.
  const script = `
    directory=$(printf '${octal}.') && directory=\${directory%.} &&
      mount --bind -- "$directory" "$directory" &&
      mount -o remount,bind,ro -- "$directory" &&
      cd -- "$directory" || exit ${NO_SHELL}
    exec "\${SHELL:-/bin/sh}"`;
  const { status, error } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { stdio: 'inherit' });
  if (error !== undefined || status === NO_SHELL || (status === 1 && process.getuid?.() !== 0)) {
    throw new Failure('failed', `no read-only mount of ${directory} could be made`, 'run it as root');
  }
}
