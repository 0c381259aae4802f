import { fstatSync } from 'node:fs';
import { EntryType } from '../../core/change.ts';
import type { RawPath } from '../../core/rawpath.ts';
import { EEXIST, EIO, ENOENT, ENOTEMPTY, EPERM } from '../system/errno.ts';
import { type SystemError, systemError } from '../system/errors.ts';
import { A_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { NativeTree } from '../tree/native-tree.ts';

/** Deeper than this, a subtree is moved up, to be deleted from there: each level holds a descriptor. */
const DEEPEST = 100;
const FS_IOC_GETFLAGS = 0x80086601;
const FS_IOC_SETFLAGS = 0x40086602;
const IMMUTABLE_OR_APPEND = 0x10 | 0x20;

/** What a filesystem deletes in a way of its own, such as a subvolume; true where it did. */
export type RemoveSpecially = (directory: number, name: string) => boolean;

/**
 * Deletes a directory with everything in it. Every name is looked up in the descriptor of its own directory, so no
 * symlink is followed and no swapped directory leads outside; a mount on the way stops it.
 */
export class Removal {
  readonly #calls: Syscalls;
  readonly #special: RemoveSpecially;
  /** The directory that the deletion began in: deep subtrees are moved there. */
  #top = -1;
  #moved = 0;
  /** What was moved there, and is still to be deleted. */
  readonly #pending: string[] = [];

  constructor(calls: Syscalls, special: RemoveSpecially) {
    this.#calls = calls;
    this.#special = special;
  }

  /** @throws SystemError */
  remove(directory: number, name: string): void {
    this.#top = directory;
    this.#removeDirectory(directory, name, name, 0);
    // One after the other, not within each other: each level holds a descriptor and a part of the stack.
    for (let moved = this.#pending.pop(); moved !== undefined; moved = this.#pending.pop()) {
      this.#removeDirectory(directory, moved, name, 0);
    }
  }

  #removeDirectory(directory: number, name: string, prefix: string, depth: number): void {
    if (this.#special(directory, name)) return;
    const fd = this.#open(directory, name);
    try {
      this.#empty(fd, prefix, depth);
    } finally {
      this.#calls.close(fd);
    }
    this.#unlink(directory, name, true);
  }

  #empty(fd: number, prefix: string, depth: number): void {
    const tree = new NativeTree(this.#calls, fd);
    const directories: string[] = [];
    const others: string[] = [];
    const outcome = tree.list('/' as RawPath, (listing) => {
      for (let i = 0; i < listing.count; i++) {
        (listing.type[i] === EntryType.directory ? directories : others).push(listing.name(i));
      }
    });
    if (outcome !== 'read') throw systemError('getdents64', EIO, undefined);
    for (const name of others) this.#unlink(fd, name, false);
    for (const name of directories) {
      if (depth < DEEPEST) this.#removeDirectory(fd, name, prefix, depth + 1);
      else this.#moveToTop(fd, name, prefix);
    }
  }

  #moveToTop(fd: number, name: string, prefix: string): void {
    let moved: string;
    let error: number;
    do {
      // One that was stopped may have left some of these names.
      moved = `${prefix.slice(0, 200)}.${++this.#moved}`;
      error = this.#calls.renameNoReplace(fd, name, this.#top, moved);
    } while (error === -EEXIST);
    if (error < 0) throw systemError('renameat2', -error, undefined);
    this.#pending.push(moved);
  }

  #open(directory: number, name: string): number {
    const flags = A_DIRECTORY;
    const fd = this.#calls.openAt(directory, name, flags, STRICTLY_BELOW);
    if (fd < 0) throw systemError('openat2', -fd, name as RawPath);
    return fd;
  }

  #unlink(directory: number, name: string, isDirectory: boolean): void {
    let error = this.#calls.unlinkAt(directory, name, isDirectory);
    if (error === -EPERM) {
      // Immutable, or in a directory that is: nothing of a deleted root needs protection.
      makeMutable(this.#calls, directory, '.')();
      const protectAgain = makeMutable(this.#calls, directory, name);
      error = this.#calls.unlinkAt(directory, name, isDirectory);
      protectAgain();
    }
    if (error < 0 && error !== -ENOENT) throw this.#failure(error, name);
  }

  #failure(error: number, name: string): SystemError {
    return systemError(
      error === -ENOTEMPTY ? 'unlinkat (somebody is still writing)' : 'unlinkat',
      -error,
      name as RawPath,
    );
  }
}

/**
 * Takes away what forbids changing or renaming the entry, where something does. What it gives puts that back where the file
 * still has a name: another one than the one that was deleted.
 */
export function makeMutable(calls: Syscalls, directory: number, name: string): () => void {
  const fd = calls.openAt(directory, name, O_NOFOLLOW | O_NONBLOCK, STRICTLY_BELOW);
  if (fd < 0) return () => {};
  const words = new ArrayBuffer(64);
  const address = calls.addressOf(words);
  const view = new DataView(words);
  const flags = calls.ioctl(fd, FS_IOC_GETFLAGS, address) >= 0 ? view.getUint32(0, true) : 0;
  const set = (value: number): void => {
    view.setUint32(0, value, true);
    calls.ioctl(fd, FS_IOC_SETFLAGS, address);
  };
  const isProtected = (flags & IMMUTABLE_OR_APPEND) !== 0;
  if (isProtected) set(flags & ~IMMUTABLE_OR_APPEND);
  return () => {
    const facts = fstatSync(fd);
    if (isProtected && !facts.isDirectory() && facts.nlink > 0) set(flags);
    calls.close(fd);
  };
}
