import type { Machine } from '../../ports/machine.ts';
import type { Watcher } from '../../ports/watch.ts';
import type { WatchRequest } from '../../usecases/watch.ts';

/** What is watched, however it is told. */
export type Watched = Pick<WatchRequest, 'root' | 'all' | 'seconds'>;

export interface WatchedBy {
  readonly machine: Machine;
  readonly watcher: Watcher;
}

export const untold = { told: () => {}, overflowed: () => {}, log: undefined } as const;
