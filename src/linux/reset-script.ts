import { createRequire } from 'node:module';
import { Failure } from '../core/failure.ts';
import { type RawPath, rawFromBytes, textOf } from '../core/rawpath.ts';
import type { ResetOutcome, ResetReport } from '../core/report.ts';
import type { ResetSettings } from '../ports/machine.ts';

const require = createRequire(import.meta.url);

/** The script's own: docs/reference/reset-root.md has them all. */
const WRONG_USAGE = 2;
const REFUSED = 4;

/**
 * Runs `boot/reset-root` on a top level that is mounted, or, to arm, on one that it mounts itself.
 * @throws Failure where it cannot be run.
 */
export function runResetScript(
  script: string,
  top: RawPath | undefined,
  { filesystem, root, oldRoots, blank, storage, device }: ResetSettings & { readonly filesystem: string },
  { dryRun, arm }: { readonly dryRun: boolean; readonly arm: boolean },
): Pick<ResetReport, 'outcome' | 'lines'> {
  // Loaded when asked for: it costs a part of ebb's start.
  const { spawnSync } = require('node:child_process') as typeof import('node:child_process');
  const words = [
    ...(top === undefined ? [] : ['--root', top]),
    ...(dryRun ? ['--dry-run'] : []),
    ...(arm ? ['--arm'] : []),
  ];
  const { status, stdout, stderr, error } = spawnSync('sh', [script, ...words.map(text)], {
    env: {
      PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/run/current-system/sw/bin`,
      // What is here is meant, and no file of the machine that ebb runs on.
      EBB_ENV: '/dev/null',
      EBB_FILESYSTEM: filesystem === 'btrfs' || filesystem === 'bcachefs' ? filesystem : 'directory',
      EBB_TYPE: filesystem,
      EBB_DEVICE: text(device ?? ''),
      EBB_ROOT: text(root),
      EBB_OLD_ROOTS: text(oldRoots),
      EBB_BLANK: text(blank ?? ''),
      EBB_STORAGE: text(storage),
    },
  });
  if (error !== undefined) throw new Failure('failed', `the reset could not be run: ${error.message}`);
  if (status === WRONG_USAGE) throw new Failure('failed', `the reset could not be run: ${stderr.toString().trim()}`);
  const lines = `${rawFromBytes(stdout)}${rawFromBytes(stderr)}`.split('\n').filter((line) => line !== '');
  return { outcome: outcomeOf(), lines };

  function outcomeOf(): ResetOutcome {
    if (status === REFUSED) return 'refused';
    if (status !== 0) return 'failed';
    if (arm) return dryRun ? 'planned' : 'armed';
    if (lines.length === 0) return 'nothing';
    return dryRun ? 'planned' : 'reset';
  }
}

/** Node passes text on, and no other bytes. */
function text(raw: string): string {
  const word = textOf(raw);
  if (word === undefined) throw new Failure('failed', `${raw} is not UTF-8, and cannot be handed on`);
  return word;
}
