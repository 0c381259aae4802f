/**
 * The form of `/.ebb/baseline`: NUL-terminated records. First a header, `ebb-baseline 1` and then words `KEY=VALUE`;
 * then one record an entry, as `find -xdev -printf` writes it with the format below; last `end`, by which a whole
 * file is told from one that was cut off. The path comes last because it may hold any byte but NUL; the others hold
 * no space. The root itself is an entry with an empty path.
 *
 * `order=directory` says that the records are sorted by their directory's path, then by name, in byte order, so that
 * a reader finds a directory without reading the whole. A shell need not sort.
 */
export const BASELINE_VERSION = 1;
export const FIND_FORMAT = '%y %m %U %G %i %s %T@ %C@ %P\\0';

const MAGIC = 'ebb-baseline';
const TRAILER = 'end';

export interface BaselineHeader {
  /** When it was recorded: seconds since 1970. */
  readonly recorded: number;
  /** Seconds since the machine booted, at that moment: tells whether the clock was set since. */
  readonly uptime: number | undefined;
  /** btrfs: the generation of the filesystem after a sync, just before the tree was read. */
  readonly generation: number | undefined;
  /** btrfs: id of the subvolume that the root is. */
  readonly subvolume: number | undefined;
  readonly sorted: boolean;
  /** Mount points at that moment, of whose content the baseline has nothing; undefined where it does not say. */
  readonly mountPoints?: readonly string[] | undefined;
}

export class BaselineError extends Error {
  readonly reason: 'not-a-baseline' | 'version' | 'truncated' | 'malformed';

  constructor(reason: BaselineError['reason'], message: string) {
    super(message);
    this.name = 'BaselineError';
    this.reason = reason;
  }
}

/** The bytes of a baseline, wherever they are. */
export interface ByteSource {
  readonly size: number;
  /** At most `length` bytes from `offset` on; fewer only at the end. Valid until the next read. */
  read(offset: number, length: number): Uint8Array;
  /** The byte string of `bytes[start, end)`, which came from `read`: a million times over, so the quickest way. */
  text(bytes: Uint8Array, start: number, end: number): string;
}

export function headerRecord(header: BaselineHeader): string {
  const words = [MAGIC, String(BASELINE_VERSION), `recorded=${header.recorded}`];
  if (header.uptime !== undefined) words.push(`uptime=${header.uptime}`);
  if (header.generation !== undefined) words.push(`generation=${header.generation}`);
  if (header.subvolume !== undefined) words.push(`subvolume=${header.subvolume}`);
  if (header.sorted) words.push('order=directory');
  if (header.mountPoints !== undefined) words.push(`mounts=${header.mountPoints.map(percentEncoded).join(',')}`);
  return `${words.join(' ')}\0`;
}

export const trailerRecord = `${TRAILER}\0`;

/** Offsets are kept in 32 bits. */
const MAX_SIZE = 0x7fffffff;

/** Where the records are, and what the header says. */
export interface BaselineFrame {
  readonly header: BaselineHeader;
  readonly start: number;
  readonly end: number;
}

/** @throws BaselineError where it is no baseline, of a later version, or cut off. */
export function parseFrame(source: ByteSource): BaselineFrame {
  if (source.size > MAX_SIZE) throw new BaselineError('malformed', 'it is larger than 2 GiB');
  const head = headOf(source);
  const headerEnd = head.indexOf('\0');
  const [magic, version, ...words] = (headerEnd < 0 ? head : head.slice(0, headerEnd)).split(' ');
  if (magic !== MAGIC) throw new BaselineError('not-a-baseline', 'it does not begin like a baseline');
  if (headerEnd < 0) throw new BaselineError('truncated', 'it ends within its header');
  if (version !== String(BASELINE_VERSION)) {
    throw new BaselineError('version', `it is of version ${version}; this ebb reads version ${BASELINE_VERSION}`);
  }
  const tail = trailerRecord.length;
  const start = headerEnd + 1;
  const end = source.size - tail;
  // The NUL before the trailer ends the last record, or the header.
  const ending = end < start ? undefined : source.read(end - 1, tail + 1);
  if (ending === undefined || source.text(ending, 0, ending.length) !== `\0${trailerRecord}`) {
    throw new BaselineError('truncated', 'its end is missing');
  }
  return { header: headerOf(words), start, end };
}

/** The file's beginning, up to and with its first NUL: there may be many mounts. */
function headOf(source: ByteSource): string {
  for (let length = 4096; ; length *= 8) {
    const bytes = source.read(0, length);
    const end = bytes.indexOf(0);
    if (end >= 0 || bytes.length < length) return source.text(bytes, 0, end < 0 ? bytes.length : end + 1);
  }
}

function headerOf(words: readonly string[]): BaselineHeader {
  const values = new Map(words.map((word) => word.split('=', 2) as [string, string]));
  const number = (key: string): number | undefined => {
    const value = values.get(key);
    if (value === undefined || value === '') return undefined;
    if (!/^\d{1,15}(\.\d+)?$/.test(value)) throw new BaselineError('malformed', `its header says ${key}=${value}`);
    return Number(value);
  };
  const recorded = number('recorded');
  if (recorded === undefined) throw new BaselineError('malformed', 'its header does not say when it was recorded');
  return {
    recorded,
    uptime: number('uptime'),
    generation: number('generation'),
    subvolume: number('subvolume'),
    sorted: values.get('order') === 'directory',
    mountPoints: values
      .get('mounts')
      ?.split(',')
      .filter((path) => path !== '')
      .map(percentDecoded)
      .map(absolutePath),
  };
}

