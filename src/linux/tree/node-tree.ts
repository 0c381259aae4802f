import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import type { Listing } from '../../core/listing.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { ListOutcome, Tree } from '../../ports/tree.ts';
import { mountIdOf } from '../system/mount-id.ts';
import { EntryColumns } from './entry-columns.ts';

const CAPACITY = 1024;

/**
 * A tree read with node:fs alone, where koffi has no build. Directories are reached through `/proc/self/fd`, one
 * component at a time where it must be, so that no path is resolved twice and none is too long.
 */
export class NodeTree implements Tree {
  readonly #root: number;
  readonly #mount: number;
  readonly #entries = new NodeEntries();

  /** Borrows the descriptor `root`. */
  constructor(root: number) {
    this.#root = root;
    this.#mount = mountIdOf(root);
  }

  list(path: RawPath, batch: (listing: Listing) => void): ListOutcome {
    return this.#at(path, (directory) => {
      const names = readdirSync(directory, { encoding: 'buffer' });
      return this.#give(directory, names, batch);
    });
  }

  look(path: RawPath, names: readonly string[], batch: (listing: Listing) => void): ListOutcome {
    const wanted = names.map((name) => Buffer.from(name, 'latin1'));
    return this.#at(path, (directory) => this.#give(directory, wanted, batch));
  }

  close(): void {}

  #give(directory: string, names: readonly Buffer[], batch: (listing: Listing) => void): ListOutcome {
    this.#entries.denied = false;
    for (let from = 0; from < names.length; from += CAPACITY) {
      this.#entries.load(directory, names.slice(from, from + CAPACITY));
      if (this.#entries.count > 0) batch(this.#entries);
    }
    return this.#entries.denied ? 'denied' : 'read';
  }

  #at(path: RawPath, use: (directory: string) => ListOutcome): ListOutcome {
    const opened: number[] = [];
    try {
      let at = this.#root;
      // One component at a time: node:fs has no openat2, and O_NOFOLLOW guards the last component only.
      for (const name of path.split('/')) {
        if (name === '') continue;
        const full = Buffer.concat([Buffer.from(`/proc/self/fd/${at}/`), Buffer.from(name, 'latin1')]);
        at = openSync(full, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        opened.push(at);
        if (mountIdOf(at) !== this.#mount) return 'boundary';
        if (opened.length > 2) closeSync(opened.shift() as number);
      }
      return use(`/proc/self/fd/${at}`);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return 'gone';
      return 'denied';
    } finally {
      for (const fd of opened) closeSync(fd);
    }
  }
}

class NodeEntries extends EntryColumns {
  readonly names = new Uint8Array(CAPACITY * 256);
  denied = false;
  #directory = '';
  #buffers: readonly Buffer[] = [];

  constructor() {
    super(CAPACITY);
  }

  load(directory: string, names: readonly Buffer[]): void {
    this.#directory = directory;
    this.#buffers = names;
    this.count = names.length;
    const kept: Buffer[] = [];
    let at = 0;
    for (const name of names) {
      const i = kept.length;
      this.names.set(name, at);
      this.nameStart[i] = at;
      this.nameEnd[i] = at + name.length;
      this.statted[i] = 0;
      kept.push(name);
      this.#buffers = kept;
      // Types come with the stat that most comparisons need anyway.
      if (this.stat(i)) at += name.length;
      else kept.pop();
    }
    this.count = kept.length;
  }

  name(i: number): string {
    return (this.#buffers[i] as Buffer).toString('latin1');
  }

  readLink(i: number): string | undefined {
    try {
      return readlinkSync(this.#path(i), 'buffer').toString('latin1');
    } catch {
      return undefined;
    }
  }

  protected override fill(i: number): boolean {
    try {
      const stat = lstatSync(this.#path(i), { bigint: true });
      this.device[i] = Number(stat.dev);
      this.inode[i] = Number(stat.ino);
      this.mode[i] = Number(stat.mode);
      this.type[i] = Number(stat.mode) >>> 12;
      this.uid[i] = Number(stat.uid);
      this.gid[i] = Number(stat.gid);
      this.links[i] = Number(stat.nlink);
      this.size[i] = Number(stat.size);
      this.allocated[i] = Number(stat.blocks) * 512;
      this.mtimeSec[i] = secondsOf(stat.mtimeNs);
      this.mtimeNsec[i] = nanosecondsOf(stat.mtimeNs);
      this.ctimeSec[i] = secondsOf(stat.ctimeNs);
      this.ctimeNsec[i] = nanosecondsOf(stat.ctimeNs);
      this.birthSec[i] = stat.birthtimeNs === 0n ? -1 : secondsOf(stat.birthtimeNs);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Forbidden, or a disk or a server that does not answer.
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.denied = true;
      return false;
    }
  }

  #path(i: number): Buffer {
    return Buffer.concat([Buffer.from(`${this.#directory}/`), this.#buffers[i] as Buffer]);
  }
}

/** Of a time before 1970 too, which counts down in whole seconds and up in nanoseconds. */
function nanosecondsOf(time: bigint): number {
  return Number(((time % SECOND) + SECOND) % SECOND);
}

function secondsOf(time: bigint): number {
  return Number((time - BigInt(nanosecondsOf(time))) / SECOND);
}

const SECOND = 1_000_000_000n;
