import type { OldRoot } from '../core/old-root.ts';
import type { RawName, RawPath } from '../core/rawpath.ts';
import type { Space, Totals } from '../core/report.ts';
import type { RootFiles } from './root-files.ts';
import type { Tree } from './tree.ts';

/** What a filesystem can do for old roots beyond keeping directories. A command that needs more says so. */
export interface OldRootAbilities {
  /** Copies that share their data and take no time. */
  readonly snapshots: boolean;
  /** Tells cheaply how many bytes only this old root holds. */
  readonly exclusiveBytes: boolean;
}

/** What ebb itself writes down about an old root, in its `/.ebb`. */
export interface WrittenNotes {
  readonly pinned: { readonly note: string } | undefined;
  readonly adopted: boolean;
  /** The time that was read for a foreign one when it was adopted: seconds since 1970. */
  readonly bootedAt: number | undefined;
  /** Worked out once: an old root never changes. */
  readonly size: Totals | undefined;
}

/** What can be read of it. */
export interface OldRootNotes extends WrittenNotes {
  /** Why there may be more than could be read, a pin among it. */
  readonly doubt: string | undefined;
}

/** An old root as it lies there, with what can be told of its size without looking at its files. */
export interface KeptOldRoot extends OldRoot {
  /** Beyond its own baseline: as the notes have it. */
  readonly size: Totals | undefined;
  /** There is a baseline that the size can be worked out from. */
  readonly hasBaseline: boolean;
}

/** An old root that is being read: nobody deletes it meanwhile. */
export interface OpenOldRoot {
  readonly name: RawName;
  /** Where its root directory is on this machine, for people and for programs that take paths. */
  readonly path: RawPath;
  readonly tree: Tree;
  readonly files: RootFiles;
  /** Its root directory, for adapters that copy from it. */
  readonly fd: number;
  close(): void;
}

/** `restored`: what people brought back. `history`: how paths were in old roots, which is looked up once. */
export type MemoName = 'restored' | 'history';

/**
 * The directory that old roots lie in, held by a descriptor. Names are looked up in it and nowhere else; no symlink is
 * followed, and nothing outside of it is ever touched.
 */
export interface OldRoots {
  /** As this machine names it, for people; `/dev/vda2:/@snapshots/old_roots` where it is mounted nowhere. */
  readonly directory: RawPath;
  /** Only this process sees it: paths in it mean nothing to others. */
  readonly isPrivate: boolean;
  /** `btrfs`, `bcachefs`, `directory`, `tmpfs` or `memory`. */
  readonly backend: string;
  readonly supports: OldRootAbilities;
  /** In no order; a snapshot of snapper's by its number. What is in use is asked of every mount namespace that can be reached. */
  list(): readonly KeptOldRoot[];
  notes(name: RawName): OldRootNotes;
  /** Replaces the notes, whole or not at all. @throws Failure where the old root is absent or cannot be written to. */
  writeNotes(name: RawName, notes: WrittenNotes): void;
  /** undefined where there is none of this name. @throws Failure `locked` where it is being deleted. */
  open(name: RawName): OpenOldRoot | undefined;
  /**
   * Deletes the old root with everything in it, nested subvolumes, read-only and immutable ones too. It gets a name
   * that tells it is half deleted first, so that it can be stopped anywhere and be called again with that name. Does
   * nothing where there is none of this name.
   * @throws Failure `locked` where it is mounted, something is mounted in it, or another ebb reads it; `failed` where
   * something else keeps it, what is left of it being half deleted.
   */
  remove(name: RawName): void;
  /** How much it takes, where `supports.exclusiveBytes` and the filesystem counts it; a subvolume in it is not counted. */
  space(name: RawName): Space | undefined;
  /** What ebb remembers beside the old roots, under this name; undefined where there is nothing, or it cannot be read. */
  memo(name: MemoName): string | undefined;
  /**
   * Replaces it, whole or not at all; `durable`: it is on the disk then. False where it cannot be written: nothing hangs
   * on a memo.
   */
  writeMemo(name: MemoName, text: string, how?: { readonly durable: boolean }): boolean;
  /** One `gc` at a time. undefined where another one is at work. */
  lock(): { release(): void } | undefined;
  close(): void;
}
