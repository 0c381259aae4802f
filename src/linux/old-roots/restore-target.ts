import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import type { RawName, RawPath } from '../../core/rawpath.ts';
import type { RestoreEntry, RestoreSide, RestoreStep } from '../../core/restore-plan.ts';
import type { OpenOldRoot } from '../../ports/old-roots.ts';
import type { RestoreOutcome, RestoreTarget } from '../../ports/restore.ts';
import { openVisible } from '../system/mount-view.ts';
import { Syscalls } from '../system/syscalls.ts';
import { WriteCalls } from '../system/write-calls.ts';
import { Restoration } from './restore.ts';
import { BELOW_SOURCE, BELOW_TARGET, RestoreView } from './restore-view.ts';

const LOCKS = '/run/ebb';

/**
 * Opens the directory to restore into. Symlinks in its own path are followed: whoever runs ebb chose it.
 * @throws Failure where there is none, or where system calls cannot be made.
 */
export function openRestoreTarget(directory: RawPath): RestoreTarget {
  const calls = Syscalls.load();
  const write = WriteCalls.load();
  if (calls === undefined || write === undefined) {
    throw new Failure('failed', 'restoring needs system calls that are not available here (no koffi)');
  }
  return new HostRestoreTarget(calls, write, directory);
}

class HostRestoreTarget implements RestoreTarget {
  readonly directory: RawPath;
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #fd: number;
  readonly #view: RestoreView;

  constructor(calls: Syscalls, write: WriteCalls, directory: RawPath) {
    this.directory = directory;
    this.#calls = calls;
    this.#write = write;
    this.#fd = openVisible(directory);
    this.#view = new RestoreView(calls, write, this.#fd, BELOW_TARGET);
  }

  look(path: RawPath): RestoreEntry | undefined {
    return this.#view.look(path);
  }

  list(path: RawPath): ReadonlyMap<RawName, RestoreEntry> {
    return this.#view.list(path);
  }

  attributes(path: RawPath): string {
    return this.#view.attributes(path);
  }

  content(path: RawPath): string {
    return this.#view.content(path);
  }

  sourceOf({ fd }: OpenOldRoot): RestoreSide {
    return new RestoreView(this.#calls, this.#write, fd, BELOW_SOURCE);
  }

  carryOut(steps: readonly RestoreStep[], { fd }: OpenOldRoot, progress: (entries: number) => void): RestoreOutcome {
    const lock = this.#lock();
    try {
      const trees = { source: fd, target: this.#fd };
      return new Restoration(this.#calls, this.#write, trees, progress).carryOut(steps);
    } finally {
      if (lock !== undefined) closeSync(lock);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Two at once would take each other's temporary names. Not on the directory itself: anybody could hold that. */
  #lock(): number | undefined {
    this.#write.statFd(this.#fd);
    const { filesystem, inode } = this.#write.facts();
    let fd: number;
    try {
      mkdirSync(LOCKS, { mode: 0o700 });
    } catch {
      // It is there, or nobody may make it: then there is no lock.
    }
    try {
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
      fd = openSync(`${LOCKS}/restore-${filesystem}-${inode}.lock`, flags, 0o600);
    } catch {
      return undefined;
    }
    if (this.#write.tryLock(fd)) return fd;
    closeSync(fd);
    throw new Failure('locked', `another ebb is restoring into ${this.directory}`, 'try again when it has ended');
  }
}
