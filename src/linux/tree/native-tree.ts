import type { Listing } from '../../core/listing.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { ListOutcome, Tree } from '../../ports/tree.ts';
import { ELOOP, EMFILE, ENAMETOOLONG, ENFILE, ENOENT, ENOTDIR, EPERM, EXDEV } from '../system/errno.ts';
import { systemError } from '../system/errors.ts';
import { A_DIRECTORY, O_NOATIME, STRICTLY_BELOW } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { EntryColumns } from './entry-columns.ts';
import { openInSteps } from './open-in-steps.ts';

/** One getdents64 call fills at most this; a record is at least 24 bytes. */
const DIRENTS = 32 * 1024;
const CAPACITY = Math.ceil(DIRENTS / 24);
const LINK_MAX = 4096;

/** Of a tree that was closed, for the next one: they are large, and take longer to make than a look into a tree. */
const spare: NativeEntries[] = [];

/** A tree read with getdents64(2) into one buffer and statx(2) relative to the directory: no string for a name. */
export class NativeTree implements Tree {
  readonly #calls: Syscalls;
  readonly #root: number;
  /** Made when first asked for, as hundreds of old roots are opened for one look each. */
  #columns: NativeEntries | undefined;
  /** Reading would move atimes, which on btrfs looks like a change; only an owner may ask to leave them. */
  #noAtime = O_NOATIME;

  /** Borrows the descriptor `root`: closing it is the caller's, so that several threads can share it. */
  constructor(calls: Syscalls, root: number) {
    this.#calls = calls;
    this.#root = root;
  }

