import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Each with room for a million files in 7 GiB. */
const mkfs = {
  btrfs: ['mkfs.btrfs', '--quiet', '--metadata', 'single'],
  ext4: ['mkfs.ext4', '-q', '-N', '1500000'],
  xfs: ['mkfs.xfs', '-q'],
} as const;

export interface TopLevel {
  readonly at: string;
  /** So that nothing of it is in memory, as when a machine boots. */
  readonly mountAnew: () => void;
}

/** Mounts and directories that the bench made: all are gone when `remove` has run. */
export class Workplace {
  readonly directory = mkdtempSync(join(tmpdir(), 'ebb-bench-'));
  readonly isRoot = process.getuid?.() === 0;
  readonly #mounted: string[] = [];
  readonly #elsewhere: string[] = [];

  constructor() {
    process.on('exit', () => this.remove());
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  }

  /** A tmpfs of its own; for an ordinary user a directory of /dev/shm, which is one too. */
  tmpfs(name: string): string {
    if (!this.isRoot) {
      const shared = mkdtempSync(`/dev/shm/ebb-bench-${name}-`);
      this.#elsewhere.push(shared);
      return shared;
    }
    const at = this.#point(name);
    this.#mount(at, '-t', 'tmpfs', '-o', 'size=8g,nr_inodes=0', 'ebb-bench', at);
    return at;
  }

  /** A btrfs on a loop device whose image lies in a tmpfs; the root is a subvolume of it, as on a real machine. */
  btrfs(name: string): string {
    const top = this.#point(`${name}-top`);
    const at = this.#point(name);
    const image = this.#image(name);
    quietly(...mkfs.btrfs, image);
    this.#mount(top, '-o', 'loop', image, top);
    quietly('btrfs', 'subvolume', 'create', join(top, '@root'));
    const device = execFileSync('findmnt', ['--noheadings', '--output', 'SOURCE', top], { encoding: 'utf8' });
    this.#mount(at, '-o', 'subvol=@root', device.trim().replace(/\[.*\]$/, ''), at);
    return at;
  }

  /** An xfs on a loop device whose image lies in a tmpfs. */
  xfs(name: string): string {
    return this.topLevel('xfs', name).at;
  }

  /** The top level of a filesystem on a loop device whose image lies in a tmpfs. */
  topLevel(filesystem: keyof typeof mkfs, name: string): TopLevel {
    const at = this.#point(name);
    const image = this.#image(name);
    const [program, ...options] = mkfs[filesystem];
    quietly(program, ...options, image);
    this.#mount(at, '-o', 'loop', image, at);
    const mountAnew = (): void => {
      quietly('umount', at);
      quietly('mount', '-o', 'loop', image, at);
    };
    return { at, mountAnew };
  }

  /** Mounts the directory at a place of its own while `use` works on it. */
  whileBound<T>(directory: string, use: (at: string) => T): T {
    const at = mkdtempSync(join(this.directory, 'bound-'));
    quietly('mount', '--bind', directory, at);
    try {
      return use(at);
    } finally {
      quietly('umount', at);
    }
  }

  remove(): void {
    for (const at of this.#mounted.splice(0).reverse()) {
      try {
        quietly('umount', at);
      } catch {
        quietly('umount', '--lazy', at);
      }
    }
    for (const path of [this.directory, ...this.#elsewhere.splice(0)]) rmSync(path, { recursive: true, force: true });
  }

  #image(name: string): string {
    const image = join(this.tmpfs(`${name}-image`), 'image');
    closeSync(openSync(image, 'w'));
    truncateSync(image, 7 * 2 ** 30);
    return image;
  }

  #point(name: string): string {
    const at = join(this.directory, name);
    mkdirSync(at);
    return at;
  }

  #mount(at: string, ...args: string[]): void {
    quietly('mount', ...args);
    this.#mounted.push(at);
  }
}

/** Why nothing can be mounted here; undefined where it can. */
export function needsRoot(isRoot: boolean): string | undefined {
  return isRoot ? undefined : 'needs root';
}

/** Why there can be no btrfs here; undefined where there can. */
export function noBtrfs(isRoot: boolean): string | undefined {
  return noLoop(isRoot, 'btrfs', ['mkfs.btrfs', 'btrfs', 'findmnt']);
}

/** Why there can be no ext4 here; undefined where there can. */
export function noExt4(isRoot: boolean): string | undefined {
  return noLoop(isRoot, 'ext4', ['mkfs.ext4']);
}

/** Why there can be no xfs here; undefined where there can. */
export function noXfs(isRoot: boolean): string | undefined {
  return noLoop(isRoot, 'xfs', ['mkfs.xfs']);
}

function noLoop(isRoot: boolean, filesystem: string, programs: readonly string[]): string | undefined {
  if (!isRoot) return 'needs root';
  for (const program of programs) {
    try {
      quietly('sh', '-c', `command -v ${program}`);
    } catch {
      return `${program} is not installed`;
    }
  }
  try {
    quietly('sh', '-c', `losetup --find && grep -qw ${filesystem} /proc/filesystems || modprobe ${filesystem}`);
    return undefined;
  } catch {
    return `this kernel has no loop devices, or no ${filesystem}`;
  }
}

export interface Shape {
  readonly directories: number;
  readonly filesEach: number;
}

/** Empty files in equal directories below `/srv/data`, a place of which no rule knows anything. */
export function fill(root: string, { directories, filesEach }: Shape): void {
  mkdirSync(join(root, 'srv/data'), { recursive: true });
  for (let i = 0; i < directories; i++) {
    mkdirSync(join(root, directoryPath(i)));
    for (let j = 0; j < filesEach; j++) closeSync(openSync(fileOf(root, i, j), 'w'));
  }
}

/** What `fill` made, in paths: the files, their directories, and `/srv/data`. `/srv` itself every system has. */
export function pathsIn({ directories, filesEach }: Shape): number {
  return directories * filesEach + directories + 1;
}

export const changed = { written: 100, deleted: 20, renamed: 5 } as const;

/** Changes a few files, all over the tree, and has it written out. */
export function change(root: string, { directories }: Shape): void {
  const { written, deleted, renamed } = changed;
  const spread = (i: number): number => (i * 97) % directories;
  for (let i = 0; i < written; i++) appendFileSync(fileOf(root, spread(i), 1), 'changed\n');
  for (let i = 0; i < deleted; i++) rmSync(fileOf(root, spread(i), 2));
  for (let i = 0; i < renamed; i++) renameSync(fileOf(root, spread(i), 3), `${fileOf(root, spread(i), 3)}.renamed`);
  quietly('sync', '--file-system', root);
}

/** A rename is two paths: one gone, one new. */
export const changedPaths = changed.written + changed.deleted + 2 * changed.renamed;

/** In the root. */
export function directoryPath(i: number): string {
  return `/srv/data/directory-${String(i).padStart(4, '0')}`;
}

function fileOf(root: string, i: number, j: number): string {
  return join(root, directoryPath(i), `file-${String(j).padStart(4, '0')}.dat`);
}

function quietly(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
