import { join, nameOf, parentOf, type RawName, type RawPath, ROOT } from '../../core/rawpath.ts';
import { O_NOFOLLOW, O_PATH } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';
import { BELOW_TARGET, identityOf } from './restore-view.ts';

/** Where a file with several names was restored first, and what it is there. */
interface First {
  readonly path: RawPath;
  readonly identity: string;
}

/** Files that have several names: what was restored under the first is given the others. */
export class HardLinks {
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #target: number;
  readonly #first = new Map<string, First>();
  /** Paths of the target that are not in place yet, and the names that they have meanwhile. */
  readonly #temporary = new Map<RawPath, RawName>();

  constructor(calls: Syscalls, write: WriteCalls, target: number) {
    this.#calls = calls;
    this.#write = write;
    this.#target = target;
  }

  /** Which file the last `stat` found. */
  key(): string {
    return identityOf(this.#write.facts());
  }

  notInPlace(path: RawPath, temporary: RawName): void {
    this.#temporary.set(path, temporary);
  }

  inPlace(path: RawPath): void {
    this.#temporary.delete(path);
  }

  /** That the file of this key was restored as what the descriptor is, at `path`. */
  remember(key: string, path: RawPath, fd: number): void {
    if (this.#first.has(key) || this.#write.statFd(fd) < 0) return;
    this.#first.set(key, { path, identity: identityOf(this.#write.facts()) });
  }

  /** Whether what the descriptor is can stay a name of the file of this key: it is, or none of its names is known yet. */
  isName(key: string, fd: number): boolean {
    const known = this.identity(key);
    return known === undefined || (this.#write.statFd(fd) >= 0 && identityOf(this.#write.facts()) === known);
  }

  /** Which file the first name of the one of this key is in the target; undefined where it has none yet. */
  identity(key: string): string | undefined {
    return this.#first.get(key)?.identity;
  }

  /** Opens `path` in the target as it is called now, as a place. Minus errno where it is not there. */
  open(path: RawPath): number {
    return openInSteps(this.#calls, this.#target, this.#whereNow(path), O_PATH | O_NOFOLLOW, BELOW_TARGET);
  }

  /**
   * Makes `name` in `directory` another name of the file of this key: 0, or minus errno. undefined where none of its
   * names was restored yet, or that one has gone.
   */
  link(key: string, directory: number, name: number): number | undefined {
    const first = this.#first.get(key);
    if (first === undefined) return undefined;
    const fd = this.open(first.path);
    try {
      // It may have been swapped for something else.
      if (fd < 0 || !this.isName(key, fd)) return this.#forget(key);
      return this.#write.link(fd, directory, name);
    } finally {
      if (fd >= 0) this.#calls.close(fd);
    }
  }

  #forget(key: string): undefined {
    this.#first.delete(key);
    return undefined;
  }

  #whereNow(path: RawPath): RawPath {
    const below: string[] = [];
    for (let at = path; at !== ROOT; at = parentOf(at)) {
      const temporary = this.#temporary.get(at);
      if (temporary !== undefined) return [join(parentOf(at), temporary), ...below.reverse()].join('/') as RawPath;
      below.push(nameOf(at));
    }
    return path;
  }
}
