import { EntryType } from '../../core/change.ts';
import { nameOf, type RawName, type RawPath } from '../../core/rawpath.ts';
import { temporaryNameFor } from '../../core/restore-plan.ts';
import { EEXIST, ENOENT } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { RENAME_NOREPLACE } from '../system/flags.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { check, type EntryCopy } from './restore-copy.ts';
import type { NewDirectories } from './restore-directory.ts';
import type { Failures } from './restore-failures.ts';
import type { HardLinks } from './restore-links.ts';
import { identityOf } from './restore-view.ts';

/** What single copies are made with. */
export interface SingleParts {
  readonly write: WriteCalls;
  readonly copy: EntryCopy;
  readonly links: HardLinks;
  readonly directories: NewDirectories;
  readonly failures: Failures;
}

export interface Made {
  /** Which file it is. */
  readonly identity: string;
  readonly bytes: number;
}

/** Makes single entries under temporary names, from the directory `source` in the directory `place`. */
export class SingleCopy {
  readonly #parts: SingleParts;
  readonly #write: WriteCalls;
  readonly #suffix: string;

  /** `suffix`: of temporary names, where another run at the same time must not take them. */
  constructor(parts: SingleParts, suffix: string) {
    this.#parts = parts;
    this.#write = parts.write;
    this.#suffix = suffix;
  }

  /** One that the old root has no entry of: that would be restored under it. */
  temporaryFor(path: RawPath, source: number): RawName {
    for (let n = 0; ; n++) {
      const name = temporaryNameFor(path, n === 0 ? this.#suffix : `${this.#suffix}-${n}`);
      if (this.#write.stat(source, this.#write.cstring(name)) < 0) return name;
    }
  }

  /** An empty directory, for what is restored in it, in its place at once. Gives which one it is; undefined: not ours. */
  parent(path: RawPath, source: number, place: number, temporary: RawName): string | undefined {
    const write = this.#write;
    const { copy, directories, failures } = this.#parts;
    const from = check('openat2', write.openAt(source, write.cstring(nameOf(path)), 'sourceDirectory'), path);
    let fd = -1;
    try {
      check('statx', write.statFd(from));
      const kept = copy.keep();
      fd = this.#cleared(place, temporary, () => directories.make(place, temporary));
      check('mkdirat', fd, path);
      check('statx', write.statFd(fd));
      const identity = identityOf(write.facts());
      copy.directory(from, fd, kept, false, (name, errno) => failures.attribute(path, name, errno));
      const error = write.rename(place, temporary, nameOf(path), RENAME_NOREPLACE);
      if (error < 0) write.unlink(place, write.cstring(temporary), true);
      // Somebody else made it: what comes into it will tell whether it is a directory.
      if (error !== -EEXIST) check('renameat2', error, path);
      check('fsync', write.fsync(place));
      return error === -EEXIST ? undefined : identity;
    } finally {
      write.close(from);
      if (fd >= 0) write.close(fd);
    }
  }

  /** A file, written out where that is asked for; another name of one that is there takes no bytes. */
  file(path: RawPath, source: number, place: number, temporary: RawName, written: boolean): Made {
    const write = this.#write;
    const { copy, links, failures } = this.#parts;
    const from = check('openat2', write.openAt(source, write.cstring(nameOf(path)), 'sourceFile'), path);
    try {
      check('statx', write.statFd(from));
      if (write.type !== EntryType.file) throw systemError('openat2', ENOENT, path);
      const { size } = write;
      const key = write.links > 1 ? links.key() : undefined;
      if (key !== undefined) {
        const linked = this.#cleared(place, temporary, () => links.link(key, place, write.cstring(temporary)));
        if (linked === 0) return { identity: links.identity(key) ?? '', bytes: 0 };
      }
      const failed = (name: string, errno: number): void => failures.attribute(path, name, errno);
      const attempt = (): number => {
        check('statx', write.statFd(from));
        return copy.file(from, place, write.cstring(temporary), false, failed);
      };
      const to = check('openat2', this.#cleared(place, temporary, attempt), path);
      if (key !== undefined) links.remember(key, path, to);
      if (written) check('fsync', write.fsync(to), path);
      check('statx', write.statFd(to));
      write.closeSoon(to);
      return { identity: identityOf(write.facts()), bytes: size };
    } finally {
      write.closeSoon(from);
    }
  }

  /** A symlink, fifo or device node. */
  special(path: RawPath, source: number, place: number, temporary: RawName): Made {
    const { copy, failures } = this.#parts;
    const failed = (name: string, errno: number): void => failures.attribute(path, name, errno);
    const attempt = (): number => copy.special(source, nameOf(path), place, temporary, failed);
    check('mknodat', this.#cleared(place, temporary, attempt), path);
    check('statx', this.#write.stat(place, this.#write.cstring(temporary)));
    return { identity: identityOf(this.#write.facts()), bytes: 0 };
  }

  /** What an earlier run left under this name goes first. */
  #cleared<Result extends number | undefined>(place: number, temporary: RawName, attempt: () => Result): Result {
    const result = attempt();
    if (result !== -EEXIST) return result;
    this.#parts.directories.clear(place, temporary);
    return attempt();
  }
}
