import {
  hashName,
  type ManifestNode,
  NO_NODE,
  NodeFlag,
  type PackageManifestData,
  ROOT_NODE,
} from './package-manifest.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
/**
 * Room to begin with: what a desktop has. The columns are the finished ones from the start, with room to spare at the
 * end; pages that nobody writes to cost nothing, copying at the end would.
 */
const NODES = 1 << 18;

/** Collects owned paths and gives back the finished, shareable table. */
export class ManifestBuilder {
  private readonly digestBytes: number;
  private count = 1;
  private namesUsed = 0;
  private names = column8(NODES * 20);
  private nameStart = column32(NODES);
  private parent = column32(NODES);
  private firstChild = column32(NODES);
  private nextSibling = column32(NODES);
  private owners = column32(NODES);
  private flags = column8(NODES);
  private digests: Uint8Array;
  private table = column32(NODES);
  private readonly redirects = new Map<ManifestNode, ManifestNode>();
  /** The directory of the path that was walked last: most paths lie beside the one before. */
  private lastDirectory: Uint8Array = new Uint8Array(0);
  private lastNode: ManifestNode = ROOT_NODE;

  /** `digestBytes`: 16 for MD5, 32 for SHA-256. */
  constructor(digestBytes: number) {
    this.digestBytes = digestBytes;
    this.digests = column8(NODES * digestBytes);
    this.flags[ROOT_NODE] = NodeFlag.owned | NodeFlag.loose;
  }

  /** From now on what lies below `from`, a symlink to a directory, lies below `to` instead. */
  alias(from: Uint8Array, to: Uint8Array): void {
    const link = this.place(from, 0, from.length);
    const target = this.place(to, 0, to.length);
    if (link !== ROOT_NODE && link !== target) this.redirects.set(link, target);
    this.lastDirectory = new Uint8Array(0);
    this.lastNode = ROOT_NODE;
  }

  /** The node of the path in `bytes[start, end)`, made where it is new; it is owned only once `own` says so. */
  place(bytes: Uint8Array, start: number, end: number): ManifestNode {
    return this.walk(bytes, start, end, true);
  }

  /** The node of that path, `NO_NODE` where no such path was placed. */
  find(bytes: Uint8Array, start: number, end: number): ManifestNode {
    return this.walk(bytes, start, end, false);
  }

  /** Package number `owner` has this path. Who comes last is who wrote it last. */
  own(node: ManifestNode, owner: number, loose = false): void {
    if (node === ROOT_NODE) return;
    // An alias is the link itself: whoever lists it may have shipped a directory in its place.
    const flag = NodeFlag.owned | (loose || this.redirects.has(node) ? NodeFlag.loose : 0);
    this.flags[node] = flag;
    this.owners[node] = owner;
    for (let at = this.parent[node]; (this.flags[at] & NodeFlag.owned) === 0; at = this.parent[at]) {
      this.flags[at] = NodeFlag.owned | NodeFlag.loose;
      this.owners[at] = owner;
    }
  }

  owner(node: ManifestNode): number | undefined {
    return (this.flags[node] & NodeFlag.owned) === 0 ? undefined : this.owners[node];
  }

  /** Notes the digest whose hexadecimal digits begin at `hex[start]`; false, and nothing noted, where they are none. */
  setDigest(node: ManifestNode, hex: Uint8Array, start: number): boolean {
    const { digests, digestBytes } = this;
    const to = node * digestBytes;
    for (let i = 0; i < digestBytes; i++) {
      const byte = hexValues[hex[start + 2 * i]] * 16 + hexValues[hex[start + 2 * i + 1]];
      if (!(byte >= 0)) return false;
      digests[to + i] = byte;
    }
    this.flags[node] |= NodeFlag.digest;
    return true;
  }

  /** Only the content says whether it is as it was installed. Without a digest, nothing does. */
  judgeByContent(node: ManifestNode): void {
    this.flags[node] |= NodeFlag.byContent;
  }

  /** Gives `to` the digest that `from` has; false, and nothing noted, where it has none. */
  copyDigest(from: ManifestNode, to: ManifestNode): boolean {
    if ((this.flags[from] & NodeFlag.digest) === 0) return false;
    const { digests, digestBytes } = this;
    digests.copyWithin(to * digestBytes, from * digestBytes, (from + 1) * digestBytes);
    this.flags[to] |= NodeFlag.digest;
    return true;
  }

  /** The table. The builder is not to be used after that. */
  finish(): PackageManifestData {
    const { count, digestBytes } = this;
    this.nameStart[count] = this.namesUsed;
    return {
      count,
      digestBytes,
      names: this.names.subarray(0, this.namesUsed),
      nameStart: this.nameStart.subarray(0, count + 1),
      parent: this.parent.subarray(0, count),
      firstChild: this.firstChild.subarray(0, count),
      nextSibling: this.nextSibling.subarray(0, count),
      owner: this.owners.subarray(0, count),
      flags: this.flags.subarray(0, count),
      digests: this.digests.subarray(0, count * digestBytes),
      table: this.table,
    };
  }

