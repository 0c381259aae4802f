import { type CgroupPlace, placeOfCgroup, unknownWriter, type Writer, writerKey } from '../../core/writers/writer.ts';
import { Cgroups } from './cgroups.ts';
import { ExitRecords } from './exit-records.ts';
import { NamesOf } from './names-of.ts';
import type { WatchCalls } from './watch-calls.ts';

const REMEMBERED = 4096;

/** Who a process is: by its control group while it lives, and by what the kernel kept of it when it has ended. */
export class Writers {
  readonly #calls: WatchCalls;
  readonly #cgroups: Cgroups;
  readonly #exits: ExitRecords | undefined;
  readonly #names = new NamesOf();
  /** Of this batch of events only: a number is given to another process some day, and a process may change its group. */
  readonly #byPid = new Map<number, Attributed>();
  readonly #byGroup = new Map<string, CgroupPlace>();
  readonly #writers = new Map<string, Writer>();

  constructor(calls: WatchCalls) {
    this.#calls = calls;
    this.#cgroups = new Cgroups(calls);
    this.#exits = ExitRecords.open(calls);
  }

  /** Those who have ended are known: there is no hurry to read who it was. */
  get knowsTheDead(): boolean {
    return this.#exits !== undefined;
  }

  beginBatch(): void {
    this.#byPid.clear();
    this.#cgroups.learnRemovals();
  }

  of(pid: number): Attributed {
    let found = this.#byPid.get(pid);
    if (found === undefined) {
      found = this.#attribute(pid);
      this.#byPid.set(pid, found);
    }
    return found;
  }

  #attribute(pid: number): Attributed {
    // 0: of a namespace of processes that this one cannot see into.
    if (pid <= 0) return nobody;
    const living = this.#cgroups.ofProcess(pid);
    if (living !== undefined) {
      return { writer: this.#writer(living, () => this.#programOf(pid)), group: living };
    }
    const exit = this.#exits?.of(pid);
    if (exit === undefined) return nobody;
    const group = this.#cgroups.byId(exit.cgroupId);
    return { writer: this.#writer(group ?? '/', () => exit.program), group };
  }

  #programOf(pid: number): string {
    const text = this.#calls.readSmall(`/proc/${pid}/comm`);
    if (typeof text !== 'string') return this.#exits?.of(pid)?.program ?? '?';
    const name = text.replace(/\n$/, '');
    // Some programs give their first thread a name of its own, and a script has that of its file.
    const line = this.#calls.readSmall(`/proc/${pid}/cmdline`);
    const [program = '', script = ''] = typeof line === 'string' ? line.split('\0', 2).map(baseOf) : [];
    return program === '' || program.startsWith(name) || script.startsWith(name) ? name : program;
  }

  #writer(group: string, program: () => string): Writer {
    let place = this.#byGroup.get(group);
    if (place === undefined) {
      place = placeOfCgroup(group);
      if (this.#byGroup.size >= REMEMBERED) this.#byGroup.clear();
      this.#byGroup.set(group, place);
    }
    const writer = this.#named(place, program);
    const key = writerKey(writer);
    const same = this.#writers.get(key);
    if (same !== undefined) return same;
    if (this.#writers.size >= REMEMBERED) this.#writers.clear();
    this.#writers.set(key, writer);
    return writer;
  }

  #named(place: CgroupPlace, program: () => string): Writer {
    const user = 'uid' in place && place.uid !== undefined ? this.#names.user(place.uid) : undefined;
    switch (place.kind) {
      case 'unit':
        return { kind: 'unit', name: place.name, user: undefined };
      case 'user-unit':
      case 'application':
        return { kind: place.kind, name: place.name, user };
      case 'container':
        return { kind: 'container', name: this.#names.container(place.engine, place.id, place.uid), user };
      case 'session':
        return { kind: 'session', name: program(), user };
      case 'none':
        return { kind: 'process', name: program(), user: undefined };
    }
  }

  close(): void {
    this.#exits?.close();
    this.#cgroups.close();
  }
}

/** A login shell is called with a dash. */
function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/^-/, '');
}

export interface Attributed {
  readonly writer: Writer;
  /** The path of the control group; undefined where it is not known. */
  readonly group: string | undefined;
}

const nobody: Attributed = { writer: unknownWriter, group: undefined };
