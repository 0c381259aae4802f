import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { Failure } from '../core/failure.ts';
import type { Mount } from '../core/mount-table.ts';
import { type OldRoot, parseBoot } from '../core/old-root.ts';
import { deletingNameFor, isHalfDeleted, readOldRootName } from '../core/old-root-name.ts';
import { covers, join, type RawName, type RawPath } from '../core/rawpath.ts';
import type { Backend } from '../ports/backend.ts';
import type { OldRootNotes, OldRoots, OpenOldRoot } from '../ports/old-roots.ts';
import { systemError } from './errors.ts';
import { mountIdOf } from './mount-id.ts';
import { openVisible, readMountTable, subtreeOf } from './mount-view.ts';
import { mountsEverywhere } from './mounts-everywhere.ts';
import { NativeTree } from './native-tree.ts';
import { parseNotes } from './old-root-notes.ts';
import { Removal } from './removal.ts';
import { openRootFiles } from './root-files.ts';
import {
  ENOENT,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
  type Syscalls,
} from './syscalls.ts';

const DIRECTORY = O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK;
const STRICTLY_BELOW = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
const EXDEV = 18;
const NOTES = 'notes.json';

/** The directory in which a machine keeps its old roots. */
export class KeptRoots implements OldRoots {
  readonly directory: RawPath;
  readonly #calls: Syscalls;
  readonly #backend: Backend;
  readonly #fd: number;
  readonly #mount: Mount;
  /** What of its filesystem the directory is. */
  readonly #subtree: RawPath;

  /** @throws Failure where there is no such directory. */
  constructor(calls: Syscalls, directory: RawPath, backendOf: (filesystem: string) => Backend) {
    this.#calls = calls;
    this.directory = directory;
    const path = openVisible(directory);
    try {
      const table = readMountTable();
      const mount = table.byId(mountIdOf(path));
      if (mount === undefined) throw new Failure('failed', `the kernel's mount table does not show ${directory}`);
      this.#mount = mount;
      this.#subtree = subtreeOf(mount, directory);
      this.#backend = backendOf(mount.filesystem);
      this.#fd = openSync(`/proc/self/fd/${path}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
    } finally {
      closeSync(path);
    }
  }

  get backend(): string {
    return this.#backend.name;
  }

  get supports(): OldRoots['supports'] {
    return this.#backend.supports;
  }

