import { closeSync, fstatSync, lstatSync } from 'node:fs';
import { covers, join, nameOf, parentOf, type RawName, type RawPath, ROOT, rebase } from '../../core/rawpath.ts';
import type { Warning } from '../../core/report.ts';
import type { Writes } from '../../core/writers/tally.ts';
import type { Writer } from '../../core/writers/writer.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import type { Look, WatchFacts, WatchScope, WriteSource } from '../../ports/watch.ts';
import { Directories } from './directories.ts';
import { FanotifyEvents } from './events.ts';
import { FULL, Heed } from './heed.ts';
import { markRoot, type RootMark } from './root-mark.ts';
import { FAN_CLOSE_WRITE, FAN_MODIFY, FAN_MOVED_TO, type WatchCalls } from './watch-calls.ts';
import { Writers } from './writers.ts';

const BUFFER = 64 * 1024;
/** How long the queue gathers, in milliseconds, before it is read: what is written meanwhile merges in it. */
const GATHERING = 25;
/** The same where only those who live can be told. */
const HURRY = 0;
/** Buffers that are read before others have their turn: signals, the table, the collection of garbage. */
const AT_ONCE = 16;
/** Names in a row that are kept of one writer in one directory. */
const NAMES = 32;

/** Writes to a root, as fanotify tells them. */
export class RootWatch implements WriteSource {
  readonly facts: WatchFacts;
  readonly #calls: WatchCalls;
  readonly #root: OpenRoot;
  readonly #mark: RootMark;
  readonly #writers: Writers;
  readonly #directories: Directories | undefined;
  readonly #scope: WatchScope | undefined;
  readonly #buffer = Buffer.from(new ArrayBuffer(BUFFER));
  readonly #address: number;
  readonly #events = new FanotifyEvents(this.#buffer);
  readonly #heed = new Heed();
  /** Seconds since 1970; the times of files are a clock's tick behind. */
  readonly #since = Date.now() / 1000 - 0.1;
  #mask = FULL;
  /** There is more in the queue than was read. */
  #isBehind = false;

  constructor(calls: WatchCalls, root: OpenRoot, scope: WatchScope | undefined) {
    this.#calls = calls;
    this.#root = root;
    this.#scope = scope;
    this.#address = calls.addressOf(this.#buffer.buffer);
    this.#writers = new Writers(calls);
    this.#mark = markRoot(calls, root);
    const { mount, subtree, limitation } = this.#mark;
    this.#directories = subtree === undefined ? undefined : new Directories(calls, mount, subtree);
    const { knowsTheDead } = this.#writers;
    this.facts = {
      method: subtree === undefined ? 'files' : 'directories',
      knowsTheDead,
      warnings: warningsOf(limitation, knowsTheDead),
    };
  }

