import type { RawName, RawPath } from '../core/rawpath.ts';
import type { OpenOldRootReport } from '../core/report.ts';
import type { Machine } from '../ports/machine.ts';
import { opening } from './pin.ts';

/** Where the old root lies on this machine. */
export function openOldRoot(
  { oldRoots, name }: { readonly oldRoots: RawPath | undefined; readonly name: RawName },
  machine: Machine,
): OpenOldRootReport {
  const kept = machine.oldRoots(oldRoots);
  try {
    const opened = opening(kept, name);
    opened.close();
    return { name, path: opened.path };
  } finally {
    kept.close();
  }
}
