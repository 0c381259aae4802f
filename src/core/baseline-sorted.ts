import { BaselineError, type BaselineFrame, type ByteSource, pathStart } from './baseline-format.ts';
import { directoryOf, holds, pathOrFail, type RecordIndex, type Records } from './baseline-index.ts';
import { isAfter, unordered } from './baseline-order.ts';
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
    const first = this.#lowerBound(directory, '');
    // Name, end of name and start of each record, in a row.
    const found: number[] = [];
    let nameBytes = 0;
    let at = 0;
    // Read more until the directory's last record is seen whole.
    for (let length = 16 * 1024; ; length += Math.max(32 * 1024, length >>> 1)) {
      const bytes = this.#source.read(first, Math.min(length, this.#end - first));
      let complete = first + bytes.length === this.#end;
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
          const last = found.length - 3;
          if (last >= 0 && isAfter(bytes, found[last] as number, found[last + 1] as number, slash + 1, stop)) {
            throw unordered(rawFromBytes(bytes, path, stop));
          }
          found.push(slash + 1, stop, at);
          nameBytes += stop - slash - 1;
        }
        at = stop + 1;
      }
      if (!complete) continue;
      if (found.length === 0) return undefined;
      const names = new Uint8Array(nameBytes);
      const table = new NameTable(names, found.length / 3);
      let to = 0;
      for (let i = 0; i < found.length; i += 3) {
        const start = to;
        for (let from = found[i] as number; from < (found[i + 1] as number); from++)
          names[to++] = bytes[from] as number;
        table.add(start, to, first + (found[i + 2] as number));
      }
      return table;
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
    while (low < high) {
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
    return low;
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

function comesBefore(probe: Probe, directory: string, name: string): boolean {
  return probe.directory < directory || (probe.directory === directory && probe.name < name);
}

function pathOf({ directory, name }: Probe): string {
  return directory === '' ? name : `${directory}/${name}`;
}
