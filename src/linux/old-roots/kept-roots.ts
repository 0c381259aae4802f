import { closeSync, constants, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { EntryType } from '../../core/change.ts';
import { Failure } from '../../core/failure.ts';
import type { BootFacts } from '../../core/old-root.ts';
import { deletingNameFor, isHalfDeleted } from '../../core/old-root-name.ts';
import { foreignAmong } from '../../core/ownership.ts';
import { covers, join, type RawName, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { Space } from '../../core/report.ts';
import type { Backend } from '../../ports/backend.ts';
import type {
  KeptOldRoot,
  MemoName,
  OldRootNotes,
  OldRoots,
  OpenOldRoot,
  WrittenNotes,
} from '../../ports/old-roots.ts';
import {
  EACCES,
  EDQUOT,
  EEXIST,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
  ENOTDIR,
  EPERM,
  EROFS,
  EXDEV,
} from '../system/errno.ts';
import { SystemError, systemError } from '../system/errors.ts';
import { A_DIRECTORY, STRICTLY_BELOW } from '../system/flags.ts';
import { openRootFiles } from '../system/root-files.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { NativeTree } from '../tree/native-tree.ts';
import { DeletedBoots } from './deleted-boots.ts';
import type { HeldDirectory } from './held-directory.ts';
import { Memos } from './memos.ts';
import { type Use, usesBelow } from './mounts-everywhere.ts';
import { noNotes, notesText } from './notes.ts';
import { isNumber, NOTES, Records, SNAPSHOT, type TimeReading } from './records.ts';
import { makeMutable, Removal } from './removal.ts';

/** The directory in which a machine keeps its old roots. */
export class KeptRoots implements OldRoots {
  readonly #calls: Syscalls;
  readonly #backend: Backend;
  readonly #fd: number;
  readonly #held: HeldDirectory;
  readonly #records: Records;
  readonly #ledger: DeletedBoots;
  readonly #memos: Memos;

  constructor(calls: Syscalls, held: HeldDirectory, backendOf: (filesystem: string, fd: number) => Backend) {
    this.#calls = calls;
    this.#held = held;
    this.#fd = held.fd;
    this.#records = new Records(calls, held.fd);
    this.#ledger = new DeletedBoots(calls, held.fd);
    this.#memos = new Memos(calls, held.fd);
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
    // Every mount namespace is looked at for it, and few ask.
    let known: readonly Use[] | undefined;
    const uses = (): readonly Use[] => {
      known ??= usesBelow(this.#held);
      return known;
    };
    const read = this.#names().map((name) => ({ name, ...this.#records.boot(name) }));
    const boots = new Map(
      read.map(({ name, facts, doubt }) => [name, facts ?? (doubt === undefined ? undefined : 'unreadable')] as const),
    );
    const foreign = foreignAmong(boots, this.#ledger.read());
    return read.map(({ name, facts, doubt }) => this.#describe(name, facts, doubt, foreign.get(name) ?? false, uses));
  }

  notes(name: RawName): OldRootNotes {
    return isEntryName(name) ? this.#records.notes(name) : noNotes();
  }

  writeNotes(name: RawName, notes: WrittenNotes): void {
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
      // Now that nobody else can write to them: somebody may have pinned it until just before.
      if (!this.#isStill(name, fd)) throw new Failure('locked', `${name} is not what it was`);
      const { pinned, doubt } = this.#records.notes(name);
      if (!isHalfDeleted(name) && (pinned ?? doubt) !== undefined) {
        throw new Failure('locked', pinned === undefined ? `${name}: ${doubt}` : `${name} was pinned`);
      }
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
    if (condemned !== undefined) {
      // What had this name before may be what never became an old root.
      if (condemned !== name) this.#ledger.add(this.#records.boot(condemned).facts);
      new Removal(this.#calls, removeWhole).remove(this.#fd, condemned);
    }
    // A disk too full for another name is not too full for deleting a subvolume: it goes at once, and needs no other
    // name. Stopped just then, it may lack subvolumes that lay in it; a full disk is the worse of the two.
    else if (!removeWhole(this.#fd, name)) throw systemError('renameat2', ENOSPC, name as string as RawPath);
  }

  space(name: RawName): Space | undefined {
    if (!this.#backend.supports.exclusiveBytes) return undefined;
    return this.#with(name, (fd) => this.#backend.space(fd));
  }

  memo(name: MemoName): string | undefined {
    return this.#memos.read(`${name}.json`);
  }

  writeMemo(name: MemoName, text: string, { durable } = { durable: false }): boolean {
    return this.#memos.write(`${name}.json`, text, durable);
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
    const rename = (): number => this.#calls.renameNoReplace(this.#fd, name, this.#fd, condemned);
    let error = rename();
    if (error === -EPERM) {
      makeMutable(this.#calls, this.#fd, name)();
      error = rename();
    }
    if (error === -ENOSPC || error === -EDQUOT) return undefined;
    if (error < 0) throw systemError('renameat2', -error, name as string as RawPath);
    return condemned;
  }

  /** Of every directory in it; read without regard to whether names are text, and whether the filesystem tells types. */
  #names(): RawName[] {
    const names: RawName[] = [];
    const tree = new NativeTree(this.#calls, this.#fd);
    try {
      const outcome = tree.list(ROOT, (entries) => {
        for (let i = 0; i < entries.count; i++) {
          if (entries.type[i] === EntryType.directory && isOldRootName(entries.name(i)))
            names.push(entries.name(i) as RawName);
        }
      });
      if (outcome !== 'read') throw new Failure('failed', `${this.directory} cannot be read`, 'run it as root');
    } finally {
      tree.close();
    }
    return names;
  }

  /** What this user or this disk does not show is listed, too. */
  #describe(
    name: RawName,
    boot: BootFacts | undefined,
    doubt: string | undefined,
    foreign: false | string,
    uses: () => readonly Use[],
  ): KeptOldRoot {
    const useOf = (): string | undefined => this.#useOf(name, uses());
    const notes = this.#records.notes(name);
    const isOwn = foreign === false;
    const time = isOwn && boot !== undefined ? undefined : this.#records.time(name);
    // What a copy or a snapshot carries is of the original: its own time is that of its name, and it is no boot of its own.
    const own = isOwn ? boot : undefined;
    return {
      name,
      sequence: own?.sequence,
      bootedAt: own?.bootedAt ?? notes.bootedAt ?? time?.at ?? boot?.bootedAt,
      endedClean: boot?.endedClean,
      kernel: boot?.kernel,
      generation: boot?.generation,
      pinned: notes.pinned,
      foreign: isOwn ? false : { format: formatOf(time, boot, foreign) },
      adopted: notes.adopted,
      get inUse() {
        return useOf();
      },
      ...(own?.capture && { capture: own.capture }),
      // Of one that is half deleted, records may be gone already.
      doubt: isHalfDeleted(name) ? undefined : (doubt ?? notes.doubt),
      size: notes.size,
      // A size is known where there was one.
      hasBaseline: notes.size !== undefined || this.#records.hasBaseline(name),
    };
  }

  #useOf(name: RawName, uses: readonly Use[]): string | undefined {
    const own = join(this.#held.subtree, name);
    return uses.find(({ path }) => covers(own, path))?.how;
  }

  #writeNotes(name: RawName, fd: number, notes: WrittenNotes): void {
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
          writeFileSync(file, notesText(notes, name));
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
    if (!isEntryName(name)) return undefined;
    const fd = this.#calls.openAt(directory, name, A_DIRECTORY, STRICTLY_BELOW);
    if (fd >= 0) return fd;
    if ([-ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG].includes(fd)) return undefined;
    // What is mounted there is not what was kept there.
    if (fd === -EXDEV) throw new Failure('locked', `something is mounted on ${name}`, 'unmount it first');
    if (fd === -EACCES) throw new Failure('failed', `this user may not look into ${name}`, 'run it as root');
    throw systemError('openat2', -fd, name as RawPath);
  }
}

/** One component: what lies in the directory itself. */
function isEntryName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/');
}

/** What is no old root although it lies among them: ebb's own. */
function isOldRootName(name: string): boolean {
  return name !== '.ebb';
}

function formatOf(time: TimeReading | undefined, boot: BootFacts | undefined, remark: string): string {
  const source = boot !== undefined && time?.at === undefined ? 'its boot.json' : (time?.format ?? '');
  return remark === '' ? source : `${source}; ${remark}`;
}

function unwritable(name: RawName, error: number, backend: string): Failure {
  const way = backend === 'btrfs' ? ': btrfs property set PATH ro false makes it writable' : '';
  const hint = error === -EROFS ? `a read-only snapshot${way}` : undefined;
  return new Failure('failed', `${name}: ${systemError('notes', -error, undefined).message}`, hint);
}
