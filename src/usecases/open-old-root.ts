import { Failure } from '../core/failure.ts';
import type { RawName, RawPath } from '../core/rawpath.ts';
import type { OpenOldRootReport } from '../core/report.ts';
import type { Machine } from '../ports/machine.ts';
import { opening } from './pin.ts';

export interface OpenRequest {
  readonly oldRoots: RawPath | undefined;
  readonly name: RawName;
  /** Run a shell there, and come back when it has ended. */
  readonly shell: boolean;
}

/** Where the old root lies on this machine. It is held while a shell runs in it, so that `gc` leaves it. */
export function openOldRoot({ oldRoots, name, shell }: OpenRequest, machine: Machine): OpenOldRootReport {
  const kept = machine.oldRoots(oldRoots);
  try {
    const opened = opening(kept, name);
    try {
      if (!shell && kept.isPrivate) {
        const how = 'mount its filesystem, or look around in it';
        const shellIn = ['ebb', 'open', '--shell', name];
        throw new Failure('failed', `${name} has no path: ${kept.directory} is mounted nowhere`, how, shellIn);
      }
      if (shell) machine.readOnlyShell(opened.path);
      return { name, path: opened.path };
    } finally {
      opened.close();
    }
  } finally {
    kept.close();
  }
}
