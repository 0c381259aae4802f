import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { BootFacts } from '../../core/old-root.ts';
import { bootKey } from '../../core/ownership.ts';
import { EEXIST } from '../system/errno.ts';
import { A_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';

/**
 * The boots whose old roots were deleted, a line each in `.ebb/deleted` beside the old roots: what is there of one of them
 * later is a copy, although there is no original any more.
 */
export class DeletedBoots {
  readonly #calls: Syscalls;
  /** Of the directory of old roots. */
  readonly #fd: number;

  constructor(calls: Syscalls, fd: number) {
    this.#calls = calls;
    this.#fd = fd;
  }

  read(): ReadonlySet<string> {
    const fd = this.#calls.openAt(this.#fd, '.ebb/deleted', O_NOFOLLOW | O_NONBLOCK, STRICTLY_BELOW);
    if (fd < 0) return new Set();
    try {
      return new Set(readFileSync(fd, 'utf8').split('\n'));
    } finally {
      closeSync(fd);
    }
  }

  /** Called before it is taken apart. A disk that has no room for a line is to be freed all the same. */
  add(boot: BootFacts | undefined): void {
    if (boot === undefined) return;
    const made = this.#calls.mkdirAt(this.#fd, '.ebb', 0o700);
    if (made < 0 && made !== -EEXIST) return;
    const directory = this.#calls.openAt(this.#fd, '.ebb', A_DIRECTORY, STRICTLY_BELOW);
    if (directory < 0) return;
    try {
      const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW: NO_LINK, O_NONBLOCK: NO_WAIT } = constants;
      const file = openSync(
        `/proc/self/fd/${directory}/deleted`,
        O_WRONLY | O_APPEND | O_CREAT | NO_LINK | NO_WAIT,
        0o600,
      );
      try {
        writeSync(file, `${bootKey(boot)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
    } finally {
      closeSync(directory);
    }
  }
}
