import { EntryType } from '../../core/change.ts';
import { Failure } from '../../core/failure.ts';
import { nameOf, parentOf, type RawName, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { RestoreEntry, RestoreListing, RestoreSide } from '../../core/restore-plan.ts';
import { contentDigest } from '../system/content-digest.ts';
import type { Facts } from '../system/entry-calls.ts';
import { EACCES, ELOOP, ENOENT, ENOTDIR, EPERM, EXDEV } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { BELOW, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_PATH, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';

/** In a target, whose mounts belong to it: persisted paths are mounts below `/`. */
export const BELOW_TARGET = BELOW;
/** In an old root: what is mounted there is not of it. */
export const BELOW_SOURCE = STRICTLY_BELOW;

/** Which file it is of all that there are; as long as it is there. */
export function identityOf({ filesystem, subvolume, inode }: Facts): string {
  return `${filesystem}:${subvolume}:${inode}`;
}

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

  list(path: RawPath): RestoreListing {
    const entries = new Map<RawName, RestoreEntry>();
    const identity = this.#with(path, O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK, (fd) => {
      const result = this.#write.list(fd, (_type, name, length) => {
        const entry = this.#entryAt(fd, name, path);
        if (entry !== undefined) entries.set(this.#write.text(name, length) as RawName, entry);
      });
      // Of a root that runs: a directory that is deleted once it is open has nothing any more.
      if (result < 0 && result !== -ENOENT) throw unreadable(-result, path);
      // Not before it is opened: that may mount what belongs there.
      return this.#write.statFd(fd) < 0 ? '' : identityOf(this.#write.facts());
    });
    return { identity: identity ?? '', entries };
  }

  attributes(path: RawPath): string {
    const pairs = this.#with(path, O_PATH | O_NOFOLLOW, (fd) => {
      const names = this.#write.attributeNames(this.#write.listAttributesOfPlace(fd)).sort();
      return names.map((name) => [name, this.#write.attributeOf(fd, name, true)]);
    });
    return JSON.stringify(pairs ?? []);
  }

  content(path: RawPath): string {
    return this.#with(path, O_NOFOLLOW | O_NONBLOCK, contentDigest) ?? '';
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

function unreadable(errno: number, path: RawPath): Error {
  if (errno === EACCES || errno === EPERM) {
    return new Failure('failed', `this user may not look at ${path}`, 'run it as root');
  }
  return systemError('openat2', errno, path);
}
