import { mkdirSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import type { Mount } from '../../core/mount-table.ts';
import type { RawPath } from '../../core/rawpath.ts';
import { EBUSY, EROFS } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';

const DIRECTORY = '/run/ebb';
const POINT = '/run/ebb/top-level' as RawPath;
const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_REC = 0x4000;
const MS_SLAVE = 0x80000;

/** The filesystem whose top level is mounted: one process works on one. */
let mounted: string | undefined;

/**
 * Mounts the top level of the filesystem that `mount` shows a part of, in a mount namespace of this process's own: what
 * others see stays as it is, and the mount goes with the process.
 * @throws Failure where that cannot be done.
 */
export function mountTopLevel(calls: Syscalls, { filesystem, source, device }: Mount): RawPath {
  if (mounted === device) return POINT;
  const hint = 'mount it, and name the directory: --old-roots DIR';
  if (process.geteuid?.() !== 0) {
    throw new Failure('failed', `the top level of ${source} is not mounted, and only root may mount it`, hint);
  }
  const failed = (call: string, error: number): Failure =>
    new Failure(
      'failed',
      `the top level of ${source} cannot be mounted: ${systemError(call, -error, undefined).message}`,
      hint,
    );
  const unshared = calls.unshareMounts();
  if (unshared < 0) throw failed('unshare', unshared);
  // What is mounted from here on is not handed on to where this namespace came from.
  const separated = calls.mount('', '/', '', MS_REC | MS_SLAVE, '');
  if (separated < 0) throw failed('mount', separated);
  try {
    mkdirSync(DIRECTORY, { mode: 0o700, recursive: true });
    mkdirSync(POINT, { mode: 0o700, recursive: true });
  } catch (error) {
    throw new Failure(
      'failed',
      `there is no place to mount the top level of ${source}: ${(error as Error).message}`,
      hint,
    );
  }
  const data = filesystem === 'btrfs' ? 'subvolid=5' : '';
  const flags = MS_NOSUID | MS_NODEV;
  let result = calls.mount(source, POINT, filesystem, flags, data);
  // A filesystem that is mounted read-only is not mounted otherwise beside it.
  if (result === -EBUSY || result === -EROFS) result = calls.mount(source, POINT, filesystem, flags | MS_RDONLY, data);
  if (result < 0) throw failed('mount', result);
  mounted = device;
  return POINT;
}
