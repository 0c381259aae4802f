import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, interleaved, median, noPeakMemory, outputOf, peakMemory } from './measure.ts';
import { change, changedPaths, fill, noBtrfs, pathsIn, type Shape, type Workplace } from './trees.ts';

/** One line of the table. */
export interface Result {
  readonly what: string;
  /** What it is measured in: times the other program, milliseconds, megabytes of 10^6 bytes, or a share. */
  readonly unit: '×' | 'ms' | 'MB' | '%';
  readonly value: number;
  readonly detail: string;
  /** At most this, where there is such an aim. */
  readonly target: number | undefined;
}

export interface Skipped {
  readonly what: string;
  readonly reason: string;
}

export interface Bench {
  readonly workplace: Workplace;
  readonly runs: number;
  readonly large: Shape;
  readonly small: Shape;
  readonly report: (outcome: Result | Skipped) => void;
  /** What is being done: it takes minutes. */
  readonly progress: (what: string) => void;
}

const project = join(import.meta.dirname, '..');
export const ebb = join(project, 'ebb');
const emptyScript = 'empty.cjs';

/** What ebb itself is started with, and nothing to do. */
function emptyNode({ workplace }: Bench): Command {
  const script = join(workplace.directory, emptyScript);
  if (!existsSync(script)) writeFileSync(script, '');
  return [process.execPath, '--disable-warning=ExperimentalWarning', script];
}

function diffOf(root: string, against: string, format: 'paths' | 'text'): Command {
  return [ebb, 'diff', '--root', root, '--against', against, '--format', format];
}

function findIn(root: string): Command {
  return ['find', root, '-xdev', '-printf', '%y %s %T@ %p\\n'];
}

/** Installs and builds where that is still to be done, so that no measurement has it in it. */
export function startUp(bench: Bench): void {
  outputOf([ebb, '--version']);
  overEmptyNode(bench, 'ebb --version', [ebb, '--version'], 25);
}

export function onTmpfs(bench: Bench): void {
  const root = bench.workplace.tmpfs('tmpfs');
  bench.progress(`making ${count(bench.large)} files on tmpfs`);
  fill(root, bench.large);
  allNew(bench, root, 'tmpfs');
  for (const format of ['text', 'paths'] as const) {
    const what = `peak memory, diff --format ${format}, ${count(bench.large)} files, tmpfs`;
    if (noPeakMemory !== undefined) bench.report({ what, reason: noPeakMemory });
    else {
      const value = peakMemory(diffOf(root, 'nothing', format)) / 1e6;
      bench.report({ what, unit: 'MB', value, detail: 'maximum resident set, GNU time', target: 150 });
    }
  }
}

export function onSmallTmpfs(bench: Bench): void {
  const root = bench.workplace.tmpfs('small');
  fill(root, bench.small);
  smallRoot(bench, root, 'tmpfs');
  const what = `diff --format paths, ${count(bench.small)} files, tmpfs : the bash loop`;
  const loop: Command = ['bash', join(project, 'bench/seed-loop.sh'), root];
  bench.progress(what);
  ratio(bench, what, diffOf(root, 'nothing', 'paths'), loop, undefined);
}

export function onBtrfs(bench: Bench): void {
  const reason = noBtrfs(bench.workplace.isRoot);
  if (reason !== undefined) {
    bench.report({ what: 'everything on btrfs', reason });
    return;
  }
  const root = bench.workplace.btrfs('btrfs');
  bench.progress(`making ${count(bench.large)} files on btrfs`);
  fill(root, bench.large);
  outputOf(['sync', '--file-system', root]);
  allNew(bench, root, 'btrfs');
  bench.progress('recording a baseline');
  outputOf([ebb, 'baseline', 'record', '--root', root]);
  change(root, bench.large);
  const what = `diff --format paths, few changes in ${count(bench.large)} files, btrfs : find`;
  bench.progress(what);
  expectPaths(diffOf(root, 'baseline', 'paths'), changedPaths);
  ratio(bench, what, diffOf(root, 'baseline', 'paths'), findIn(root), 0.05);
  const small = bench.workplace.btrfs('btrfs-small');
  fill(small, bench.small);
  outputOf(['sync', '--file-system', small]);
  smallRoot(bench, small, 'btrfs');
}

