import { closeSync, fstatSync } from 'node:fs';
import { BaselineError, parseFrame } from '../../core/baseline-format.ts';
import type { Beginning } from '../../core/history.ts';
import { FileByteSource } from '../examination/byte-source.ts';
import { O_NOFOLLOW, O_NONBLOCK, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';

/** Seconds of a boot within which its baseline is recorded; a later one somebody recorded by hand. */
const SET_UP = 300;

/**
 * When the root whose directory the descriptor is was made, and set up. The initrd may have a clock that is wrong by hours,
 * such as one in local time; its baseline was recorded by the right one.
 */
export function beginningOf(calls: Syscalls, fd: number, bootedAt: number | undefined): Beginning | undefined {
  if (bootedAt === undefined) return undefined;
  const recorded = recordedAt(calls, fd);
  if (recorded === undefined) return { made: bootedAt, settled: bootedAt };
  return { made: Math.min(bootedAt, recorded), settled: recorded };
}

/** When the baseline of this root was recorded, by its boot. */
function recordedAt(calls: Syscalls, root: number): number | undefined {
  const fd = calls.openAt(root, '.ebb/baseline', O_NOFOLLOW | O_NONBLOCK, STRICTLY_BELOW);
  if (fd < 0) return undefined;
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return undefined;
    const { recorded, uptime } = parseFrame(new FileByteSource(fd, stat.size)).header;
    return uptime !== undefined && uptime < SET_UP ? recorded : undefined;
  } catch (error) {
    if (error instanceof BaselineError || (error as NodeJS.ErrnoException).errno !== undefined) return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}
