/** The top level in memory behind its port: a tree whose roots are its directories. */
import { EntryType } from '../../src/core/change.ts';
import { Failure } from '../../src/core/failure.ts';
import { componentsOf, covers, nameOf, parentOf, type RawPath } from '../../src/core/rawpath.ts';
import type { TopLevel } from '../../src/ports/top-level.ts';
import { type MemoryNode, MemoryTree } from './memory-tree.ts';

export class MemoryTopLevel implements TopLevel {
  readonly directory = '/top' as RawPath;
  readonly backend = 'memory';
  readonly supports = { snapshots: false, exclusiveBytes: false };
  readonly tree = new MemoryTree();

  create(path: RawPath): void {
    this.#mustBeFree(path);
    this.tree.put(path, EntryType.directory, 0o755);
  }

  copy(from: RawPath, to: RawPath): void {
    const source = this.#existing(from);
    this.#mustBeFree(to);
    const copy = this.tree.put(to, EntryType.directory, source.mode);
    const copies = new Map<MemoryNode, MemoryNode>();
    this.#fill(source, copy, copies);
  }

  move(from: RawPath, to: RawPath): void {
    this.#existing(from);
    this.#mustBeFree(to);
    if (covers(from, to)) throw new Failure('failed', `${from}: does not move into itself`);
    this.tree.move(from, to);
  }

  hold(path: RawPath): { readonly fd: number; close(): void } {
    this.#existing(path);
    return { fd: -1, close: () => {} };
  }

  close(): void {}

  /** What has several names has them in the copy, too. */
  #fill(source: MemoryNode, copy: MemoryNode, copies: Map<MemoryNode, MemoryNode>): void {
    const { entries: _, inode, ...facts } = source;
    Object.assign(copy, facts, { inode: copy.inode });
    copies.set(source, copy);
    for (const [name, node] of source.entries) {
      if (node.type === EntryType.socket) continue;
      let twin = copies.get(node);
      if (twin === undefined) {
        twin = { ...node, inode: inode + node.inode, entries: new Map() };
        this.#fill(node, twin, copies);
      }
      copy.entries.set(name, twin);
    }
  }

  #existing(path: RawPath): MemoryNode {
    const node = this.#find(path);
    if (node === undefined) throw new Failure('not-found', `there is no ${path} in ${this.directory}`);
    return node;
  }

  #mustBeFree(path: RawPath): void {
    const parent = this.#existing(parentOf(path));
    if (parent.type !== EntryType.directory) throw new Failure('failed', `${path}: its parent is no directory`);
    if (parent.entries.has(nameOf(path))) throw new Failure('failed', `${path} is there already in ${this.directory}`);
  }

  /** No way out, and no symlink is followed. */
  #find(path: RawPath): MemoryNode | undefined {
    if (componentsOf(path).some((name) => name === '..' || name === '.')) {
      throw new Failure('failed', `${path} leads out of ${this.directory}`);
    }
    return this.tree.find(path);
  }
}
