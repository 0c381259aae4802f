import type { BaselineFrame, ByteSource } from './baseline-format.ts';
import {
  checkName,
  holds,
  indexOfName,
  nameAt,
  noRecords,
  orphaned,
  pathOrFail,
  type RecordIndex,
  type Records,
  typeAt,
} from './baseline-index.ts';
import { EntryType } from './change.ts';
import { NameTable } from './name-table.ts';
import type { RawPath } from './rawpath.ts';

/** Any order: all of it is read once, and each record is filed under its directory. */
export class MapIndex implements RecordIndex {
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
        checkName(bytes, path, slash, stop);
        if (!holds(bytes, path, slash, directory)) {
          directory = source.text(bytes, path, Math.max(path, slash));
          records = this.#tableOf(bytes, directory);
        }
        records.add(slash + 1, stop, at);
      }
      at = stop + 1;
    }
    for (const path of this.#records.keys()) if (path !== '' && !this.#isDirectory(path)) throw orphaned(path);
  }

  #isDirectory(path: string): boolean {
    const slash = path.lastIndexOf('/');
    const table = this.#records.get(path.slice(0, Math.max(0, slash))) ?? noRecords;
    const index = indexOfName(table, path.slice(slash + 1));
    return index >= 0 && typeAt(this.#source, table.valueAt(index)) === EntryType.directory;
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
