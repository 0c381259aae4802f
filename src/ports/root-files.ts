import type { RawName, RawPath } from '../core/rawpath.ts';

export interface FileFacts {
  /** An `EntryType`. */
  readonly type: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  /** Seconds since 1970, with a fraction. */
  readonly mtime: number;
  readonly ctime: number;
}

/**
 * Single files of the root that is examined. Paths are absolute in that root; every symlink on the way is followed
 * *inside* it, as chroot(2) would, so an image's absolute links never reach the machine's own files. What is absent is
 * undefined, and so is what this user may not look at; anything else that goes wrong is an exception.
 */
export interface RootFiles {
  /**
   * The content; undefined where the file is absent, larger than `atMost` bytes (without it, half a gigabyte) or no
   * regular file: what else lies there is never opened.
   */
  readFile(path: RawPath, atMost?: number): Uint8Array | undefined;
  /** The first bytes of the content, `length` at most; undefined where the file is absent or no regular file. */
  beginning(path: RawPath, length: number): Uint8Array | undefined;
  /** Names in the directory, without `.` and `..`, in no order; of a large directory `atMost` of them. */
  listNames(path: RawPath, atMost?: number): RawName[] | undefined;
  /** Names in the directory, with `EntryType`s. */
  listEntries(path: RawPath): { readonly name: RawName; readonly type: number }[] | undefined;
  /** The last component is not followed. */
  lstat(path: RawPath): FileFacts | undefined;
  readLink(path: RawPath): string | undefined;
  /** False where this user may not even know whether the path is there. */
  mayLook(path: RawPath): boolean;
  /**
   * Which of `known` a small file holds, by its index; its content where it holds none of them. undefined where it is
   * absent, no regular file, or larger than 64 KiB; the last component is not followed.
   */
  recognize(path: RawPath, known: readonly Uint8Array[]): number | Uint8Array | undefined;
  /**
   * Equal of files that hold the same, wherever in them are holes, which are not read; the last component is not
   * followed. undefined where it is absent or no regular file.
   */
  fingerprint(path: RawPath): string | undefined;
  /** Content hash in hexadecimal, read in pieces; the last component is not followed. */
  digest(path: RawPath, algorithm: 'md5' | 'sha256'): string | undefined;
}
