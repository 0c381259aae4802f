/** Old roots in memory behind their port: what `gc` and the others are tested on without a file system. */
import { createHash } from 'node:crypto';
import { EntryType } from '../../src/core/change.ts';
import { Failure } from '../../src/core/failure.ts';
import type { BootFacts } from '../../src/core/old-root.ts';
import { deletingNameFor, isHalfDeleted, readOldRootName } from '../../src/core/old-root-name.ts';
import { bootKey, foreignAmong } from '../../src/core/ownership.ts';
import { bytesOf, compareRaw, join, type RawName, type RawPath, rawFromBytes } from '../../src/core/rawpath.ts';
import type {
  KeptOldRoot,
  MemoName,
  OldRootNotes,
  OldRoots,
  OpenOldRoot,
  WrittenNotes,
} from '../../src/ports/old-roots.ts';
import type { RootFiles } from '../../src/ports/root-files.ts';
import { type MemoryNode, MemoryTree } from './memory-tree.ts';

export interface BootOf {
  readonly sequence: number;
  readonly bootedAt: number;
  readonly endedClean?: boolean;
}

interface Kept {
  readonly boot: BootOf | undefined;
  notes: OldRootNotes;
  readonly tree: MemoryTree;
  readers: number;
}

const noNotes: OldRootNotes = {
  ...{ pinned: undefined, adopted: false, bootedAt: undefined, size: undefined, doubt: undefined },
};

/** The files of a tree in memory. No symlink is followed: none of the tests needs that. */
export function memoryFiles(tree: MemoryTree): RootFiles {
  const fileAt = (path: RawPath): MemoryNode | undefined => {
    const node = tree.find(path);
    return node?.type === EntryType.file ? node : undefined;
  };
  return {
    readFile: (path) => {
      const file = fileAt(path);
      return file && bytesOf(file.content);
    },
    beginning: (path, length) => {
      const file = fileAt(path);
      return file && bytesOf(file.content.slice(0, length));
    },
    listNames: (path) => [...(tree.find(path)?.entries.keys() ?? [])] as RawName[],
    listEntries: (path) =>
      [...(tree.find(path)?.entries ?? [])].map(([name, { type }]) => ({ name: name as RawName, type })),
    lstat: (path) => tree.find(path),
    readLink: (path) => tree.find(path)?.link,
    mayLook: () => true,
    recognize: (path, known) => {
      const file = fileAt(path);
      if (file === undefined) return undefined;
      const at = known.findIndex((content) => rawFromBytes(content) === file.content);
      return at < 0 ? bytesOf(file.content) : at;
    },
    fingerprint: (path) => fileAt(path)?.content,
    digest: (path, algorithm) => {
      const file = fileAt(path);
      return file && createHash(algorithm).update(bytesOf(file.content)).digest('hex');
    },
  };
}

function factsOf(boot: BootOf | undefined): BootFacts | undefined {
  return boot && { bootId: undefined, kernel: undefined, generation: undefined, endedClean: undefined, ...boot };
}

export class MemoryOldRoots implements OldRoots {
  readonly directory = '/old_roots' as RawPath;
  readonly isPrivate = false;
  readonly backend = 'memory';
  readonly supports = { snapshots: true, exclusiveBytes: false };
  readonly #kept = new Map<RawName, Kept>();
  readonly #deleted = new Set<string>();
  #locked = false;
  /** By name: what uses it. */
  readonly uses = new Map<string, string>();
  readonly memos = new Map<string, string>();
  /** By name: why it cannot be deleted, and whether it is half deleted by then. */
  readonly faults = new Map<string, 'at-once' | 'half-way'>();

  make(name: string, boot?: BootOf): MemoryTree {
    const tree = new MemoryTree();
    this.#kept.set(name as RawName, { boot, notes: noNotes, tree, readers: 0 });
    return tree;
  }

  /** As if its notes could not be read. */
  spoilNotes(name: RawName): void {
    const kept = this.#kept.get(name);
    if (kept !== undefined) kept.notes = { ...noNotes, doubt: 'its notes.json is not JSON' };
  }

  names(): string[] {
    return [...this.#kept.keys()].sort(compareRaw);
  }

  list(): KeptOldRoot[] {
    const boots = new Map(Array.from(this.#kept, ([name, { boot }]) => [name, factsOf(boot)]));
    const foreign = foreignAmong(boots, this.#deleted);
    return Array.from(this.#kept, ([name, { boot, notes }]) => {
      const reading = readOldRootName(name);
      const remark = foreign.get(name) ?? false;
      const own = remark === false ? boot : undefined;
      const format = 'format' in reading ? reading.format : '';
      return {
        name,
        sequence: own?.sequence,
        bootedAt: own?.bootedAt ?? notes.bootedAt ?? ('at' in reading ? reading.at : undefined) ?? boot?.bootedAt,
        endedClean: boot?.endedClean,
        ...{ kernel: undefined, generation: undefined, pinned: notes.pinned, adopted: notes.adopted },
        ...{ foreign: remark === false ? remark : { format }, inUse: this.uses.get(name), doubt: notes.doubt },
        ...{ size: notes.size, hasBaseline: false },
      };
    });
  }

  notes(name: RawName): OldRootNotes {
    return this.#kept.get(name)?.notes ?? noNotes;
  }

  writeNotes(name: RawName, notes: WrittenNotes): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) throw new Failure('not-found', `there is no old root ${name}`);
    kept.notes = { ...notes, doubt: undefined };
  }

  open(name: RawName): OpenOldRoot | undefined {
    const kept = this.#kept.get(name);
    if (kept === undefined) return undefined;
    kept.readers++;
    const path = join(this.directory, name);
    const { tree } = kept;
    return { name, path, tree, files: memoryFiles(tree), fd: -1, close: () => void kept.readers-- };
  }

  remove(name: RawName): void {
    const kept = this.#kept.get(name);
    if (kept === undefined) return;
    const using = this.uses.get(name);
    if (using !== undefined) throw new Failure('locked', `${name} is in use: ${using}`);
    if (kept.readers > 0) throw new Failure('locked', `${name} is being read by another ebb`);
    if (kept.notes.pinned !== undefined) throw new Failure('locked', `${name} was pinned`);
    const fault = this.faults.get(name);
    if (fault === 'at-once') throw new Failure('failed', `${name}: the disk does not answer`);
    const facts = factsOf(kept.boot);
    if (facts !== undefined && !isHalfDeleted(name)) this.#deleted.add(bootKey(facts));
    this.#kept.delete(name);
    if (fault === undefined) return;
    const condemned = isHalfDeleted(name) ? name : deletingNameFor(name, new Set(this.#kept.keys()));
    this.#kept.set(condemned, kept);
    throw new Failure('failed', `${name}: the disk does not answer`);
  }

  space(): undefined {
    return undefined;
  }

  memo(name: MemoName): string | undefined {
    return this.memos.get(name);
  }

  writeMemo(name: MemoName, text: string): boolean {
    this.memos.set(name, text);
    return true;
  }

  lock(): { release(): void } | undefined {
    if (this.#locked) return undefined;
    this.#locked = true;
    return {
      release: () => {
        this.#locked = false;
      },
    };
  }

  close(): void {}
}