/** A baseline of 100,000 entries, in the order that ebb writes and in the one that find gives. */
export function readingBaselines(bench: Bench): void {
  const shape: Shape = { directories: 100, filesEach: 1000 };
  const root = bench.workplace.tmpfs('baseline');
  fill(root, shape);
  outputOf([ebb, 'baseline', 'record', '--root', root]);
  const byFind = join(bench.workplace.directory, 'baseline-by-find');
  const script = `{ printf 'ebb-baseline 1 recorded=%s\\0' "$(date +%s)"
    find "$1" -xdev -path "$1/.ebb" -prune -o -printf '%y %m %U %G %i %s %T@ %C@ %P\\0'
    printf 'end\\0'; } >"$2"`;
  outputOf(['sh', '-c', script, 'sh', root, byFind]);
  const files = { 'sorted, by ebb': join(root, '.ebb/baseline'), 'in no order, by find': byFind };
  for (const [made, file] of Object.entries(files)) {
    const read = (): { entries: number; took: number } =>
      JSON.parse(
        outputOf([
          process.execPath,
          '--disable-warning=ExperimentalWarning',
          join(project, 'bench/read-baseline.ts'),
          file,
          String(shape.directories),
        ]),
      );
    const readings = Array.from({ length: bench.runs }, read);
    if (readings.some(({ entries }) => entries !== shape.directories * shape.filesEach))
      throw new Error(`${file}: not all of its records were read`);
    bench.report({
      what: `reading a baseline of ${count(shape)} files (${made})`,
      unit: 'ms',
      value: median(readings.map(({ took }) => took)),
      detail: 'in a fresh process, its start left out',
      target: 100,
    });
  }
}

function allNew(bench: Bench, root: string, filesystem: string): void {
  const what = `diff --format paths, ${count(bench.large)} new files, ${filesystem} : find`;
  bench.progress(what);
  expectPaths(diffOf(root, 'nothing', 'paths'), pathsIn(bench.large));
  ratio(bench, what, diffOf(root, 'nothing', 'paths'), findIn(root), 0.6);
  const rows = `diff --format text, ${count(bench.large)} new files, ${filesystem} : find`;
  bench.progress(rows);
  ratio(bench, rows, diffOf(root, 'nothing', 'text'), findIn(root), undefined);
}

function smallRoot(bench: Bench, root: string, filesystem: string): void {
  for (const format of ['text', 'paths'] as const) {
    const what = `diff --format ${format}, ${count(bench.small)} files, ${filesystem}`;
    overEmptyNode(bench, what, diffOf(root, 'nothing', format), 60);
  }
}

function ratio(bench: Bench, what: string, ours: Command, theirs: Command, target: number | undefined): void {
  const { a, b } = interleaved(ours, theirs, bench.runs);
  bench.report({ what, unit: '×', value: a / b, detail: `${a.toFixed(0)} ms : ${b.toFixed(0)} ms`, target });
}

/** How much longer it takes than Node that does nothing. */
export function overEmptyNode(bench: Bench, what: string, ours: Command, target: number | undefined): void {
  // Short ones cost little and vary much.
  const { a, b } = interleaved(ours, emptyNode(bench), bench.runs * 4);
  const detail = `${a.toFixed(1)} ms − ${b.toFixed(1)} ms of an empty Node script`;
  bench.report({ what: `${what}, over an empty Node script`, unit: 'ms', value: a - b, detail, target });
}

/** A fast wrong answer is worth nothing. */
function expectPaths(command: Command, paths: number): void {
  const found = outputOf(command).split('\n').length - 1;
  if (found !== paths) throw new Error(`${command.join(' ')}: ${found} paths, where ${paths} were expected`);
}

export function count({ directories, filesEach }: Shape): string {
  return (directories * filesEach).toLocaleString('en-US');
}
