import { categories } from '../core/category.ts';
import { nameOf, parentOf, type RawPath, rawFromBytes } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import { RuleSet } from '../core/rules.ts';
import { type WatchReport, watchReport } from '../core/writers/report.ts';
import type { WrittenRow } from '../core/writers/rows.ts';
import { Tally, type Writes } from '../core/writers/tally.ts';
import { unknownWriter } from '../core/writers/writer.ts';
import type { Machine } from '../ports/machine.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import type { Watcher, WatchScope, WriteSource } from '../ports/watch.ts';
import type { LogKeeper } from './writer-log.ts';

export interface WatchRequest {
  /** Where the root is mounted. */
  readonly root: RawPath;
  /** Hidden categories, too. */
  readonly all: boolean;
  /** How long; undefined: until it is stopped. */
  readonly seconds: number | undefined;
  /** `told` is given what is new, beside what there is. */
  readonly increments: boolean;
  /** Whose writes count; undefined: everybody's. */
  readonly scope: WatchScope | undefined;
}

export interface WatchPorts {
  readonly machine: Machine;
  readonly watcher: Watcher;
  /** Somebody wants it to end. */
  readonly stopped: () => boolean;
  /** Called when nothing that is written from now on is missed. */
  readonly started: (report: WatchReport) => void;
  /** Called some times a second where there is something new, and every second. */
  readonly told: (report: () => WatchReport, fresh: readonly WrittenRow[]) => void;
  /** The queue was full: what was written is searched for as soon as that helps. */
  readonly overflowed: () => void;
  readonly log: LogKeeper | undefined;
}

/** Seconds. */
const TELL_EVERY = 0.25;
const TELL_ANYWAY = 1;
/** How often a moment is noted from which a search would have to go, where the queue is full later. */
const NOTE_EVERY = 5;
/** A search waits until the queue is no longer full, as it would be full again; but not for ever. */
const CALM = 1;
const PATIENCE = 60;
/** Others may go on writing without end. */
const LAST_LOOKS = 40;

/** Who writes where on a root, as it happens. Gives the last report. */
export async function watch(request: WatchRequest, ports: WatchPorts): Promise<WatchReport> {
  const root = ports.machine.openRoot(request.root);
  try {
    const source = ports.watcher.watch(root, request.scope);
    try {
      return await new Watching(request, ports, root, source).run();
    } finally {
      source.close();
    }
  } finally {
    root.close();
  }
}

interface Moment {
  readonly at: number;
  readonly generation: number | undefined;
}

class Watching {
  readonly #request: WatchRequest;
  readonly #ports: WatchPorts;
  readonly #root: OpenRoot;
  readonly #source: WriteSource;
  readonly #since: number;
  readonly #tally: Tally;
  readonly #categoryOf: ConstructorParameters<typeof Tally>[0];
  readonly #warnings: Warning[];
  /** What was not told yet, where somebody wants to know it by itself. */
  #fresh: Tally | undefined;
  #isTold = true;
  #toldAt: number;
  #gone = 0;
  #overflows = 0;
  /** All earlier writes were told, or are to be searched for. */
  #noted: Moment;
  /** Since when writes were missed, and when the queue was full the last time. */
  #missed: { readonly since: Moment; readonly first: number; last: number } | undefined;