/** Byte strings as words of the header: all but plain characters as `%XX`. */
function percentEncoded(raw: string): string {
  const hex = (byte: string): string => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`;
  return raw.replace(/[^A-Za-z0-9/._-]/g, hex);
}

function percentDecoded(word: string): string {
  return word.replace(/%([0-9a-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function absolutePath(path: string): string {
  if (/^(\/(?!\.{0,2}(\/|$))[^/]*)+$/.test(path)) return path;
  throw new BaselineError('malformed', `its header has a mount point that is no path: ${path}`);
}

/** One entry of a baseline. */
export interface BaselineRecord {
  type: number;
  mode: number;
  uid: number;
  gid: number;
  inode: number;
  size: number;
  mtimeSec: number;
  mtimeNsec: number;
  ctimeSec: number;
  ctimeNsec: number;
}

const typeOfLetter: Readonly<Record<string, number>> = { p: 1, c: 2, d: 4, b: 6, f: 8, l: 10, s: 12 };
const letterOfType = new Map(Object.entries(typeOfLetter).map(([letter, type]) => [type, letter]));
const FIELDS_BEFORE_PATH = 8;
/** What find writes where it could not tell. */
const UNKNOWN = 0x55;

/** The `EntryType` of a record, which its first letter tells. */
export function typeOfRecord(record: Uint8Array): number {
  return typeOfLetter[String.fromCharCode(record[0] ?? 0)] ?? 0;
}

/** Where the path of the record at `start` begins; -1 where the record is not of the form. */
export function pathStart(bytes: Uint8Array, start: number): number {
  let at = start;
  for (let spaces = 0; spaces < FIELDS_BEFORE_PATH; at++) {
    const byte = bytes[at];
    if (byte === undefined || byte === 0) return -1;
    if (byte === SPACE) spaces++;
  }
  return at;
}

const SPACE = 0x20;

const fields = new Float64Array(9);

/** What no kernel says: permissions, uid, gid, inode, size, and seconds and nanoseconds of two times. */
const limits = [0o7777, 2 ** 32 - 1, 2 ** 32 - 1, 2 ** 64, 2 ** 63, 2 ** 63, 1e9, 2 ** 63, 1e9];

/** The fields of the record at `start`, into `record`. @throws BaselineError where it is not of the form. */
export function parseRecord(bytes: Uint8Array, start: number, record: BaselineRecord): void {
  const type = typeOfLetter[String.fromCharCode(bytes[start] ?? 0)] ?? 0;
  if ((type === 0 && bytes[start] !== UNKNOWN) || bytes[start + 1] !== SPACE) {
    throw new BaselineError('malformed', 'a record does not begin with a type');
  }
  let at = start + 2;
  let field = 0;
  // mode, uid, gid, inode, size, then mtime and ctime as seconds and a fraction.
  while (field < 9) {
    const negative = bytes[at] === 0x2d;
    if (negative) at++;
    const base = field === 0 ? 8 : 10;
    let value = 0;
    let digits = 0;
    let byte = bytes[at] ?? 0;
    while (byte >= 0x30 && byte <= 0x39) {
      // Nine digits of a fraction are nanoseconds; find writes a tenth.
      if (field !== 6 && field !== 8) value = value * base + (byte - 0x30);
      else if (digits < 9) value = value * 10 + (byte - 0x30);
      digits++;
      byte = bytes[++at] ?? 0;
    }
    if (digits === 0) throw new BaselineError('malformed', `a record has no number in field ${field + 2}`);
    if (field === 6 || field === 8) for (; digits < 9; digits++) value *= 10;
    const isTime = field === 5 || field === 7;
    if (value > (limits[field] as number) || (negative && !isTime)) {
      throw new BaselineError('malformed', `a record says what cannot be in field ${field + 2}`);
    }
    fields[field] = negative ? -value : value;
    field++;
    if (field === 6 || field === 8) {
      if (byte === 0x2e) at++;
      // Whole seconds.
      else fields[field++] = 0;
    }
    if (field !== 6 && field !== 8) {
      if (bytes[at] !== SPACE) throw new BaselineError('malformed', 'a record is not of the form');
      at++;
    }
  }
  record.type = type;
  record.mode = fields[0] as number;
  record.uid = fields[1] as number;
  record.gid = fields[2] as number;
  record.inode = fields[3] as number;
  record.size = fields[4] as number;
  record.mtimeSec = fields[5] as number;
  record.mtimeNsec = fields[6] as number;
  record.ctimeSec = fields[7] as number;
  record.ctimeNsec = fields[8] as number;
}

export function emptyRecord(): BaselineRecord {
  return {
    ...{ type: 0, mode: 0, uid: 0, gid: 0, inode: 0, size: 0 },
    ...{ mtimeSec: 0, mtimeNsec: 0, ctimeSec: 0, ctimeNsec: 0 },
  };
}

/** The record as `find -printf` writes it; `path` is relative to the root, a byte string. */
export function formatRecord(record: BaselineRecord, path: string): string {
  const { type, mode, uid, gid, inode, size } = record;
  const time = (sec: number, nsec: number): string => `${sec}.${String(nsec).padStart(9, '0')}0`;
  const letter = letterOfType.get(type) ?? 'U';
  const permissions = (mode & 0o7777).toString(8);
  const mtime = time(record.mtimeSec, record.mtimeNsec);
  const ctime = time(record.ctimeSec, record.ctimeNsec);
  return `${letter} ${permissions} ${uid} ${gid} ${inode} ${size} ${mtime} ${ctime} ${path}\0`;
}
