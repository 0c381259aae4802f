import { join, nameOf, type RawName, type RawPath } from '../../core/rawpath.ts';
import { EEXIST, ESTALE } from '../system/errno.ts';
import { SystemError, systemError } from '../system/errors.ts';
import { A_DIRECTORY, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { type AttributeFailure, check, type EntryCopy, type Kept } from './restore-copy.ts';
import { NewDirectories } from './restore-directory.ts';
import { type CopiedDirectory, EntriesCopy, type TreeEvents } from './restore-entries.ts';
import type { HardLinks } from './restore-links.ts';
import { identityOf } from './restore-view.ts';

/** Directories above these are closed, and opened again from below: each level holds two descriptors. */
const LEVELS_OPEN = 100;
const NOT_BELOW = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;

/** A directory that was made and filled, and has yet to be put in place and get its owner and mode. */
export interface NewTree {
  readonly fd: number;
  readonly source: number;
  readonly kept: Kept;
}

/** A directory that is being copied. */
interface Level extends CopiedDirectory {
  readonly kept: Kept;
  /** Closed: -1, both. */
  from: number;
  to: number;
  /** Which one `to` is, where it is closed. */
  identity: string;
  /** How many of the directories in it are done. */
  done: number;
}

/** Copies whole directories, of any depth. */
export class TreeCopy {
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #copy: EntryCopy;
  readonly #events: TreeEvents;
  readonly #directories: NewDirectories;
  readonly #entries: EntriesCopy;

  constructor(calls: Syscalls, write: WriteCalls, copy: EntryCopy, links: HardLinks, events: TreeEvents) {
    this.#calls = calls;
    this.#write = write;
    this.#copy = copy;
    this.#events = events;
    this.#directories = new NewDirectories(calls, write, copy);
    this.#entries = new EntriesCopy(calls, write, copy, links, events);
  }

  /** Copies the directory `path`, the last component of which lies in `source`, to `temporary` in `directory`. */
  make(path: RawPath, source: number, directory: number, temporary: RawName): NewTree {
    const write = this.#write;
    const from = check('openat2', write.openAt(source, write.cstring(nameOf(path)), 'sourceDirectory'), path);
    let fd = -1;
    try {
      check('statx', write.statFd(from));
      const kept = this.#copy.keep();
      const begun = this.#directories.makeOrResume(directory, temporary, identityOf(kept.facts));
      fd = begun.fd;
      this.#fill(levelOf(path, kept, from, fd, begun.resumes));
      this.#events.made(0);
      return { fd, source: from, kept };
    } catch (error) {
      write.close(from);
      if (fd >= 0) write.close(fd);
      throw error;
    }
  }

  /** Gives the directory, which is in place now, to its owner. */
  finish({ fd, source, kept }: NewTree, path: RawPath): void {
    this.#copy.directory(source, fd, kept, false, this.#attributeFailed(path));
    this.#directories.unmark(fd);
  }

  /** One directory after the other, as deep as it goes: neither the stack nor descriptors grow with that. */
  #fill(top: Level): void {
    const levels = [top];
    try {
      this.#entries.copy(top);
      for (let level: Level | undefined = top; level !== undefined; level = levels.at(-1)) {
        const name = level.directories[level.done++];
        if (name !== undefined) {
          const below = this.#begin(level, name);
          if (below === undefined) continue;
          levels.push(below);
          this.#closeFarAbove(levels);
          continue;
        }
        levels.pop();
        try {
          this.#end(level, level !== top);
          const above = levels.at(-1);
          if (above !== undefined) this.#openFromBelow(above, level);
        } finally {
          if (level !== top) this.#close(level);
        }
      }
    } finally {
      for (const level of levels) if (level !== top) this.#close(level);
    }
  }

  /** Makes a directory and copies all but directories into it; undefined where that failed. */
  #begin(above: Level, name: RawName): Level | undefined {
    const path = join(above.path, name);
    let level: Level | undefined;
    try {
      level = this.#makeLevel(above, name, path);
      this.#entries.copy(level);
      return level;
    } catch (error) {
      if (level !== undefined) this.#close(level);
      if (!(error instanceof SystemError)) throw error;
      this.#events.failed(path, error);
      return undefined;
    }
  }

  #makeLevel({ from, to, resumes }: Level, name: RawName, path: RawPath): Level {
    const write = this.#write;
    const source = check('openat2', write.openAt(from, write.cstring(name), 'sourceDirectory'), path);
    try {
      check('statx', write.statFd(source));
      const kept = this.#copy.keep();
      let made = write.mkdir(to, write.cstring(name));
      let fd = -1;
      if (made === -EEXIST && resumes) {
        fd = write.openAt(to, write.cstring(name), 'directory');
        if (fd >= 0) return levelOf(path, kept, source, fd, true);
        check('unlinkat', write.unlink(to, write.cstring(name)));
        made = write.mkdir(to, write.cstring(name));
      }
      check('mkdirat', made, path);
      fd = check('openat2', write.openAt(to, write.cstring(name), 'directory'), path);
      return levelOf(path, kept, source, fd, false);
    } catch (error) {
      write.close(source);
      throw error;
    }
  }

  /** All is in it. The top gets its attributes when it is in place. */
  #end({ path, kept, from, to, resumes, wanted }: Level, isBelow: boolean): void {
    try {
      if (wanted !== undefined) this.#removeOthers(to, wanted);
      if (!isBelow) return;
      this.#copy.directory(from, to, kept, resumes, this.#attributeFailed(path));
      this.#events.made(0);
    } catch (error) {
      if (!isBelow || !(error instanceof SystemError)) throw error;
      this.#events.failed(path, error);
    }
  }

  #closeFarAbove(levels: readonly Level[]): void {
    const far = levels.length - LEVELS_OPEN;
    const level = far > 0 ? levels[far] : undefined;
    if (level === undefined) return;
    check('statx', this.#write.statFd(level.to), level.path);
    level.identity = identityOf(this.#write.facts());
    this.#close(level);
  }

  #openFromBelow(above: Level, below: Level): void {
    if (above.to >= 0) return;
    above.from = this.#openAbove(below.from, identityOf(above.kept.facts), above.path);
    above.to = this.#openAbove(below.to, above.identity, above.path);
  }

  #openAbove(below: number, identity: string, path: RawPath): number {
    const fd = check('openat2', this.#calls.openAt(below, '..', A_DIRECTORY, NOT_BELOW), path);
    if (this.#write.statFd(fd) >= 0 && identityOf(this.#write.facts()) === identity) return fd;
    this.#write.close(fd);
    throw systemError('openat2', ESTALE, path);
  }

  #close(level: Level): void {
    for (const fd of [level.from, level.to]) if (fd >= 0) this.#write.close(fd);
    level.from = -1;
    level.to = -1;
  }

  #attributeFailed(path: RawPath): AttributeFailure {
    return (attribute, errno) => this.#events.attributeFailed(path, attribute, errno);
  }

  #removeOthers(directory: number, wanted: ReadonlySet<string>): void {
    const others: string[] = [];
    // The descriptor stands where it was opened: at the beginning.
    const result = this.#write.list(directory, (_type, name, length) => {
      const text = this.#write.text(name, length);
      if (!wanted.has(text)) others.push(text);
    });
    check('getdents64', result);
    for (const name of others) this.#entries.remove(directory, name);
  }
}

function levelOf(path: RawPath, kept: Kept, from: number, to: number, resumes: boolean): Level {
  const wanted = resumes ? new Set<string>() : undefined;
  return { path, kept, from, to, identity: '', resumes, directories: [], done: 0, wanted };
}