  get #entries(): NativeEntries {
    this.#columns ??= spare.pop() ?? new NativeEntries(this.#calls);
    return this.#columns;
  }

  list(path: RawPath, batch: (listing: Listing) => void): ListOutcome {
    const fd = this.#open(path);
    if (typeof fd === 'string') return fd;
    const entries = this.#entries;
    try {
      entries.denied = false;
      while (entries.next(fd)) batch(entries);
      return entries.denied ? 'denied' : 'read';
    } finally {
      this.#calls.close(fd);
    }
  }

  look(path: RawPath, names: readonly string[], batch: (listing: Listing) => void): ListOutcome {
    const fd = this.#open(path);
    if (typeof fd === 'string') return fd;
    const entries = this.#entries;
    try {
      entries.denied = false;
      // Names of 255 bytes at most: so many always fit the buffer.
      const atOnce = Math.floor(DIRENTS / 256);
      for (let from = 0; from < names.length; from += atOnce) {
        if (entries.named(fd, names.slice(from, from + atOnce)) > 0) batch(entries);
      }
      return entries.denied ? 'denied' : 'read';
    } finally {
      this.#calls.close(fd);
    }
  }

  close(): void {
    if (this.#columns !== undefined && spare.length === 0) spare.push(this.#columns);
    this.#columns = undefined;
  }

  #open(path: RawPath): number | ListOutcome {
    const flags = A_DIRECTORY;
    let fd = openInSteps(this.#calls, this.#root, path, flags | this.#noAtime, STRICTLY_BELOW);
    if (fd === -EPERM && this.#noAtime !== 0) {
      this.#noAtime = 0;
      fd = openInSteps(this.#calls, this.#root, path, flags, STRICTLY_BELOW);
    }
    return fd < 0 ? outcomeOf(-fd, path) : fd;
  }
}

function outcomeOf(errno: number, path: RawPath): ListOutcome {
  if (errno === ENOENT || errno === ENOTDIR || errno === ELOOP || errno === ENAMETOOLONG) return 'gone';
  if (errno === EXDEV) return 'boundary';
  if (errno === EMFILE || errno === ENFILE) throw systemError('open', errno, path);
  // Forbidden, or a disk or a server that does not answer.
  return 'denied';
}

class NativeEntries extends EntryColumns {
  readonly names: Uint8Array;
  readonly #latin1: Buffer;
  readonly #calls: Syscalls;
  readonly #address: number;
  readonly #stat = new ArrayBuffer(256);
  readonly #statWords = new Uint32Array(this.#stat);
  readonly #statHalves = new Uint16Array(this.#stat);
  readonly #statAddress: number;
  readonly #link = new ArrayBuffer(LINK_MAX);
  readonly #linkAddress: number;
  #fd = -1;
  /** Some entry could not be looked at for want of permission. */
  denied = false;

  constructor(calls: Syscalls) {
    super(CAPACITY);
    const buffer = new ArrayBuffer(DIRENTS);
    this.names = new Uint8Array(buffer);
    this.#latin1 = Buffer.from(buffer);
    this.#calls = calls;
    this.#address = calls.addressOf(buffer);
    this.#statAddress = calls.addressOf(this.#stat);
    this.#linkAddress = calls.addressOf(this.#link);
  }

  /** Reads the next part of the directory `fd`; false at its end. */
  next(fd: number): boolean {
    this.#fd = fd;
    const length = this.#calls.getdents(fd, this.#address, DIRENTS);
    // A directory that was removed while it was open has no entries any more.
    if (length === 0 || length === -ENOENT) return false;
    if (length < 0) {
      this.denied = true;
      return false;
    }
    const { names, nameStart, nameEnd, type } = this;
    let count = 0;
    // struct linux_dirent64: d_ino u64, d_off u64, d_reclen u16 at 16, d_type u8 at 18, d_name from 19.
    for (let at = 0; at < length; ) {
      const recordLength = (names[at + 16] as number) | ((names[at + 17] as number) << 8);
      const start = at + 19;
      // The record is padded to 8 bytes, so the name's end is among its last 8.
      let end = Math.max(start, at + recordLength - 8);
      while (names[end] !== 0) end++;
      if (!isDotOrDotDot(names, start, end)) {
        nameStart[count] = start;
        nameEnd[count] = end;
        type[count] = names[at + 18] as number;
        count++;
      }
      at += recordLength;
    }
    this.#begin(count);
    return true;
  }

  /** Takes the entries of these names of the directory `fd`; gives how many there are. */
  named(fd: number, wanted: readonly string[]): number {
    this.#fd = fd;
    let at = 0;
    let count = 0;
    for (const name of wanted) {
      this.#latin1.write(name, at, 'latin1');
      this.names[at + name.length] = 0;
      this.nameStart[count] = at;
      this.nameEnd[count] = at + name.length;
      this.statted[count] = 0;
      if (this.stat(count)) {
        count++;
        at += name.length + 1;
      }
    }
    this.count = count;
    return count;
  }

  name(i: number): string {
    return this.#latin1.toString('latin1', this.nameStart[i], this.nameEnd[i]);
  }

  readLink(i: number): string | undefined {
    const name = this.#address + (this.nameStart[i] as number);
    const length = this.#calls.readlink(this.#fd, name, this.#linkAddress, LINK_MAX);
    return length < 0 ? undefined : Buffer.from(this.#link, 0, length).toString('latin1');
  }

  #begin(count: number): void {
    this.count = count;
    this.statted.fill(0, 0, count);
    // Some filesystems do not tell types in their directories.
    for (let i = 0; i < count; i++) if (this.type[i] === 0) this.stat(i);
  }

  protected override fill(i: number): boolean {
    const error = this.#calls.statx(this.#fd, this.#address + (this.nameStart[i] as number), this.#statAddress);
    if (error !== 0) {
      // A directory may be listed and yet not searched: what is in it has names, and nothing else for us.
      if (error !== -ENOENT) this.denied = true;
      return false;
    }
    // struct statx, see statx(2). 64-bit values as two words: they all stay below 2^53.
    const words = this.#statWords;
    const wide = (at: number) => (words[at] as number) + (words[at + 1] as number) * 0x1_0000_0000;
    const signed = (at: number) => (words[at] as number) + ((words[at + 1] as number) | 0) * 0x1_0000_0000;
    const mode = this.#statHalves[14] as number;
    this.links[i] = words[4] as number;
    this.uid[i] = words[5] as number;
    this.gid[i] = words[6] as number;
    this.mode[i] = mode;
    this.type[i] = mode >>> 12;
    this.inode[i] = wide(8);
    this.size[i] = wide(10);
    this.allocated[i] = wide(12) * 512;
    this.birthSec[i] = ((words[0] as number) & 0x800) === 0 ? -1 : signed(20);
    this.ctimeSec[i] = signed(24);
    this.ctimeNsec[i] = words[26] as number;
    this.mtimeSec[i] = signed(28);
    this.mtimeNsec[i] = words[30] as number;
    this.device[i] = (words[34] as number) * 0x10_0000 + (words[35] as number);
    return true;
  }
}

function isDotOrDotDot(names: Uint8Array, start: number, end: number): boolean {
  if (end - start > 2 || names[start] !== 0x2e) return false;
  return end - start === 1 || names[start + 1] === 0x2e;
}