  async next(milliseconds: number, wrote: (writes: Writes) => void): Promise<Look> {
    const rest = this.#heed.restAt(uptime());
    const timeout = rest === undefined ? milliseconds : Math.min(milliseconds, Math.ceil(rest));
    const found = this.#calls.poll(this.#mark.group, Math.max(0, Math.floor(timeout)));
    // What else this process has to do: signals, children, timers.
    const isCalm = found > 0 && !this.#isBehind;
    const gathering = isCalm && (this.#writers.knowsTheDead || rest !== undefined) ? GATHERING : HURRY;
    if (gathering > 0) await new Promise((resolve) => setTimeout(resolve, gathering));
    else await new Promise((resolve) => setImmediate(resolve));
    return this.#read(wrote);
  }

  #read(wrote: (writes: Writes) => void): Look {
    const gathered = new Gathered(wrote);
    this.#writers.beginBatch();
    let events = 0;
    let sawModify = false;
    this.#isBehind = true;
    for (let buffers = 0; buffers < AT_ONCE; buffers++) {
      const length = this.#calls.read(this.#mark.group, this.#address, BUFFER);
      if (length <= 0) {
        this.#isBehind = false;
        break;
      }
      this.#events.begin(length);
      while (this.#events.next()) {
        events++;
        if ((this.#events.mask & FAN_MODIFY) !== 0) sawModify = true;
        if (this.#events.isOverflow) gathered.isFull = true;
        else if (this.#directories === undefined) this.#takeFile(gathered);
        else this.#take(gathered, this.#directories);
      }
    }
    this.#ask(this.#heed.after(events, sawModify, uptime()));
    gathered.finish();
    return { events, isFull: gathered.isFull, gone: gathered.gone };
  }

  #take(gathered: Gathered, directories: Directories): void {
    const { handleType, handleAt, handleLength, nameAt, nameEnd, mask, pid } = this.#events;
    if ((mask & FAN_MOVED_TO) !== 0 && this.#events.isDirectory) directories.forget();
    if (handleLength === 0 || nameEnd === nameAt || !this.#counts(pid)) return;
    const directory = directories.at(handleType, this.#buffer, handleAt, handleLength);
    if (directory === undefined) return;
    if (directory === 'gone') gathered.gone++;
    else {
      const name = (): RawName => this.#buffer.toString('latin1', nameAt, nameEnd) as RawName;
      const isOnlyClosed = this.#mask === FULL && (mask & ~FAN_CLOSE_WRITE) === 0;
      if (isOnlyClosed && !this.#hasChanged(join(directory, name()))) return;
      gathered.add(this.#writers.of(pid).writer, directory, name);
    }
  }

  /**
   * A file that was open for writing need not have been written to: locks are not. Where each write is asked for, it was told
   * by itself; what is written through a mapping is not, and moves the times of the file. Its ctime, as nobody sets that back.
   */
  #hasChanged(path: RawPath): boolean {
    const { mount, subtree = ROOT } = this.#mark;
    const inMount = Buffer.from(`/proc/self/fd/${mount}${rebase(path, ROOT, subtree)}`, 'latin1');
    try {
      const facts = lstatSync(inMount, { throwIfNoEntry: false });
      return facts !== undefined && facts.ctimeMs / 1000 >= this.#since;
    } catch {
      // Longer than a path may be, for one: told rather than not.
      return true;
    }
  }

  /** An event of a file: its descriptor says which. */
  #takeFile(gathered: Gathered): void {
    const { fd, pid } = this.#events;
    if (fd < 0) return;
    try {
      if (!this.#counts(pid)) return;
      const path = this.#calls.pathOf(fd) as RawPath | number;
      if (typeof path === 'number') gathered.gone++;
      else if (path.endsWith(' (deleted)') && fstatSync(fd).nlink === 0) gathered.gone++;
      else if (this.#root.mount.filesystem === 'overlay' || this.#isOfRoot(fd)) {
        const { mount } = this.#root.facts;
        // A process in another mount namespace may know it by another path.
        const inRoot = covers(mount, path) ? rebase(path, mount, ROOT) : path;
        gathered.add(this.#writers.of(pid).writer, parentOf(inRoot), () => nameOf(inRoot));
      }
    } finally {
      closeSync(fd);
    }
  }

  /** A filesystem may be mounted in parts, of which the root is one: subvolumes of btrfs have devices of their own. */
  #isOfRoot(fd: number): boolean {
    return fstatSync(fd).dev === fstatSync(this.#mark.mount).dev;
  }

  #counts(pid: number): boolean {
    if (pid === process.pid) return false;
    if (this.#scope === undefined) return true;
    const { group } = this.#writers.of(pid);
    return this.#scope.includes(group, pid);
  }

  #ask(mask: number): void {
    // What files are told by has no more to ask for.
    if (mask === this.#mask || this.#directories === undefined) return;
    const { group, mount } = this.#mark;
    const more = mask & ~this.#mask;
    const less = this.#mask & ~mask;
    const result = more !== 0 ? this.#calls.mark(group, more, mount) : this.#calls.unmark(group, less, mount);
    if (result === 0) this.#mask = mask;
  }

  close(): void {
    this.#calls.close(this.#mark.group);
    this.#calls.closeMount(this.#mark.mount);
    this.#writers.close();
  }
}

/** Milliseconds, whatever the clock does. */
function uptime(): number {
  return process.uptime() * 1000;
}

function warningsOf(limitation: string | undefined, knowsTheDead: boolean): Warning[] {
  const warnings: Warning[] = [];
  if (limitation !== undefined) {
    const message = `directories and links that are made are not seen, and a container's files by its own paths (${limitation})`;
    warnings.push({ code: 'watch', message });
  }
  if (!knowsTheDead) {
    const message =
      'who writes and ends within a moment is not always known: the kernel takes no program from here (bpf)';
    warnings.push({ code: 'watch', message });
  }
  return warnings;
}

/** Events of one look at the queue, those of one writer in one directory together where they come one after another. */
class Gathered {
  isFull = false;
  gone = 0;
  readonly #wrote: (writes: Writes) => void;
  #writer: Writer | undefined;
  #directory: RawPath | undefined;
  #names: RawName[] = [];
  #more = 0;

  constructor(wrote: (writes: Writes) => void) {
    this.#wrote = wrote;
  }

  add(writer: Writer, directory: RawPath, name: () => RawName): void {
    if (writer !== this.#writer || directory !== this.#directory) {
      this.finish();
      this.#writer = writer;
      this.#directory = directory;
    }
    if (this.#names.length < NAMES) this.#names.push(name());
    else this.#more++;
  }

  finish(): void {
    const [writer, directory] = [this.#writer, this.#directory];
    if (writer === undefined || directory === undefined) return;
    this.#wrote({ writer, directory, names: this.#names, more: this.#more });
    this.#writer = undefined;
    this.#names = [];
    this.#more = 0;
  }
}
