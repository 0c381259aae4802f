/** A btrfs root that all kinds of things happen to, and the search of its trees held against a walk. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { compareRaw } from '../../src/core/rawpath.ts';
import type { Change } from '../../src/core/report.ts';
import type { DiffRequest } from '../../src/usecases/diff.ts';
import type { Random } from './random.ts';
import type { RealStage } from './real-stage.ts';
import { diffOf, type HostFacts, record } from './test-host.ts';
import { told } from './told.ts';
import { run } from './workplace.ts';

/** Both tell the same; gives it. */
export async function agrees(root: string, asked: Partial<DiffRequest> = {}, facts: HostFacts = {}) {
  const searched = await diffOf(root, asked, facts);
  assert.equal(searched.view.search, 'tree-search');
  const walked = await diffOf(root, { ...asked, noSync: true }, facts);
  assert.equal(walked.view.search, 'walk');
  assert.deepEqual(told(searched.changes), told(walked.changes));
  assert.deepEqual(byPath(searched.changes), byPath(walked.changes));
  assert.equal(searched.summary.bytes, walked.summary.bytes);
  return searched.changes;
}

/**
 * Without what differs between any two looks: in a snapshot an empty directory stands for a nested subvolume, and is as
 * new as its inode in memory; and of two rows with names of one file, the first that is met counts its bytes.
 */
function byPath(changes: readonly Change[]): Partial<Change>[] {
  return [...changes]
    .sort((a, b) => compareRaw(a.path, b.path))
    .map(({ bytes: _, mtime, ...others }) => (others.type === 'directory' ? others : { ...others, mtime }));
}

/** BTRFS_EMPTY_SUBVOL_DIR_OBJECTID */
const STANDS_FOR_SUBVOLUME = 2;

/** A root that all kinds of things happen to. */
export class World {
  readonly root: string;
  readonly #random: Random;
  readonly #held: number[] = [];
  #count = 0;

  private constructor(root: string, random: Random) {
    this.root = root;
    this.#random = random;
  }

  /** What is there already. */
  static of(root: string, random: Random): World {
    return new World(root, random);
  }

  static async open(stage: RealStage, random: Random): Promise<World> {
    const world = new World(stage.root, random);
    for (const name of ['a', 'a/b', 'a/b/c', 'd', 'd/e']) mkdirSync(join(stage.root, name));
    for (let i = 0; i < 40; i++) world.#create();
    run('btrfs', ['-q', 'subvolume', 'create', join(stage.root, 'd/sub')]);
    for (let i = 0; i < 20; i++) world.#create();
    await record(stage.root);
    return world;
  }

