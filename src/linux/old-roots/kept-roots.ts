import { closeSync, constants, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { parseBoot } from '../../core/old-root.ts';
import {
  checkedUtcSeconds,
  deletingNameFor,
  isHalfDeleted,
  type NameReading,
  readOldRootName,
} from '../../core/old-root-name.ts';
import { covers, join, type RawName, type RawPath } from '../../core/rawpath.ts';
import type { Space } from '../../core/report.ts';
import type { Backend } from '../../ports/backend.ts';
import type { KeptOldRoot, OldRootNotes, OldRoots, OpenOldRoot } from '../../ports/old-roots.ts';
import { EACCES, ENAMETOOLONG, ENOENT } from '../system/errno.ts';
import { SystemError, systemError } from '../system/errors.ts';
import { A_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_PATH, STRICTLY_BELOW } from '../system/flags.ts';
import { openRootFiles } from '../system/root-files.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { NativeTree } from '../tree/native-tree.ts';
import type { HeldDirectory } from './held-directory.ts';
import { type Use, usesBelow } from './mounts-everywhere.ts';
import { parseNotes } from './notes.ts';
import { Removal } from './removal.ts';

const EXDEV = 18;
const NOTES = 'notes.json';
/** Where snapper keeps the snapshot in its directory. */
const SNAPSHOT = 'snapshot';
/** Bytes of the largest file that is read as a whole. */
const LARGEST = 256 * 1024;

/** The directory in which a machine keeps its old roots. */
export class KeptRoots implements OldRoots {
  readonly #calls: Syscalls;
  readonly #backend: Backend;
  readonly #fd: number;
  readonly #held: HeldDirectory;
  readonly #buffer = Buffer.from(new ArrayBuffer(LARGEST));
  readonly #address: number;

  constructor(calls: Syscalls, held: HeldDirectory, backendOf: (filesystem: string, fd: number) => Backend) {
    this.#calls = calls;
    this.#address = calls.addressOf(this.#buffer.buffer);
    this.#held = held;
    this.#fd = held.fd;
    this.#backend = backendOf(held.filesystem, held.fd);
  }

  get directory(): RawPath {
    return this.#held.directory;
  }

  get isPrivate(): boolean {
    return this.#held.path !== this.#held.directory;
  }

  get backend(): string {
    return this.#backend.name;
  }

  get supports(): OldRoots['supports'] {
    return this.#backend.supports;
  }

  list(): KeptOldRoot[] {
    const uses = usesBelow(this.#held);
    const names = readdirSync(`/proc/self/fd/${this.#fd}`, { encoding: 'latin1', withFileTypes: true });
    return names
      .filter((entry) => entry.isDirectory() && isOldRootName(entry.name))
      .map((entry) => this.#describe(entry.name as RawName, uses));
  }

  notes(name: RawName): OldRootNotes {
    return this.#with(name, (fd) => this.#inEbb(fd, (ebb) => this.#readNotes(ebb))) ?? parseNotes(undefined);
  }

  writeNotes(name: RawName, notes: OldRootNotes): void {
    const written = this.#with(name, (fd) => {
      this.#writeNotes(name, fd, notes);
      return true;
    });
    if (written === undefined) throw new Failure('not-found', `there is no old root ${name}`);
  }

  open(name: RawName): OpenOldRoot | undefined {
    const fd = this.#open(this.#fd, name);
    if (fd === undefined) return undefined;
    if (!this.#calls.tryLock(fd, 'shared')) {
      closeSync(fd);
      throw new Failure('locked', `${name} is being deleted`);
    }
    if (!this.#isStill(name, fd)) {
      // Deleted between the two: what the descriptor holds is empty, or about to be.
      closeSync(fd);
      return undefined;
    }
    const snapshot = isNumber(name) ? this.#open(fd, SNAPSHOT) : undefined;
    const root = snapshot ?? fd;
    const directory = join(this.#held.path, name);
    const tree = new NativeTree(this.#calls, root);
    return {
      name,
      path: snapshot === undefined ? directory : join(directory, SNAPSHOT),
      fd: root,
      tree,
      files: openRootFiles(root),
      close: () => {
        tree.close();
        this.#calls.close(fd);
        if (snapshot !== undefined) this.#calls.close(snapshot);
      },
    };
  }

  remove(name: RawName): void {
    const using = this.#useOf(name, usesBelow(this.#held));
    if (using !== undefined) throw new Failure('locked', `${name} is in use: ${using}`);
    const fd = this.#open(this.#fd, name);
    if (fd === undefined) return;
    try {
      if (!this.#calls.tryLock(fd, 'exclusive')) throw new Failure('locked', `${name} is being read by another ebb`);
      this.#remove(name);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      const where = error.path === undefined || error.path === (name as string) ? '' : ` (at ${error.path})`;
      throw new Failure('failed', `${name}: ${error.message}${where}`);
    } finally {
      closeSync(fd);
    }
  }

  /** Whether the name still leads to what the descriptor holds. */
  #isStill(name: RawName, fd: number): boolean {
    return this.#calls.identityAt(this.#fd, name) === this.#calls.identityAt(fd, '.');
  }

  #remove(name: RawName): void {
    const removeWhole = (directory: number, entry: string): boolean => this.#backend.removeWhole(directory, entry);
    const condemned = isHalfDeleted(name) ? name : this.#condemn(name);
    if (condemned !== undefined) new Removal(this.#calls, removeWhole).remove(this.#fd, condemned);
    // A disk too full for another name is not too full for deleting a subvolume: it goes at once, and needs no other
    // name. Stopped just then, it may lack subvolumes that lay in it; a full disk is the worse of the two.
    else if (!removeWhole(this.#fd, name)) throw systemError('renameat2', ENOSPC, name as string as RawPath);
  }

  space(name: RawName): Space | undefined {
    if (!this.#backend.supports.exclusiveBytes) return undefined;
    return this.#with(name, (fd) => this.#backend.space(fd));
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

  /** From here on it is taken for half deleted, whatever happens. undefined where there is no room for the name. */
  #condemn(name: RawName): RawName | undefined {
    const taken = new Set(readdirSync(`/proc/self/fd/${this.#fd}`, 'latin1'));
    const condemned = deletingNameFor(name, taken);
    const error = this.#calls.renameNoReplace(this.#fd, name, this.#fd, condemned);
    if (error === -ENOSPC || error === -EDQUOT) return undefined;
    if (error < 0) throw systemError('renameat2', -error, name as string as RawPath);
    return condemned;
  }

  /** One of hundreds: as few calls as it takes. What this user or this disk does not show is listed, too. */
  #describe(name: RawName, uses: readonly Use[]): KeptOldRoot {
    const boot = this.#readJson(this.#fd, `${name}/.ebb/boot.json`);
    const notes = parseNotes(this.#readJson(this.#fd, `${name}/.ebb/${NOTES}`));
    const reading = boot === undefined ? undefined : parseBoot(boot);
    const facts = reading !== undefined && 'facts' in reading ? reading.facts : undefined;
    const named = facts === undefined ? this.#readName(name, boot === undefined) : undefined;
    return {
      name,
      sequence: facts?.sequence,
      bootedAt: facts?.bootedAt ?? notes.bootedAt ?? named?.at,
      endedClean: facts?.endedClean,
      kernel: facts?.kernel,
      generation: facts?.generation,
      pinned: notes.pinned,
      foreign: named === undefined || isHalfDeleted(name) ? false : { format: named.format },
      adopted: notes.adopted,
      inUse: this.#useOf(name, uses),
      size: notes.size,
      // A size is known where there was one.
      hasBaseline: notes.size !== undefined || this.#has(this.#fd, `${name}/.ebb/baseline`),
    };
  }

  /** What tells the time where ebb does not. */
  #readName(name: RawName, mayBeSnapper: boolean): { at: number | undefined; format: string } {
    const snapper =
      mayBeSnapper && isNumber(name) ? this.#peek(this.#fd, name, (fd) => this.#readSnapper(fd)) : undefined;
    if (snapper !== undefined) return snapper;
    const reading = readOldRootName(name);
    return { at: 'at' in reading ? reading.at : undefined, format: formatOf(reading) };
  }

  #useOf(name: RawName, uses: readonly Use[]): string | undefined {
    const own = join(this.#held.subtree, name);
    return uses.find(({ path }) => covers(own, path))?.how;
  }

  #writeNotes(name: RawName, fd: number, notes: OldRootNotes): void {
    const error = this.#calls.mkdirAt(fd, '.ebb', 0o700);
    if (error < 0 && error !== -EEXIST) throw unwritable(name, error, this.backend);
    const written = this.#inEbb(fd, (ebb) => {
      const directory = `/proc/self/fd/${ebb}`;
      const fresh = `${directory}/.${NOTES}.new`;
      const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
      try {
        // Left behind by a crash, or planted to lead elsewhere.
        rmSync(fresh, { force: true });
        const file = openSync(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
        try {
          writeFileSync(file, `${JSON.stringify({ schema: 'ebb.notes/1', ...notes })}\n`);
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
        renameSync(fresh, `${directory}/${NOTES}`);
        fsyncSync(ebb);
      } catch (error) {
        const { errno } = error as NodeJS.ErrnoException;
        if (errno === undefined) throw error;
        throw unwritable(name, errno, this.backend);
      }
      return true;
    });
    if (written === undefined) throw new Failure('failed', `${name} holds no notes: its /.ebb is no directory`);
  }

  #readNotes(ebb: number): OldRootNotes {
    return parseNotes(this.#readJson(ebb, NOTES));
  }

  /** Where `fd` is a directory of snapper's: a number, in it `snapshot` and `info.xml`, whose date is in UTC. */
  #readSnapper(fd: number): { at: number | undefined; format: string } | undefined {
    if (!this.#has(fd, SNAPSHOT)) return undefined;
    const information = this.#readSmall(fd, 'info.xml');
    if (information === undefined) return undefined;
    const parts = /<date>(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)<\/date>/.exec(information)?.slice(1).map(Number);
    if (parts === undefined) return { at: undefined, format: formatOf(readOldRootName(`1/${SNAPSHOT}`)) };
    const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = parts;
    return {
      at: checkedUtcSeconds(year, month, day, hours, minutes, seconds),
      format: 'snapper, as its info.xml says',
    };
  }

  #readJson(directory: number, file: string): unknown {
    try {
      const text = this.#readSmall(directory, file);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    } catch {
      return undefined;
    }
  }

  /** undefined where there is no such file, or none that anybody could mean. */
  #readSmall(directory: number, file: string): string | undefined {
    const fd = this.#calls.openAt(directory, file, O_NOFOLLOW | O_NONBLOCK, STRICTLY_BELOW);
    if (fd < 0) return undefined;
    // One reading into memory that is there: `ls` does this hundreds of times. What is no file gives nothing.
    const length = this.#calls.read(fd, this.#address, LARGEST);
    this.#calls.close(fd);
    return length >= 0 && length < LARGEST ? this.#buffer.toString('utf8', 0, length) : undefined;
  }

  #has(directory: number, name: string): boolean {
    const fd = this.#calls.openAt(directory, name, O_PATH | O_NOFOLLOW, STRICTLY_BELOW);
    if (fd >= 0) this.#calls.close(fd);
    return fd >= 0;
  }

  /** The same for what may be told of a directory at best: one that this user or this disk does not show is listed, too. */
  #peek<T>(directory: number, name: string, use: (fd: number) => T): T | undefined {
    const fd = this.#calls.openAt(directory, name, A_DIRECTORY, STRICTLY_BELOW);
    if (fd < 0) return undefined;
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }

  #inEbb<T>(fd: number, use: (ebb: number) => T): T | undefined {
    return this.#in(fd, '.ebb', use);
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

  /** undefined where there is no directory of this name, which is one component. */
  #open(directory: number, name: string): number | undefined {
    if (name === '' || name === '.' || name === '..' || name.includes('/')) return undefined;
    const fd = this.#calls.openAt(directory, name, A_DIRECTORY, STRICTLY_BELOW);
    if (fd >= 0) return fd;
    if ([-ENOENT, -EXDEV, -ENOTDIR, -ELOOP, -ENAMETOOLONG].includes(fd)) return undefined;
    if (fd === -EACCES) throw new Failure('failed', `this user may not look into ${name}`, 'run it as root');
    throw systemError('openat2', -fd, name as RawPath);
  }
}

const EEXIST = 17;
const ENOTDIR = 20;
const ENOSPC = 28;
const EROFS = 30;
const ELOOP = 40;
const EDQUOT = 122;

/** What is no old root although it lies among them: ebb's own. */
function isOldRootName(name: string): boolean {
  return name !== '.ebb';
}

function isNumber(name: string): boolean {
  return /^[1-9]\d*$/.test(name);
}

function formatOf(reading: NameReading): string {
  return 'format' in reading ? reading.format : '';
}

function unwritable(name: RawName, error: number, backend: string): Failure {
  const way = backend === 'btrfs' ? ': btrfs property set PATH ro false makes it writable' : '';
  const hint = error === -EROFS ? `a read-only snapshot${way}` : undefined;
  return new Failure('failed', `${name}: ${systemError('notes', -error, undefined).message}`, hint);
}
