import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { EntryType } from '../../core/change.ts';
import { Failure } from '../../core/failure.ts';
import type { Installed, Present } from '../../core/installation.ts';
import { join, nameOf, parentOf, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { InitrdTarget, SetupFacts } from '../../core/setup.ts';
import type { ShippedFile, Wanted } from '../../core/setup-files.ts';
import type { Backend } from '../../ports/backend.ts';
import type { Setup, SetupTopLevel } from '../../ports/setup.ts';
import { systemCalls } from '../host-root.ts';
import { mountTopLevel } from '../old-roots/private-mount.ts';
import { openView, readMountTable } from '../system/mount-view.ts';
import { openRootFiles } from '../system/root-files.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { isNixos, setupFacts } from './facts.ts';
import { makeInitrds } from './initrds.ts';
import { INSTALLED, installedText, readInstalled } from './installed-file.ts';
import { nixosFacts, OLD_ROOTS } from './nixos-facts.ts';
import { HostSetupTopLevel } from './setup-top-level.ts';

const require = createRequire(import.meta.url);

/** What the command line brings in. */
export interface SetupWiring {
  /** The directory `boot/` as it was built. */
  readonly bootDirectory: string;
  /** What starts ebb. */
  readonly launcher: string;
  readonly backendOf: (filesystem: string, fd: number, calls: Syscalls) => Backend;
}

/**
 * The machine that runs. Its own directories, which nobody but root writes to: so paths are paths here. What others
 * write to is copied by descriptors, see `copying`.
 */
export class HostSetup implements Setup {
  readonly #wiring: SetupWiring;

  constructor(wiring: SetupWiring) {
    this.#wiring = wiring;
  }

  facts(storage: RawPath): SetupFacts {
    checkUser();
    return setupFacts(storage, this.#wiring.launcher as RawPath);
  }

  nixosFacts(configured: readonly RawPath[]): ReturnType<Setup['nixosFacts']> {
    if (!isNixos()) return undefined;
    checkUser();
    const facts = nixosFacts(configured);
    if (facts.subtree === ROOT) return { ...facts, oldRoots: undefined };
    const top = this.topLevel();
    try {
      return { ...facts, oldRoots: OLD_ROOTS.find((name) => top.has(name)) };
    } finally {
      top.close();
    }
  }

  shipped(): readonly ShippedFile[] {
    const { bootDirectory } = this.#wiring;
    const names = readdirSync(bootDirectory, { recursive: true, encoding: 'utf8' }).sort();
    return names.flatMap((name) => {
      const facts = lstatSync(`${bootDirectory}/${name}`);
      if (!facts.isFile()) return [];
      const content = readFileSync(`${bootDirectory}/${name}`, 'latin1');
      return [{ name, content, isExecutable: (facts.mode & 0o100) !== 0 }];
    });
  }

  existing(patterns: readonly string[]): readonly { path: RawPath; kind: 'directory' | 'file' }[] {
    const { fd, held } = openView(ROOT);
    const table = readMountTable();
    const files = openRootFiles(fd);
    try {
      const paths = patterns.flatMap((pattern) => {
        if (!pattern.endsWith('*')) return [pattern as RawPath];
        const directory = parentOf(pattern as RawPath);
        const prefix = nameOf(pattern as RawPath).slice(0, -1);
        const names = (files.listNames(directory) ?? []).filter((name) => name.startsWith(prefix));
        return names.sort().map((name) => join(directory, name));
      });
      return paths.flatMap((path) => {
        const type = files.lstat(path)?.type;
        const isMounted = table.of(path)?.id !== table.root()?.id;
        if (isMounted || (type !== EntryType.directory && type !== EntryType.file)) return [];
        return [{ path, kind: type === EntryType.file ? 'file' : 'directory' } as const];
      });
    } finally {
      for (const one of new Set([fd, ...held])) closeSync(one);
    }
  }

  lookAt(path: RawPath): Present {
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return { kind: 'absent' };
    if (facts.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) };
    if (facts.isDirectory()) return { kind: 'directory' };
    if (!facts.isFile()) return { kind: 'other' };
    return { kind: 'file', digest: this.digestOf(readFileSync(path, 'latin1')), mode: facts.mode & 0o7777 };
  }

  digestOf(content: string): string {
    return createHash('sha256').update(content, 'latin1').digest('hex');
  }

  installed(): Installed | undefined {
    return readInstalled();
  }

  note(installed: Installed | undefined): void {
    if (installed !== undefined) {
      this.install({ kind: 'file', path: INSTALLED, part: 'reset', mode: 0o644, content: installedText(installed) });
    } else if (existsSync(INSTALLED)) this.remove(INSTALLED);
  }

  makeDirectory(path: RawPath): () => void {
    const made: RawPath[] = [];
    for (const missing of missingDirectories(path)) {
      mkdirSync(missing, { mode: 0o755 });
      // Whatever the umask is.
      chmodSync(missing, 0o755);
      made.unshift(missing);
    }
    return () => {
      for (const one of made) rmdirSync(one);
    };
  }

  install(wanted: Wanted): () => void {
    const { path } = wanted;
    const before = saved(path);
    const undoDirectories = this.makeDirectory(parentOf(path));
    const temporary = `${path}.ebb-new`;
    try {
      // Left by a run that was killed.
      if (lstatSync(temporary, { throwIfNoEntry: false }) !== undefined) unlinkSync(temporary);
      if (wanted.kind === 'file') writeWhole(temporary, wanted.content, wanted.mode);
      else symlinkSync(wanted.target, temporary);
      renameSync(temporary, path);
      syncDirectory(parentOf(path));
    } catch (error) {
      if (lstatSync(temporary, { throwIfNoEntry: false }) !== undefined) unlinkSync(temporary);
      undoDirectories();
      throw new Failure('failed', `${path} could not be written: ${(error as Error).message}`);
    }
    return () => {
      unlinkSync(path);
      before?.();
      undoDirectories();
    };
  }

  remove(path: RawPath): () => void {
    const before = saved(path);
    unlinkSync(path);
    const emptied = removeEmpty(parentOf(path));
    syncDirectory(emptied);
    return () => {
      this.makeDirectory(parentOf(path));
      before?.();
    };
  }

  makeInitrds(target: InitrdTarget, resets: boolean): void {
    makeInitrds(target, resets);
  }

  reloadUnits(start: readonly string[]): void {
    if (!existsSync('/run/systemd/system')) return;
    const { spawnSync } = require('node:child_process') as typeof import('node:child_process');
    spawnSync('systemctl', ['daemon-reload'], { stdio: ['ignore', 2, 2] });
    if (start.length > 0) spawnSync('systemctl', ['start', ...start], { stdio: ['ignore', 2, 2] });
  }

  isMountPoint(path: RawPath): boolean {
    return readMountTable().mounts.some(({ point }) => point === path);
  }

  topLevel(): SetupTopLevel {
    const calls = systemCalls();
    const root = readMountTable().root();
    if (root === undefined) throw new Failure('failed', 'this machine shows no root filesystem');
    return new HostSetupTopLevel(calls, mountTopLevel(calls, root), this.#wiring.backendOf);
  }
}

/** @throws Failure */
function checkUser(): void {
  if (process.geteuid?.() !== 0) throw new Failure('failed', 'only root may set the machine up', 'run it as root');
}

/** The directories of the path that are not there, from the top down. */
function missingDirectories(path: RawPath): RawPath[] {
  const missing: RawPath[] = [];
  for (let at = path; at !== ROOT && !existsSync(at); at = parentOf(at)) missing.unshift(at);
  return missing;
}

/** How what is there comes back; undefined where nothing is. */
function saved(path: RawPath): (() => void) | undefined {
  const facts = lstatSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return undefined;
  if (facts.isSymbolicLink()) {
    const target = readlinkSync(path);
    return () => symlinkSync(target, path);
  }
  const content = readFileSync(path, 'latin1');
  return () => writeWhole(path, content, facts.mode & 0o7777);
}

function writeWhole(path: string, content: string, mode: number): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(fd, content, 'latin1');
    chmodSync(`/proc/self/fd/${fd}`, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Directories that are ebb's alone, or that enabling makes. Gives the one that stays. */
function removeEmpty(path: RawPath): RawPath {
  let at = path;
  while (/\/ebb(\/|$)|\/90ebb$|\/system\/[^/]+\.(wants|requires|d)$/.test(at)) {
    try {
      rmdirSync(at);
    } catch {
      break;
    }
    at = parentOf(at);
  }
  return at;
}

function syncDirectory(path: RawPath): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
