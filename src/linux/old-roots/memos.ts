import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { EEXIST } from '../system/errno.ts';
import { A_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';

/** Bytes of the largest that is read. */
const LARGEST = 8 * 1024 * 1024;

/** Small files in `.ebb` beside the old roots: what ebb remembers of them, and nothing hangs on. */
export class Memos {
  readonly #calls: Syscalls;
  /** Of the directory of old roots. */
  readonly #fd: number;

  constructor(calls: Syscalls, fd: number) {
    this.#calls = calls;
    this.#fd = fd;
  }

  read(name: string): string | undefined {
    const fd = this.#calls.openAt(this.#fd, `.ebb/${name}`, O_NOFOLLOW | O_NONBLOCK, STRICTLY_BELOW);
    if (fd < 0) return undefined;
    try {
      const stat = fstatSync(fd);
      // Where anybody else could have written it, nobody knows what it is.
      const isOurs = (stat.uid === 0 || stat.uid === process.geteuid?.()) && (stat.mode & 0o022) === 0;
      return isOurs && stat.isFile() && stat.size <= LARGEST ? readFileSync(fd, 'utf8') : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
      return undefined;
    } finally {
      closeSync(fd);
    }
  }

  /** Whole or not at all; `durable`: written out before it returns. False where it cannot be written. */
  write(name: string, text: string, durable: boolean): boolean {
    const made = this.#calls.mkdirAt(this.#fd, '.ebb', 0o700);
    if (made < 0 && made !== -EEXIST) return false;
    const directory = this.#calls.openAt(this.#fd, '.ebb', A_DIRECTORY, STRICTLY_BELOW);
    if (directory < 0) return false;
    // Of this process: another one may be at the same.
    const fresh = `/proc/self/fd/${directory}/.${name}.${process.pid}`;
    try {
      rmSync(fresh, { force: true });
      const { O_WRONLY, O_CREAT, O_EXCL } = constants;
      const file = openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | constants.O_NOFOLLOW, 0o600);
      try {
        writeFileSync(file, text);
        if (durable) fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(fresh, `/proc/self/fd/${directory}/${name}`);
      if (durable) fsyncSync(directory);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
      try {
        // A full disk, most likely.
        rmSync(fresh, { force: true });
      } catch {}
      return false;
    } finally {
      closeSync(directory);
    }
  }
}
