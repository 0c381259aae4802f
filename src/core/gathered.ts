import { appendNames, type Names, noNames, withRoom } from './columns.ts';

/**
 * The directories that were examined, by number: 0 is the root, and each has a lower number than those found in it.
 * Columns and not objects, since a tree may be little but directories.
 */
export interface DirectoryRows {
  count: number;
  readonly names: Names;
  /** -1: it has none here. */
  parent: Int32Array<ArrayBuffer>;
  depth: Int32Array<ArrayBuffer>;
  /** A `RowKind`. */
  kind: Uint8Array<ArrayBuffer>;
  code: Uint8Array<ArrayBuffer>;
  rule: Int32Array<ArrayBuffer>;
  /** Its own entry and those in it that share its class. */
  entries: Uint32Array<ArrayBuffer>;
  bytes: Float64Array<ArrayBuffer>;
  mtime: Float64Array<ArrayBuffer>;
  /** The number that the other thread knows it by, which counts its own share of what is in it; -1: only this one does. */
  origin: Int32Array<ArrayBuffer>;
}

/** How a directory is a row: one more than the index of its `ChangeKind`, or one of these. */
export const RowKind = {
  /** It is no change itself, only what is in it may be. */
  none: 0,
  added: 1,
  /** It hides under a mount: new, and counts only what is in it. */
  mountPoint: 255,
} as const;

/** Changes that are no part of their directory's row. */
export interface LoneRows {
  count: number;
  /** By turns the name and where the link leads that makes it nobody's loss; empty where it is no such link. */
  readonly names: Names;
  /** Number of the directory that holds it. */
  directory: Int32Array<ArrayBuffer>;
  /** Index of its `ChangeKind`. */
  kind: Uint8Array<ArrayBuffer>;
  /** Its `EntryType`. */
  type: Uint8Array<ArrayBuffer>;
  code: Uint8Array<ArrayBuffer>;
  rule: Int32Array<ArrayBuffer>;
  entries: Uint32Array<ArrayBuffer>;
  bytes: Float64Array<ArrayBuffer>;
  mtime: Float64Array<ArrayBuffer>;
}

/** The bytes of files with several hard links, for each row that one of these is in: they count in one of the rows. */
export interface SharedBytes {
  count: number;
  device: Float64Array<ArrayBuffer>;
  inode: Float64Array<ArrayBuffer>;
  bytes: Float64Array<ArrayBuffer>;
  /** Twice the number of a directory, or of a lone row and one more. */
  target: Int32Array<ArrayBuffer>;
}

/** What one thread gathered; plain data. */
export interface Gathered {
  readonly directories: DirectoryRows;
  readonly lone: LoneRows;
  readonly shared: SharedBytes;
}

const noIntegers = (): Int32Array<ArrayBuffer> => new Int32Array(0);
const noCounts = (): Uint32Array<ArrayBuffer> => new Uint32Array(0);
const noBytes = (): Uint8Array<ArrayBuffer> => new Uint8Array(0);
const noNumbers = (): Float64Array<ArrayBuffer> => new Float64Array(0);

export function nothingGathered(): Gathered {
  const sums = () => ({ entries: noCounts(), bytes: noNumbers(), mtime: noNumbers() });
  const row = () => ({ count: 0, names: noNames(), kind: noBytes(), code: noBytes(), rule: noIntegers(), ...sums() });
  return {
    directories: { ...row(), parent: noIntegers(), depth: noIntegers(), origin: noIntegers() },
    lone: { ...row(), directory: noIntegers(), type: noBytes() },
    shared: { count: 0, device: noNumbers(), inode: noNumbers(), bytes: noNumbers(), target: noIntegers() },
  };
}

const columnsOf = {
  directories: ['parent', 'depth', 'kind', 'code', 'rule', 'entries', 'bytes', 'mtime', 'origin'],
  lone: ['directory', 'kind', 'type', 'code', 'rule', 'entries', 'bytes', 'mtime'],
  shared: ['device', 'inode', 'bytes', 'target'],
} as const;

/** One more row, all of whose columns are still to be filled; gives its number. */
export function addRow(gathered: Gathered, of: keyof Gathered): number {
  const rows = gathered[of] as DirectoryRows & LoneRows & SharedBytes;
  if (rows.count === rows.bytes.length) makeRoom(rows, of, rows.count + 1);
  return rows.count++;
}

type Columns = DirectoryRows & LoneRows & SharedBytes;
type ColumnName = (typeof columnsOf)[keyof Gathered][number];

function makeRoom(rows: Columns, of: keyof Gathered, length: number): void {
  for (const name of columnsOf[of]) grow(rows, name, length);
}

function grow<N extends ColumnName>(rows: Columns, name: N, length: number): void {
  rows[name] = withRoom(rows[name], length) as Columns[N];
}

/** The memory of it all, for handing it to another thread. */
export function buffersOf(gathered: Gathered): ArrayBuffer[] {
  const { directories, lone } = gathered;
  const names = [directories, lone].flatMap(({ names: { bytes, ends } }) => [bytes.buffer, ends.buffer]);
  const parts = ['directories', 'lone', 'shared'] as const;
  return [
    ...names,
    ...parts.flatMap((of) => columnsOf[of].map((name) => (gathered[of] as Columns)[name].buffer as ArrayBuffer)),
  ];
}

/**
 * What both threads gathered as one, in the memory of `own`. A directory whose content the other thread examined is
 * known by two numbers: the counts come together under the first one.
 */
export function combined(own: Gathered, other: Gathered | undefined): Gathered {
  if (other === undefined) return own;
  const { directories, lone, shared } = own;
  const [fromDirectory, fromLone, fromShared] = [directories.count, lone.count, shared.count];
  for (let i = 0; i < fromDirectory; i++) if (directories.origin[i] >= 0) directories.origin[i] += fromDirectory;
  appendNames(directories.names, fromDirectory, other.directories.names, other.directories.count);
  appendNames(lone.names, 2 * fromLone, other.lone.names, 2 * other.lone.count);
  for (const part of ['directories', 'lone', 'shared'] as const) append(own, other, part);

  const { parent, origin, entries, bytes, mtime } = directories;
  for (let i = 0; i < directories.count; i++) {
    if (i >= fromDirectory && parent[i] >= 0) parent[i] += fromDirectory;
    let first = i;
    while (origin[first] >= 0) first = origin[first];
    if (first === i) continue;
    origin[i] = first;
    entries[first] += entries[i];
    bytes[first] += bytes[i];
    mtime[first] = Math.max(mtime[first], mtime[i]);
  }
  const firstOf = (number: number): number => (number >= 0 && origin[number] >= 0 ? origin[number] : number);
  for (let i = 0; i < directories.count; i++) parent[i] = firstOf(parent[i]);
  for (let i = 0; i < lone.count; i++) {
    lone.directory[i] = firstOf(lone.directory[i] + (i < fromLone ? 0 : fromDirectory));
  }
  for (let i = 0; i < shared.count; i++) {
    const target = shared.target[i];
    const number = target >> 1;
    if ((target & 1) === 1) shared.target[i] = target + (i < fromShared ? 0 : 2 * fromLone);
    else shared.target[i] = 2 * firstOf(number + (i < fromShared ? 0 : fromDirectory));
  }
  return own;
}

function append(to: Gathered, from: Gathered, of: keyof Gathered): void {
  const [rows, more] = [to[of] as Columns, from[of] as Columns];
  makeRoom(rows, of, rows.count + more.count);
  for (const name of columnsOf[of]) rows[name].set(more[name].subarray(0, more.count), rows.count);
  rows.count += more.count;
}
