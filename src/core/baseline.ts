import {
  BaselineError,
  type BaselineFrame,
  type BaselineHeader,
  type BaselineRecord,
  type ByteSource,
  emptyRecord,
  parseFrame,
  parseRecord,
  pathStart,
  typeOfRecord,
} from './baseline-format.ts';
import { EntryType } from './change.ts';
import type { Listing } from './listing.ts';
import { NameTable } from './name-table.ts';
import { bytesOf, type RawName, type RawPath, rawFromBytes } from './rawpath.ts';
import { Judgement, type MissingEntry, type Reference, type ReferenceDirectory } from './reference.ts';

/** The records of one directory: where each begins in the source, by its name. */
type Records = NameTable;

/** Finds the records of a directory, whose path is relative: `` for the root, else `var/lib`. */
interface RecordIndex {
  recordsOf(directory: string): Records | undefined;
  /** The same for these names only. */
  recordsNamed(directory: string, names: Iterable<string>): Records;
  /** Absolute paths of the directories without records; none where all would have to be read for it. */
  emptyDirectories(): Iterable<RawPath>;
}

/** A baseline as the reference of a comparison. Nothing is read before it is asked for where the file is sorted. */
export class Baseline implements Reference {
  readonly header: BaselineHeader;
  readonly #index: RecordIndex;
  readonly #source: ByteSource;

  /** @throws BaselineError */
  constructor(source: ByteSource) {
    this.#source = source;
    const frame = parseFrame(source);
    this.header = frame.header;
    this.#index = frame.header.sorted ? new SortedIndex(source, frame) : new MapIndex(source, frame);
  }

