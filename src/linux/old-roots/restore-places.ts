import { readFileSync } from 'node:fs';
import type { RawPath } from '../../core/rawpath.ts';
import { ESTALE } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { A_DIRECTORY } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import type { WriteCalls } from '../system/write-calls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';
import { check } from './restore-copy.ts';
import { BELOW_SOURCE, BELOW_TARGET, identityOf } from './restore-view.ts';

/** A directory of the target, open as long as something is to be done in it. */
export interface Place {
  readonly path: RawPath;
  readonly fd: number;
  users: number;
}

/** Needed for all else: those of a deep tree, and files that are closed together. */
const DESCRIPTORS_ELSEWHERE = 600;

/** How many descriptors may be held until what was made is put in place. */
export function descriptorsToHold(): number {
  const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return Math.max(16, Number(limit ?? 0) - DESCRIPTORS_ELSEWHERE);
}

/** The directories of the old root and of the target that a restore is at: one of each, and those still in use. */
export class Places {
  readonly #calls: Syscalls;
  readonly #write: WriteCalls;
  readonly #source: number;
  readonly #target: number;
  readonly #entered: () => void;
  /** Of directories that were looked at before: nothing is done to another one in their place. */
  readonly #known = new Map<RawPath, string>();
  #place: Place | undefined;
  #sourcePlace: { readonly path: RawPath; readonly fd: number } | undefined;

  constructor(calls: Syscalls, write: WriteCalls, trees: { source: number; target: number }, entered: () => void) {
    this.#calls = calls;
    this.#write = write;
    this.#source = trees.source;
    this.#target = trees.target;
    this.#entered = entered;
  }

  /** That the directory of the target is this one. */
  know(path: RawPath, identity: string): void {
    this.#known.set(path, identity);
  }

  /** Opens a directory of the target, for the caller to close. @throws SystemError */
  open(path: RawPath): number {
    const fd = check('openat2', openInSteps(this.#calls, this.#target, path, A_DIRECTORY, BELOW_TARGET), path);
    const known = this.#known.get(path);
    if (known === undefined || this.identityOf(fd) === known) return fd;
    this.#write.close(fd);
    throw systemError('openat2', ESTALE, path);
  }

  /** Opens a directory of the old root, for the caller to close. @throws SystemError */
  openSource(path: RawPath): number {
    return check('openat2', openInSteps(this.#calls, this.#source, path, A_DIRECTORY, BELOW_SOURCE), path);
  }

  /** Which one the descriptor is; empty where that cannot be told. */
  identityOf(fd: number): string {
    return this.#write.statFd(fd) < 0 ? '' : identityOf(this.#write.facts());
  }

  /** The directory of the target, open until another one is entered and nobody uses it. @throws SystemError */
  enter(path: RawPath): Place {
    if (this.#place?.path === path) return this.#place;
    this.#leave();
    this.#place = { path, fd: this.open(path), users: 1 };
    this.#entered();
    return this.#place;
  }

  release(place: Place): void {
    if (--place.users === 0) this.#write.close(place.fd);
  }

  /** The directory of the old root, open until another one is entered. @throws SystemError */
  enterSource(path: RawPath): number {
    if (this.#sourcePlace?.path === path) return this.#sourcePlace.fd;
    this.#leaveSource();
    this.#sourcePlace = { path, fd: this.openSource(path) };
    return this.#sourcePlace.fd;
  }

  /** One descriptor for each filesystem that the directories lie on. */
  filesystemsOf(places: Iterable<Place>): Iterable<number> {
    const filesystems = new Map<number, number>();
    for (const { fd } of places) {
      if (this.#write.statFd(fd) === 0) filesystems.set(this.#write.facts().filesystem, fd);
    }
    return filesystems.values();
  }

  close(): void {
    this.#leave();
    this.#leaveSource();
  }

  #leave(): void {
    if (this.#place !== undefined) this.release(this.#place);
    this.#place = undefined;
  }

  #leaveSource(): void {
    if (this.#sourcePlace !== undefined) this.#write.close(this.#sourcePlace.fd);
    this.#sourcePlace = undefined;
  }
}
