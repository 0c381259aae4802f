/** Old roots to be searched, and a running root: in memory, or on a filesystem of this machine. */
import { mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EntryType } from '../../src/core/change.ts';
import type { FindReport } from '../../src/core/find-report.ts';
import { bytesOf, type RawPath, ROOT } from '../../src/core/rawpath.ts';
import type { Machine } from '../../src/ports/machine.ts';
import type { OldRoots } from '../../src/ports/old-roots.ts';
import { find } from '../../src/usecases/find.ts';
import { type BootOf, MemoryOldRoots, memoryFiles } from './memory-old-roots.ts';
import { MemoryTree } from './memory-tree.ts';
import type { OldRootsPlace } from './old-roots-place.ts';
import { machine } from './test-host.ts';

export interface Link {
  readonly target: string;
}

/** By paths without the leading slash, byte strings: a file's content, a link, or null for a directory. */
export type Content = Readonly<Record<string, string | Link | null>>;

export interface FindOptions {
  readonly grep?: string;
  readonly count?: number;
  readonly progress?: (entries: number) => void;
}

export interface FindGround {
  oldRoot(name: string, boot: BootOf | undefined, content: Content): void;
  runningRoot(content: Content): void;
  open(): OldRoots;
  find(pattern: string, options?: FindOptions): FindReport;
}

function found(machine: Machine, pattern: string, directory: RawPath, options: FindOptions): FindReport {
  const { grep, count, progress = () => {} } = options;
  const text = grep === undefined ? undefined : bytesOf(grep);
  return find({ oldRoots: directory, pattern, text, count }, { machine, progress });
}

export function memoryGround(): FindGround {
  const oldRoots = new MemoryOldRoots();
  const running = new MemoryTree();
  const fill = (tree: MemoryTree, content: Content): void => {
    for (const [path, what] of Object.entries(content)) {
      if (what === null) tree.put(`/${path}`, EntryType.directory, 0o755);
      else if (typeof what !== 'string') tree.put(`/${path}`, EntryType.symlink, 0o777).link = what.target;
      else Object.assign(tree.put(`/${path}`, EntryType.file, 0o644), { content: what, size: what.length });
    }
  };
  const root = { path: ROOT, files: memoryFiles(running), close: () => {} };
  const inMemory = { now: () => 2e9, oldRoots: () => oldRoots, openFiles: () => root } as unknown as Machine;
  return {
    oldRoot: (name, boot, content) => fill(oldRoots.make(name, boot), content),
    runningRoot: (content) => fill(running, content),
    open: () => oldRoots,
    find: (pattern, options = {}) => found(inMemory, pattern, oldRoots.directory, options),
  };
}

export interface RealGround extends FindGround {
  readonly place: OldRootsPlace;
}

export function realGround(place: OldRootsPlace): RealGround {
  const runningRoot = join(place.outside, 'running');
  rmSync(runningRoot, { recursive: true, force: true });
  mkdirSync(runningRoot);
  let moment = 1_700_000_000;
  const fill = (root: string, content: Content): void => {
    for (const [path, what] of Object.entries(content)) {
      const at = Buffer.from(`${root}/${path}`, 'latin1');
      mkdirSync(what === null ? at : at.subarray(0, at.lastIndexOf('/')), { recursive: true });
      if (typeof what === 'string') {
        writeFileSync(at, Buffer.from(what, 'latin1'));
        utimesSync(at, ++moment, moment);
      } else if (what !== null) symlinkSync(Buffer.from(what.target, 'latin1'), at);
    }
  };
  return {
    place,
    oldRoot: (name, boot, content) => {
      place.make(name, boot);
      fill(place.at(name).toString('latin1'), content);
    },
    runningRoot: (content) => fill(runningRoot, content),
    open: () => place.open(),
    find: (pattern, options = {}) => found(machine({ runningRoot }), pattern, place.directory as RawPath, options),
  };
}

/** Each path, then a line a version: `file 5 now a, b`. */
export function told({ paths }: FindReport): string[] {
  return paths.flatMap(({ path, versions }) => [
    path as string,
    ...versions.map(({ type, size, target, certain, now, oldRoots }) =>
      [
        ...['-', type, ...(type === 'file' ? [`${size}`] : []), ...(target === undefined ? [] : [`→ ${target}`])],
        ...[...(now ? ['now'] : []), oldRoots.map(({ name }) => name).join(', '), ...(certain ? [] : ['uncertain'])],
      ]
        .filter((word) => word !== '')
        .join(' '),
    ),
  ]);
}
