import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, count } from './cases.ts';
import { type Cost, costOf, median, outputOf, timed } from './measure.ts';
import { fill, needsRoot, noBtrfs, noExt4, noXfs, type Shape, type Workplace } from './trees.ts';

const boot = join(import.meta.dirname, '../boot');
const unavailable = { btrfs: noBtrfs, ext4: noExt4, xfs: noXfs };
type Filesystem = keyof typeof unavailable;

/** The reset of a large root by turns with that of a small one: of what is in them it must not know. */
export function resettingRoots(bench: Bench): void {
  const small: Shape = { directories: 1, filesEach: 1000 };
  for (const filesystem of ['btrfs', 'ext4', 'xfs'] as const) {
    const what = `reset of a root of ${count(bench.large)} files, ${filesystem} : of ${count(small)}`;
    const reason = unavailable[filesystem](bench.workplace.isRoot);
    if (reason !== undefined) {
      bench.report({ what, reason });
      continue;
    }
    bench.progress(`making ${count(bench.large)} files on ${filesystem}`);
    const [large, other] = [bench.large, small].map((shape) => resettable(bench, filesystem, shape)) as [Reset, Reset];
    bench.progress(what);
    const times: { readonly a: number[]; readonly b: number[] } = { a: [], b: [] };
    // Each takes a fraction of a second, and varies.
    for (let i = -1; i < bench.runs * 4; i++) {
      const pair = { a: large(), b: other() };
      if (i < 0) continue;
      times.a.push(pair.a);
      times.b.push(pair.b);
    }
    const [a, b] = [median(times.a), median(times.b)];
    bench.report({ what, unit: '×', value: a / b, detail: `${a.toFixed(0)} ms : ${b.toFixed(0)} ms`, target: 1.2 });
  }
}

/** Resets a filesystem that was just mounted, tells how long that took in milliseconds, and puts its root back. */
type Reset = () => number;

function resettable({ workplace }: Bench, filesystem: Filesystem, shape: Shape): Reset {
  const { at, mountAnew } = workplace.topLevel(filesystem, `reset-${filesystem}-${shape.directories}`);
  const [root, oldRoots] = [join(at, '@root'), join(at, '@snapshots/old_roots')];
  makeRoot(filesystem, root);
  mkdirSync(join(at, '@persist'));
  writeFileSync(join(at, '@persist/state'), 'kept\n');
  fill(root, shape);
  let boots = 0;
  const settings = `EBB_FILESYSTEM=${filesystem === 'btrfs' ? filesystem : 'directory'}`;
  return () => {
    mountAnew();
    const command = [join(boot, 'reset-root'), '--root', at, '--boot-id', `boot-${++boots}`] as const;
    const took = timed(['env', 'EBB_ENV=/dev/null', settings, ...command]);
    const [old = '', ...more] = readdirSync(oldRoots);
    if (more.length > 0 || readdirSync(join(oldRoots, old, 'srv/data')).length !== shape.directories)
      throw new Error(`${command.join(' ')}: the old root is not the root that was`);
    removeRoot(filesystem, root);
    renameSync(join(oldRoots, old), root);
    return took;
  };
}

/** As reset-root leaves it. */
const told = '{"schema":"ebb.boot/1","sequence":7,"bootedAt":"2026-01-09T12:00:00Z"}\n';

/** The baseline of 5,000 entries: of a root that this boot has just filled, and of one that it found. */
export function bootBegins(bench: Bench): void {
  const { workplace, runs } = bench;
  const shape: Shape = { directories: 50, filesEach: 99 };
  for (const filesystem of ['tmpfs', 'ext4', 'btrfs'] as const) {
    const what = `boot-begins, 5,000 entries, ${filesystem}`;
    const reason = filesystem === 'tmpfs' ? needsRoot(workplace.isRoot) : unavailable[filesystem](workplace.isRoot);
    if (reason !== undefined) {
      bench.report({ what, reason });
      continue;
    }
    bench.progress(what);
    const name = `begins-${filesystem}`;
    const top = filesystem === 'tmpfs' ? { at: workplace.tmpfs(name) } : workplace.topLevel(filesystem, name);
    const root = join(top.at, '@root');
    const justMade: Cost[] = [];
    const found: Cost[] = [];
    const find: number[] = [];
    for (let i = -1; i < runs * 4; i++) {
      makeRoot(filesystem, root);
      const notes = join(root, '.ebb');
      mkdirSync(notes);
      writeFileSync(join(notes, 'boot.json'), told);
      fill(root, shape);
      const made = costOfBaseline(workplace, root);
      if (i >= 0) justMade.push(made);
      if (i >= 0) find.push(timed(['find', root, '-xdev', '-printf', '%y %m %U %G %i %s %T@ %C@ %P\\0']));
      if ('mountAnew' in top) {
        rmSync(join(notes, 'baseline'));
        writeFileSync(join(notes, 'boot.json'), told);
        top.mountAnew();
        const again = costOfBaseline(workplace, root);
        if (i >= 0) found.push(again);
      }
      removeRoot(filesystem, root);
    }
    const report = (state: string, costs: readonly Cost[]): void => {
      const wall = median(costs.map((cost) => cost.wall));
      const cpu = median(costs.map((cost) => cost.cpu));
      const detail = `processor ${cpu.toFixed(0)} ms; find alone, once more: ${median(find).toFixed(0)} ms`;
      bench.report({ what: `${what}, ${state}`, unit: 'ms', value: wall, detail, target: 50 });
    };
    report('just made', justMade);
    if (found.length > 0) report('not read yet', found);
  }
}

/** Where the root is mounted, as it is when a machine boots. */
function costOfBaseline(workplace: Workplace, root: string): Cost {
  return workplace.whileBound(root, (at) => {
    const cost = costOf(['env', `EBB_LIVE_ROOT=${at}`, `EBB_RUN=${workplace.directory}`, join(boot, 'boot-begins')]);
    const baseline = readFileSync(join(at, '.ebb/baseline'), 'latin1');
    if (!baseline.endsWith('\0end\0') || baseline.split('\0').length < 5000)
      throw new Error('the baseline is not whole');
    return cost;
  });
}

function makeRoot(filesystem: string, root: string): void {
  if (filesystem === 'btrfs') outputOf(['btrfs', 'subvolume', 'create', root]);
  else mkdirSync(root);
}

function removeRoot(filesystem: string, root: string): void {
  if (filesystem === 'btrfs') outputOf(['btrfs', 'subvolume', 'delete', root]);
  else rmSync(root, { recursive: true });
}
