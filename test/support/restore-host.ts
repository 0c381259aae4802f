/** `ebb restore` on real trees, as the command line wires it, and all that can be told of a tree afterwards. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawName, RawPath } from '../../src/core/rawpath.ts';
import type { RestoreReport } from '../../src/core/restore-report.ts';
import { openRestoreTarget } from '../../src/linux/old-roots/restore-target.ts';
import { restore } from '../../src/usecases/restore.ts';
import { machine } from './test-host.ts';
import type { Workplace } from './workplace.ts';

export interface Asked {
  readonly oldRoots: string;
  readonly to: string;
  readonly from?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  /** Where the lock lies; by itself beside `to`. */
  readonly locks?: string;
}

export function restored(paths: readonly string[], asked: Asked): RestoreReport {
  const { from, force = false, dryRun = false, locks = join(asked.to, '..') } = asked;
  return restore(
    {
      ...{ paths: paths as readonly RawPath[], from: from as RawName | undefined, to: asked.to as RawPath },
      ...{ force, dryRun, oldRoots: asked.oldRoots as RawPath },
    },
    {
      machine: machine(),
      openTarget: (to) => openRestoreTarget(to, { directory: locks, patience: 500 }),
      progress: () => {},
    },
  );
}

/** An old root of this sequence in `oldRoots`; gives its directory. */
export function makeOldRoot(oldRoots: string, sequence: number, name = `2026-01-0${sequence}_12-00-00`): string {
  const root = join(oldRoots, name);
  mkdirSync(join(root, '.ebb'), { recursive: true });
  const boot = { schema: 'ebb.boot/1', sequence, bootedAt: `2026-01-0${sequence}T12:00:00Z` };
  writeFileSync(join(root, '.ebb/boot.json'), JSON.stringify(boot));
  return root;
}

/** An old root and a place to restore to, on a tmpfs of their own: writing out a disk that others use takes seconds. */
export function restoreGround(workplace: Workplace): { oldRoots: string; root: string; to: string } {
  const place = workplace.make();
  workplace.mount(['-t', 'tmpfs', `ebb-test-${process.pid}`], place);
  const [oldRoots, to] = [join(place, 'old'), join(place, 'to')];
  for (const directory of [oldRoots, to]) mkdirSync(directory);
  return { oldRoots, to, root: makeOldRoot(oldRoots, 1) };
}

/** A line an entry: everything of it that a restore keeps. Sockets are left out. */
export function factsOf(top: string): string[] {
  const lines: string[] = [];
  const names = new Map<string, string>();
  const visit = (path: Buffer, shown: string): void => {
    const stat = lstatSync(path, { bigint: true });
    if (stat.isSocket()) return;
    const words = [shown, stat.mode.toString(8), `${stat.uid}:${stat.gid}`, `${stat.mtimeNs}`];
    if (stat.isSymbolicLink()) words.push(readlinkSync(path, 'latin1'));
    if (stat.isBlockDevice() || stat.isCharacterDevice()) words.push(`device ${stat.rdev}`);
    if (stat.isFile()) {
      words.push(`${stat.size}`, createHash('sha1').update(readFileSync(path)).digest('hex'));
      if (stat.size > 1_000_000n) words.push(stat.blocks * 512n < stat.size / 2n ? 'sparse' : 'full');
    }
    if (!stat.isDirectory() && stat.nlink > 1n) {
      const key = `${stat.dev}:${stat.ino}`;
      if (!names.has(key)) names.set(key, shown);
      words.push(`${stat.nlink} names, as ${names.get(key)}`);
    }
    lines.push(words.join(' '));
    if (!stat.isDirectory()) return;
    for (const name of readdirSync(path, 'latin1').sort()) {
      visit(Buffer.concat([path, Buffer.from('/'), Buffer.from(name, 'latin1')]), `${shown}/${name}`);
    }
  };
  visit(Buffer.from(top), '');
  const { stdout } = spawnSync('getfattr', ['-Rhd', '-m', '-', '-e', 'hex', '.'], { cwd: top, encoding: 'latin1' });
  // A directory is read in no order.
  const blocks = stdout.split('\n\n').map((block) => block.replaceAll('\n', ' ').trim());
  return [...lines, ...blocks.filter((block) => block !== '').sort()];
}
