import { warningsText } from '../../render/warnings.ts';
import { logDirectory } from '../../usecases/log-directories.ts';
import { watch } from '../../usecases/watch.ts';
import { LogKeeper } from '../../usecases/writer-log.ts';
import type { Context } from '../context.ts';
import { untold, type Watched, type WatchedBy } from './request.ts';

/** The service: nothing is shown, and what was seen goes into persistent storage. */
export async function keepLog(context: Context, request: Watched, ports: WatchedBy): Promise<void> {
  const interruption = context.interruption();
  const warn = (message: string): void =>
    context.err.write(warningsText([{ code: 'watch', message }], { colour: context.err.colour }));
  const { machine, watcher } = ports;
  const root = machine.openRoot(request.root);
  const { directory, survives } = logDirectory(root);
  root.close();
  if (!survives) warn(`there is no persistent storage: the log in ${directory} goes with the root`);
  const bootId = machine.bootId();
  const log = new LogKeeper(watcher.logIn(directory, bootId), bootId, warn);
  try {
    await watch(
      { ...request, all: true, scope: undefined, increments: false },
      {
        ...ports,
        ...untold,
        stopped: () => interruption.signal !== undefined,
        started: (first) => context.err.write(warningsText(first.warnings, { colour: context.err.colour })),
        overflowed: () => warn('the kernel’s queue was full: what was written is searched for, but not who wrote it'),
        log,
      },
    );
  } finally {
    interruption.release();
  }
}
