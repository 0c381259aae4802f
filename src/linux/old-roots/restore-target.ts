import { closeSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { type RawPath, ROOT } from '../../core/rawpath.ts';
import type { RestoreEntry, RestoreListing, RestoreSide, RestoreStep } from '../../core/restore-plan.ts';
import type { OpenOldRoot } from '../../ports/old-roots.ts';
import type { RestoreOutcome, RestoreTarget } from '../../ports/restore.ts';
import { openVisible } from '../system/mount-view.ts';
import { Syscalls } from '../system/syscalls.ts';
import { WriteCalls } from '../system/write-calls.ts';
import { Restoration } from './restore.ts';
import { type LockPlace, lockPlace, lockRestores, unlockRestores } from './restore-lock.ts';
import { BELOW_SOURCE, BELOW_TARGET, identityOf, RestoreView } from './restore-view.ts';

/**
 * Opens the directory to restore into. Symlinks in its own path are followed: whoever runs ebb chose it.
 * @throws Failure where there is none, or where system calls cannot be made.
 */
export function openRestoreTarget(directory: RawPath, lock = lockPlace()): RestoreTarget {
  const calls = Syscalls.load();
  const write = WriteCalls.load();
  if (calls === undefined || write === undefined) {
    throw new Failure('failed', 'restoring needs system calls that are not available here (no koffi)');
  }
  return new HostRestoreTarget(calls, write, directory, lock);
}

class HostRestoreTarget implements RestoreTarget {
  readonly directory: RawPath;
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #fd: number;
  readonly #view: RestoreView;
  readonly #lockPlace: LockPlace;
  #lock: number | undefined;

  constructor(calls: Syscalls, write: WriteCalls, directory: RawPath, lock: LockPlace) {
    this.directory = directory;
    this.#lockPlace = lock;
    this.#calls = calls;
    this.#write = write;
    this.#fd = openVisible(directory);
    this.#view = new RestoreView(calls, write, this.#fd, BELOW_TARGET);
  }

  look(path: RawPath): RestoreEntry | undefined {
    return this.#view.look(path);
  }

  list(path: RawPath): RestoreListing {
    return this.#view.list(path);
  }

  attributes(path: RawPath): string {
    return this.#view.attributes(path);
  }

  content(path: RawPath): string {
    return this.#view.content(path);
  }

  sourceOf({ fd }: Pick<OpenOldRoot, 'fd'>): RestoreSide {
    return new RestoreView(this.#calls, this.#write, fd, BELOW_SOURCE);
  }

  isRunningRoot(): boolean {
    const root = openVisible(ROOT);
    try {
      return this.#identityOf(root) === this.#identityOf(this.#fd);
    } finally {
      closeSync(root);
    }
  }

  lock(): void {
    this.#lock ??= lockRestores(this.#write, this.#lockPlace, this.directory);
  }

  carryOut(
    steps: readonly RestoreStep[],
    { fd }: Pick<OpenOldRoot, 'fd'>,
    progress: (entries: number) => void,
  ): RestoreOutcome {
    // Where there is no lock, nothing is taken up that an earlier run left: it may be one that is still running.
    const suffix = this.#lock === undefined ? `.${process.pid}-${Math.random().toString(36).slice(2, 10)}` : '';
    return new Restoration(this.#calls, this.#write, { source: fd, target: this.#fd, suffix }, progress).carryOut(
      steps,
    );
  }

  close(): void {
    closeSync(this.#fd);
    if (this.#lock !== undefined) unlockRestores(this.#lock);
    this.#lock = undefined;
  }

  #identityOf(fd: number): string {
    this.#write.statFd(fd);
    return identityOf(this.#write.facts());
  }
}
