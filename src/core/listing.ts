/**
 * Some entries of one directory, as a struct of arrays: a tree of a million files is looked at without making a
 * million objects. A walk fills one listing again and again; nobody may keep a reference to its columns.
 *
 * `names[nameStart[i], nameEnd[i])` are the bytes of entry `i`'s name, `type[i]` its `EntryType`. The other columns
 * are filled by `stat(i)` and mean something only once that has returned true.
 */
export interface Listing {
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
  /** Allocated bytes: 512 times `st_blocks`. */
  readonly allocated: Float64Array;
  readonly mtimeSec: Float64Array;
  readonly mtimeNsec: Uint32Array;
  readonly ctimeSec: Float64Array;
  readonly ctimeNsec: Uint32Array;
  /** Birth time; -1 where the filesystem has none. */
  readonly birthSec: Float64Array;

  /** Fills the columns of entry `i`; false where it is gone. Cheap when it was done before. */
  stat(i: number): boolean;
  /** What the symlink `i` holds, as a byte string; undefined where it is gone. */
  readLink(i: number): string | undefined;
  /** The name of entry `i` as a byte string. */
  name(i: number): string;
}
