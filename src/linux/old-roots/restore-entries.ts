import { EntryType } from '../../core/change.ts';
import { join, type RawName, type RawPath } from '../../core/rawpath.ts';
import { EEXIST, EISDIR, EMLINK, EXDEV } from '../system/errno.ts';
import { SystemError, systemError } from '../system/errors.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { Removal } from './removal.ts';
import { type AttributeFailure, check, type EntryCopy } from './restore-copy.ts';
import type { HardLinks } from './restore-links.ts';

/** What happens while a tree is copied. Paths are those of the old root. */
export interface TreeEvents {
  made(bytes: number): void;
  failed(path: RawPath, error: SystemError): void;
  attributeFailed(path: RawPath, name: string, errno: number): void;
  leftOut(path: RawPath): void;
}

/** A directory of the old root, and the new one that is made of it. */
export interface CopiedDirectory {
  readonly path: RawPath;
  readonly from: number;
  readonly to: number;
  /** An earlier run made it: something may be in it. */
  readonly resumes: boolean;
  /** The directories that are in it. */
  readonly directories: RawName[];
  /** All that is in the old root's, where something may be in the new one. */
  readonly wanted: Set<string> | undefined;
}

/** Copies what lies in a directory, but for the directories. */
export class EntriesCopy {
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #copy: EntryCopy;
  readonly #links: HardLinks;
  readonly #events: TreeEvents;

  constructor(calls: Syscalls, write: WriteCalls, copy: EntryCopy, links: HardLinks, events: TreeEvents) {
    this.#calls = calls;
    this.#write = write;
    this.#copy = copy;
    this.#links = links;
    this.#events = events;
  }

  /** Adds the directories in it to those that are to be copied. @throws SystemError where it cannot be read */
  copy(level: CopiedDirectory): void {
    const write = this.#write;
    const { from, path, directories, wanted } = level;
    const result = write.list(from, (listed, name, length) => {
      wanted?.add(write.text(name, length));
      let type = listed;
      if (type === EntryType.unknown && write.stat(from, name) === 0) type = write.type;
      if (type === EntryType.directory) directories.push(write.text(name, length) as RawName);
      else this.#attempt(path, name, length, () => this.#entry(type, level, name, length));
    });
    check('getdents64', result, path);
  }

  #attempt(path: RawPath, name: number, length: number, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#events.failed(join(path, this.#write.text(name, length)), error);
    }
  }

  #entry(type: number, level: CopiedDirectory, name: number, length: number): void {
    const { from, to, path, resumes } = level;
    if (type === EntryType.file) {
      this.#file(level, name, length);
      return;
    }
    const text = this.#write.text(name, length);
    if (type === EntryType.socket) {
      this.#events.leftOut(join(path, text));
      return;
    }
    const failed = this.#failedAttribute(path, name, length);
    let made = this.#copy.special(from, text, to, text, failed);
    if (made === -EEXIST && resumes) {
      this.remove(to, text);
      made = this.#copy.special(from, text, to, text, failed);
    }
    check('mknodat', made);
    this.#events.made(0);
  }

  #file({ from, to, path, resumes }: CopiedDirectory, name: number, length: number): void {
    const write = this.#write;
    const source = check('openat2', write.openAt(from, name, 'sourceFile'));
    try {
      check('statx', write.statFd(source));
      if (write.type !== EntryType.file) throw systemError('openat2', EISDIR, undefined);
      const { size } = write;
      const key = write.links > 1 ? this.#links.key() : undefined;
      if (resumes && this.#isDone(source, to, name, path, length, key)) return;
      if (key !== undefined) {
        const linked = this.#links.link(key, to, name);
        if (linked === 0) {
          this.#events.made(0);
          return;
        }
        if (linked !== undefined && linked !== -EMLINK && linked !== -EXDEV) check('linkat', linked);
        check('statx', write.statFd(source));
      }
      const made = check('openat2', this.#copy.file(source, to, name, true, this.#failedAttribute(path, name, length)));
      if (key !== undefined) this.#links.remember(key, join(path, write.text(name, length)), made);
      write.closeSoon(made);
      this.#events.made(size);
    } finally {
      write.closeSoon(source);
    }
  }

  /** Times are set last: where they are right, the file was finished. What is there and is not is removed. */
  #isDone(source: number, to: number, name: number, path: RawPath, length: number, key: string | undefined): boolean {
    const write = this.#write;
    const wanted = write.facts();
    let done = false;
    if (write.stat(to, name) === 0) {
      const there = write.facts();
      const facts = ['mode', 'uid', 'gid', 'size', 'mtimeSec', 'mtimeNsec'] as const;
      done = facts.every((fact) => there[fact] === wanted[fact]);
      if (done && key !== undefined) done = this.#isName(key, to, name, join(path, write.text(name, length)));
      if (!done) this.remove(to, write.text(name, length));
    }
    check('statx', write.statFd(source));
    return done;
  }

  /** The earlier run may have linked it to a file that was made anew since. */
  #isName(key: string, directory: number, name: number, path: RawPath): boolean {
    const fd = this.#write.openAt(directory, name, 'place');
    if (fd < 0) return false;
    const is = this.#links.isName(key, fd);
    if (is) this.#links.remember(key, path, fd);
    this.#write.close(fd);
    return is;
  }

  #failedAttribute(path: RawPath, name: number, length: number): AttributeFailure {
    return (attribute, errno) =>
      this.#events.attributeFailed(join(path, this.#write.text(name, length)), attribute, errno);
  }

  /** `name` may be a directory that the earlier run filled from another old root. */
  remove(directory: number, name: string): void {
    const error = this.#write.unlink(directory, this.#write.cstring(name));
    if (error === -EISDIR) new Removal(this.#calls, () => false).remove(directory, name);
    else check('unlinkat', error);
  }
}
