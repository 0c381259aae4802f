import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  opendirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { createRequire } from 'node:module';
import { EntryType } from '../../core/change.ts';
import { nameOf, parentOf, type RawName, type RawPath, ROOT, resolveLexically } from '../../core/rawpath.ts';
import type { FileFacts, RootFiles } from '../../ports/root-files.ts';
import { openInSteps } from '../tree/open-in-steps.ts';
import { contentDigest } from './content-digest.ts';
import { EACCES, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR } from './errno.ts';
import { systemError } from './errors.ts';
import { O_PATH, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS } from './flags.ts';
import { Syscalls } from './syscalls.ts';

const require = createRequire(import.meta.url);

/** The files below the directory `rootFd`, which stays the caller's; what is mounted below it is seen too. */
export function openRootFiles(rootFd: number): RootFiles {
  const calls = Syscalls.load();
  return new HostRootFiles(calls === undefined ? stepwise(rootFd) : inKernel(calls, rootFd));
}

/** Opens the path inside the root with these flags; undefined where it is absent, `denied` where that cannot be told. */
type OpenInRoot = (path: RawPath, flags: number) => number | 'denied' | undefined;

const READ = constants.O_RDONLY | constants.O_NONBLOCK;

const SMALL = 64 * 1024;
/** What is larger is not read as a whole. */
const LARGEST = 512 * 1024 * 1024;
/** Of what the kernel makes up. */
const MADE_UP = 16 * 1024 * 1024;
/** What a file is read into at first: its size may be a promise. */
const FIRST = 1024 * 1024;
const PIECE = 128 * 1024;
/** What files are read into to be told apart, hundreds of small ones at times. */
let piece: Buffer | undefined;

class HostRootFiles implements RootFiles {
  readonly #open: OpenInRoot;

  constructor(open: OpenInRoot) {
    this.#open = open;
  }

  readFile(path: RawPath, atMost = LARGEST): Uint8Array | undefined {
    return this.#withFile(path, 0, (fd, { size }) => {
      if (size > atMost) return undefined;
      if (size > 0) return upTo(fd, size);
      // Of what the kernel makes up the size is not known, and some of it has no end.
      const most = Math.min(atMost, MADE_UP);
      const bytes = upTo(fd, most + 1);
      return bytes.length > most ? undefined : bytes;
    });
  }

  beginning(path: RawPath, length: number): Uint8Array | undefined {
    return this.#withFile(path, 0, (fd, { size }) => upTo(fd, Math.min(length, size > 0 ? size : SMALL)));
  }

  listNames(path: RawPath, atMost?: number): RawName[] | undefined {
    return this.#with(path, READ | constants.O_DIRECTORY, (fd) => {
      const directory = `/proc/self/fd/${fd}`;
      if (atMost !== undefined) return someNames(directory, atMost);
      return readdirSync(directory, { encoding: 'latin1' }).map((name) => name as RawName);
    });
  }

  listEntries(path: RawPath): { name: RawName; type: number }[] | undefined {
    return this.#with(path, READ | constants.O_DIRECTORY, (fd) => {
      const directory = `/proc/self/fd/${fd}`;
      try {
        return readdirSync(directory, { encoding: 'latin1', withFileTypes: true }).map((entry) => {
          return { name: entry.name as RawName, type: typeOf(entry) };
        });
      } catch {
        // Of a filesystem that does not tell types node looks at each name, which it takes for text.
        return readdirSync(directory, { encoding: 'latin1' }).map((name) => {
          return { name: name as RawName, type: EntryType.unknown };
        });
      }
    });
  }

  lstat(path: RawPath): FileFacts | undefined {
    return this.#with(path, O_PATH | constants.O_NOFOLLOW, (fd) => {
      const stat = fstatSync(fd);
      return {
        type: stat.mode >>> 12,
        mode: stat.mode,
        uid: stat.uid,
        gid: stat.gid,
        size: stat.size,
        mtime: stat.mtimeMs / 1000,
        ctime: stat.ctimeMs / 1000,
      };
    });
  }

  readLink(path: RawPath): string | undefined {
    return this.#with(parentOf(path), O_PATH | constants.O_DIRECTORY, (fd) => {
      const full = Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), Buffer.from(nameOf(path), 'latin1')]);
      return absentIfCode(
        () => readlinkSync(full, 'buffer').toString('latin1'),
        'ENOENT',
        'EINVAL',
        'ENOTDIR',
        'EACCES',
      );
    });
  }

  recognize(path: RawPath, known: readonly Uint8Array[]): number | Uint8Array | undefined {
    return this.#withFile(path, constants.O_NOFOLLOW, (fd, { size }) => {
      if (size > SMALL) return undefined;
      piece ??= Buffer.allocUnsafe(PIECE);
      let length = 0;
      for (let count = 1; count > 0 && length < size; length += count) {
        count = readSync(fd, piece, length, PIECE - length, length);
      }
      const content = piece.subarray(0, length);
      // The newest first: most files are as they were before.
      const at = known.findLastIndex((other) => content.equals(other));
      return at < 0 ? Uint8Array.from(content) : at;
    });
  }

  digest(path: RawPath, algorithm: 'md5' | 'sha256'): string | undefined {
    return this.#with(path, READ | constants.O_NOFOLLOW, (fd) => {
      return fstatSync(fd).isFile() ? digestOf(fd, algorithm) : undefined;
    });
  }

  fingerprint(path: RawPath): string | undefined {
    return this.#withFile(path, constants.O_NOFOLLOW, contentDigest);
  }

  mayLook(path: RawPath): boolean {
    const fd = this.#open(path, O_PATH | constants.O_NOFOLLOW);
    if (typeof fd === 'number') closeSync(fd);
    return fd !== 'denied';
  }

  /**
   * Opens the regular file at the path for reading. To open a device does things (a watchdog, once opened and closed,
   * resets the machine), and whoever owns a directory can put a link to one there at any moment: what is opened is the very
   * file that was looked at.
   */
  #withFile<T>(path: RawPath, flags: number, use: (fd: number, stat: Stats) => T | undefined): T | undefined {
    return this.#with(path, O_PATH | flags, (held) => {
      const stat = fstatSync(held);
      if (!stat.isFile()) return undefined;
      const fd = absentIfCode(() => openSync(`/proc/self/fd/${held}`, READ), 'EACCES');
      if (fd === undefined) return undefined;
      try {
        return use(fd, stat);
      } finally {
        closeSync(fd);
      }
    });
  }

  #with<T>(path: RawPath, flags: number, use: (fd: number) => T): T | undefined {
    const fd = this.#open(path, flags);
    if (fd === undefined || fd === 'denied') return undefined;
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** The first bytes of what the descriptor is of, `most` or as many as there are. */
function upTo(fd: number, most: number): Uint8Array {
  let bytes = Buffer.allocUnsafe(Math.min(most, FIRST));
  let length = 0;
  for (;;) {
    const count = readSync(fd, bytes, length, bytes.length - length, null);
    if (count === 0) break;
    length += count;
    if (length === most) break;
    if (length === bytes.length) bytes = Buffer.concat([bytes], Math.min(most, 4 * length));
  }
  return bytes.subarray(0, length);
}

