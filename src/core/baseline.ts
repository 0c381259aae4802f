import {
  type BaselineFrame,
  type BaselineHeader,
  type BaselineRecord,
  type ByteSource,
  emptyRecord,
  parseFrame,
  parseRecord,
} from './baseline-format.ts';
import { FIELDS, indexOfName, nameAt, type RecordIndex, type Records, typeAt } from './baseline-index.ts';
import { MapIndex } from './baseline-map.ts';
import { verifyOrder } from './baseline-order.ts';
import { SortedIndex } from './baseline-sorted.ts';
import { EntryType } from './change.ts';
import type { Listing } from './listing.ts';
import type { RawName, RawPath } from './rawpath.ts';
import { Judgement, type MissingEntry, type Reference, type ReferenceDirectory } from './reference.ts';

/**
 * BTRFS_EMPTY_SUBVOL_DIR_OBJECTID: no other inode on btrfs has this number. What stands in a snapshot for a subvolume that
 * it lacks is nowhere stored: the kernel makes up its owner whenever somebody looks.
 */
export const STAND_IN = 2;

/** A baseline as the reference of a comparison. Nothing is read before it is asked for where the file is sorted. */
export class Baseline implements Reference {
  readonly header: BaselineHeader;
  readonly #index: RecordIndex;
  readonly #source: ByteSource;
  readonly #frame: BaselineFrame;

  /** @throws BaselineError */
  constructor(source: ByteSource) {
    this.#source = source;
    this.#frame = parseFrame(source);
    this.header = this.#frame.header;
    this.#index = this.header.sorted ? new SortedIndex(source, this.#frame) : new MapIndex(source, this.#frame);
  }

  /**
   * That each of its records would be found. One that is sorted is read whole for it, where a walk takes longer anyway;
   * of any other that is known. @throws BaselineError
   */
  verify(): void {
    if (this.header.sorted) verifyOrder(this.#source, this.#frame);
  }

  directory(path: RawPath, only?: Iterable<string>): ReferenceDirectory | undefined {
    const relative = path.slice(1);
    const records = only === undefined ? this.#index.recordsOf(relative) : this.#index.recordsNamed(relative, only);
    if (records === undefined || records.count === 0) return undefined;
    return new BaselineDirectory(this.#source, this.#index, relative, records, this.header.generation !== undefined);
  }

  knowsDirectory(path: RawPath): boolean {
    if (path === '/') return true;
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const records = this.#index.recordsNamed(path.slice(1, Math.max(1, slash)), [name]);
    const index = indexOfName(records, name);
    return index >= 0 && typeAt(this.#source, records.valueAt(index)) === EntryType.directory;
  }

  /** What it has of the path; undefined where it has nothing. The root itself is in none of its directories. */
  record(path: RawPath): BaselineRecord | undefined {
    if (path === '/') return undefined;
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const records = this.#index.recordsNamed(path.slice(1, Math.max(1, slash)), [name]);
    const index = indexOfName(records, name);
    if (index < 0) return undefined;
    const record = emptyRecord();
    parseRecord(this.#source.read(records.valueAt(index), FIELDS), 0, record);
    return record;
  }

  close(): void {}

  /** Directories of whose content it has nothing, perhaps because something was mounted there when it was recorded. */
  possiblyHidden(): Iterable<RawPath> {
    return (this.header.mountPoints as readonly RawPath[] | undefined) ?? this.#index.emptyDirectories();
  }
}

class BaselineDirectory implements ReferenceDirectory {
  readonly knowsMissing = true;
  readonly #source: ByteSource;
  readonly #index: RecordIndex;
  readonly #path: string;
  readonly #records: Records;
  readonly #isBtrfs: boolean;
  readonly #record: BaselineRecord = emptyRecord();
  /** By the index of the record: 1 where its entry was met. */
  readonly #met: Uint8Array;
  #metCount = 0;

  constructor(source: ByteSource, index: RecordIndex, path: string, records: Records, isBtrfs: boolean) {
    this.#source = source;
    this.#index = index;
    this.#path = path;
    this.#records = records;
    this.#isBtrfs = isBtrfs;
    this.#met = new Uint8Array(records.count);
  }

  has(name: RawName): boolean {
    return indexOfName(this.#records, name) >= 0;
  }

  meet(listing: Listing, i: number): boolean {
    return this.#meet(listing, i) >= 0;
  }

  judge(listing: Listing, i: number): Judgement {
    const index = this.#meet(listing, i);
    if (!listing.stat(i)) return Judgement.vanished;
    if (index < 0) return Judgement.added;
    const then = this.#record;
    parseRecord(this.#source.read(this.#records.valueAt(index), FIELDS), 0, then);
    const type = listing.type[i];
    if (then.type !== type) return Judgement.typeChanged;
    const sameOwner = then.uid === listing.uid[i] && then.gid === listing.gid[i];
    const sameAccess = sameOwner && then.mode === ((listing.mode[i] as number) & 0o7777);
    // The times of a directory move with each entry made in it, which is reported by itself.
    if (type === EntryType.directory) {
      const standsIn = this.#isBtrfs && then.inode === STAND_IN && listing.inode[i] === STAND_IN;
      return sameAccess || standsIn ? Judgement.unchanged : Judgement.modified;
    }
    const same =
      sameAccess &&
      then.inode === listing.inode[i] &&
      then.size === listing.size[i] &&
      then.mtimeSec === listing.mtimeSec[i] &&
      then.mtimeNsec === listing.mtimeNsec[i] &&
      // Anyone can set an mtime back; nobody a ctime.
      then.ctimeSec === listing.ctimeSec[i] &&
      then.ctimeNsec === listing.ctimeNsec[i];
    return same ? Judgement.unchanged : Judgement.modified;
  }

  *missing(others?: ReadonlySet<string>): Iterable<MissingEntry> {
    const records = this.#records;
    if (this.#metCount === records.count) return;
    for (let index = 0; index < records.count; index++) {
      if (this.#met[index] === 1) continue;
      const name = nameAt(records, index);
      if (others?.has(name)) continue;
      const record = emptyRecord();
      parseRecord(this.#source.read(records.valueAt(index), FIELDS), 0, record);
      const { type } = record;
      const mtime = record.mtimeSec + record.mtimeNsec / 1e9;
      const descendants = () => this.#descendants(type, name);
      let entries = 1;
      for (const _ of descendants()) entries++;
      yield { name: name as RawName, type, entries, mtime, descendants };
    }
  }

  #meet(listing: Listing, i: number): number {
    const index = this.#records.indexOf(listing.names, listing.nameStart[i] as number, listing.nameEnd[i] as number);
    if (index >= 0 && this.#met[index] === 0) {
      this.#met[index] = 1;
      this.#metCount++;
    }
    return index;
  }

  /** What lay below the entry `name`; paths relative to it. */
  *#descendants(type: number, name: string): Iterable<{ path: string; type: number }> {
    if (type !== EntryType.directory) return;
    const top = this.#path === '' ? name : `${this.#path}/${name}`;
    const pending = [''];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const records = this.#index.recordsOf(at === '' ? top : `${top}/${at}`);
      if (records === undefined) continue;
      for (let index = 0; index < records.count; index++) {
        const child = nameAt(records, index);
        const path = at === '' ? child : `${at}/${child}`;
        const childType = typeAt(this.#source, records.valueAt(index));
        yield { path, type: childType };
        if (childType === EntryType.directory) pending.push(path);
      }
    }
  }
}
