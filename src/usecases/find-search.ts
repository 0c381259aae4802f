import { EntryType, entryTypeName } from '../core/change.ts';
import { Failure } from '../core/failure.ts';
import { type FindPattern, step, type WalkState } from '../core/find-pattern.ts';
import type { FoundLine, FoundPath, FoundVersion } from '../core/find-report.ts';
import type { Listing } from '../core/listing.ts';
import { compareRaw, join, nameOf, parentOf, type RawName, type RawPath, ROOT, rebase } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import { firstLineWith } from '../core/text-search.ts';
import { lackingContent, type Sighting, type Version, versionsOf } from '../core/versions.ts';
import type { Machine } from '../ports/machine.ts';
import type { OldRoots, OpenOldRoot } from '../ports/old-roots.ts';
import type { RootFiles } from '../ports/root-files.ts';

/** Larger files are not searched for text. */
const LARGEST_TEXT = 1024 * 1024;
const SMALL = 64 * 1024;
const NAME_MAX = 255;

interface Seen extends Sighting {
  readonly path: RawPath;
  readonly line: FoundLine | undefined;
}

/** A root that is looked into: where it is on this machine, and its files. */
type Where = Pick<OpenOldRoot, 'path' | 'files'>;

type TakeEntry = (directory: RawPath, listing: Listing, i: number) => void;

/** The search of one old root after another, newest first, and of the running root at last. */
export class Search {
  failed = 0;
  readonly #pattern: FindPattern;
  readonly #text: Uint8Array | undefined;
  readonly #progress: (entries: number) => void;
  readonly #found = new Map<RawPath, Seen[]>();
  /** What files of a path hold, each different content once. */
  readonly #contents = new Map<RawPath, Uint8Array[]>();
  /** Paths that the running root has. */
  readonly #there = new Set<RawPath>();
  readonly #problems: Warning[] = [];
  readonly #unreadable = new Set<RawPath>();
  #entries = 0;

  constructor(pattern: FindPattern, text: Uint8Array | undefined, progress: (entries: number) => void) {
    this.#pattern = pattern;
    this.#text = text;
    this.#progress = progress;
  }

  /** Holds the old root open for `use`. One that cannot be opened does not keep the others from being searched. */
  inOldRoot(kept: OldRoots, name: RawName, use: (oldRoot: OpenOldRoot) => void): void {
    let opened: OpenOldRoot | undefined;
    try {
      opened = kept.open(name);
      if (opened !== undefined) use(opened);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // What is being deleted is no longer there to be found.
      if (error.code !== 'locked') this.failed++;
      this.#problems.push({ code: 'old-root', message: `${name} was not searched: ${error.message}` });
    } finally {
      opened?.close();
    }
  }

  look(oldRoot: OpenOldRoot): void {
    const seen: Seen[] = [];
    const take: TakeEntry = (directory, listing, i) => {
      if (listing.stat(i)) seen.push(sightingOf(oldRoot.name, join(directory, listing.name(i)), listing, i));
    };
    const { exact, start } = this.#pattern;
    for (const path of exact) this.#lookUp(oldRoot, parentOf(path), [nameOf(path)], take);
    if (start !== undefined) this.#walk(oldRoot, start, take);
    for (const sighting of seen) this.#add(sighting, oldRoot);
  }

