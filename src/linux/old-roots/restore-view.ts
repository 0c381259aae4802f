import { fstatSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { EntryType } from '../../core/change.ts';
import { Failure } from '../../core/failure.ts';
import { nameOf, parentOf, type RawName, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { RestoreEntry, RestoreSide } from '../../core/restore-plan.ts';
import { ELOOP, ENOENT, ENOTDIR, EXDEV } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import {
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';

const require = createRequire(import.meta.url);

/** In a target, whose mounts belong to it: persisted paths are mounts below `/`. */
export const BELOW_TARGET = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
/** In an old root: what is mounted there is not of it. */
export const BELOW_SOURCE = BELOW_TARGET | RESOLVE_NO_XDEV;

/** A tree below a descriptor, as a plan of a restore looks at it. */
export class RestoreView implements RestoreSide {
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #root: number;
  readonly #resolve: number;

  constructor(calls: Syscalls, write: WriteCalls, root: number, resolve: number) {
    this.#calls = calls;
    this.#write = write;
    this.#root = root;
    this.#resolve = resolve;
  }

  look(path: RawPath): RestoreEntry | undefined {
    return this.#with(parentOf(path), O_PATH | O_DIRECTORY | O_NOFOLLOW, (fd) =>
      this.#entryAt(fd, this.#write.cstring(path === ROOT ? '.' : nameOf(path)), path),
    );
  }

  list(path: RawPath): ReadonlyMap<RawName, RestoreEntry> {
    const entries = new Map<RawName, RestoreEntry>();
    this.#with(path, O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK, (fd) => {
      const result = this.#write.list(fd, (_type, name, length) => {
        const entry = this.#entryAt(fd, name, path);
        if (entry !== undefined) entries.set(this.#write.text(name, length) as RawName, entry);
      });
      if (result < 0) throw unreadable(-result, path);
    });
    return entries;
  }

  attributes(path: RawPath): string {
    const pairs = this.#with(path, O_PATH | O_NOFOLLOW, (fd) => {
      const names = this.#write.attributeNames(this.#write.listAttributesOfPlace(fd)).sort();
      return names.map((name) => [name, this.#write.attributeOf(fd, name, true)]);
    });
    return JSON.stringify(pairs ?? []);
  }

  content(path: RawPath): string {
    const digest = this.#with(path, O_NOFOLLOW | O_NONBLOCK, (fd) => {
      // Loaded when something is hashed: it costs a third of ebb's start.
      const hash = (require('node:crypto') as typeof import('node:crypto')).createHash('sha256');
      if (!fstatSync(fd).isFile()) return undefined;
      const piece = Buffer.allocUnsafe(128 * 1024);
      for (let count = readSync(fd, piece); count > 0; count = readSync(fd, piece))
        hash.update(piece.subarray(0, count));
      return hash.digest('base64');
    });
    return digest ?? '';
  }

  #entryAt(directory: number, name: number, path: RawPath): RestoreEntry | undefined {
    const error = this.#write.stat(directory, name);
    if (error === -ENOENT) return undefined;
    if (error < 0) throw unreadable(-error, path);
    const { mode, uid, gid, size, links, device, mtimeSec, mtimeNsec } = this.#write.facts();
    const type = mode >>> 12;
    const held = type === EntryType.symlink ? this.#write.readLink(directory, name) : undefined;
    const target = typeof held === 'string' ? held : undefined;
    return { type, mode, uid, gid, size, links, device, mtimeSec, mtimeNsec, target };
  }

  #with<T>(path: RawPath, flags: number, use: (fd: number) => T): T | undefined {
    const fd = openInSteps(this.#calls, this.#root, path, flags, this.#resolve);
    if ([-ENOENT, -ENOTDIR, -ELOOP, -EXDEV].includes(fd)) return undefined;
    if (fd < 0) throw unreadable(-fd, path);
    try {
      return use(fd);
    } finally {
      this.#calls.close(fd);
    }
  }
}

const EACCES = 13;
const EPERM = 1;

function unreadable(errno: number, path: RawPath): Error {
  if (errno === EACCES || errno === EPERM) {
    return new Failure('failed', `this user may not look at ${path}`, 'run it as root');
  }
  return systemError('openat2', errno, path);
}
