/** Small roots for the command line to look at, and what this machine allows to be built. */

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** What a tree holds, by paths (byte strings): a file's content, or a link; a path that ends with a slash is a directory. */
export type TreeSpec = Readonly<Record<string, string | Link | null>>;

export interface Link {
  readonly target: string;
}

export function link(target: string): Link {
  return { target };
}

export function buildTree(root: string, tree: TreeSpec): void {
  for (const [path, content] of Object.entries(tree)) {
    const full = bytePath(root, path);
    const parent = path.endsWith('/') ? full : full.subarray(0, full.lastIndexOf('/'));
    mkdirSync(parent, { recursive: true });
    if (content === null || path.endsWith('/')) continue;
    if (typeof content === 'string') writeFileSync(full, content);
    else symlinkSync(content.target, full);
  }
}

/** `path`, a byte string, below `root`. */
export function bytePath(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}

/** A test, or a whole file with its `after`. */
export interface Scope {
  after(undo: () => void): void;
}

/** A directory of its own, gone after the test, that everybody may look into. */
export function temporaryDirectory(t: Scope): string {
  const directory = mkdtempSync(join(tmpdir(), `ebb-cli-${process.pid}-root-`));
  undoAfter(t, () => rmSync(directory, { recursive: true, force: true }));
  chmodSync(directory, 0o755);
  return directory;
}

/** A plain directory as the root. */
export function directoryRoot(t: TestContext, tree: TreeSpec): string {
  const root = temporaryDirectory(t);
  buildTree(root, tree);
  return root;
}

/** A tmpfs of its own as the root: what an ephemeral root is on many machines. */
export function tmpfsRoot(t: TestContext, tree: TreeSpec): string {
  const root = temporaryDirectory(t);
  mount(t, root, '-t', 'tmpfs', '-o', 'mode=755,size=256m', 'tmpfs');
  buildTree(root, tree);
  return root;
}

export interface BtrfsRoot {
  /** Where its subvolume `@root` is mounted. */
  readonly root: string;
  /** Where all of the filesystem is mounted. */
  readonly top: string;
}

/** The subvolume `@root` of a btrfs in a file. */
export function btrfsRoot(t: TestContext, tree: TreeSpec): BtrfsRoot {
  const home = temporaryDirectory(t);
  const [image, top, root] = [join(home, 'image'), join(home, 'top'), join(home, 'root')];
  mkdirSync(top);
  mkdirSync(root);
  run('truncate', '-s', '128M', image);
  run('mkfs.btrfs', '-q', image);
  mount(t, top, '-o', 'loop', image);
  run('btrfs', 'subvolume', 'create', join(top, '@root'));
  const device = run('findmnt', '-no', 'SOURCE', '--target', top).trim().split('[')[0];
  mount(t, root, '-o', 'subvol=@root', device);
  buildTree(root, tree);
  return { root, top };
}

/** Mounts, and takes it away after the test. */
export function mount(t: TestContext, point: string, ...args: string[]): void {
  run('mount', ...args, point);
  undoAfter(t, () => run('umount', point));
}

export function bind(t: TestContext, from: string, to: string): void {
  mount(t, to, '--bind', from);
}

const undoing = new WeakMap<Scope, (() => void)[]>();

/**
 * After the test, the last first: a mount has to go before its directory is removed, or what is mounted there would be
 * removed with it. The first that fails stops the rest for the same reason.
 */
export function undoAfter(t: Scope, undo: () => void): void {
  const known = undoing.get(t);
  if (known !== undefined) {
    known.push(undo);
    return;
  }
  const steps = [undo];
  undoing.set(t, steps);
  t.after(() => {
    for (const step of steps.reverse()) step();
  });
}

export function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function lacking(program: string): string | false {
  const { error } = spawnSync(program, ['--version']);
  return error === undefined ? false : `${program} is not installed`;
}

/** Why mounts cannot be made; false where they can. */
export const noMounts = process.getuid?.() === 0 ? canMount() : 'only root may mount';
/** Why no baseline can be recorded. */
export const noRecord = process.getuid?.() === 0 ? false : 'only root may record a baseline';
/** Why there can be no btrfs. */
export const noBtrfs = noMounts || lacking('mkfs.btrfs') || canLoop();
/** Why nobody can be impersonated. */
export const noOrdinaryUser = process.getuid?.() === 0 ? lacking('setpriv') : 'only root may become somebody else';
/** Why there can be no pseudo-terminal. */
export const noTerminal = lacking('script');
export const noNix = lacking('nix-instantiate');

function canMount(): string | false {
  const { status, stderr } = spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], {
    encoding: 'utf8',
  });
  return status === 0 ? false : `mounts are not allowed here: ${stderr?.trim()}`;
}

function canLoop(): string | false {
  const { status, stderr } = spawnSync('losetup', ['-f'], { encoding: 'utf8' });
  return status === 0 ? false : `there are no loop devices here: ${stderr?.trim()}`;
}
