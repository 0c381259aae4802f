import type { RawPath } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import type { Writes } from '../core/writers/tally.ts';
import type { OpenRoot } from './open-root.ts';

/** What the kernel tells of writes to the ephemeral root, whoever makes them and through whichever mount. */
export interface WriteSource {
  readonly facts: WatchFacts;
  /**
   * Waits for writes, at most this long, and hands on what there was since the last call, piece by piece: under a flood
   * that is much. It comes back early, with nothing, where a signal arrives.
   */
  next(milliseconds: number, wrote: (writes: Writes) => void): Promise<Look>;
  close(): void;
}

export interface WatchFacts {
  /**
   * `directories`: each directory is told by a handle, whatever its writer calls it. `files`: only files that were written
   * to, by the paths that their writers know them by.
   */
  readonly method: 'directories' | 'files';
  /** Writers that have ended already are known too. */
  readonly knowsTheDead: boolean;
  /** What somebody should know who relies on it. */
  readonly warnings: readonly Warning[];
}

/** A look at the queue. */
export interface Look {
  readonly events: number;
  /** The queue was full: what was written for a while is not told. */
  readonly isFull: boolean;
  /** Writes in directories that are gone again. */
  readonly gone: number;
}

/** Watching, on the machine that this process runs on. */
export interface Watcher {
  /** @throws Failure where the root cannot be watched. */
  watch(root: OpenRoot, scope: WatchScope | undefined): WriteSource;
  /** A command, word by word, as byte strings: not started yet. */
  command(words: readonly string[]): CommandRun;
  /** The log of a boot in this directory, which is made. @throws Failure where it cannot be, or another ebb keeps it. */
  logIn(directory: RawPath, bootId: string): LogStore;
}

/** A command with its descendants, whose writes are told from those of others. */
export interface CommandRun {
  readonly scope: WatchScope;
  /** All descendants are known; else only those who live when their events are read. */
  readonly isWhole: boolean;
  start(ended: () => void): void;
  signal(signal: string): void;
  /** As a shell tells it; undefined before it has ended. */
  readonly status: number | undefined;
  /** To be called when it has ended. Gives the number of descendants that go on. */
  finish(): number;
}

/** Whose writes count. */
export interface WatchScope {
  /** `group`: the path of the process's control group; undefined where that is not known. */
  includes(group: string | undefined, pid: number): boolean;
}

/** Where `ebb watch --log` keeps what it saw. */
export interface LogStore {
  /** What this boot's log holds so far, as a byte string; undefined where there is none. */
  read(): string | undefined;
  /** Replaces it, whole or not at all, for good. */
  write(text: string): Promise<void>;
  readonly file: RawPath;
}
