import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, ebb } from './cases.ts';
import { type Cost, costOf, median, outputOf } from './measure.ts';
import { needsRoot, noBtrfs, noExt4 } from './trees.ts';

const DIRECTORIES = 20;
const FILES_EACH = 1000;
const WRITERS = 2000;

/** What `ebb watch` costs those who write, and whom it knows. */
export function watching(bench: Bench): void {
  const reason = needsRoot(bench.workplace.isRoot);
  if (reason !== undefined) {
    bench.report({ what: 'everything about watching', reason });
    return;
  }
  const source = smallFiles(bench);
  copying(bench, 'tmpfs', source, bench.workplace.tmpfs('watched'));
  for (const [filesystem, lacking] of [
    ['btrfs', noBtrfs(true)],
    ['ext4', noExt4(true)],
  ] as const) {
    if (lacking !== undefined) bench.report({ what: `cp -r with a watch on, ${filesystem}`, reason: lacking });
    else {
      const at =
        filesystem === 'btrfs'
          ? bench.workplace.btrfs('watched-btrfs')
          : bench.workplace.topLevel('ext4', 'watched-ext4').at;
      copying(bench, filesystem, source, at);
    }
  }
  attributing(bench);
}

/** 20,000 small files, as a home or a checkout has them. */
function smallFiles({ workplace, progress }: Bench): string {
  const source = join(workplace.tmpfs('watch-source'), 'source');
  progress('making 20,000 small files');
  for (let i = 0; i < DIRECTORIES; i++) {
    mkdirSync(join(source, `d${i}`), { recursive: true });
    for (let j = 0; j < FILES_EACH; j++) writeFileSync(join(source, `d${i}/f${j}`), `file ${i} ${j}\n`);
  }
  return source;
}

function copying(bench: Bench, filesystem: string, source: string, root: string): void {
  const what = `cp -r of 20,000 small files with a watch on : without, ${filesystem}`;
  bench.progress(what);
  const copy = join(root, 'copy');
  const copied = (): Cost => {
    const took = costOf(['cp', '-r', source, copy]);
    rmSync(copy, { recursive: true });
    outputOf(['sync', '--file-system', root]);
    return took;
  };
  copied();
  const costs: { readonly a: Cost[]; readonly b: Cost[] } = { a: [], b: [] };
  const peaks: number[] = [];
  let seen = 0;
  for (let i = 0; i < bench.runs * 2; i++) {
    const plain = copied();
    const watch = new Watch(bench, root);
    costs.a.push(copied());
    costs.b.push(plain);
    peaks.push(watch.peakMemory());
    const { writes, overflows } = watch.end();
    if (overflows > 0) throw new Error(`${what}: the queue was full`);
    seen = writes;
  }
  const medianOf = (of: readonly Cost[], part: keyof Cost): number => median(of.map((cost) => cost[part]));
  const [a, b] = [medianOf(costs.a, 'wall'), medianOf(costs.b, 'wall')];
  // Where others use the machine, wall time tells of them too.
  const cpu = medianOf(costs.a, 'cpu') / medianOf(costs.b, 'cpu');
  const detail = `${a.toFixed(0)} ms : ${b.toFixed(0)} ms; processor time of cp ${cpu.toFixed(2)} ×; ${seen} writes seen`;
  bench.report({ what, unit: '×', value: a / b, detail, target: 1.15 });
  const peak = Math.max(...peaks) / 1e6;
  bench.report({
    what: `peak memory of the watch, ${filesystem}`,
    unit: 'MB',
    value: peak,
    detail: 'VmHWM after a copy of 20,000 files',
    target: 80,
  });
}

/** Processes that live for a millisecond, in a control group that is called like a service. */
function attributing(bench: Bench): void {
  const what = `short-lived writers whose unit was not told, of ${WRITERS}`;
  const hierarchy = /^\S+ \S+ \S+ \/ (\S+) .* - cgroup2 /m.exec(readFileSync('/proc/self/mountinfo', 'latin1'))?.[1];
  if (hierarchy === undefined) {
    bench.report({ what, reason: 'no hierarchy of control groups, version 2, is mounted' });
    return;
  }
  bench.progress(what);
  const root = bench.workplace.tmpfs('writers');
  const slice = join(hierarchy, `ebb_bench_${process.pid}.slice`);
  const group = join(slice, 'writers.service');
  const missing: number[] = [];
  mkdirSync(group, { recursive: true });
  try {
    for (let run = 0; run < bench.runs; run++) {
      const watch = new Watch(bench, root);
      const script = `echo $$ >"$1/cgroup.procs"; i=0
        while [ $i -lt ${WRITERS} ]; do sh -c "echo x > '$2/f$i'"; i=$((i + 1)); done`;
      outputOf(['sh', '-c', script, 'sh', group, root]);
      const { byWriter } = watch.end();
      missing.push(WRITERS - Math.min(WRITERS, byWriter.get('writers.service') ?? 0));
      for (const name of readdirSync(root)) rmSync(join(root, name));
    }
  } finally {
    rmdirSync(group);
    rmdirSync(slice);
  }
  const value = (100 * median(missing)) / WRITERS;
  const detail = `sh -c 'echo x > f', one after another; missing: ${missing.join(', ')}`;
  bench.report({ what, unit: '%', value, detail, target: 1 });
}

/** `ebb watch` as a process, from when it misses nothing. */
class Watch {
  readonly #output: string;
  readonly #process: ChildProcess;

  constructor({ workplace }: Bench, root: string) {
    this.#output = join(workplace.directory, `watch-${process.hrtime.bigint()}`);
    const out = openSync(this.#output, 'w');
    this.#process = spawn(ebb, ['watch', '--json', '--all', '--root', root], { stdio: ['ignore', out, 'inherit'] });
    closeSync(out);
    this.#until('"event":"started"');
  }

  /** Bytes. */
  peakMemory(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, 'latin1');
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  end(): { writes: number; overflows: number; byWriter: ReadonlyMap<string, number> } {
    this.#process.kill('SIGTERM');
    this.#until('"event":"ended"');
    const byWriter = new Map<string, number>();
    let [writes, overflows] = [0, 0];
    for (const line of readFileSync(this.#output, 'utf8').trim().split('\n')) {
      const document = JSON.parse(line);
      if (document.event === 'ended') [writes, overflows] = [document.writes, document.overflows];
      if (document.event !== 'writes') continue;
      const { label } = document.writer;
      byWriter.set(label, (byWriter.get(label) ?? 0) + document.writes);
    }
    rmSync(this.#output);
    return { writes, overflows, byWriter };
  }

  /** Nothing of this process goes on meanwhile: what it measures are other processes. */
  #until(event: string): void {
    const deadline = Date.now() + 60_000;
    while (!readFileSync(this.#output, 'utf8').includes(event)) {
      if (Date.now() > deadline) throw new Error(`ebb watch did not say ${event}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}
