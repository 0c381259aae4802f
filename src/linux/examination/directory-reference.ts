import { closeSync, constants, fstatSync, openSync, statfsSync } from 'node:fs';
import { STAND_IN } from '../../core/baseline.ts';
import { EntryType } from '../../core/change.ts';
import type { Listing } from '../../core/listing.ts';
import { join, type RawName, type RawPath } from '../../core/rawpath.ts';
import { Judgement, type MissingEntry, type Reference, type ReferenceDirectory } from '../../core/reference.ts';
import type { Tree } from '../../ports/tree.ts';
import { isBeginningOf } from '../system/content-digest.ts';
import { BELOW } from '../system/flags.ts';
import { Syscalls } from '../system/syscalls.ts';
import { openInSteps } from '../tree/open-in-steps.ts';
import { openTree } from '../tree/open-tree.ts';

/** linux/magic.h */
const BTRFS = 0x9123683e;

/** What is kept of one entry of the other tree. */
interface Then {
  readonly type: number;
  readonly inode: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  readonly link: string | undefined;
}

/**
 * Another tree as the reference: an old root, or any directory. Owner, mode, type and size are compared; the content
 * only where sizes agree and times do not, or always where checksums are wanted.
 */
export class DirectoryReference implements Reference {
  readonly #fd: number;
  readonly #rootFd: number;
  readonly #checksum: boolean;
  readonly #tree: Tree;
  readonly #isBtrfs: boolean;

  /** Borrows both descriptors: the other tree's, and that of the tree it is compared with. */
  constructor(fd: number, rootFd: number, checksum: boolean) {
    this.#fd = fd;
    this.#rootFd = rootFd;
    this.#checksum = checksum;
    this.#tree = openTree(fd);
    this.#isBtrfs = [fd, rootFd].every((one) => statfsSync(`/proc/self/fd/${one}/.`).type === BTRFS);
  }

  unverified = 0;

  directory(path: RawPath): ReferenceDirectory | undefined {
    const entries = this.entriesOf(path);
    if (entries === 'denied') {
      this.unverified++;
      return unreadable;
    }
    return entries && new OtherDirectory(this, path, entries);
  }

  close(): void {
    this.#tree.close();
  }

  /** undefined where there is no such directory. */
  entriesOf(path: RawPath): Map<string, Then> | 'denied' | undefined {
    const entries = new Map<string, Then>();
    const outcome = this.#tree.list(path, (listing) => {
      for (let i = 0; i < listing.count; i++) {
        if (listing.stat(i)) entries.set(listing.name(i), thenOf(listing, i));
      }
    });
    if (outcome === 'gone') return undefined;
    if (outcome !== 'read') return 'denied';
    if (path === '/') entries.delete('.ebb');
    return entries;
  }

  /** Whether both stand in a snapshot for a subvolume that it lacks. */
  areStandIns(then: Then, listing: Listing, i: number): boolean {
    return this.#isBtrfs && then.inode === STAND_IN && listing.inode[i] === STAND_IN;
  }

  sameContent(path: RawPath, then: Then, listing: Listing, i: number): boolean {
    if (then.size !== listing.size[i]) return false;
    const sameTime = then.mtimeSec === listing.mtimeSec[i] && then.mtimeNsec === listing.mtimeNsec[i];
    if (sameTime && !this.#checksum) return true;
    return sameBytes(this.#fd, this.#rootFd, path, then.size);
  }
}

class OtherDirectory implements ReferenceDirectory {
  readonly knowsMissing = true;
  readonly #reference: DirectoryReference;
  readonly #path: RawPath;
  readonly #entries: ReadonlyMap<string, Then>;
  readonly #met = new Set<string>();

  constructor(reference: DirectoryReference, path: RawPath, entries: ReadonlyMap<string, Then>) {
    this.#reference = reference;
    this.#path = path;
    this.#entries = entries;
  }

  has(name: RawName): boolean {
    return this.#entries.has(name);
  }

  judge(listing: Listing, i: number): Judgement {
    const name = listing.name(i);
    this.#met.add(name);
    if (!listing.stat(i)) return Judgement.vanished;
    const then = this.#entries.get(name);
    if (then === undefined) return Judgement.added;
    const type = listing.type[i];
    if (then.type !== type) return Judgement.typeChanged;
    if (this.#reference.areStandIns(then, listing, i)) return Judgement.unchanged;
    if (then.mode !== listing.mode[i] || then.uid !== listing.uid[i] || then.gid !== listing.gid[i]) {
      return Judgement.modified;
    }
    if (type === EntryType.symlink) return then.link === listing.readLink(i) ? Judgement.unchanged : Judgement.modified;
    if (type !== EntryType.file) return Judgement.unchanged;
    const same = this.#reference.sameContent(join(this.#path, name), then, listing, i);
    return same ? Judgement.unchanged : Judgement.modified;
  }

  meet(listing: Listing, i: number): boolean {
    const name = listing.name(i);
    this.#met.add(name);
    return this.#entries.has(name);
  }

  *missing(others?: ReadonlySet<string>): Iterable<MissingEntry> {
    for (const [name, then] of this.#entries) {
      if (this.#met.has(name) || others?.has(name)) continue;
      const path = join(this.#path, name);
      const descendants = (): Iterable<{ path: string; type: number }> =>
        then.type === EntryType.directory ? below(this.#reference, path) : [];
      let entries = 1;
      for (const _ of descendants()) entries++;
      const mtime = then.mtimeSec + then.mtimeNsec / 1e9;
      yield { name: name as RawName, type: then.type, entries, mtime, descendants };
    }
  }
}

/** A directory of which nothing can be said. */
const unreadable: ReferenceDirectory = {
  judge: () => Judgement.unchanged,
  meet: () => true,
  has: () => true,
  missing: () => [],
  knowsMissing: false,
};

function thenOf(listing: Listing, i: number): Then {
  const type = listing.type[i] as number;
  return {
    type,
    inode: listing.inode[i] as number,
    mode: listing.mode[i] as number,
    uid: listing.uid[i] as number,
    gid: listing.gid[i] as number,
    size: listing.size[i] as number,
    mtimeSec: listing.mtimeSec[i] as number,
    mtimeNsec: listing.mtimeNsec[i] as number,
    link: type === EntryType.symlink ? listing.readLink(i) : undefined,
  };
}

function* below(reference: DirectoryReference, top: RawPath): Iterable<{ path: string; type: number }> {
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const entries = reference.entriesOf(at === '' ? top : join(top, at));
    if (entries === undefined || entries === 'denied') continue;
    for (const [name, { type }] of entries) {
      const path = at === '' ? name : `${at}/${name}`;
      yield { path, type };
      if (type === EntryType.directory) pending.push(path);
    }
  }
}

/** False too where either cannot be read: a doubt is reported, never dropped. */
function sameBytes(otherFd: number, rootFd: number, path: RawPath, size: number): boolean {
  const opened: number[] = [];
  try {
    const a = openBelow(rootFd, path);
    opened.push(a);
    const b = openBelow(otherFd, path);
    opened.push(b);
    return fstatSync(a).size === size && fstatSync(b).size === size && isBeginningOf(a, b);
  } catch {
    return false;
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

function openBelow(directory: number, path: RawPath): number {
  const calls = Syscalls.load();
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  if (calls === undefined) {
    return openSync(Buffer.concat([Buffer.from(`/proc/self/fd/${directory}`), Buffer.from(path, 'latin1')]), flags);
  }
  const fd = openInSteps(calls, directory, path, flags, BELOW);
  if (fd < 0) throw new Error(`openat2: ${fd}`);
  return fd;
}
