import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { type BaselineRecord, formatRecord, headerRecord, trailerRecord } from '../../core/baseline-format.ts';
import { EntryType } from '../../core/change.ts';
import { Failure } from '../../core/failure.ts';
import type { Listing } from '../../core/listing.ts';
import { join, type RawPath, ROOT } from '../../core/rawpath.ts';
import { subvolumeInfo } from '../btrfs/subvolume.ts';
import { Syscalls } from '../system/syscalls.ts';
import { openTree } from '../tree/open-tree.ts';
import { SmallestFirst } from './smallest-first.ts';

/**
 * Records the root as it is now in its `/.ebb/baseline`: sorted, so that a directory is found in it without reading
 * the whole. Written beside and renamed, so that there is never half of one.
 */
export function recordBaseline(
  rootFd: number,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
  now: number,
  dryRun: boolean,
): { entries: number; path: RawPath } {
  try {
    return record(rootFd, mountPoints, now, dryRun);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === undefined ? undefined : unwritable[code];
    if (why === undefined) throw error;
    throw new Failure(
      'failed',
      `/.ebb/baseline was not written: ${why}`,
      'the earlier one, if there was one, is still there',
    );
  }
}

const unwritable: Readonly<Record<string, string>> = {
  EROFS: 'the root is read-only',
  ENOSPC: 'its filesystem is full',
  EDQUOT: 'its quota is used up',
};

function record(
  rootFd: number,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
  now: number,
  dryRun: boolean,
): { entries: number; path: RawPath } {
  const path = '/.ebb/baseline' as RawPath;
  if (dryRun) return { entries: writeRecords(rootFd, mountPoints, () => {}), path };
  const calls = Syscalls.load();
  // What is written later has a later generation; what is still in memory would get one too, so write it out first.
  if (calls !== undefined) calls.syncFilesystem(rootFd);
  const subvolume = calls && subvolumeInfo(calls, rootFd);
  const uptime = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
  const directory = privateDirectory(rootFd);
  try {
    if (calls !== undefined && !calls.tryLock(directory.fd, 'exclusive')) {
      throw new Failure('locked', 'another ebb is recording the baseline of this root');
    }
    // A fixed name, ours alone by the lock: what an interrupted recording left behind is overwritten by the next.
    const temporary = `${directory.path}/.baseline.new`;
    const fd = openSync(
      temporary,
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      const out = new Output(fd);
      out.write(
        headerRecord({
          recorded: now,
          uptime,
          generation: subvolume?.generation,
          subvolume: subvolume?.id,
          sorted: true,
          mountPoints: [...mountPoints].flatMap(([path, names]) => [...names].map((name) => join(path, name))),
        }),
      );
      const entries = writeRecords(rootFd, mountPoints, (record) => out.write(record));
      out.write(trailerRecord);
      out.flush();
      fsyncSync(fd);
      putInPlace(temporary, `${directory.path}/baseline`);
      fsyncSync(directory.fd);
      return { entries, path };
    } finally {
      closeSync(fd);
    }
  } finally {
    closeSync(directory.fd);
  }
}

function putInPlace(temporary: string, path: string): void {
  try {
    renameSync(temporary, path);
  } catch (error) {
    unlinkSync(temporary);
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EISDIR') throw error;
    throw new Failure('failed', '/.ebb/baseline is a directory', 'look at what it is, and move it away');
  }
}

/** `/.ebb`, which only root may look into: a baseline names every file. */
function privateDirectory(rootFd: number): { fd: number; path: string } {
  const path = `/proc/self/fd/${rootFd}/.ebb`;
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTDIR' && code !== 'ELOOP') throw error;
    throw new Failure('failed', '/.ebb is no directory', 'look at what it is, and move it away');
  }
  const { uid } = fstatSync(fd);
  if (uid !== process.getuid?.()) {
    closeSync(fd);
    throw new Failure(
      'failed',
      `/.ebb belongs to user ${uid}, who could change what is recorded`,
      'look at what it is, and move it away',
    );
  }
  return { fd, path: `/proc/self/fd/${fd}` };
}

/**
 * Directories in byte order of their paths, and in each its entries by name: the order of the file. What lies in a
 * directory comes behind it in that order, so that the first of those that are known already is always the next; what
 * has to be kept is the names of one directory, and the paths of those that are still to come.
 */
function writeRecords(
  rootFd: number,
  mountPoints: ReadonlyMap<RawPath, ReadonlySet<string>>,
  write: (record: string) => void,
): number {
  const tree = openTree(rootFd);
  const pending = new SmallestFirst();
  let entries = 0;
  for (let path: RawPath | undefined = ROOT; path !== undefined; path = pending.take() as RawPath | undefined) {
    const names: string[] = [];
    tree.list(path, (listing) => {
      for (let i = 0; i < listing.count; i++) names.push(listing.name(i));
    });
    if (names.length === 0) continue;
    const directory = path;
    const points = mountPoints.get(directory);
    const prefix = directory === '/' ? '' : `${directory.slice(1)}/`;
    // Byte strings: the order of their characters is that of the bytes. A listing may name an entry twice where the
    // directory changes meanwhile.
    const distinct = names.sort().filter((name, i) => name !== names[i - 1]);
    tree.look(directory, distinct, (listing) => {
      for (let i = 0; i < listing.count; i++) {
        const name = listing.name(i);
        if (directory === '/' && name === '.ebb') continue;
        write(formatRecord(recordOf(listing, i), prefix + name));
        entries++;
        if (listing.type[i] === EntryType.directory && !points?.has(name)) pending.add(join(directory, name));
      }
    });
  }
  tree.close();
  return entries;
}

function recordOf(listing: Listing, i: number): BaselineRecord {
  const at = (column: ArrayLike<number>): number => column[i] as number;
  return {
    type: at(listing.type),
    mode: at(listing.mode) & 0o7777,
    uid: at(listing.uid),
    gid: at(listing.gid),
    inode: at(listing.inode),
    size: at(listing.size),
    mtimeSec: at(listing.mtimeSec),
    mtimeNsec: at(listing.mtimeNsec),
    ctimeSec: at(listing.ctimeSec),
    ctimeNsec: at(listing.ctimeNsec),
  };
}

/** Byte strings to a descriptor, a large piece at a time. */
class Output {
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafe(256 * 1024);
  #at = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string): void {
    if (this.#at + text.length > this.#buffer.length) this.flush();
    if (text.length > this.#buffer.length) {
      this.#write(Buffer.from(text, 'latin1'));
      return;
    }
    this.#at += this.#buffer.write(text, this.#at, 'latin1');
  }

  flush(): void {
    this.#write(this.#buffer.subarray(0, this.#at));
    this.#at = 0;
  }

  #write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
  }
}