  constructor(request: WatchRequest, ports: WatchPorts, root: OpenRoot, source: WriteSource) {
    this.#request = request;
    this.#ports = ports;
    this.#root = root;
    this.#source = source;
    const rules = new RuleSet(ports.machine.catalogue());
    this.#categoryOf = (path) => rules.rules[rules.matchPath(path, 0)]?.category ?? 'unknown';
    this.#tally = new Tally(this.#categoryOf);
    this.#warnings = [...root.warnings, ...source.facts.warnings];
    this.#noted = this.#moment();
    this.#since = this.#noted.at;
    this.#toldAt = this.#since;
    ports.log?.begin(this.#tally, this.#categoryOf, this.#since);
  }

  async run(): Promise<WatchReport> {
    const { seconds } = this.#request;
    this.#ports.started(this.#report());
    const end = seconds === undefined ? Number.POSITIVE_INFINITY : this.#since + seconds;
    while (!this.#ports.stopped()) {
      const now = this.#now();
      if (now >= end) break;
      await this.#look(Math.min(end - now, TELL_ANYWAY));
      await this.#makeGood(CALM);
      this.#tell();
      await this.#ports.log?.keep(this.#now(), this.#overflows);
    }
    // What was written before it was stopped.
    for (let looks = 0; looks < LAST_LOOKS; looks++) {
      if ((await this.#look(0)) === 0) break;
    }
    await this.#makeGood(0);
    this.#tellNow(this.#request.all);
    await this.#ports.log?.end(this.#now(), this.#overflows);
    return this.#report();
  }

  /** Gives the number of events. */
  async #look(seconds: number): Promise<number> {
    const { events, isFull, gone } = await this.#source.next(seconds * 1000, this.#wrote);
    const now = this.#now();
    this.#gone += gone;
    if (isFull) {
      this.#overflows++;
      if (this.#missed === undefined) this.#ports.overflowed();
      this.#missed ??= { since: this.#noted, first: now, last: now };
      this.#missed.last = now;
    } else if (this.#missed === undefined && now - this.#noted.at >= NOTE_EVERY) this.#noted = this.#moment();
    return events;
  }

  readonly #wrote = (writes: Writes): void => this.#count(writes, this.#now());

  #count(writes: Writes, now: number): void {
    this.#isTold = false;
    this.#tally.add(writes, now);
    if (!this.#request.increments) return;
    this.#fresh ??= new Tally(this.#categoryOf);
    this.#fresh.add(writes, now);
  }

  #tell(): void {
    const passed = this.#now() - this.#toldAt;
    const { all, increments } = this.#request;
    const often = increments ? TELL_ANYWAY : TELL_EVERY;
    if (passed >= (this.#isTold ? TELL_ANYWAY : often)) this.#tellNow(all);
  }

  #tellNow(all: boolean): void {
    this.#toldAt = this.#now();
    this.#isTold = true;
    const fresh = this.#fresh === undefined ? [] : watchReport(this.#fresh, all, this.#rest()).rows;
    this.#fresh = undefined;
    this.#ports.told(() => this.#report(), fresh);
  }

  /** Searches for what was written while the queue was full. */
  async #makeGood(calm: number): Promise<void> {
    const missed = this.#missed;
    if (missed === undefined) return;
    const now = this.#now();
    if (now - missed.last < calm && now - missed.first < PATIENCE) return;
    this.#noted = this.#moment();
    this.#missed = undefined;
    try {
      await this.#search(missed.since);
    } catch (error) {
      const message = `what was written while the queue was full could not be searched for: ${(error as Error).message}`;
      this.#warnings.push({ code: 'watch', message });
    }
  }

  async #search({ at, generation }: Moment): Promise<void> {
    // As the mounts are now.
    const root = this.#ports.machine.openRoot(this.#request.root);
    try {
      let rest = '';
      // Its times are in whole seconds, and those of inodes are a clock's tick behind.
      const since = Math.floor(at) - 1;
      const outcome = await root.examine({
        reference: root.since(since, generation),
        rules: this.#ports.machine.catalogue(),
        paths: [],
        ignored: [],
        output: { kind: 'paths', nul: true, categories, kinds: ['added', 'modified', 'type-changed'], ignored: true },
        write: (bytes) => {
          const found = (rest + rawFromBytes(bytes)).split('\0');
          rest = found.pop() ?? '';
          for (const path of found) this.#found(path as RawPath, since);
        },
        noSync: false,
        progress: () => {},
      });
      this.#warnings.push(...outcome.warnings.filter(({ code }) => code !== 'slow-sync'));
    } finally {
      root.close();
    }
  }

  #found(path: RawPath, since: number): void {
    const [directory, name] = [parentOf(path), nameOf(path)];
    if (name === '' || this.#tally.knows(directory, name, since)) return;
    const found = { writer: unknownWriter, directory, names: [name], more: 0 };
    this.#count(found, this.#now());
  }

  #moment(): Moment {
    // The generation first: what is written in between is newer than both.
    const generation = this.#root.generation();
    return { at: this.#now(), generation };
  }

  #now(): number {
    return this.#ports.machine.now();
  }

  #rest(): Parameters<typeof watchReport>[2] {
    return {
      root: this.#root.facts,
      since: this.#since,
      now: this.#now(),
      gone: this.#gone,
      overflows: this.#overflows,
      isSearching: this.#missed !== undefined,
      warnings: this.#warnings,
    };
  }

  #report(): WatchReport {
    return watchReport(this.#tally, this.#request.all, this.#rest());
  }
}
