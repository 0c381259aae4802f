import { HostWatcher } from '../linux/fanotify/host-watcher.ts';
import type { Watcher } from '../ports/watch.ts';

/** What watches roots of the machine that this process runs on. */
export function hostWatcher(): Watcher {
  return new HostWatcher();
}