  list(): OldRoot[] {
    const mounts = mountsEverywhere().filter(({ device }) => device === this.#mount.device);
    const names = readdirSync(`/proc/self/fd/${this.#fd}`, { encoding: 'latin1', withFileTypes: true });
    return names
      .filter((entry) => entry.isDirectory() && entry.name !== '.ebb')
      .map((entry) => this.#describe(entry.name as RawName, mounts));
  }

  notes(name: RawName): OldRootNotes {
    return this.#with(name, (fd) => this.#readNotes(fd)) ?? parseNotes(undefined);
  }

  writeNotes(name: RawName, notes: OldRootNotes): void {
    const done = this.#with(name, (fd) => {
      const error = this.#calls.mkdirAt(fd, '.ebb', 0o700);
      if (error < 0 && error !== -EEXIST)
        throw new Failure('failed', `${name} cannot be written to`, readOnlyHint(error));
      return this.#in(fd, '.ebb', (ebb) => {
        const directory = `/proc/self/fd/${ebb}`;
        writeFileSync(`${directory}/.${NOTES}.new`, `${JSON.stringify({ schema: 'ebb.notes/1', ...notes })}\n`, {
          mode: 0o600,
        });
        const written = openSync(`${directory}/.${NOTES}.new`, constants.O_RDONLY | constants.O_NOFOLLOW);
        fsyncSync(written);
        closeSync(written);
        renameSync(`${directory}/.${NOTES}.new`, `${directory}/${NOTES}`);
        fsyncSync(ebb);
        return true;
      });
    });
    if (done !== true) throw new Failure('not-found', `there is no old root ${name}`);
  }

  open(name: RawName): OpenOldRoot | undefined {
    const fd = this.#open(this.#fd, name);
    if (fd === undefined) return undefined;
    if (!this.#calls.tryLock(fd, 'shared')) {
      closeSync(fd);
      throw new Failure('locked', `${name} is being deleted`);
    }
    return {
      name,
      fd,
      tree: new NativeTree(this.#calls, fd),
      files: openRootFiles(fd),
      close: () => closeSync(fd),
    };
  }

  remove(name: RawName): void {
    const using = this.#mountedBy(name, mountsEverywhere());
    if (using !== undefined) throw new Failure('locked', `${name} is in use: ${using}`);
    const fd = this.#open(this.#fd, name);
    if (fd === undefined) return;
    try {
      if (!this.#calls.tryLock(fd, 'exclusive')) throw new Failure('locked', `${name} is being read by another ebb`);
      const condemned = isHalfDeleted(name) ? name : this.#condemn(name);
      const removal = new Removal(this.#calls, (directory, entry) => this.#backend.removeWhole(directory, entry));
      removal.remove(this.#fd, condemned);
    } finally {
      closeSync(fd);
    }
  }

  exclusiveBytes(name: RawName): number | undefined {
    return this.#with(name, (fd) => this.#backend.exclusiveBytes(fd));
  }

  lock(): { release(): void } | undefined {
    const fd = openSync(`/proc/self/fd/${this.#fd}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
    if (this.#calls.tryLock(fd, 'exclusive')) return { release: () => closeSync(fd) };
    closeSync(fd);
    return undefined;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** From here on it is taken for half deleted, whatever happens. */
  #condemn(name: RawName): RawName {
    const taken = new Set(readdirSync(`/proc/self/fd/${this.#fd}`, 'latin1'));
    const condemned = deletingNameFor(name, taken);
    const error = this.#calls.renameNoReplace(this.#fd, name, this.#fd, condemned);
    if (error < 0) throw systemError('renameat2', -error, name as string as RawPath);
    fsyncSync(this.#fd);
    return condemned;
  }

  #describe(name: RawName, mounts: readonly Mount[]): OldRoot {
    const reading = readOldRootName(name);
    const read = this.#with(name, (fd) => ({ boot: this.#readJson(fd, 'boot.json'), notes: this.#readNotes(fd) }));
    const boot = read?.boot === undefined ? undefined : parseBoot(read.boot);
    const facts = boot !== undefined && 'facts' in boot ? boot.facts : undefined;
    const notes = read?.notes ?? parseNotes(undefined);
    const halfDeleted = reading.kind === 'half-deleted';
    return {
      name,
      sequence: facts?.sequence,
      bootedAt: facts?.bootedAt ?? ('at' in reading ? reading.at : undefined),
      endedClean: facts?.endedClean,
      kernel: facts?.kernel,
      generation: facts?.generation,
      pinned: notes.pinned,
      foreign: facts !== undefined || halfDeleted ? false : { format: 'format' in reading ? reading.format : '' },
      adopted: notes.adopted,
      inUse: this.#mountedBy(name, mounts),
    };
  }

  #mountedBy(name: RawName, mounts: readonly Mount[]): string | undefined {
    const subtree = join(this.#subtree, name);
    const using = mounts.find(({ device, subtree: shown }) => device === this.#mount.device && covers(subtree, shown));
    return using && `mounted at ${using.point}`;
  }

  #readNotes(fd: number): OldRootNotes {
    return parseNotes(this.#readJson(fd, NOTES));
  }

  /** What a file of its `/.ebb` says; undefined where there is none that can be read. */
  #readJson(fd: number, file: string): unknown {
    return this.#in(fd, '.ebb', (ebb) => {
      const flags = O_NOFOLLOW | O_NONBLOCK;
      const opened = this.#calls.openAt(ebb, file, flags, STRICTLY_BELOW);
      if (opened < 0) return undefined;
      try {
        if (!fstatSync(opened).isFile()) return undefined;
        return JSON.parse(readFileSync(opened, 'utf8')) as unknown;
      } catch {
        return undefined;
      } finally {
        closeSync(opened);
      }
    });
  }

  #with<T>(name: RawName, use: (fd: number) => T): T | undefined {
    return this.#in(this.#fd, name, use);
  }

  #in<T>(directory: number, name: string, use: (fd: number) => T): T | undefined {
    const fd = this.#open(directory, name);
    if (fd === undefined) return undefined;
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }

  #open(directory: number, name: string): number | undefined {
    const fd = this.#calls.openAt(directory, name, DIRECTORY, STRICTLY_BELOW);
    if (fd >= 0) return fd;
    if ([-ENOENT, -EXDEV, -ENOTDIR, -ELOOP].includes(fd)) return undefined;
    throw systemError('openat2', -fd, name as RawPath);
  }
}

const EEXIST = 17;
const ENOTDIR = 20;
const EROFS = 30;
const ELOOP = 40;

function readOnlyHint(error: number): string | undefined {
  return error === -EROFS
    ? 'it is a read-only snapshot: btrfs property set PATH ro false makes it writable'
    : undefined;
}
