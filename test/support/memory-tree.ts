/** A tree in memory behind the `Tree` port: what the core is tested on without a file system. */
import { EntryType } from '../../src/core/change.ts';
import type { Listing } from '../../src/core/listing.ts';
import { bytesOf, componentsOf, nameOf, parentOf, type RawPath } from '../../src/core/rawpath.ts';
import type { ListOutcome, Tree } from '../../src/ports/tree.ts';

export interface MemoryNode {
  type: number;
  inode: number;
  mode: number;
  uid: number;
  gid: number;
  links: number;
  size: number;
  /** Seconds by the tree's own clock, as all times here. */
  mtime: number;
  ctime: number;
  birth: number;
  link: string;
  /** A byte string, where it matters. */
  content: string;
  entries: Map<string, MemoryNode>;
}

/** Mutable, with a clock that ticks at each change, so that no two changes fall into the same moment. */
export class MemoryTree implements Tree {
  readonly root: MemoryNode;
  #inode = 256;
  #now = 1_000_000;

  constructor() {
    this.root = this.#node(EntryType.directory, 0o755);
  }

  get now(): number {
    return this.#now;
  }

  /** Puts an entry there, with the directories above it; what was there is replaced. */
  put(path: string, type: number, mode: number): MemoryNode {
    const parent = this.#parent(path);
    const node = this.#node(type, mode);
    parent.entries.set(nameOf(path as RawPath), node);
    this.#touch(parent);
    return node;
  }

  link(path: string, existing: string): void {
    const node = this.at(existing);
    const parent = this.#parent(path);
    parent.entries.set(nameOf(path as RawPath), node);
    node.links++;
    node.ctime = this.#tick();
    this.#touch(parent);
  }

  remove(path: string): void {
    const parent = this.at(parentOf(path as RawPath));
    const node = this.at(path);
    parent.entries.delete(nameOf(path as RawPath));
    node.links--;
    this.#touch(parent);
  }

  move(from: string, to: string): void {
    const node = this.at(from);
    const source = this.at(parentOf(from as RawPath));
    source.entries.delete(nameOf(from as RawPath));
    this.#touch(source);
    const target = this.#parent(to);
    target.entries.set(nameOf(to as RawPath), node);
    this.#touch(target);
    node.ctime = this.#tick();
  }

  /** Writes a file's content; `mtime` as it was where `keepTime`. */
  write(path: string, size: number, keepTime: boolean): void {
    const node = this.at(path);
    node.size = size;
    node.ctime = this.#tick();
    if (!keepTime) node.mtime = node.ctime;
  }

  change(path: string, facts: Partial<Pick<MemoryNode, 'mode' | 'uid' | 'gid'>>): void {
    Object.assign(this.at(path), facts, { ctime: this.#tick() });
  }

  find(path: string): MemoryNode | undefined {
    return this.#find(path);
  }

  at(path: string): MemoryNode {
    const node = this.#find(path);
    if (node === undefined) throw new Error(`the memory tree has no ${path}`);
    return node;
  }

  list(path: RawPath, batch: (listing: Listing) => void): ListOutcome {
    const node = this.#find(path);
    if (node?.type !== EntryType.directory) return 'gone';
    // Two parts, as a large directory comes in several.
    const entries = [...node.entries];
    const middle = Math.ceil(entries.length / 2);
    for (const part of [entries.slice(0, middle), entries.slice(middle)]) {
      if (part.length > 0) batch(new MemoryListing(part));
    }
    return 'read';
  }

  look(path: RawPath, names: readonly string[], batch: (listing: Listing) => void): ListOutcome {
    const node = this.#find(path);
    if (node?.type !== EntryType.directory) return 'gone';
    const wanted = names.flatMap((name): [string, MemoryNode][] => {
      const entry = node.entries.get(name);
      return entry === undefined ? [] : [[name, entry]];
    });
    if (wanted.length > 0) batch(new MemoryListing(wanted));
    return 'read';
  }

  close(): void {}

  #find(path: string): MemoryNode | undefined {
    let at: MemoryNode | undefined = this.root;
    for (const name of componentsOf(path)) at = at?.entries.get(name);
    return at;
  }

  #parent(path: string): MemoryNode {
    const parent = parentOf(path as RawPath);
    return this.#find(parent) ?? this.put(parent, EntryType.directory, 0o755);
  }

  #node(type: number, mode: number): MemoryNode {
    const now = this.#tick();
    return {
      ...{
        type,
        mode,
        inode: this.#inode++,
        uid: 0,
        gid: 0,
        links: 1,
        size: 0,
        link: '',
        content: '',
        entries: new Map(),
      },
      ...{ mtime: now, ctime: now, birth: now },
    };
  }

  #touch(node: MemoryNode): void {
    node.mtime = node.ctime = this.#tick();
  }

  #tick(): number {
    return this.#now++;
  }
}

class MemoryListing implements Listing {
  readonly count: number;
  readonly names: Uint8Array;
  readonly nameStart: Uint32Array;
  readonly nameEnd: Uint32Array;
  readonly type: Uint8Array;
  readonly device: Float64Array;
  readonly inode: Float64Array;
  readonly mode: Uint16Array;
  readonly uid: Uint32Array;
  readonly gid: Uint32Array;
  readonly links: Uint32Array;
  readonly size: Float64Array;
  readonly allocated: Float64Array;
  readonly mtimeSec: Float64Array;
  readonly mtimeNsec: Uint32Array;
  readonly ctimeSec: Float64Array;
  readonly ctimeNsec: Uint32Array;
  readonly birthSec: Float64Array;
  readonly #entries: readonly [string, MemoryNode][];

  constructor(entries: readonly [string, MemoryNode][]) {
    this.#entries = entries;
    const count = entries.length;
    this.count = count;
    this.names = bytesOf(entries.map(([name]) => name).join('\0'));
    this.nameStart = new Uint32Array(count);
    this.nameEnd = new Uint32Array(count);
    let at = 0;
    entries.forEach(([name], i) => {
      this.nameStart[i] = at;
      this.nameEnd[i] = at + name.length;
      at += name.length + 1;
    });
    const column = (of: (node: MemoryNode) => number): Float64Array =>
      Float64Array.from(entries, ([, node]) => of(node));
    this.type = Uint8Array.from(entries, ([, node]) => node.type);
    this.mode = Uint16Array.from(entries, ([, node]) => (node.type << 12) | node.mode);
    this.uid = Uint32Array.from(entries, ([, node]) => node.uid);
    this.gid = Uint32Array.from(entries, ([, node]) => node.gid);
    this.links = Uint32Array.from(entries, ([, node]) => node.links);
    this.device = new Float64Array(count).fill(1);
    this.inode = column((node) => node.inode);
    this.size = column((node) => node.size);
    this.allocated = column((node) => Math.ceil(node.size / 4096) * 4096);
    this.mtimeSec = column((node) => node.mtime);
    this.ctimeSec = column((node) => node.ctime);
    this.birthSec = column((node) => node.birth);
    this.mtimeNsec = new Uint32Array(count);
    this.ctimeNsec = new Uint32Array(count);
  }

  stat(): boolean {
    return true;
  }

  readLink(i: number): string | undefined {
    return this.#entries[i]?.[1].link;
  }

  name(i: number): string {
    return this.#entries[i]?.[0] ?? '';
  }
}
