import { EntryType } from '../../core/change.ts';
import { join, nameOf, parentOf, type RawPath } from '../../core/rawpath.ts';
import { FIRST_INODE, ItemType, type TreeSearch } from './tree-search.ts';

/** Changed entries of directories, by path: each name, and whether its directory entry itself is new. */
export type ChangedEntries = Map<RawPath, { readonly names: Map<string, boolean>; entriesChanged: boolean }>;

export interface ChangedSince {
  /** The generation that the filesystem had. */
  readonly generation: number;
  /** Inodes whose ctime is older were only read; undefined where the clock cannot be trusted for that. */
  readonly ctime: number | undefined;
}

/** A subvolume below another: where its root directory is. */
export interface NestedSubvolume {
  readonly id: number;
  readonly path: RawPath;
  readonly generation: number;
  /** In which it was created. */
  readonly createdIn: number;
}

/** What is newer than a generation in one subvolume, whose root directory is at `path`. The trees must be synced. */
export class SubvolumeChanges {
  readonly #search: TreeSearch;
  readonly #tree: number;
  readonly #path: RawPath;
  /** Paths of directories by inode, relative to nothing: whole. */
  readonly #paths = new Map<number, RawPath>();

  constructor(search: TreeSearch, tree: number, path: RawPath) {
    this.#search = search;
    this.#tree = tree;
    this.#path = path;
    this.#paths.set(FIRST_INODE, path);
  }

