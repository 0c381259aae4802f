/**
 * The paths that a package manager put on the root, as one tree in flat columns: 150,000 paths take some 10 MB, no
 * JavaScript object each, and the columns lie in shared memory, so a worker thread is handed them without a copy.
 *
 * A path is a node; its number is its place in the columns, and 0 is the root. One hash table over (parent, name)
 * answers for every directory: a name that a listing holds is found by hashing its bytes where they lie, and a node
 * that has children is the directory itself, so going down costs nothing more. Build it with `ManifestBuilder`.
 */
export interface PackageManifestData {
  readonly count: number;
  /** Names one after the other, in the order of the nodes: node `n` is `names[nameStart[n], nameStart[n + 1])`. */
  readonly names: Uint8Array;
  readonly nameStart: Uint32Array;
  readonly parent: Uint32Array;
  /** The children of a node as a list; 0 ends it. */
  readonly firstChild: Uint32Array;
  readonly nextSibling: Uint32Array;
  /** Number of the package that wrote it last. */
  readonly owner: Uint32Array;
  /** Bits of `NodeFlag`. */
  readonly flags: Uint8Array;
  /** `digestBytes` for each node; they mean something where `NodeFlag.digest` is set. */
  readonly digests: Uint8Array;
  readonly digestBytes: number;
  /** Open addressing, a power of two long; a cell holds a node or 0. */
  readonly table: Uint32Array;
}

/** A node's number; `NO_NODE` where there is none. (The root has it too: it is never anybody's child.) */
export type ManifestNode = number;
export const NO_NODE = 0;
export const ROOT_NODE = 0;

export const NodeFlag = {
  /** A package has it, or has something below it. Other nodes only are places where something could be. */
  owned: 1,
  digest: 2,
  /** No package insists that it is there, or on what it is: an obsolete conffile, an alias such as `/bin`. */
  loose: 4,
  /** Its times clear nothing, since its package is upgraded without writing it: only its content tells. */
  byContent: 8,
} as const;

/** Hash of a name in a directory: FNV-1a, seeded with the parent, and mixed, as tables use its low bits. */
export function hashName(parent: ManifestNode, names: Uint8Array, start: number, end: number): number {
  let hash = Math.imul(parent ^ 0x811c9dc5, 0x9e3779b1);
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ names[at], 0x01000193);
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x85ebca6b) >>> 7;
}

const scratch = new Uint8Array(4096);

export class PackageManifest {
  readonly data: PackageManifestData;

  constructor(data: PackageManifestData) {
    this.data = data;
  }

  /** The entry called `names[start, end)` in `directory`. */
  find(directory: ManifestNode, names: Uint8Array, start: number, end: number): ManifestNode {
    const { table, parent, nameStart, names: own } = this.data;
    const mask = table.length - 1;
    const length = end - start;
    for (let cell = hashName(directory, names, start, end) & mask; ; cell = (cell + 1) & mask) {
      const node = table[cell];
      if (node === NO_NODE) return NO_NODE;
      const from = nameStart[node];
      if (parent[node] !== directory || nameStart[node + 1] - from !== length) continue;
      let same = 0;
      while (same < length && own[from + same] === names[start + same]) same++;
      if (same === length) return node;
    }
  }

  /** The same for a name that is a byte string. */
  findName(directory: ManifestNode, name: string): ManifestNode {
    if (name.length > scratch.length) return NO_NODE;
    for (let i = 0; i < name.length; i++) scratch[i] = name.charCodeAt(i);
    return this.find(directory, scratch, 0, name.length);
  }

  owned(node: ManifestNode): boolean {
    return (this.data.flags[node] & NodeFlag.owned) !== 0;
  }

  loose(node: ManifestNode): boolean {
    return (this.data.flags[node] & NodeFlag.loose) !== 0;
  }

  byContent(node: ManifestNode): boolean {
    return (this.data.flags[node] & NodeFlag.byContent) !== 0;
  }

  owner(node: ManifestNode): number {
    return this.data.owner[node];
  }

  /** Something lies below it, so it is a directory. (A directory that is shipped empty has no children.) */
  hasChildren(node: ManifestNode): boolean {
    return this.data.firstChild[node] !== NO_NODE;
  }

  *children(node: ManifestNode): Iterable<ManifestNode> {
    const { firstChild, nextSibling } = this.data;
    for (let child = firstChild[node]; child !== NO_NODE; child = nextSibling[child]) yield child;
  }

  hasDigest(node: ManifestNode): boolean {
    return (this.data.flags[node] & NodeFlag.digest) !== 0;
  }

  /** The recorded content hash in hexadecimal. */
  digest(node: ManifestNode): string | undefined {
    if (!this.hasDigest(node)) return undefined;
    const { digests, digestBytes } = this.data;
    let hex = '';
    for (let at = node * digestBytes; at < (node + 1) * digestBytes; at++)
      hex += digests[at].toString(16).padStart(2, '0');
    return hex;
  }

  /** The node's name as a byte string. */
  name(node: ManifestNode): string {
    const { names, nameStart } = this.data;
    let name = '';
    for (let at = nameStart[node]; at < nameStart[node + 1]; at++) name += String.fromCharCode(names[at]);
    return name;
  }

  /** Its path in the root: `/usr/bin/env`. */
  path(node: ManifestNode): string {
    if (node === ROOT_NODE) return '/';
    let path = '';
    for (let at = node; at !== ROOT_NODE; at = this.data.parent[at]) path = `/${this.name(at)}${path}`;
    return path;
  }
}
