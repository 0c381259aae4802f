import { type Gathered, RowKind } from './gathered.ts';

/** A class that not all have. */
const MIXED = -2;
const NONE = -1;

/**
 * The rows that a directory does not take up, for each of them: lists that move up as a whole. A row is the number of a
 * directory, or behind all of these that of a lone row.
 */
export class RowsApart {
  /** Of each directory, how many entries the rows apart in it stand for. */
  readonly entries: Float64Array;
  readonly #gathered: Gathered;
  readonly #directories: number;
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  /** The row behind each row. */
  readonly #next: Int32Array;
  /** The class of them all, where they are all new. */
  readonly #code: Int8Array;

  constructor(gathered: Gathered) {
    const { directories, lone } = gathered;
    this.#gathered = gathered;
    this.#directories = directories.count;
    this.entries = new Float64Array(directories.count);
    this.#first = new Int32Array(directories.count).fill(NONE);
    this.#last = new Int32Array(directories.count).fill(NONE);
    this.#next = new Int32Array(directories.count + lone.count).fill(NONE);
    this.#code = new Int8Array(directories.count).fill(NONE);
    for (let i = 0; i < lone.count; i++) this.add(lone.directory[i], directories.count + i);
  }

  add(directory: number, row: number): void {
    const { directories, lone } = this.#gathered;
    const isLone = row >= this.#directories;
    const at = isLone ? row - this.#directories : row;
    const { entries, code } = isLone ? lone : directories;
    // Of a lone row it is the index of the kind, in which the first is that of what is new.
    const kind = isLone ? lone.kind[at] + 1 : directories.kind[at];
    const isNew = kind === RowKind.added || kind === RowKind.mountPoint;
    this.#append(directory, row, row, entries[at], isNew ? code[at] : MIXED);
  }

  /** The rows apart of `directory` become those of `above`. */
  moveAll(directory: number, above: number): void {
    if (this.#first[directory] === NONE) return;
    const [first, last] = [this.#first[directory], this.#last[directory]];
    this.#append(above, first, last, this.entries[directory], this.#code[directory]);
    this.#first[directory] = NONE;
  }

  *rowsOf(directory: number): Iterable<number> {
    for (let row = this.#first[directory]; row !== NONE; row = this.#next[row]) yield row;
  }

  /** The class that several rows, all new, have in common: one row can stand for them. */
  commonCode(directory: number): number | undefined {
    const isSeveral = this.#first[directory] !== this.#last[directory];
    return isSeveral && this.#code[directory] >= 0 ? this.#code[directory] : undefined;
  }

  /** The directory stands for the row, too. */
  addTo(directory: number, row: number): void {
    const { directories, lone } = this.#gathered;
    const from = row >= this.#directories ? lone : directories;
    const at = row >= this.#directories ? row - this.#directories : row;
    directories.entries[directory] += from.entries[at];
    directories.bytes[directory] += from.bytes[at];
    directories.mtime[directory] = Math.max(directories.mtime[directory], from.mtime[at]);
  }

  clear(directory: number): void {
    this.#first[directory] = NONE;
    this.entries[directory] = 0;
  }

  #append(directory: number, first: number, last: number, entries: number, code: number): void {
    if (this.#first[directory] === NONE) {
      this.#first[directory] = first;
      this.#code[directory] = code;
    } else {
      this.#next[this.#last[directory]] = first;
      if (this.#code[directory] !== code) this.#code[directory] = MIXED;
    }
    this.#last[directory] = last;
    this.entries[directory] += entries;
  }
}