  close(): void {
    for (const fd of this.#held.splice(0)) closeSync(fd);
  }

  /** Does something, and says what. What is not possible just then is left undone. */
  change(): string {
    const names = Object.keys(this.#changes);
    const name = this.#random.of(names) ?? '';
    try {
      return `${name} ${this.#changes[name]?.() ?? ''}`;
    } catch (error) {
      return `${name}: ${(error as Error).message}`;
    }
  }

  readonly #changes: Readonly<Record<string, () => string | undefined>> = {
    create: () => this.#create(),
    'create again': () => this.#create(),
    write: () => this.#toFile((path) => writeFileSync(path, this.#content())),
    append: () => this.#toFile((path) => appendFileSync(path, this.#content())),
    truncate: () => this.#toFile((path) => truncateSync(path, this.#random.below(3000))),
    'write and set the mtime back': () =>
      this.#toFile((path) => {
        writeFileSync(path, 'back');
        utimesSync(path, 1000, 1000);
      }),
    chmod: () => this.#toAny((path) => chmodSync(path, this.#random.of([0o600, 0o644, 0o755, 0o700]) ?? 0)),
    chown: () => this.#toAny((path) => chownSync(path, this.#random.below(3), this.#random.below(3))),
    read: () => this.#toFile((path) => void readFileSync(path)),
    list: () => this.#toDirectory((path) => void readdirSync(path)),
    'rename a file': () => this.#move(this.#file(), this.#newPath()),
    'rename over a file': () => this.#move(this.#file(), this.#file()),
    'rename a directory': () => this.#move(this.#directory(), this.#newPath()),
    'rename a directory away and back': () =>
      this.#toDirectory((path) => {
        renameSync(path, `${path}-away`);
        renameSync(`${path}-away`, path);
      }),
    'swap two directories': () => {
      const [one, two] = [this.#directory(), this.#directory()];
      if (
        one === undefined ||
        two === undefined ||
        `${two}/`.startsWith(`${one}/`) ||
        `${one}/`.startsWith(`${two}/`)
      ) {
        return undefined;
      }
      const between = this.#newPath();
      renameSync(one, between);
      renameSync(two, one);
      renameSync(between, two);
      return this.#told(one, two);
    },
    link: () => {
      const [from, to] = [this.#file(), this.#newPath()];
      if (from === undefined) return undefined;
      linkSync(from, to);
      return this.#told(from, to);
    },
    symlink: () => {
      const path = this.#newPath();
      symlinkSync(this.#random.of(['target', '/nix/store/x', '../other']) ?? '', path);
      return this.#told(path);
    },
    unlink: () => this.#toFile((path) => unlinkSync(path)),
    'unlink and make again': () =>
      this.#toFile((path) => {
        unlinkSync(path);
        writeFileSync(path, this.#content());
      }),
    'unlink while open': () =>
      this.#toFile((path) => {
        this.#held.push(openSync(path, 'r+'));
        unlinkSync(path);
        if (this.#held.length > 3) closeSync(this.#held.shift() as number);
      }),
    'make a directory': () => {
      const path = this.#newPath();
      mkdirSync(path);
      return this.#told(path);
    },
    'remove a tree': () =>
      this.#random.below(3) === 0 ? this.#toDirectory((path) => rmSync(path, { recursive: true })) : undefined,
    'make a file a directory': () =>
      this.#toFile((path) => {
        unlinkSync(path);
        mkdirSync(path);
        writeFileSync(join(path, 'inside'), 'x');
      }),
    'write through a mapping': () => this.#toFile((path) => mapped(path)),
    'write without copying': () => {
      const path = this.#newPath();
      writeFileSync(path, '');
      spawnSync('chattr', ['+C', path]);
      writeFileSync(path, this.#content());
      return this.#told(path);
    },
    'make a subvolume': () => {
      const path = this.#newPath();
      run('btrfs', ['-q', 'subvolume', 'create', path]);
      writeFileSync(join(path, 'inside'), 'x');
      mkdirSync(join(path, 'dir'));
      writeFileSync(join(path, 'dir/file'), 'x');
      return this.#told(path);
    },
    'snapshot a subvolume': () => {
      const [from, to] = [this.#subvolume(), this.#newPath()];
      if (from === undefined) return undefined;
      run('btrfs', ['-q', 'subvolume', 'snapshot', from, to]);
      return this.#told(from, to);
    },
    'delete a subvolume': () => this.#toSubvolume((path) => this.#deleteSubvolume(path)),
    'make a subvolume again': () =>
      this.#toSubvolume((path) => {
        this.#deleteSubvolume(path);
        run('btrfs', ['-q', 'subvolume', 'create', path]);
        writeFileSync(join(path, 'inside'), 'y');
      }),
    'move a subvolume': () => this.#move(this.#subvolume(), this.#newPath()),
    sync: () => {
      run('sync', ['-f', this.root]);
      return '';
    },
  };

  #create(): string {
    const path = this.#newPath();
    writeFileSync(path, this.#content());
    return this.#told(path);
  }

  #content(): string {
    return 'x'.repeat(this.#random.of([0, 5, 2000, 5000, 100_000]) ?? 0);
  }

  /** Not below another one. */
  #deleteSubvolume(path: string): void {
    run('btrfs', ['-q', 'subvolume', 'delete', path]);
  }

  #newPath(): string {
    const directory = this.#random.below(4) === 0 ? this.root : (this.#directory() ?? this.root);
    // Few names, so that the same one comes again.
    const name = this.#random.below(2) === 0 ? `n${this.#random.below(12)}` : `u${this.#count++}`;
    const path = join(directory, name);
    return existsSync(path) ? join(directory, `u${this.#count++}`) : path;
  }

  #told(...paths: string[]): string {
    return paths.map((path) => path.slice(this.root.length)).join(' -> ');
  }

  #move(from: string | undefined, to: string | undefined): string | undefined {
    if (from === undefined || to === undefined) return undefined;
    renameSync(from, to);
    return this.#told(from, to);
  }

  #toFile(act: (path: string) => void): string | undefined {
    return this.#to(this.#file(), act);
  }

  #toDirectory(act: (path: string) => void): string | undefined {
    return this.#to(this.#directory(), act);
  }

  #toSubvolume(act: (path: string) => void): string | undefined {
    return this.#to(this.#subvolume(), act);
  }

  #toAny(act: (path: string) => void): string | undefined {
    const path = this.#random.below(2) === 0 ? this.#file() : this.#directory();
    return this.#to(path, act);
  }

  #to(path: string | undefined, act: (path: string) => void): string | undefined {
    if (path === undefined) return undefined;
    act(path);
    return this.#told(path);
  }

  #file(): string | undefined {
    return this.#random.of(this.#entries((path) => lstatSync(path).isFile()));
  }

  /** None that stands in a snapshot for a subvolume: its owner and mode are those of an inode in memory, and go with it. */
  #directory(): string | undefined {
    return this.#random.of(
      this.#entries((path) => {
        const facts = lstatSync(path);
        return facts.isDirectory() && facts.ino !== STANDS_FOR_SUBVOLUME;
      }),
    );
  }

  #subvolume(): string | undefined {
    return this.#random.of(this.#entries((path) => lstatSync(path).ino === 256));
  }

  #entries(wanted: (path: string) => boolean): string[] {
    const found: string[] = [];
    const pending = [this.root];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        if (entry.name === '.ebb') continue;
        const path = join(at, entry.name);
        if (entry.isDirectory()) pending.push(path);
        if (wanted(path)) found.push(path);
      }
    }
    return found.sort();
  }
}

/** Through a shared mapping, which no write(2) tells of. */
function mapped(path: string): void {
  const script = `import mmap, sys
with open(sys.argv[1], "r+b") as f:
    m = mmap.mmap(f.fileno(), 0)
    m[0] = (m[0] + 1) % 256
    m.close()`;
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
  if (spawnSync(python, ['-S', '-c', script, path]).status !== 0) throw new Error('python could not');
}
