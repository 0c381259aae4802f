// Prints how long `gc --dry-run` takes of so many old roots that are in memory, and its plan alone: milliseconds.

import type { RawName, RawPath } from '../src/core/rawpath.ts';
import type { Machine } from '../src/ports/machine.ts';
import type { KeptOldRoot, OldRoots } from '../src/ports/old-roots.ts';
import { gcText } from '../src/render/gc-text.ts';
import { gc } from '../src/usecases/gc.ts';

const count = Number(process.argv[2]);
const kept = Array.from({ length: count }, (_, i): KeptOldRoot => {
  const bootedAt = Date.UTC(2015, 0, 1) / 1000 + i * 60_000;
  const name = new Date(bootedAt * 1000).toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '-') as RawName;
  return {
    ...{ name, sequence: i, bootedAt, endedClean: true, kernel: undefined, generation: undefined, pinned: undefined },
    ...{ foreign: false, adopted: false, inUse: undefined, size: undefined, doubt: undefined, hasBaseline: false },
  };
});
const oldRoots = { directory: '/old_roots' as RawPath, list: () => kept, close: () => {} } as unknown as OldRoots;
const machine = {
  now: () => Date.now() / 1000,
  configuration: () => ({ retention: { recent: 5, weekly: 4, monthly: 'all' } }),
  oldRoots: () => oldRoots,
} as unknown as Machine;
const ports = { machine, confirm: () => false, deleting: () => {} };

const began = process.hrtime.bigint();
const report = gc({ oldRoots: undefined, policy: {}, dryRun: true, inBackground: false }, ports);
const plan = Number(process.hrtime.bigint() - began) / 1e6;
const text = gcText(report, { width: undefined, colour: false });
const took = Number(process.hrtime.bigint() - began) / 1e6;
if (text.split('\n').length < count) throw new Error('not all were judged');
console.log(JSON.stringify({ plan, took }));
