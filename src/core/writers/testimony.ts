import type { Category } from '../category.ts';
import type { Evidence } from '../evidence.ts';
import { covers, nameOf, parentOf, type RawPath, ROOT } from '../rawpath.ts';
import { type WriteRow, writesOf } from './tally.ts';
import { type Writer, writerKey, writerText } from './writer.ts';

/** Writers of a path that are named. */
const MOST = 3;

/** What logs know of paths. Rows are found by the directories that they lie in, so that a question costs no search. */
export class Testimony {
  readonly #since: string;
  readonly #categoryOf: (path: RawPath) => Category;
  /** Rows by their directory and by each one above it. */
  readonly #below = new Map<RawPath, WriteRow[]>();

  /** `since`: what the counts are of: `since boot`. */
  constructor(rows: Iterable<WriteRow>, since: string, categoryOf: (path: RawPath) => Category) {
    this.#since = since;
    this.#categoryOf = categoryOf;
    for (const row of rows) {
      for (let at = row.directory; ; at = parentOf(at)) {
        const known = this.#below.get(at);
        if (known === undefined) this.#below.set(at, [row]);
        else known.push(row);
        if (at === ROOT) break;
      }
    }
  }

  /** What is known of a path, who wrote most first; empty where nobody was seen to write it. */
  of(path: RawPath): Evidence[] {
    const sums = new Map<string, Sum>();
    // At or below it; and it itself, by its name.
    for (const row of this.#below.get(path) ?? []) add(sums, row.writer, writesOf(row), false);
    const parent = parentOf(path);
    for (const row of path === ROOT ? [] : (this.#below.get(parent) ?? [])) {
      if (row.directory !== parent || row.deep) continue;
      const named = row.names.get(nameOf(path))?.count;
      if (named !== undefined) add(sums, row.writer, named, false);
    }
    if (sums.size === 0) this.#nearby(path, sums);
    const ranked = [...sums.values()].sort((a, b) => b.writes - a.writes);
    return ranked.slice(0, MOST).map((sum, i) => this.#evidence(path, sum, i === 0));
  }

  /** Those who wrote so much where it lies that not every name was kept. */
  #nearby(path: RawPath, sums: Map<string, Sum>): void {
    for (let at = parentOf(path); ; at = parentOf(at)) {
      for (const row of this.#below.get(at) ?? []) {
        if (row.directory !== at || (!row.deep && at !== parentOf(path))) continue;
        if (row.more.size > 0 && covers(at, path)) add(sums, row.writer, writesOf(row), true);
      }
      if (at === ROOT) return;
    }
  }

  #evidence(path: RawPath, { writer, writes, isNearby }: Sum, isFirst: boolean): Evidence {
    const who = writerText(writer);
    const often = writes === 1 ? 'once' : `${writes} times`;
    const detail = isNearby
      ? `${who} wrote there ${often} ${this.#since}, too often for every name to be kept`
      : `written by ${who}, ${often} ${this.#since}`;
    const told = { source: 'writer', detail };
    if (writer.kind === 'unknown' || writer.kind === 'others') return told;
    const by = writer.kind === 'unit' || writer.kind === 'container' ? writer.name : undefined;
    const named = by === undefined ? told : { ...told, by };
    if (!isFirst || isNearby || !this.#speaksForState(writer, path)) return named;
    return { ...named, kind: 'written', category: 'state' };
  }

  /**
   * A service that writes where nothing says that it is a cache or a log keeps its state there. What people do in their
   * sessions, and what installs and sets up, says nothing.
   */
  #speaksForState(writer: Writer, path: RawPath): boolean {
    if (writer.kind !== 'unit' && writer.kind !== 'container') return false;
    if (writer.kind === 'unit' && housekeepers.test(writer.name)) return false;
    const category = this.#categoryOf(path);
    return category === 'state' || category === 'unknown';
  }
}

interface Sum {
  readonly writer: Writer;
  writes: number;
  readonly isNearby: boolean;
}

function add(sums: Map<string, Sum>, writer: Writer, writes: number, isNearby: boolean): void {
  const key = writerKey(writer);
  const known = sums.get(key);
  if (known === undefined) sums.set(key, { writer, writes, isNearby });
  else known.writes += writes;
}

/** Units of systemd, of packages and of NixOS that make what is made again: files that are installed, generated, indexed. */
const housekeepers =
  /^(systemd-|ebb-|apt-|dpkg-|unattended-upgrades|packagekit|dnf-|rpm-|zypper|pacman|nix-|nixos-|snapd|flatpak-|man-db|mandb|ldconfig|plocate|updatedb|mlocate|logrotate|cloud-|user@\d+\.service|[^.]*\.scope$)/;
