import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../core/failure.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { WriteCalls } from '../system/write-calls.ts';

const PAUSE_MS = 20;
/** Longer than any path that a process can be given. */
const LARGEST = 8192;

export interface LockPlace {
  /** Where the lock lies. Nobody but this user may hold it. */
  readonly directory: string;
  /** How long to wait for another restore to end: milliseconds. */
  readonly patience: number;
}

export function lockPlace(): LockPlace {
  const uid = process.geteuid?.() ?? 0;
  return { directory: uid === 0 ? '/run/ebb' : `/run/user/${uid}/ebb`, patience: 5000 };
}

/**
 * One restore at a time: two would take each other's temporary names, and which places overlap, through mounts and all,
 * cannot be told beforehand. Gives the descriptor that holds the lock, or undefined where no lock can be had.
 * @throws Failure `locked`, with who holds it
 */
export function lockRestores(write: WriteCalls, { directory, patience }: LockPlace, into: RawPath): number | undefined {
  let fd: number;
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch {
    // It is there, or nobody may make it: then there is no lock.
  }
  try {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    fd = openSync(join(directory, 'restore.lock'), flags, 0o600);
  } catch {
    return undefined;
  }
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; !write.tryLock(fd); waited += PAUSE_MS) {
    if (waited >= patience) {
      const holder = holderOf(fd);
      closeSync(fd);
      throw new Failure('locked', `another ebb ${holder}`, 'try again when it has ended');
    }
    Atomics.wait(pause, 0, 0, PAUSE_MS);
  }
  writeHolder(fd, `${process.pid} ${into}`);
  return fd;
}

export function unlockRestores(fd: number): void {
  writeHolder(fd, '');
  closeSync(fd);
}

/** Who holds it, for the others. It is held all the same where that cannot be written. */
function writeHolder(fd: number, holder: string): void {
  try {
    ftruncateSync(fd, 0);
    writeSync(fd, holder, 0, 'latin1');
  } catch {
    // The filesystem is full.
  }
}

function holderOf(fd: number): string {
  const bytes = Buffer.alloc(LARGEST);
  const told = bytes.toString('latin1', 0, readSync(fd, bytes, 0, LARGEST, 0));
  const space = told.indexOf(' ');
  return space < 0 ? 'is restoring' : `(process ${told.slice(0, space)}) is restoring into ${told.slice(space + 1)}`;
}
