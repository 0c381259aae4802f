import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DiffRequest } from '../../src/usecases/diff.ts';
import type { Stage, StageKind } from './stage.ts';
import { diffOf, record } from './test-host.ts';
import { has, isRoot, run, Workplace } from './workplace.ts';

/** A stage with a place on the machine. */
export interface RealStage extends Stage {
  /** Where the root is. */
  readonly root: string;
  /** The path on this machine of a path in the root. */
  at(path: string): Buffer;
  /** A directory beside the root, on the same filesystem: what persistent storage is. */
  readonly beside: string;
}

/** Makes roots of one kind; `unavailable` says why it cannot. */
export interface RealStages {
  readonly kind: StageKind;
  readonly unavailable: string | undefined;
  open(): void;
  make(): RealStage;
  close(): void;
}

export const realKinds: readonly RealStages[] = [plainDirectory(), tmpfs(), onDevice('btrfs'), onDevice('xfs')];

function plainDirectory(): RealStages {
  let workplace: Workplace;
  return {
    kind: 'directory',
    unavailable: isRoot ? undefined : 'only root may record a baseline',
    open: () => {
      workplace = new Workplace();
    },
    make: () => stageAt('directory', workplace.make('root'), workplace.make('beside')),
    close: () => workplace.close(),
  };
}

function tmpfs(): RealStages {
  let workplace: Workplace;
  return {
    kind: 'tmpfs',
    unavailable: isRoot ? undefined : 'only root may mount a tmpfs',
    open: () => {
      workplace = new Workplace();
    },
    make: () => {
      const root = workplace.make('root');
      workplace.mount(['-t', 'tmpfs', `ebb-test-${process.pid}`], root);
      return stageAt('tmpfs', root, workplace.make('beside'));
    },
    close: () => workplace.close(),
  };
}

/** One image for all roots of a suite: a subvolume each on btrfs, else a directory that is mounted like one. */
function onDevice(kind: 'btrfs' | 'xfs'): RealStages {
  const mkfs = `mkfs.${kind}`;
  let workplace: Workplace;
  let top: string;
  let device: string;
  let count = 0;
  return {
    kind,
    unavailable: reasonAgainst(mkfs),
    open: () => {
      workplace = new Workplace();
      // Sparse: it takes what is written.
      device = workplace.image(mkfs, 512);
      top = workplace.make('top');
      workplace.mount([device], top);
    },
    make: () => {
      const name = `@root${count}`;
      const beside = join(top, `@persist${count++}`);
      const inTop = join(top, name);
      mkdirSync(beside);
      const root = workplace.make('root');
      if (kind === 'btrfs') {
        run('btrfs', ['-q', 'subvolume', 'create', inTop]);
        workplace.mount(['-o', `subvol=${name}`, device], root);
      } else {
        mkdirSync(inTop);
        workplace.mount(['--bind', inTop], root);
      }
      return stageAt(kind, root, beside);
    },
    close: () => workplace.close(),
  };
}

export function reasonAgainst(mkfs: string): string | undefined {
  if (!isRoot) return 'only root may set up a loop device';
  if (!has(mkfs)) return `${mkfs} is not installed`;
  if (spawnSync('losetup', ['--find']).status !== 0) return 'there is no free loop device';
  return undefined;
}

function stageAt(kind: StageKind, root: string, beside: string): RealStage {
  const at = (path: string): Buffer => Buffer.from(root + path, 'latin1');
  const above = (path: string): Buffer => {
    const parent = at(path.slice(0, path.lastIndexOf('/')));
    mkdirSync(parent, { recursive: true });
    return at(path);
  };
  return {
    kind,
    root,
    beside,
    at,
    file: (path, content = '', mode = 0o644) => {
      writeFileSync(above(path), content, { mode });
      chmodSync(at(path), mode);
    },
    directory: (path, mode = 0o755) => {
      mkdirSync(above(path));
      chmodSync(at(path), mode);
    },
    symlink: (path, target) => symlinkSync(Buffer.from(target, 'latin1'), above(path)),
    fifo: (path) => {
      run('mkfifo', [above(path).toString('latin1')]);
    },
    hardLink: (path, existing) => linkSync(at(existing), above(path)),
    sparse: (path, size, written) => {
      const fd = openSync(above(path), 'w');
      ftruncateSync(fd, size);
      if (written > 0) writeSync(fd, Buffer.alloc(written, 1), 0, written, size - written);
      closeSync(fd);
    },
    rewriteKeepingTime: (path, content) => {
      // Through a file of the same times: Node sets them to the microsecond only.
      const times = join(beside, 'times');
      const file = at(path).toString('latin1');
      run('touch', ['-r', file, times]);
      writeFileSync(at(path), content);
      run('touch', ['-r', times, file]);
    },
    chmod: (path, mode) => chmodSync(at(path), mode),
    chown: (path, uid) => chownSync(at(path), uid, uid),
    rename: (from, to) => renameSync(at(from), above(to)),
    remove: (path) => rmSync(at(path), { recursive: true }),
    record: async () => {
      await record(root);
    },
    diff: async (against) => {
      if (typeof against === 'object') {
        return (await diffOf(root, { against: { kind: 'boot' } }, { bootedAt: against.boot })).changes;
      }
      const asked: Partial<DiffRequest> = { against: { kind: against } };
      return (await diffOf(root, asked)).changes;
    },
    moment: () => nextSecond(at('/.moment')),
    close: () => {},
  };
}

/** Boot is known to the second: waits until the filesystem's clock has come to the next one. */
function nextSecond(probe: Buffer): number {
  const second = (): number => {
    writeFileSync(probe, '');
    return Math.floor(statSync(probe).ctimeMs / 1000);
  };
  const now = second();
  while (second() === now);
  rmSync(probe);
  return now + 1;
}
