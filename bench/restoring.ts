import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, ebb } from './cases.ts';
import { type Command, median, outputOf, timed } from './measure.ts';
import { noBtrfs, noXfs } from './trees.ts';

const DIRECTORIES = 100;
const FILES_EACH = 200;
const SIZE = 4096;

/** 20,000 files of 4 KiB, by turns with cp, each into a place that the other has left. */
export function restoring(bench: Bench): void {
  const { workplace, runs } = bench;
  const kinds = [
    {
      kind: 'tmpfs',
      reason: workplace.isRoot ? undefined : 'needs root',
      open: () => workplace.tmpfs('restore-tmpfs'),
    },
    { kind: 'btrfs', reason: noBtrfs(workplace.isRoot), open: () => workplace.btrfs('restore-btrfs') },
    { kind: 'xfs', reason: noXfs(workplace.isRoot), open: () => workplace.xfs('restore-xfs') },
  ];
  for (const { kind, reason, open } of kinds) {
    const what = `restore of 20,000 files of 4 KiB, ${kind} : cp -a --reflink=auto`;
    if (reason !== undefined) {
      bench.report({ what, reason });
      continue;
    }
    bench.progress(what);
    const { ours, theirs, into } = preparedIn(open());
    const times: { readonly a: number[]; readonly b: number[] } = { a: [], b: [] };
    for (let i = -1; i < runs; i++) {
      const pair = { a: into(ours), b: into(theirs) };
      if (i < 0) continue;
      times.a.push(pair.a);
      times.b.push(pair.b);
    }
    const [a, b] = [median(times.a), median(times.b)];
    bench.report({ what, unit: '×', value: a / b, detail: `${a.toFixed(0)} ms : ${b.toFixed(0)} ms`, target: 1 });
  }
}

interface Prepared {
  readonly ours: Command;
  readonly theirs: Command;
  /** Milliseconds that the command takes to bring the files to where there are none. */
  readonly into: (command: Command) => number;
}

function preparedIn(top: string): Prepared {
  const root = join(top, 'old_roots/2026-01-09_12-00-00');
  mkdirSync(join(root, '.ebb'), { recursive: true });
  const boot = { schema: 'ebb.boot/1', sequence: 7, bootedAt: '2026-01-09T12:00:00Z' };
  writeFileSync(join(root, '.ebb/boot.json'), JSON.stringify(boot));
  for (let d = 0; d < DIRECTORIES; d++) {
    mkdirSync(join(root, `data/${d}`), { recursive: true });
    for (let f = 0; f < FILES_EACH; f++) writeFileSync(join(root, `data/${d}/${f}`), Buffer.alloc(SIZE, `${d} ${f} `));
  }
  const target = join(top, 'to');
  mkdirSync(target);
  return {
    ours: [ebb, 'restore', '/data', '--old-roots', join(top, 'old_roots'), '--to', target],
    theirs: ['cp', '-a', '--reflink=auto', join(root, 'data'), target],
    into: (command) => {
      rmSync(join(target, 'data'), { recursive: true, force: true });
      outputOf(['sync', '--file-system', top]);
      const took = timed(command);
      if (statSync(join(target, `data/${DIRECTORIES - 1}/${FILES_EACH - 1}`)).size !== SIZE)
        throw new Error(`${command.join(' ')}: not all is there`);
      return took;
    },
  };
}
