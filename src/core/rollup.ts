import { changeKinds, EntryType } from './change.ts';
import type { ClassCode } from './class-code.ts';
import { putName } from './columns.ts';
import type { Finding, Place, Sink } from './finding.ts';
import { addRow, type DirectoryRows, type Gathered, nothingGathered, RowKind } from './gathered.ts';
import type { Listing } from './listing.ts';
import { bytesOf } from './rawpath.ts';
import type { MissingEntry } from './reference.ts';

/** The rows of directories whose content another thread is to examine, as columns and without counts: these stay. */
export interface HandedRows {
  readonly number: Int32Array<ArrayBuffer>;
  readonly depth: Int32Array<ArrayBuffer>;
  readonly kind: Uint8Array<ArrayBuffer>;
  readonly code: Uint8Array<ArrayBuffer>;
  readonly rule: Int32Array<ArrayBuffer>;
}

const noName = new Uint8Array(0);

/**
 * Gathers rows while a tree is examined: entries of a new directory that share its class are only counted, so that
 * memory grows with the directories and the odd ones out, not with the files.
 */
export class RowGatherer implements Sink {
  readonly needsSizes = true;
  readonly #gathered = nothingGathered();
  readonly #directories: DirectoryRows = this.#gathered.directories;
  /** Of inodes with several links, by device, the row that was met last: as `SharedBytes` writes it. */
  readonly #linked = new Map<number, Map<number, number>>();

  /** `thread` is 0 for the one that the root belongs to, 1 for the other. */
  constructor(thread = 0) {
    const root = this.#addDirectory(-1, 0, RowKind.none, 0, -1);
    putName(this.#directories.names, root, noName, 0, 0);
    if (thread > 0) this.#directories.origin[root] = root;
  }

  /** A directory that is known by itself: an examination starts in it. */
  start(parent: number, name: string): number {
    const number = this.#addDirectory(parent, this.#directories.depth[parent] + 1, RowKind.none, 0, -1);
    putName(this.#directories.names, number, bytesOf(name), 0, name.length);
    return number;
  }

  handOver(ids: ArrayLike<number>): HandedRows {
    const { depth, kind, code, rule } = this.#directories;
    const number = Int32Array.from(ids);
    return {
      number,
      depth: number.map((id) => depth[id]),
      kind: Uint8Array.from(number, (id) => kind[id]),
      code: Uint8Array.from(number, (id) => code[id]),
      rule: number.map((id) => rule[id]),
    };
  }

  /** Gives the number of the first; the others follow. */
  adopt({ number, depth, kind, code, rule }: HandedRows): number {
    const first = this.#directories.count;
    for (let i = 0; i < number.length; i++) {
      const row = this.#addDirectory(-1, depth[i], kind[i], code[i], rule[i]);
      putName(this.#directories.names, row, noName, 0, 0);
      this.#directories.origin[row] = number[i];
    }
    return first;
  }

  gathered(): Gathered {
    return this.#gathered;
  }

  directory(parent: Place, finding: Finding | undefined, listing: Listing, i: number): number {
    if (finding === undefined) return this.#found(parent, RowKind.none, 0, -1, listing, i);
    const kind = changeKinds.indexOf(finding.kind) + 1;
    const number = this.#found(parent, kind, finding.code, finding.rule, listing, i);
    const rows = this.#directories;
    rows.entries[number] = 1;
    if (listing.stat(i)) {
      rows.bytes[number] = listing.allocated[i];
      rows.mtime[number] = mtimeOf(listing, i);
    }
    return number;
  }

  mountPoint(parent: Place, code: ClassCode, rule: number, listing: Listing, i: number): number {
    return this.#found(parent, RowKind.mountPoint, code, rule, listing, i);
  }

  entry(place: Place, finding: Finding, listing: Listing, i: number): void {
    if (!listing.stat(i)) return;
    const rows = this.#directories;
    const directory = place.id;
    const mtime = mtimeOf(listing, i);
    const type = listing.type[i];
    const allocated = listing.allocated[i];
    const isShared = listing.links[i] > 1 && type !== EntryType.directory;
    const bytes = isShared ? 0 : allocated;
    let target = directory * 2;
    if (rows.kind[directory] !== RowKind.none && rows.code[directory] === finding.code && finding.kind === 'added') {
      rows.entries[directory]++;
      rows.bytes[directory] += bytes;
      if (mtime > rows.mtime[directory]) rows.mtime[directory] = mtime;
    } else {
      const { names, nameStart, nameEnd } = listing;
      const lone = this.#addLone(directory, finding, type, 1, bytes, mtime);
      this.#nameLone(lone, names, nameStart[i], nameEnd[i], finding.link);
      target = lone * 2 + 1;
    }
    if (isShared) this.#share(listing.device[i], listing.inode[i], allocated, target);
  }

  missing(place: Place, finding: Finding, { name, type, entries, mtime }: MissingEntry): void {
    const lone = this.#addLone(place.id, finding, type, entries, 0, mtime);
    this.#nameLone(lone, bytesOf(name), 0, name.length, finding.link);
  }

  #found(parent: Place, kind: number, code: ClassCode, rule: number, listing: Listing, i: number): number {
    const rows = this.#directories;
    const number = this.#addDirectory(parent.id, rows.depth[parent.id] + 1, kind, code, rule);
    putName(rows.names, number, listing.names, listing.nameStart[i], listing.nameEnd[i]);
    return number;
  }

  #addDirectory(parent: number, depth: number, kind: number, code: ClassCode, rule: number): number {
    const number = addRow(this.#gathered, 'directories');
    const rows = this.#directories;
    rows.parent[number] = parent;
    rows.depth[number] = depth;
    rows.kind[number] = kind;
    rows.code[number] = code;
    rows.rule[number] = rule;
    rows.origin[number] = -1;
    return number;
  }

  #addLone(
    directory: number,
    { kind, code, rule }: Finding,
    type: number,
    entries: number,
    bytes: number,
    mtime: number,
  ): number {
    const number = addRow(this.#gathered, 'lone');
    const { lone } = this.#gathered;
    lone.directory[number] = directory;
    lone.kind[number] = changeKinds.indexOf(kind);
    lone.type[number] = type;
    lone.code[number] = code;
    lone.rule[number] = rule;
    lone.entries[number] = entries;
    lone.bytes[number] = bytes;
    lone.mtime[number] = mtime;
    return number;
  }

  #nameLone(number: number, from: Uint8Array, start: number, end: number, link: string | undefined): void {
    const { names } = this.#gathered.lone;
    putName(names, 2 * number, from, start, end);
    const target = link === undefined ? noName : bytesOf(link);
    putName(names, 2 * number + 1, target, 0, target.length);
  }

  #share(device: number, inode: number, bytes: number, target: number): void {
    let inodes = this.#linked.get(device);
    if (inodes === undefined) {
      inodes = new Map();
      this.#linked.set(device, inodes);
    }
    if (inodes.get(inode) === target) return;
    inodes.set(inode, target);
    const number = addRow(this.#gathered, 'shared');
    const { shared } = this.#gathered;
    shared.device[number] = device;
    shared.inode[number] = inode;
    shared.bytes[number] = bytes;
    shared.target[number] = target;
  }
}

function mtimeOf(listing: Listing, i: number): number {
  return listing.mtimeSec[i] + listing.mtimeNsec[i] / 1e9;
}
