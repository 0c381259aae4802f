import { Failure } from '../../core/failure.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import type { CommandRun, LogStore, Watcher, WatchScope, WriteSource } from '../../ports/watch.ts';
import { LogFile } from '../writers/log-file.ts';
import { WatchedCommand } from './command.ts';
import { RootWatch } from './root-watch.ts';
import { WatchCalls } from './watch-calls.ts';

/** Watches roots of the machine that this process runs on. */
export class HostWatcher implements Watcher {
  watch(root: OpenRoot, scope: WatchScope | undefined): WriteSource {
    if (process.geteuid?.() !== 0) throw new Failure('failed', 'only root may watch a filesystem', 'run it as root');
    return new RootWatch(watchCalls(), root, scope);
  }

  command(words: readonly string[]): CommandRun {
    return new WatchedCommand(watchCalls(), words);
  }

  logIn(directory: RawPath, bootId: string): LogStore {
    return new LogFile(watchCalls(), directory, bootId);
  }
}

function watchCalls(): WatchCalls {
  const calls = WatchCalls.load();
  if (calls !== undefined) return calls;
  throw new Failure('failed', 'watching needs system calls that are not available here (no koffi)');
}
