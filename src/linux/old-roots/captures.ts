import { mkdirSync, openSync, statfsSync } from 'node:fs';
import { Failure } from '../../core/failure.ts';
import { componentsOf, join, parentOf, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { Backend } from '../../ports/backend.ts';
import type { Captures } from '../../ports/capture.ts';
import { O_DIRECTORY } from '../system/flags.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { type HeldDirectory, holdVisible } from './held-directory.ts';
import { KeptRoots } from './kept-roots.ts';
import { HostTopLevel } from './top-level.ts';

type BackendOf = (filesystem: string, fd: number) => Backend;

/** The captures that lie, or will lie, in the directory. */
export function capturesIn(calls: Syscalls, directory: RawPath, isUsual: boolean, backendOf: BackendOf): Captures {
  return {
    directory,
    isUsual,
    room: () => roomAt(directory),
    open: (dryRun) => {
      if (!dryRun) makePrivate(directory);
      const held = holdThere(directory, dryRun);
      if (held === undefined) return undefined;
      const kept = new KeptRoots(calls, held, backendOf);
      const fd = openSync(`/proc/self/fd/${held.fd}/.`, O_DIRECTORY);
      const level = new HostTopLevel(calls, { ...held, fd }, backendOf);
      return {
        ...{ kept, level },
        close: () => {
          level.close();
          kept.close();
        },
      };
    },
  };
}

function holdThere(directory: RawPath, mayLack: boolean): HeldDirectory | undefined {
  try {
    return holdVisible(directory);
  } catch (error) {
    if (mayLack && error instanceof Failure && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** The directory that is there of it. */
function roomAt(directory: RawPath): { free: number; total: number } {
  try {
    const { bavail, blocks, bsize } = statfsSync(Buffer.from(directory, 'latin1'));
    return { free: bavail * bsize, total: blocks * bsize };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || directory === ROOT) throw error;
    return roomAt(parentOf(directory));
  }
}

function makePrivate(directory: RawPath): void {
  let path = ROOT;
  for (const name of componentsOf(directory)) {
    path = join(path, name);
    try {
      mkdirSync(Buffer.from(path, 'latin1'), 0o700);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new Failure('failed', `${directory} cannot be made: ${(error as Error).message}`);
    }
  }
}