function someNames(directory: string, atMost: number): RawName[] {
  const names: RawName[] = [];
  const opened = opendirSync(directory, { encoding: 'latin1' as BufferEncoding });
  try {
    while (names.length < atMost) {
      const entry = opened.readSync();
      if (entry === null) break;
      names.push(entry.name as RawName);
    }
  } finally {
    opened.closeSync();
  }
  return names;
}

function typeOf(entry: Dirent): number {
  if (entry.isFile()) return EntryType.file;
  if (entry.isSymbolicLink()) return EntryType.symlink;
  if (entry.isDirectory()) return EntryType.directory;
  if (entry.isSocket()) return EntryType.socket;
  if (entry.isFIFO()) return EntryType.fifo;
  if (entry.isBlockDevice()) return EntryType.block;
  return entry.isCharacterDevice() ? EntryType.character : EntryType.unknown;
}

/** Of what is to be read from the descriptor, in hexadecimal. */
export function digestOf(fd: number, algorithm: 'md5' | 'sha256'): string {
  // Loaded when something is hashed: it costs a third of ebb's start.
  const crypto = require('node:crypto') as typeof import('node:crypto');
  piece ??= Buffer.allocUnsafe(PIECE);
  let count = readSync(fd, piece);
  // Most files: an object for each of them would cost more than the hashing.
  if (count < PIECE) {
    const more = readSync(fd, piece, count, PIECE - count, null);
    if (more === 0) return crypto.hash(algorithm, piece.subarray(0, count), 'hex');
    count += more;
  }
  const hash = crypto.createHash(algorithm);
  for (; count > 0; count = readSync(fd, piece)) hash.update(piece.subarray(0, count));
  return hash.digest('hex');
}

function inKernel(calls: Syscalls, rootFd: number): OpenInRoot {
  return (path, flags) => {
    const fd = openInSteps(calls, rootFd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
    if (fd >= 0) return fd;
    if ([ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG].includes(-fd)) return undefined;
    if (-fd === EACCES) return 'denied';
    throw systemError('openat2', -fd, path);
  };
}

/** What openat2's RESOLVE_IN_ROOT does, one component at a time, for want of the system call. */
function stepwise(rootFd: number): OpenInRoot {
  const byteName = (path: RawPath): Buffer =>
    Buffer.concat([Buffer.from(`/proc/self/fd/${rootFd}`), Buffer.from(path, 'latin1')]);
  const linkAt = (path: RawPath): string | undefined =>
    absentIfCode(
      () => readlinkSync(byteName(path), 'buffer').toString('latin1'),
      'EINVAL',
      'ENOENT',
      'ENOTDIR',
      'EACCES',
      'ENAMETOOLONG',
    );
  return (path, flags) => {
    let pending = path.split('/').filter((name) => name !== '');
    let at: RawPath = ROOT;
    for (let links = 0; pending.length > 0; ) {
      const [name, ...rest] = pending;
      if (name === undefined) break;
      const next = resolveLexically(at, name);
      const isLast = rest.length === 0 && (flags & constants.O_NOFOLLOW) !== 0;
      const target = isLast ? undefined : linkAt(next);
      if (target === undefined) at = next;
      else {
        if (++links > 40) return undefined;
        const resolved = resolveLexically(at, target);
        pending = [...resolved.split('/').filter((part) => part !== ''), ...rest];
        at = ROOT;
        continue;
      }
      pending = rest;
    }
    try {
      return openSync(byteName(at), flags);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return undefined;
      if (code === 'EACCES') return 'denied';
      throw error;
    }
  };
}

function absentIfCode<T>(attempt: () => T, ...codes: string[]): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