  directory(path: RawPath, only?: Iterable<string>): ReferenceDirectory | undefined {
    const relative = path.slice(1);
    const records = only === undefined ? this.#index.recordsOf(relative) : this.#index.recordsNamed(relative, only);
    if (records === undefined || records.count === 0) return undefined;
    return new BaselineDirectory(this.#source, this.#index, relative, records);
  }

  knowsDirectory(path: RawPath): boolean {
    if (path === '/') return true;
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    const records = this.#index.recordsNamed(path.slice(1, Math.max(1, slash)), [name]);
    const index = indexOfName(records, name);
    return index >= 0 && typeAt(this.#source, records.valueAt(index)) === EntryType.directory;
  }

  close(): void {}

  /** Directories of whose content it has nothing, perhaps because something was mounted there when it was recorded. */
  possiblyHidden(): Iterable<RawPath> {
    return (this.header.mountPoints as readonly RawPath[] | undefined) ?? this.#index.emptyDirectories();
  }
}

const noRecords: Records = new NameTable(new Uint8Array());

class BaselineDirectory implements ReferenceDirectory {
  readonly knowsMissing = true;
  readonly #source: ByteSource;
  readonly #index: RecordIndex;
  readonly #path: string;
  readonly #records: Records;
  readonly #record: BaselineRecord = emptyRecord();
  /** By the index of the record: 1 where its entry was met. */
  readonly #met: Uint8Array;
  #metCount = 0;

  constructor(source: ByteSource, index: RecordIndex, path: string, records: Records) {
    this.#source = source;
    this.#index = index;
    this.#path = path;
    this.#records = records;
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
    if (type === EntryType.directory) return sameAccess ? Judgement.unchanged : Judgement.modified;
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

function nameAt(records: Records, index: number): string {
  return rawFromBytes(records.bytes, records.startAt(index), records.endAt(index));
}

function indexOfName(records: Records, name: string): number {
  const bytes = bytesOf(name);
  return records.indexOf(bytes, 0, bytes.length);
}

/** The letter of its type is the first byte of a record. */
function typeAt(source: ByteSource, start: number): number {
  return typeOfRecord(source.read(start, FIELDS));
}

/** As much of a record as its fields take, the path aside. */
const FIELDS = 256;

/** Any order: all of it is read once, and each record is filed under its directory. */
class MapIndex implements RecordIndex {
  readonly #records = new Map<string, NameTable>();
  readonly #source: ByteSource;

  constructor(source: ByteSource, { start, end }: BaselineFrame) {
    this.#source = source;
    // A source may reuse its buffer at the next read; here all of it is kept.
    const bytes = source.read(0, end).slice();
    // Neighbours mostly are of one directory.
    let directory = '';
    let records = this.#tableOf(bytes, directory);
    for (let at = start; at < end; ) {
      const path = pathOrFail(bytes, at);
      let slash = path - 1;
      let stop = path;
      for (let byte = bytes[stop]; byte !== 0 && stop < end; byte = bytes[++stop]) if (byte === 0x2f) slash = stop;
      if (stop > path) {
        if (!holds(bytes, path, slash, directory)) {
          directory = source.text(bytes, path, Math.max(path, slash));
          records = this.#tableOf(bytes, directory);
        }
        records.add(slash + 1, stop, at);
      }
      at = stop + 1;
    }
  }

  #tableOf(bytes: Uint8Array, directory: string): NameTable {
    let table = this.#records.get(directory);
    if (table === undefined) {
      table = new NameTable(bytes);
      this.#records.set(directory, table);
    }
    return table;
  }

  recordsOf(directory: string): Records | undefined {
    return this.#records.get(directory);
  }

  recordsNamed(directory: string): Records {
    return this.#records.get(directory) ?? noRecords;
  }

  *emptyDirectories(): Iterable<RawPath> {
    for (const [directory, table] of this.#records) {
      for (let index = 0; index < table.count; index++) {
        if (typeAt(this.#source, table.valueAt(index)) !== EntryType.directory) continue;
        const name = nameAt(table, index);
        const path = directory === '' ? name : `${directory}/${name}`;
        if (!this.#records.has(path)) yield `/${path}` as RawPath;
      }
    }
  }
}

/** A record that a search met: where it begins, what it is of, and where the next one begins. */
interface Probe {
  readonly start: number;
  readonly directory: string;
  readonly name: string;
  readonly next: number;
}

/** Sorted by directory, then name: a directory is found by halving. */
class SortedIndex implements RecordIndex {
  readonly #source: ByteSource;
  readonly #start: number;
  readonly #end: number;
  /** Every search begins with the same probes. */
  readonly #probes = new Map<number, Probe>();

  constructor(source: ByteSource, frame: BaselineFrame) {
    this.#source = source;
    this.#start = frame.start;
    this.#end = frame.end;
  }

  recordsOf(directory: string): Records | undefined {
    let table: NameTable | undefined;
    let from = this.#lowerBound(directory, '');
    let at = 0;
    // Read more until the directory's last record is seen whole.
    for (let length = 16 * 1024; ; ) {
      const bytes = this.#source.read(from, Math.min(length, this.#end - from));
      let complete = from + bytes.length === this.#end;
      while (at < bytes.length) {
        const path = pathStart(bytes, at);
        if (path < 0) {
          // Cut off by the end of what was read, or no record.
          if (complete) pathOrFail(bytes, at);
          break;
        }
        let slash = path - 1;
        let stop = path;
        for (let byte = bytes[stop]; byte !== 0 && byte !== undefined; byte = bytes[++stop]) {
          if (byte === 0x2f) slash = stop;
        }
        if (stop === bytes.length) break;
        if (stop > path) {
          if (!holds(bytes, path, slash, directory)) {
            complete = true;
            break;
          }
          table ??= new NameTable();
          table.addCopy(bytes, slash + 1, stop, from + at);
        }
        at = stop + 1;
      }
      if (complete) return table;
      // What was read is at hand for the comparison with it, but no more than this: a directory may be very large.
      if (length < LONGEST_READ || at === 0) length += Math.max(32 * 1024, length >>> 1);
      else {
        from += at;
        at = 0;
      }
    }
  }

  recordsNamed(directory: string, names: Iterable<string>): Records {
    const found: { name: string; at: number }[] = [];
    for (const name of names) {
      const at = this.#lowerBound(directory, name);
      const probe = at < this.#end ? this.#probe(at, this.#end) : undefined;
      if (probe?.start === at && probe.directory === directory && probe.name === name) found.push({ name, at });
    }
    const table = new NameTable(bytesOf(found.map(({ name }) => name).join('')), found.length);
    let to = 0;
    for (const { name, at } of found) {
      table.add(to, to + name.length, at);
      to += name.length;
    }
    return table;
  }

  emptyDirectories(): Iterable<RawPath> {
    return [];
  }

  /** Offset of the first record that is not before the entry `name` of `directory`. */
  #lowerBound(directory: string, name: string): number {
    let low = this.#start;
    let high = this.#end;
    while (high - low > NEAR) {
      const middle = low + ((high - low) >>> 1);
      const probe = this.#probe(middle, high);
      if (probe === undefined) {
        high = middle;
        continue;
      }
      const isBefore = probe.directory < directory || (probe.directory === directory && probe.name < name);
      if (isBefore) low = probe.next;
      else high = middle;
    }
    return this.#lowerBoundNear(low, high, directory, name);
  }

  /** The same by looking at one after the other, where few are left: no string is made for them. */
  #lowerBoundNear(low: number, high: number, directory: string, name: string): number {
    for (let length = high - low + 1024; ; length *= 4) {
      const bytes = this.#source.read(low, Math.min(length, this.#end - low));
      let at = 0;
      while (low + at < high) {
        const path = pathStart(bytes, at);
        let slash = path - 1;
        let stop = path;
        while (path >= 0 && stop < bytes.length && bytes[stop] !== 0) if (bytes[stop++] === 0x2f) slash = stop - 1;
        if (path < 0 || stop === bytes.length) {
          // Cut off by the end of what was read, or no record.
          if (low + bytes.length === this.#end) pathOrFail(bytes, at);
          break;
        }
        const order = compareBytes(bytes, path, Math.max(path, slash), directory);
        if (order > 0 || (order === 0 && compareBytes(bytes, slash + 1, stop, name) >= 0)) return low + at;
        at = stop + 1;
      }
      if (low + at >= high || low + bytes.length === this.#end) return low + at;
    }
  }

  /** The first record that begins at or after `offset`; undefined where none does before `limit`. */
  #probe(offset: number, limit: number): Probe | undefined {
    const known = this.#probes.get(offset);
    if (known !== undefined) return known.start < limit ? known : undefined;
    for (let length = 1024; ; length *= 4) {
      // One byte before, so that a record beginning exactly here is seen to do so.
      const from = offset === this.#start ? offset : offset - 1;
      const bytes = this.#source.read(from, Math.min(length, this.#end - from));
      const whole = from + bytes.length === this.#end;
      const begin = offset === this.#start ? 0 : bytes.indexOf(0) + 1;
      if (offset !== this.#start && begin === 0) {
        if (whole) return undefined;
        continue;
      }
      const start = from + begin;
      if (start >= this.#end) return undefined;
      const stop = bytes.indexOf(0, begin);
      if (stop < 0) {
        if (whole) throw new BaselineError('malformed', 'its last record has no end');
        continue;
      }
      const path = this.#source.text(bytes, pathOrFail(bytes, begin), stop);
      const slash = path.lastIndexOf('/');
      // The root's own record, which has no name, sorts before everything.
      const probe = { start, directory: directoryOf(path, slash), name: path.slice(slash + 1), next: from + stop + 1 };
      if (this.#probes.size < 8192) this.#probes.set(offset, probe);
      return start < limit ? probe : undefined;
    }
  }
}

/** Records that are no farther apart are read at once: closer than that, a search would only read the same again. */
const NEAR = 8 * 1024;
const LONGEST_READ = 256 * 1024;

function compareBytes(bytes: Uint8Array, start: number, end: number, text: string): number {
  const length = Math.min(end - start, text.length);
  for (let i = 0; i < length; i++) {
    const difference = bytes[start + i] - text.charCodeAt(i);
    if (difference !== 0) return difference;
  }
  return end - start - text.length;
}

function directoryOf(path: string, slash: number): string {
  return slash < 0 ? '' : path.slice(0, slash);
}

/** Whether the path at `path`, whose last slash is at `slash` (or one before it), lies right in `directory`. */
function holds(bytes: Uint8Array, path: number, slash: number, directory: string): boolean {
  if (Math.max(0, slash - path) !== directory.length) return false;
  for (let i = directory.length - 1; i >= 0; i--) if (bytes[path + i] !== directory.charCodeAt(i)) return false;
  return true;
}

function pathOrFail(bytes: Uint8Array, start: number): number {
  const path = pathStart(bytes, start);
  if (path < 0) throw new BaselineError('malformed', 'a record is not of the form');
  return path;
}