  private walk(bytes: Uint8Array, start: number, end: number, make: boolean): ManifestNode {
    let lastSlash = end - 1;
    while (lastSlash >= start && bytes[lastSlash] !== SLASH) lastSlash--;
    if (lastSlash >= start && this.isLastDirectory(bytes, start, lastSlash)) {
      return this.step(this.lastNode, bytes, lastSlash + 1, end, make);
    }
    let node: ManifestNode = ROOT_NODE;
    let from = start;
    for (let at = start; at <= lastSlash; at++) {
      if (bytes[at] !== SLASH) continue;
      const next = this.step(node, bytes, from, at, make);
      if (next === NO_NODE && !(node === ROOT_NODE && isNothing(bytes, from, at))) return NO_NODE;
      node = this.redirects.get(next) ?? next;
      from = at + 1;
    }
    if (lastSlash >= start) {
      this.lastDirectory = bytes.slice(start, lastSlash);
      this.lastNode = node;
    }
    return this.step(node, bytes, from, end, make);
  }

  private isLastDirectory(bytes: Uint8Array, start: number, end: number): boolean {
    const last = this.lastDirectory;
    if (last.length === 0 || end - start !== last.length) return false;
    // From the end: neighbours differ there.
    for (let i = last.length - 1; i >= 0; i--) if (last[i] !== bytes[start + i]) return false;
    return true;
  }

  /** One component down. */
  private step(parent: ManifestNode, bytes: Uint8Array, start: number, end: number, make: boolean): ManifestNode {
    if (isNothing(bytes, start, end)) return parent;
    if (end === start + 2 && bytes[start] === DOT && bytes[start + 1] === DOT) return this.parent[parent];
    const mask = this.table.length - 1;
    const length = end - start;
    let cell = hashName(parent, bytes, start, end) & mask;
    for (; ; cell = (cell + 1) & mask) {
      const node = this.table[cell];
      if (node === NO_NODE) break;
      const from = this.nameStart[node];
      const to = node + 1 === this.count ? this.namesUsed : this.nameStart[node + 1];
      if (this.parent[node] !== parent || to - from !== length) continue;
      let same = 0;
      while (same < length && this.names[from + same] === bytes[start + same]) same++;
      if (same === length) return node;
    }
    return make ? this.insert(parent, bytes, start, end, cell) : NO_NODE;
  }

  private insert(parent: ManifestNode, bytes: Uint8Array, start: number, end: number, cell: number): ManifestNode {
    const node = this.count++;
    // One more than the nodes: `nameStart` needs an end.
    if (this.count >= this.parent.length) this.growColumns();
    while (this.namesUsed + (end - start) > this.names.length) this.names = grown8(this.names);
    this.nameStart[node] = this.namesUsed;
    for (let at = start; at < end; at++) this.names[this.namesUsed++] = bytes[at];
    this.parent[node] = parent;
    this.nextSibling[node] = this.firstChild[parent];
    this.firstChild[parent] = node;
    this.table[cell] = node;
    if (this.count * 2 > this.table.length) this.growTable();
    return node;
  }

  private growColumns(): void {
    this.nameStart = grown32(this.nameStart);
    this.parent = grown32(this.parent);
    this.firstChild = grown32(this.firstChild);
    this.nextSibling = grown32(this.nextSibling);
    this.owners = grown32(this.owners);
    this.flags = grown8(this.flags);
    this.digests = grown8(this.digests);
  }

  private growTable(): void {
    const table = column32(this.table.length * 2);
    const mask = table.length - 1;
    for (let node = 1; node < this.count; node++) {
      const end = node + 1 === this.count ? this.namesUsed : this.nameStart[node + 1];
      let cell = hashName(this.parent[node], this.names, this.nameStart[node], end) & mask;
      while (table[cell] !== NO_NODE) cell = (cell + 1) & mask;
      table[cell] = node;
    }
    this.table = table;
  }
}

/** An empty component, or `.`: stays where it is. */
function isNothing(bytes: Uint8Array, start: number, end: number): boolean {
  return end <= start || (end === start + 1 && bytes[start] === DOT);
}

/** What a hexadecimal digit is worth; NaN for other bytes. */
const hexValues = new Float64Array(256).fill(Number.NaN);
for (const digit of '0123456789abcdefABCDEF') hexValues[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

function column8(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

function column32(length: number): Uint32Array {
  return new Uint32Array(new SharedArrayBuffer(length * 4));
}

function grown8(column: Uint8Array): Uint8Array {
  const larger = column8(column.length * 2);
  larger.set(column);
  return larger;
}

function grown32(column: Uint32Array): Uint32Array {
  const larger = column32(column.length * 2);
  larger.set(column);
  return larger;
}
