import { closeSync, fsyncSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { nameOf, parentOf, type RawPath } from '../../core/rawpath.ts';
import type { Backend } from '../../ports/backend.ts';
import type { OldRootAbilities } from '../../ports/old-roots.ts';
import type { TopLevel } from '../../ports/top-level.ts';
import { EEXIST, ENOENT, EROFS, EXDEV } from '../system/errno.ts';
import { SystemError, systemError } from '../system/errors.ts';
import { A_DIRECTORY, O_NOFOLLOW, O_PATH, RESOLVE_NO_XDEV, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';
import type { HeldDirectory } from './held-directory.ts';
import { Removal } from './removal.ts';

const NAME_MAX = 255;

/** The top level of a filesystem of this machine. */
export class HostTopLevel implements TopLevel {
  readonly directory: RawPath;
  readonly #calls: Syscalls;
  readonly #backend: Backend;
  readonly #fd: number;

  constructor(
    calls: Syscalls,
    { directory, fd, filesystem }: HeldDirectory,
    backendOf: (filesystem: string, fd: number) => Backend,
  ) {
    this.#calls = calls;
    this.directory = directory;
    this.#fd = fd;
    this.#backend = backendOf(filesystem, fd);
  }

  get backend(): string {
    return this.#backend.name;
  }

  get supports(): OldRootAbilities {
    return this.#backend.supports;
  }

  create(path: RawPath): void {
    this.#in(parentOf(path), path, (parent) => {
      this.#mustBeFree(parent, path);
      const umask = process.umask(0o022);
      try {
        this.#backend.create(parent, nameOf(path));
      } finally {
        process.umask(umask);
      }
      this.#writeOut(parent);
    });
  }

  copy(from: RawPath, to: RawPath): void {
    this.#in(parentOf(from), from, (source) => {
      this.#in(parentOf(to), to, (parent) => {
        this.#mustBeFree(parent, to);
        if (!this.#has(source, nameOf(from))) throw systemError('openat2', ENOENT, from);
        const unfinished = unfinishedNameFor(nameOf(to));
        if (this.#has(parent, unfinished)) this.#remove(parent, unfinished);
        try {
          this.#backend.copy(source, nameOf(from), parent, unfinished);
          this.#writeOut(parent);
          this.#rename(parent, unfinished, parent, to);
        } catch (error) {
          if (this.#has(parent, unfinished)) this.#remove(parent, unfinished);
          throw error;
        }
      });
    });
  }

  move(from: RawPath, to: RawPath): void {
    this.#in(parentOf(from), from, (source) => {
      this.#in(parentOf(to), to, (parent) => {
        if (!this.#has(source, nameOf(from))) throw systemError('renameat2', ENOENT, from);
        this.#rename(source, nameOf(from), parent, to);
        if (parentOf(from) !== parentOf(to)) fsyncSync(source);
      });
    });
  }

  hold(path: RawPath): { readonly fd: number; close(): void } {
    let held = -1;
    this.#in(parentOf(path), path, (parent) => {
      held = this.#calls.openAt(parent, nameOf(path), A_DIRECTORY, STRICTLY_BELOW);
      if (held < 0) throw systemError('openat2', -held, path);
    });
    this.#calls.tryLock(held, 'shared');
    return { fd: held, close: () => closeSync(held) };
  }

  close(): void {
    closeSync(this.#fd);
  }

  #rename(source: number, name: string, parent: number, to: RawPath): void {
    // bcachefs is corrupted by a rename onto an empty subvolume (Linux 6.12): this never replaces anything.
    const error = this.#calls.renameNoReplace(source, name, parent, nameOf(to));
    if (error < 0) throw systemError('renameat2', -error, to);
    this.#writeOut(parent);
  }

  /** Whole, and its name in the directory too. */
  #writeOut(parent: number): void {
    const error = this.#calls.syncFilesystem(parent);
    if (error < 0) throw systemError('syncfs', -error, undefined);
  }

  #remove(parent: number, name: string): void {
    new Removal(this.#calls, (directory, entry) => this.#backend.removeWhole(directory, entry)).remove(parent, name);
  }

  #has(directory: number, name: string): boolean {
    const fd = this.#calls.openAt(directory, name, O_PATH | O_NOFOLLOW, STRICTLY_BELOW & ~RESOLVE_NO_XDEV);
    if (fd < 0 && fd !== -ENOENT) throw systemError('openat2', -fd, undefined);
    if (fd >= 0) this.#calls.close(fd);
    return fd >= 0;
  }

  #mustBeFree(parent: number, path: RawPath): void {
    if (this.#has(parent, nameOf(path))) throw systemError('openat2', EEXIST, path);
  }

  /** `about`: what this is done for. */
  #in(directory: RawPath, about: RawPath, use: (fd: number) => void): void {
    const fd = openInSteps(this.#calls, this.#fd, directory, A_DIRECTORY, STRICTLY_BELOW);
    try {
      if (fd < 0) throw systemError('openat2', -fd, directory);
      use(fd);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      throw failureOf(error, about, this.directory);
    } finally {
      if (fd >= 0) this.#calls.close(fd);
    }
  }
}

/** Of a copy that is not whole yet; it stands beside the place where it will be. */
function unfinishedNameFor(name: string): string {
  return `.unfinished-${name}`.slice(0, NAME_MAX);
}

function failureOf({ errno, message, path, call }: SystemError, about: RawPath, directory: RawPath): Failure {
  const at = path ?? about;
  if (errno === EEXIST) return new Failure('failed', `${at} is there already in ${directory}`);
  if (errno === ENOENT) return new Failure('not-found', `there is no ${at} in ${directory}`);
  if (call === 'renameat2' && errno === EXDEV) {
    const hint = 'make it a subvolume, or its new place a plain directory outside of any other subvolume';
    return new Failure('failed', `${about}: a plain directory does not move into another subvolume`, hint);
  }
  if (call === 'renameat2' && errno === EROFS) {
    const hint = 'btrfs property set PATH ro false makes it writable';
    return new Failure('failed', `${about}: a read-only subvolume does not move into another directory`, hint);
  }
  return new Failure('failed', `${about}: ${message}${path === undefined || path === about ? '' : ` (at ${path})`}`);
}