  /** What the running root has at the paths that old roots have, or at the one that was asked for, mounts and all. */
  lookAtRunningRoot(machine: Machine): void {
    const paths = new Set([...this.#found.keys(), ...this.#pattern.exact]);
    if (paths.size === 0) return;
    let running: ReturnType<Machine['openFiles']>;
    try {
      running = machine.openFiles(ROOT);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#problems.push({ code: 'old-root', message: `what is there now is not known: ${error.message}` });
      return;
    }
    try {
      for (const path of paths) {
        const sighting = this.#attempt(running, path, () => sightingNow(running.files, path));
        if (sighting === undefined) continue;
        this.#there.add(path);
        this.#add(sighting, running);
      }
    } finally {
      running.close();
    }
  }

  /** What has to be read, after all, of old roots that were closed by then. */
  lacking(): Map<RawName, Seen[]> {
    const byOldRoot = new Map<RawName, Seen[]>();
    for (const sighting of [...this.#found.values()].flatMap(lackingContent)) {
      if (sighting.oldRoot === undefined) continue;
      const those = byOldRoot.get(sighting.oldRoot);
      if (those === undefined) byOldRoot.set(sighting.oldRoot, [sighting]);
      else those.push(sighting);
    }
    return byOldRoot;
  }

  /** What is needed to tell these from others of their size. */
  read(sightings: readonly Seen[], where: Where): void {
    // Of a few files their content itself: what computes a hash takes longer to load. Of many it would be too much.
    const isFew = this.#pattern.start === undefined;
    for (const sighting of sightings) {
      const { path, size } = sighting;
      sighting.content = this.#attempt(where, path, () =>
        isFew && size <= SMALL ? this.#recognized(path, where.files) : where.files.fingerprint(path),
      );
      // Not for this user to read.
      if (sighting.content === undefined) this.#noteUnreadable(where, path);
    }
  }

  result(): FoundPath[] {
    const paths = Array.from(this.#found, ([path, seen]): FoundPath => {
      // The running root was looked at last, and is the newest.
      const newestFirst = seen.toSorted((a, b) => Number(a.oldRoot !== undefined) - Number(b.oldRoot !== undefined));
      const oldRoots = seen.filter(({ oldRoot }) => oldRoot !== undefined).length;
      return { path, versions: versionsOf(newestFirst).map(foundVersion), oldRoots, there: this.#there.has(path) };
    });
    return paths.sort((a, b) => compareRaw(a.path, b.path));
  }

  warnings(): Warning[] {
    if (this.#unreadable.size === 0) return this.#problems;
    const examples = [...this.#unreadable].slice(0, 3).join(', ');
    const places = this.#unreadable.size === 1 ? '1 place' : `${this.#unreadable.size} places`;
    const message = `${places} could not be read, so this may not be all: ${examples}`;
    return [...this.#problems, { code: 'unreadable', message }];
  }

  #walk(oldRoot: OpenOldRoot, start: WalkState, take: TakeEntry): void {
    const pending: { path: RawPath; state: WalkState }[] = [{ path: ROOT, state: start }];
    for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
      const { path, state } = place;
      const entry: TakeEntry = (directory, listing, i) => {
        const { names, nameStart, nameEnd } = listing;
        const next = step(state, names, nameStart[i] as number, nameEnd[i] as number);
        if (next === undefined) return;
        const at = join(directory, listing.name(i));
        // ebb's own.
        if (at === '/.ebb') return;
        if (next.matches) take(directory, listing, i);
        if (next.leadsOn && listing.type[i] === EntryType.directory) pending.push({ path: at, state: next });
      };
      if (state.names !== undefined) this.#lookUp(oldRoot, path, state.names, entry);
      else this.#list(oldRoot, path, entry);
    }
  }

  #lookUp(oldRoot: OpenOldRoot, directory: RawPath, names: readonly string[], entry: TakeEntry): void {
    // What is longer is no name of anything.
    const possible = names.filter((name) => name.length > 0 && name.length <= NAME_MAX);
    const outcome = oldRoot.tree.look(directory, possible, (listing) => {
      for (let i = 0; i < listing.count; i++) entry(directory, listing, i);
    });
    if (outcome === 'denied') this.#noteUnreadable(oldRoot, directory);
  }

  #list(oldRoot: OpenOldRoot, directory: RawPath, entry: TakeEntry): void {
    const outcome = oldRoot.tree.list(directory, (listing) => {
      this.#entries += listing.count;
      this.#progress(this.#entries);
      for (let i = 0; i < listing.count; i++) entry(directory, listing, i);
    });
    if (outcome === 'denied') this.#noteUnreadable(oldRoot, directory);
  }

  /** With what is to be read of it now, as its root is open. */
  #add(sighting: Seen, where: Where): void {
    const { path, size, type } = sighting;
    let added = sighting;
    if (this.#text !== undefined) {
      const line = this.#lineOf(sighting, this.#text, where);
      if (line === undefined) return;
      added = { ...sighting, line };
    }
    const seen = this.#found.get(path);
    if (seen === undefined) {
      this.#found.set(path, [added]);
      return;
    }
    // A pattern may name a path twice.
    if (seen.at(-1)?.oldRoot === sighting.oldRoot) return;
    const isFile = type === EntryType.file && size > 0;
    if (isFile && seen.some((other) => other.type === type && other.size === size)) this.read([added], where);
    seen.push(added);
  }

  #lineOf({ path, type, size }: Seen, text: Uint8Array, where: Where): FoundLine | undefined {
    if (type !== EntryType.file || size > LARGEST_TEXT || size < text.length) return undefined;
    const content = this.#attempt(where, path, () => where.files.readFile(path));
    return content && firstLineWith(content, text);
  }

  #recognized(path: RawPath, files: RootFiles): string | undefined {
    let known = this.#contents.get(path);
    if (known === undefined) {
      known = [];
      this.#contents.set(path, known);
    }
    const found = files.recognize(path, known);
    if (found === undefined) return undefined;
    return `${typeof found === 'number' ? found : known.push(found) - 1}`;
  }

  /** A disk that cannot read one file does not keep the others from being found. */
  #attempt<T>(where: Where, path: RawPath, attempt: () => T): T | undefined {
    try {
      return attempt();
    } catch (error) {
      if (typeof (error as { errno?: unknown }).errno !== 'number') throw error;
      this.#noteUnreadable(where, path);
      return undefined;
    }
  }

  #noteUnreadable({ path: root }: Where, path: RawPath): void {
    this.#unreadable.add(rebase(path, ROOT, root));
  }
}

function sightingOf(oldRoot: RawName, path: RawPath, listing: Listing, i: number): Seen {
  const type = listing.type[i] as number;
  return {
    ...{ oldRoot, path, type },
    size: type === EntryType.file ? (listing.size[i] as number) : 0,
    mtime: (listing.mtimeSec[i] as number) + (listing.mtimeNsec[i] as number) / 1e9,
    target: type === EntryType.symlink ? listing.readLink(i) : undefined,
    content: undefined,
    line: undefined,
  };
}

function sightingNow(files: RootFiles, path: RawPath): Seen | undefined {
  const facts = files.lstat(path);
  if (facts === undefined) return undefined;
  const { type, size, mtime } = facts;
  return {
    ...{ oldRoot: undefined, path, type, mtime },
    size: type === EntryType.file ? size : 0,
    target: type === EntryType.symlink ? files.readLink(path) : undefined,
    content: undefined,
    line: undefined,
  };
}

function foundVersion({ sightings, certain }: Version<Seen>): FoundVersion {
  const [first] = sightings as readonly [Seen, ...Seen[]];
  return {
    type: entryTypeName(first.type),
    size: first.size,
    mtime: first.mtime,
    target: first.target,
    certain,
    now: sightings.some(({ oldRoot }) => oldRoot === undefined),
    oldRoots: sightings.flatMap(({ oldRoot: name, mtime }) => (name === undefined ? [] : [{ name, mtime }])),
    line: first.line,
  };
}