  /** False, and nothing gathered, where it found more than `most` inodes and entries. */
  gather(since: ChangedSince, into: ChangedEntries, most = Number.POSITIVE_INFINITY): boolean {
    const { view } = this.#search;
    /** Changed inodes with the names found for them, and how many they must have. */
    const inodes = new Map<number, { links: number; names: { parent: number; name: string }[] }>();
    const directories = new Set<number>();
    const newEntries: { parent: number; name: string }[] = [];
    let current = -1;
    const types = [ItemType.inodeItem, ItemType.inodeRef, ItemType.dirIndex];
    this.#search.each({ tree: this.#tree, minTransaction: since.generation + 1, types }, (item) => {
      const { start, type } = item;
      if (type === ItemType.inodeItem) {
        // struct btrfs_inode_item: transid at 8, nlink u32 at 40, mode u32 at 52, ctime at 124.
        current = -1;
        if (this.#search.u64(start + 8) <= since.generation) return true;
        // A read moves the atime, which writes the inode anew; its ctime stays.
        if (since.ctime !== undefined && this.#search.u64(start + 124) < since.ctime) return true;
        current = item.object;
        inodes.set(current, { links: view.getUint32(start + 40, true), names: [] });
        if (view.getUint32(start + 52, true) >>> 12 === EntryType.directory) directories.add(current);
      } else if (type === ItemType.inodeRef) {
        if (item.object === current) this.#addRefs(start, item.length, item.offset, inodes.get(current)?.names ?? []);
      } else if (type === ItemType.dirIndex) {
        // struct btrfs_dir_item: key of 17 bytes, transid at 17, name_len u16 at 27, name at 30.
        if (this.#search.u64(start + 17) <= since.generation) return true;
        const name = this.#search.text(start + 30, view.getUint16(start + 27, true));
        newEntries.push({ parent: item.object, name });
      }
      return inodes.size + newEntries.length <= most;
    });
    if (inodes.size + newEntries.length > most) return false;
    for (const [inode, { links, names }] of inodes) {
      if (inode === FIRST_INODE) {
        // Its name is the subvolume's, in the one that it lies in.
        if (this.#path !== '/') addName(into, parentOf(this.#path), nameOf(this.#path), false);
        continue;
      }
      // The leaf with the names may be older, or they lie in items for very many links. A directory has one name.
      const known = names.length >= (directories.has(inode) ? 1 : links) ? names : this.#namesOf(inode);
      for (const { parent, name } of known) addName(into, this.#pathOf(parent), name, false);
    }
    for (const directory of directories) {
      const path = this.#pathOf(directory);
      if (path !== undefined) entriesOf(into, path).entriesChanged = true;
    }
    for (const { parent, name } of newEntries) addName(into, this.#pathOf(parent), name, true);
    return true;
  }

  /** The subvolumes that have their place in this one. */
  nested(): NestedSubvolume[] {
    const refs: { id: number; directory: number; name: string }[] = [];
    const range = {
      tree: ROOT_TREE,
      minObject: this.#tree,
      maxObject: this.#tree,
      minType: ItemType.rootRef,
      maxType: ItemType.rootRef,
    };
    // struct btrfs_root_ref: dirid u64, sequence u64, name_len u16, name. The key's offset is the child.
    this.#search.each(range, ({ start, offset }) => {
      const name = this.#search.text(start + 18, this.#search.view.getUint16(start + 16, true));
      refs.push({ id: offset, directory: this.#search.u64(start), name });
    });
    return refs.flatMap(({ id, directory, name }) => {
      const parent = this.#pathOf(directory);
      const item = this.#rootItem(id);
      return parent === undefined || item === undefined ? [] : [{ id, path: join(parent, name), ...item }];
    });
  }

  /** struct btrfs_root_item: generation u64 at 160, otransid u64 at 303. */
  #rootItem(id: number): { generation: number; createdIn: number } | undefined {
    let found: { generation: number; createdIn: number } | undefined;
    const type = ItemType.rootItem;
    this.#search.each(
      { tree: ROOT_TREE, minObject: id, maxObject: id, minType: type, maxType: type },
      ({ start, length }) => {
        const createdIn = length >= 311 ? this.#search.u64(start + 303) : Number.POSITIVE_INFINITY;
        found = { generation: this.#search.u64(start + 160), createdIn };
      },
    );
    return found;
  }

  /** struct btrfs_inode_ref, several in a row: index u64, name_len u16, name. The key's offset is the parent. */
  #addRefs(start: number, length: number, parent: number, into: { parent: number; name: string }[]): void {
    for (let at = start; at + 10 <= start + length; ) {
      const nameLength = this.#search.view.getUint16(at + 8, true);
      into.push({ parent, name: this.#search.text(at + 10, nameLength) });
      at += 10 + nameLength;
    }
  }

  #namesOf(inode: number): { parent: number; name: string }[] {
    const names: { parent: number; name: string }[] = [];
    const range = {
      tree: this.#tree,
      minObject: inode,
      maxObject: inode,
      minType: ItemType.inodeRef,
      maxType: ItemType.inodeExtref,
    };
    this.#search.each(range, ({ type, start, length, offset }) => {
      if (type === ItemType.inodeRef) {
        this.#addRefs(start, length, offset, names);
        return;
      }
      // struct btrfs_inode_extref: parent u64, index u64, name_len u16, name.
      for (let at = start; at + 18 <= start + length; ) {
        const nameLength = this.#search.view.getUint16(at + 16, true);
        names.push({ parent: this.#search.u64(at), name: this.#search.text(at + 18, nameLength) });
        at += 18 + nameLength;
      }
    });
    return names;
  }

  /** undefined where the directory has no name any more: removed, and still open somewhere. */
  #pathOf(directory: number): RawPath | undefined {
    const chain: { inode: number; name: string }[] = [];
    let at = directory;
    while (!this.#paths.has(at)) {
      const [ref] = this.#namesOf(at);
      if (ref === undefined) return undefined;
      chain.push({ inode: at, name: ref.name });
      at = ref.parent;
    }
    let path = this.#paths.get(at) ?? this.#path;
    for (const { inode, name } of chain.reverse()) {
      path = join(path, name);
      this.#paths.set(inode, path);
    }
    return path;
  }
}

const ROOT_TREE = 1;

function entriesOf(into: ChangedEntries, path: RawPath): { names: Map<string, boolean>; entriesChanged: boolean } {
  let entries = into.get(path);
  if (entries === undefined) {
    entries = { names: new Map(), entriesChanged: false };
    into.set(path, entries);
  }
  return entries;
}

/** `isNew` holds once said. */
export function addName(into: ChangedEntries, path: RawPath | undefined, name: string, isNew: boolean): void {
  if (path === undefined) return;
  const { names } = entriesOf(into, path);
  names.set(name, isNew || names.get(name) === true);
}
