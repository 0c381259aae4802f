import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, ebb, overEmptyNode } from './cases.ts';
import { type Command, median, outputOf } from './measure.ts';

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
