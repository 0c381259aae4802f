import { Failure } from '../core/failure.ts';
import { covers, type RawPath, ROOT, rebase } from '../core/rawpath.ts';
import type { Totals } from '../core/report.ts';
import { changesOf } from '../core/rows.ts';
import type { Machine } from '../ports/machine.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { absoluteOf, locate, pointInRoot } from './locate.ts';

/** Entries and bytes at and below each of the paths, wherever they lie; what cannot be looked into is left out. */
export async function sizesOf(
  root: OpenRoot,
  machine: Machine,
  paths: readonly RawPath[],
  progress: (entries: number) => void,
): Promise<Map<RawPath, Totals>> {
  const sizes = new Map<RawPath, Totals>();
  const places = paths.map((path) => ({ path, ...locate(root, path) }));
  for (const [mount, those] of Map.groupBy(places, (place) => place.mount)) {
    const base = mount.id === root.mount.id ? ROOT : pointInRoot(root, mount);
    const within = those.map(({ path, resolved }) => ({ path, at: rebase(resolved, base, ROOT) }));
    try {
      const directory = mount.id === root.mount.id ? root.facts.mount : absoluteOf(root, base);
      const found = await sizesIn(
        machine,
        directory,
        within.map(({ at }) => at),
        progress,
      );
      for (const { path, at } of within) {
        const size = found.get(at);
        if (size !== undefined) sizes.set(path, size);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }
  return sizes;
}

async function sizesIn(
  machine: Machine,
  directory: RawPath,
  paths: readonly RawPath[],
  progress: (entries: number) => void,
): Promise<Map<RawPath, Totals>> {
  const sizes = new Map<RawPath, Totals>();
  const opened = machine.openRoot(directory);
  try {
    const reference = opened.prepare({ kind: 'nothing' });
    if (reference === undefined) return sizes;
    const request = { reference, rules: [], paths, ignored: [], noSync: true, progress };
    const { gathered } = await opened.examine({ ...request, output: { kind: 'rows' }, write: () => {} });
    // Without rules all that is below a directory is one row.
    const changes = [...changesOf(gathered, [])];
    for (const path of paths) {
      const below = changes.filter((change) => covers(path, change.path));
      const sum = (value: (change: (typeof below)[number]) => number): number =>
        below.reduce((total, change) => total + value(change), 0);
      sizes.set(path, { entries: sum(({ entries }) => entries), bytes: sum(({ bytes }) => bytes) });
    }
    return sizes;
  } finally {
    opened.close();
  }
}
