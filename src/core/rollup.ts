import type { ChangeKind } from './change.ts';
import { EntryType } from './change.ts';
import type { ClassCode } from './class-code.ts';
import type { Finding, Place, Sink } from './examination.ts';
import type { Listing } from './listing.ts';
import type { MissingEntry } from './reference.ts';

/** A change that is no part of its directory's row. */
export interface LoneRow {
  /** Id of the directory that holds it. */
  readonly directory: number;
  readonly name: string;
  readonly kind: ChangeKind;
  readonly type: number;
  readonly code: ClassCode;
  readonly rule: number;
  readonly link: string | undefined;
  readonly entries: number;
  bytes: number;
  readonly mtime: number;
}

/** A directory that was examined. `row` undefined: it is no change itself, only what is in it may be. */
export interface DirectoryRow {
  readonly id: number;
  readonly parent: number;
  readonly name: string;
  readonly depth: number;
  readonly row: { readonly kind: ChangeKind; readonly code: ClassCode; readonly rule: number } | undefined;
  /** Hides under a mount: counts only what is in it. */
  readonly mountPoint: boolean;
  /** Its own entry and those in it that share its class. */
  entries: number;
  bytes: number;
  mtime: number;
}

const emptyRow = { entries: 0, bytes: 0, mtime: 0 } as const;

/** The bytes of a file with several hard links, for each row that one of them is in: they count in one of these. */
export interface SharedBytes {
  readonly device: number;
  readonly inode: number;
  readonly bytes: number;
  readonly target: DirectoryRow | LoneRow;
}

/** What one thread gathered; plain data. */
export interface Gathered {
  readonly directories: readonly DirectoryRow[];
  readonly lone: readonly LoneRow[];
  readonly shared: readonly SharedBytes[];
}

/**
 * Gathers rows while a tree is examined: entries of a new directory that share its class are only counted, so that
 * memory grows with the directories and the odd ones out, not with the files.
 */
export class RowGatherer implements Sink {
  readonly needsSizes = true;
  readonly #directories = new Map<number, DirectoryRow>();
  readonly #lone: LoneRow[] = [];
  readonly #shared: SharedBytes[] = [];
  /** Of inodes with several links, by device, the row that was met last. */
  readonly #linked = new Map<number, Map<number, DirectoryRow | LoneRow>>();
  #nextId: number;
  readonly #stride: number;

  /** Threads share the ids by taking every `stride`-th, from `first` on; 0 is the root's. */
  constructor(first = 1, stride = 1) {
    this.#nextId = first;
    this.#stride = stride;
    this.#add({ ...emptyRow, id: 0, parent: -1, name: '', depth: 0, row: undefined, mountPoint: false });
  }

  /** A directory that is known by itself: an examination starts in it. */
  start(parent: number, name: string): number {
    const id = this.#takeId();
    const depth = (this.#directories.get(parent)?.depth ?? 0) + 1;
    this.#add({ ...emptyRow, id, parent, name, depth, row: undefined, mountPoint: false });
    return id;
  }

  /** The row of a directory whose content another thread is to examine, without counts: these stay here. */
  handOver(id: number): DirectoryRow | undefined {
    const row = this.#directories.get(id);
    return row && { ...row, ...emptyRow };
  }

  adopt(row: DirectoryRow): void {
    if (!this.#directories.has(row.id)) this.#add(row);
  }

  gathered(): Gathered {
    return { directories: [...this.#directories.values()], lone: this.#lone, shared: this.#shared };
  }

  directory(parent: Place, name: string, finding: Finding | undefined, listing: Listing, i: number): number {
    const id = this.#takeId();
    const row = finding && { kind: finding.kind, code: finding.code, rule: finding.rule };
    const depth = this.#depthBelow(parent);
    const known = row === undefined || !listing.stat(i);
    this.#add({
      ...{ id, parent: parent.id, name, depth, row, mountPoint: false },
      entries: row === undefined ? 0 : 1,
      bytes: known ? 0 : (listing.allocated[i] as number),
      mtime: known ? 0 : mtimeOf(listing, i),
    });
    return id;
  }

  mountPoint(parent: Place, name: string, code: ClassCode, rule: number): number {
    const id = this.#takeId();
    const row = { kind: 'added', code, rule } as const;
    const depth = this.#depthBelow(parent);
    this.#add({ id, parent: parent.id, name, depth, row, mountPoint: true, entries: 0, bytes: 0, mtime: 0 });
    return id;
  }

  entry(place: Place, finding: Finding, listing: Listing, i: number): void {
    if (!listing.stat(i)) return;
    const directory = this.#directories.get(place.id);
    const mtime = mtimeOf(listing, i);
    const type = listing.type[i] as number;
    let bytes = listing.allocated[i] as number;
    const isShared = (listing.links[i] as number) > 1 && type !== EntryType.directory;
    const sharedBytes = bytes;
    if (isShared) bytes = 0;
    let target: DirectoryRow | LoneRow;
    if (directory?.row?.code === finding.code && finding.kind === 'added') {
      directory.entries++;
      directory.bytes += bytes;
      if (mtime > directory.mtime) directory.mtime = mtime;
      target = directory;
    } else {
      const { kind, code, rule, link } = finding;
      const name = listing.name(i);
      target = { directory: place.id, name, kind, type, code, rule, link, entries: 1, bytes, mtime };
      this.#lone.push(target);
    }
    if (isShared) this.#share(listing.device[i] as number, listing.inode[i] as number, sharedBytes, target);
  }

  missing(place: Place, finding: Finding, entry: MissingEntry): void {
    const { kind, code, rule, link } = finding;
    const { name, type, entries, mtime } = entry;
    this.#lone.push({ directory: place.id, name, kind, type, code, rule, link, entries, bytes: 0, mtime });
  }

  #share(device: number, inode: number, bytes: number, target: DirectoryRow | LoneRow): void {
    let inodes = this.#linked.get(device);
    if (inodes === undefined) {
      inodes = new Map();
      this.#linked.set(device, inodes);
    }
    if (inodes.get(inode) === target) return;
    inodes.set(inode, target);
    this.#shared.push({ device, inode, bytes, target });
  }

  #takeId(): number {
    const id = this.#nextId;
    this.#nextId += this.#stride;
    return id;
  }

  #depthBelow(place: Place): number {
    return (this.#directories.get(place.id)?.depth ?? 0) + 1;
  }

  #add(row: DirectoryRow): void {
    this.#directories.set(row.id, row);
  }
}

function mtimeOf(listing: Listing, i: number): number {
  return (listing.mtimeSec[i] as number) + (listing.mtimeNsec[i] as number) / 1e9;
}
