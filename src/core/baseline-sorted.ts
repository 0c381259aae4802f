import { BaselineError, type BaselineFrame, type ByteSource, pathStart } from './baseline-format.ts';
import { directoryOf, holds, pathOrFail, type RecordIndex, type Records } from './baseline-index.ts';
import { unordered } from './baseline-order.ts';
import { NameTable } from './name-table.ts';
import { bytesOf, type RawPath, rawFromBytes } from './rawpath.ts';

/** A record that a search met: where it begins, what it is of, and where the next one begins. */
interface Probe {
  readonly start: number;
  readonly directory: string;
  readonly name: string;
  readonly next: number;
}

/** Sorted by directory, then name: a directory is found by halving. */
export class SortedIndex implements RecordIndex {
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
          if (isBeforeLast(table, bytes, slash + 1, stop)) throw unordered(rawFromBytes(bytes, path, stop));
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
    let before: Probe | undefined;
    let after: Probe | undefined;
    while (high - low > NEAR) {
      const middle = low + ((high - low) >>> 1);
      const probe = this.#probe(middle, high);
      if (probe === undefined) {
        high = middle;
        continue;
      }
      if (comesBefore(probe, directory, name)) {
        // What lies between what was probed has to be between it by its path, too.
        if (before !== undefined && comesBefore(probe, before.directory, before.name)) throw unordered(pathOf(probe));
        before = probe;
        low = probe.next;
      } else {
        if (after !== undefined && comesBefore(after, probe.directory, probe.name)) throw unordered(pathOf(probe));
        after = probe;
        high = middle;
      }
    }
    return this.#lowerBoundNear(low, high, directory, name);
  }

  /** The same by looking at one after the other, where few are left: no string is made for them. */
  #lowerBoundNear(low: number, high: number, directory: string, name: string): number {
    for (let length = high - low + 1024; ; length *= 4) {
      const bytes = this.#source.read(low, Math.min(length, this.#end - low));
      let at = 0;
      let found: number | undefined;
      let isExact = false;
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
        const ofDirectory = compareBytes(bytes, path, Math.max(path, slash), directory);
        const order = ofDirectory === 0 ? compareBytes(bytes, slash + 1, stop, name) : ofDirectory;
        // What is looked for comes behind what is after it: there would be no saying that something is not there.
        if (found !== undefined && (order < 0 || (order === 0 && !isExact))) {
          throw unordered(rawFromBytes(bytes, path, stop));
        }
        if (found === undefined && order >= 0) {
          found = low + at;
          isExact = order === 0;
        }
        at = stop + 1;
      }
      if (low + at >= high || low + bytes.length === this.#end) return found ?? low + at;
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

/** Whether the name `bytes[start, end)` sorts before the last one of the table. */
function isBeforeLast(table: NameTable, bytes: Uint8Array, start: number, end: number): boolean {
  if (table.count === 0) return false;
  const from = table.startAt(table.count - 1);
  const length = table.endAt(table.count - 1) - from;
  for (let i = 0; i < length && start + i < end; i++) {
    const difference = bytes[start + i] - table.bytes[from + i];
    if (difference !== 0) return difference < 0;
  }
  return end - start < length;
}

function comesBefore(probe: Probe, directory: string, name: string): boolean {
  return probe.directory < directory || (probe.directory === directory && probe.name < name);
}

function pathOf({ directory, name }: Probe): string {
  return directory === '' ? name : `${directory}/${name}`;
}
