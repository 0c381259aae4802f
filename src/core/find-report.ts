import type { EntryTypeName } from './change.ts';
import type { RawName, RawPath } from './rawpath.ts';
import type { Warning } from './report.ts';

/** A line that holds the text of --grep: the first one of the file. */
export interface FoundLine {
  /** From 1 on. */
  readonly number: number;
  /** A byte string, cut where it is long. */
  readonly text: string;
}

export interface FoundVersion {
  readonly type: EntryTypeName;
  /** Bytes; 0 for what is no file. */
  readonly size: number;
  /** Of the newest that has it: seconds since 1970, with a fraction. */
  readonly mtime: number;
  /** What a symlink holds. */
  readonly target: string | undefined;
  /** False where the content could not be read: others may be the same. */
  readonly certain: boolean;
  /** It is what the running root has at this path. */
  readonly now: boolean;
  /** Those that have it, newest first; none for one that only the running root has. */
  readonly oldRoots: readonly { readonly name: RawName; readonly mtime: number }[];
  readonly line: FoundLine | undefined;
}

export interface FoundPath {
  readonly path: RawPath;
  /** Newest first: the running root's, then by the newest old root that has it. */
  readonly versions: readonly FoundVersion[];
  /** How many old roots have the path. */
  readonly oldRoots: number;
  /** The running root has something there, if only without the text of --grep. */
  readonly there: boolean;
}

export interface FindReport {
  readonly now: number;
  readonly directory: RawPath;
  /** `directory` was given, so that other commands have to be given it too. */
  readonly directoryGiven: boolean;
  /** As it was typed. */
  readonly pattern: string;
  readonly text: string | undefined;
  /** Old roots that were looked into, and those that could not be. */
  readonly searched: number;
  readonly failed: number;
  /** In byte order. */
  readonly paths: readonly FoundPath[];
  readonly warnings: readonly Warning[];
}
