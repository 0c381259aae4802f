import { fstatSync } from 'node:fs';
import { covers, type RawPath, ROOT, rebase } from '../../core/rawpath.ts';
import { HANDLE_MAX, type WatchCalls } from './watch-calls.ts';

const REMEMBERED = 2048;
const DELETED = ' (deleted)';

/**
 * Directories by their file handles: as paths of the root, however they are mounted. Undefined for those that lie outside
 * of it, on the same filesystem.
 */
export class Directories {
  readonly #calls: WatchCalls;
  /** A mount of the whole filesystem, and where in it the root is. */
  readonly #mount: number;
  readonly #subtree: RawPath;
  readonly #known = new Map<string, RawPath | undefined | 'gone'>();
  // The last one again, as most events are of the same directory as the one before them.
  readonly #lastHandle = new Uint8Array(HANDLE_MAX);
  #lastLength = 0;
  #lastType = -1;
  #last: RawPath | undefined | 'gone';

  constructor(calls: WatchCalls, mount: number, subtree: RawPath) {
    this.#calls = calls;
    this.#mount = mount;
    this.#subtree = subtree;
  }

  at(type: number, bytes: Buffer, at: number, length: number): RawPath | undefined | 'gone' {
    if (this.#isLast(type, bytes, at, length)) return this.#last;
    const key = `${type} ${bytes.toString('latin1', at, at + length)}`;
    let path = this.#known.get(key);
    if (path === undefined && !this.#known.has(key)) {
      path = this.#resolve(type, bytes, at, length);
      if (this.#known.size >= REMEMBERED) this.#known.clear();
      this.#known.set(key, path);
    }
    this.#lastLength = Math.min(length, HANDLE_MAX);
    bytes.copy(this.#lastHandle, 0, at, at + this.#lastLength);
    this.#lastType = type;
    this.#last = path;
    return path;
  }

  /** A directory was renamed: it, and all below it, have other paths. */
  forget(): void {
    this.#known.clear();
    this.#lastType = -1;
  }

  #isLast(type: number, bytes: Uint8Array, at: number, length: number): boolean {
    const last = this.#lastHandle;
    if (type !== this.#lastType || length !== this.#lastLength) return false;
    for (let i = 0; i < length; i++) if (last[i] !== bytes[at + i]) return false;
    return true;
  }

  #resolve(type: number, bytes: Uint8Array, at: number, length: number): RawPath | undefined | 'gone' {
    const fd = this.#calls.openByHandle(this.#mount, type, bytes, at, length);
    if (fd < 0) return 'gone';
    try {
      const path = this.#calls.pathOf(fd);
      if (typeof path !== 'string') return 'gone';
      // A directory may really be called so: one that is deleted has no links.
      if (path.endsWith(DELETED) && fstatSync(fd).nlink === 0) return 'gone';
      return covers(this.#subtree, path) ? rebase(path as RawPath, this.#subtree, ROOT) : undefined;
    } finally {
      this.#calls.close(fd);
    }
  }
}
