import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, ebb, overEmptyNode } from './cases.ts';
import { type Command, median, outputOf, timed } from './measure.ts';
import { noBtrfs } from './trees.ts';

/** What an old root has of ebb, and a file that is the same in most of them. */
function makeOldRoots(directory: string, count: number): void {
  mkdirSync(directory, { recursive: true });
  for (let i = 0; i < count; i++) {
    const bootedAt = new Date(Date.UTC(2025, 0, 1 + i, 8, 15));
    const name = bootedAt.toISOString().slice(0, 19).replace('T', '_').replaceAll(':', '-');
    const root = join(directory, name);
    mkdirSync(join(root, '.ebb'), { recursive: true });
    mkdirSync(join(root, 'etc/nginx'), { recursive: true });
    const boot = { schema: 'ebb.boot/1', sequence: i + 1, bootedAt: bootedAt.toISOString(), ended: 'clean' };
    writeFileSync(join(root, '.ebb/boot.json'), JSON.stringify({ ...boot, kernel: '6.18.1', generation: i }));
    const notes = { schema: 'ebb.notes/1', adopted: false, size: { entries: i, bytes: 4096 * i } };
    writeFileSync(join(root, '.ebb/notes.json'), JSON.stringify(notes));
    writeFileSync(join(root, 'etc/nginx/nginx.conf'), `# version ${Math.floor(i / 50)}\n${'x'.repeat(2000)}\n`);
  }
}

/** `ls` and `find` of 500, each of which costs some lookups. */
export function manyOldRoots(bench: Bench): void {
  const count = 500;
  const directory = join(bench.workplace.tmpfs('old-roots'), 'old_roots');
  makeOldRoots(directory, count);
  const place = ['--old-roots', directory];
  const found = outputOf([ebb, 'find', '/etc/nginx/nginx.conf', '--json', ...place]);
  const { paths } = JSON.parse(found) as { paths: { oldRoots: number; versions: unknown[] }[] };
  if (paths[0]?.oldRoots !== count || paths[0].versions.length !== count / 50)
    throw new Error(`find is wrong: ${found}`);
  overEmptyNode(bench, `ls of ${count} old roots`, [ebb, 'ls', ...place], 60);
  overEmptyNode(bench, `find of a path over ${count} old roots`, [ebb, 'find', '/etc/nginx/nginx.conf', ...place], 100);
}

/** What `gc --dry-run` does of 5,000, without a file system. */
export function planningGc(bench: Bench): void {
  const command: Command = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'gc-in-memory.ts'),
    '5000',
  ];
  const reading = (): { plan: number; took: number } => JSON.parse(outputOf(command));
  const readings = Array.from({ length: bench.runs }, reading);
  const plan = median(readings.map((one) => one.plan));
  bench.report({
    what: 'gc --dry-run of 5,000 old roots, in memory',
    unit: 'ms',
    value: median(readings.map(({ took }) => took)),
    detail: `in a fresh process, its start left out; the plan ${plan.toFixed(1)} ms, the rest its text`,
    target: 50,
  });
}

/** 20,000 files of 4 KiB, by turns with cp, each into a place that the other has left. */
export function restoring(bench: Bench): void {
  const kinds = ['tmpfs', ...(noBtrfs(bench.workplace.isRoot) === undefined ? ['btrfs'] : [])] as const;
  if (!bench.workplace.isRoot) {
    bench.report({ what: 'restore of 20,000 files : cp -a --reflink=auto', reason: 'needs root' });
    return;
  }
  for (const kind of kinds) {
    const what = `restore of 20,000 files of 4 KiB, ${kind} : cp -a --reflink=auto`;
    bench.progress(what);
    const top = kind === 'btrfs' ? bench.workplace.btrfs('restore-btrfs') : bench.workplace.tmpfs('restore-tmpfs');
    const root = join(top, 'old_roots/2026-01-09_12-00-00');
    mkdirSync(join(root, '.ebb'), { recursive: true });
    const boot = { schema: 'ebb.boot/1', sequence: 7, bootedAt: '2026-01-09T12:00:00Z' };
    writeFileSync(join(root, '.ebb/boot.json'), JSON.stringify(boot));
    for (let d = 0; d < 100; d++) {
      mkdirSync(join(root, `data/${d}`), { recursive: true });
      for (let f = 0; f < 200; f++) writeFileSync(join(root, `data/${d}/${f}`), Buffer.alloc(4096, `${d} ${f} `));
    }
    const target = join(top, 'to');
    mkdirSync(target);
    const into = (command: Command): number => {
      rmSync(join(target, 'data'), { recursive: true, force: true });
      outputOf(['sync', '--file-system', top]);
      const took = timed(command);
      if (statSync(join(target, 'data/99/199')).size !== 4096)
        throw new Error(`${command.join(' ')}: not all is there`);
      return took;
    };
    const ours: Command = [ebb, 'restore', '/data', '--old-roots', join(top, 'old_roots'), '--to', target];
    const theirs: Command = ['cp', '-a', '--reflink=auto', join(root, 'data'), target];
    const times: { readonly a: number[]; readonly b: number[] } = { a: [], b: [] };
    for (let i = -1; i < bench.runs; i++) {
      const pair = { a: into(ours), b: into(theirs) };
      if (i < 0) continue;
      times.a.push(pair.a);
      times.b.push(pair.b);
    }
    const [a, b] = [median(times.a), median(times.b)];
    bench.report({ what, unit: '×', value: a / b, detail: `${a.toFixed(0)} ms : ${b.toFixed(0)} ms`, target: 1 });
  }
}
