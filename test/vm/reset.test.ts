/** The reset in an initramfs: boots one after the other, words of the command line, and a power cut after any write. */
import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isRoot, run, Workplace } from '../support/workplace.ts';
import { makeInitramfs } from './support/initramfs.ts';
import { kernelOrReason } from './support/kernel.ts';
import { boot, type Outcome } from './support/machine.ts';
import { readWriteLog, replay } from './support/write-log.ts';

const kernel = kernelOrReason();
const script = fileURLToPath(new URL('../../boot/reset-root', import.meta.url));
const oldRoots = '@snapshots/old_roots';

type Filesystem = 'ext4' | 'btrfs';

/** Resets the root, and then is the system: it leaves a file that tells which boot it was. */
const init = `
/reset-root || echo 'not reset'
${/* As sysroot.mount would. */ ''}
case $EBB_FILESYSTEM in
btrfs) mount -t btrfs -o subvol=@root /dev/vda /mnt ;;
*) mkdir /top && mount /dev/vda /top && mount -o bind /top/@root /mnt ;;
esac || exit 9
for word in $(cat /proc/cmdline); do case $word in boot=*) echo "\${word#*=}" >/mnt/marker ;; esac; done
sync
umount /mnt
[ ! -d /top ] || umount /top
`;

class World {
  readonly disk: string;
  readonly #workplace = new Workplace();
  readonly #initramfs: string;
  readonly #filesystem: Filesystem;
  #boots = 0;

  constructor(filesystem: Filesystem) {
    if (typeof kernel === 'string') throw new Error(kernel);
    this.#filesystem = filesystem;
    this.disk = join(this.#workplace.path, 'disk');
    this.#initramfs = join(this.#workplace.path, 'initramfs');
    const files = new Map([['reset-root', readFileSync(script)]]);
    if (filesystem === 'btrfs') for (const file of withLibraries('btrfs')) files.set(file.slice(1), readFileSync(file));
    const settings = `export EBB_FILESYSTEM=${filesystem === 'btrfs' ? 'btrfs' : 'directory'} EBB_DEVICE=/dev/vda\nexport PATH=$PATH:/usr/bin:/sbin:/usr/sbin\n`;
    makeInitramfs(this.#initramfs, { kernel, modules: [filesystem], script: settings + init, files });
    run('truncate', ['-s', '160M', this.disk]);
    run(`mkfs.${filesystem}`, ['-q', this.disk]);
    this.mounted(this.disk, (top) => {
      this.#makeRoot(join(top, '@root'));
      mkdirSync(join(top, '@persist'));
      writeFileSync(join(top, '@persist/state'), 'kept');
      mkdirSync(join(top, '@root/var/lib'), { recursive: true });
      writeFileSync(join(top, '@root/var/lib/data'), 'data');
      writeFileSync(join(top, '@root/marker'), 'first\n');
    });
  }

  #makeRoot(path: string): void {
    if (this.#filesystem === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', path]);
    else mkdirSync(path);
  }

  /** Mounts an image of the disk while `use` works on it. */
  mounted<T>(image: string, use: (top: string) => T): T {
    const top = this.#workplace.make('top');
    run('mount', ['-o', 'loop', image, top]);
    try {
      return use(top);
    } finally {
      run('umount', [top]);
    }
  }

  async boot(commandLine = '', log?: string): Promise<Outcome> {
    if (typeof kernel === 'string') throw new Error(kernel);
    const disks = [log === undefined ? { file: this.disk } : { file: this.disk, log }];
    const console = join(this.#workplace.path, `console${++this.#boots}`);
    return boot({ kernel, initramfs: this.#initramfs, console, disks, seconds: 120, commandLine });
  }

  path(name: string): string {
    return join(this.#workplace.path, name);
  }

  /** Resets the root as the boot after a power cut does. */
  resetAgain(top: string): void {
    const filesystem = this.#filesystem === 'btrfs' ? 'btrfs' : 'directory';
    run('env', [
      'EBB_ENV=/dev/null',
      `EBB_FILESYSTEM=${filesystem}`,
      script,
      '--root',
      top,
      '--boot-id',
      'after-the-cut',
    ]);
  }

  close(): void {
    this.#workplace.close();
  }
}

/** The program and what it needs to run, where this machine has it. */
function withLibraries(program: string): string[] {
  const path = run('sh', ['-c', `PATH="$PATH:/sbin:/usr/sbin" command -v ${program}`]).trim();
  return [path, ...(run('ldd', [path]).match(/\/\S+/g) ?? [])];
}

/** What each root's marker says: of the root, and of the old roots. */
function markers(top: string): { readonly root: string | undefined; readonly kept: string[] } {
  const of = (directory: string): string | undefined => {
    const file = join(top, directory, 'marker');
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  };
  const directory = join(top, oldRoots);
  const names = existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith('.')) : [];
  return { root: of('@root'), kept: names.map((name) => of(`${oldRoots}/${name}`) ?? '').sort() };
}

const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';

for (const filesystem of ['ext4', 'btrfs'] as const) {
  describe(`reset in a virtual machine on ${filesystem}`, { skip: unavailable }, () => {
    test('each boot begins anew and leaves its root behind; ebb.skip and ebb.root are heeded', async () => {
      const world = new World(filesystem);
      try {
        for (const [commandLine, root, kept] of [
          ['boot=one', 'one', ['first']],
          ['boot=two', 'two', ['first', 'one']],
          ['boot=three ebb.skip', 'three', ['first', 'one']],
        ] as const) {
          const { console, status } = await world.boot(commandLine);
          assert.equal(status, 0, console);
          assert.deepEqual(world.mounted(world.disk, markers), { root, kept }, console);
        }
        const name = world.mounted(world.disk, (top) =>
          readdirSync(join(top, oldRoots)).find(
            (entry) => readFileSync(join(top, oldRoots, entry, 'marker'), 'utf8') === 'first\n',
          ),
        );
        const { console } = await world.boot(`ebb.root=${name}`);
        world.mounted(world.disk, (top) => {
          assert.deepEqual(markers(top), { root: 'first', kept: ['first', 'one', 'three'] }, console);
          assert.equal(readFileSync(join(top, '@root/var/lib/data'), 'utf8'), 'data');
          assert.equal(readFileSync(join(top, '@persist/state'), 'utf8'), 'kept');
        });
      } finally {
        world.close();
      }
    });

    test('the first reset waits for persistent storage, or for ebb.force', async () => {
      const world = new World(filesystem);
      try {
        world.mounted(world.disk, (top) => rmSync(join(top, '@persist/state')));
        const refused = await world.boot('boot=one');
        assert.match(refused.console, /it never was before, and @persist is empty(.|\n)*not reset/);
        assert.deepEqual(world.mounted(world.disk, markers), { root: 'one', kept: [] });
        const forced = await world.boot('boot=two ebb.force');
        assert.deepEqual(world.mounted(world.disk, markers), { root: 'two', kept: ['one'] }, forced.console);
      } finally {
        world.close();
      }
    });

    test('a power cut after any write loses nothing, and the next boot finishes it', async (t) => {
      const world = new World(filesystem);
      try {
        const [base, log] = [world.path('base'), world.path('log')];
        copyFileSync(world.disk, base);
        writeFileSync(log, '');
        const { console, status } = await world.boot('boot=one', log);
        assert.equal(status, 0, console);
        const writes = readWriteLog(log);
        const states = new Set<string>();
        const image = openSync(base, 'r+');
        try {
          for (let cut = 0; cut <= writes.length; cut++) {
            const write = writes[cut - 1];
            if (write !== undefined) replay(image, write);
            if (write?.data.length === 0) continue;
            states.add(checkCut(world, base, cut));
          }
        } finally {
          closeSync(image);
        }
        t.diagnostic(
          `${writes.length} writes, ${writes.filter(({ isFlush }) => isFlush).length} flushes; seen: ${[...states].join(', ')}`,
        );
        // Before, between the renames or after: a log without these would prove nothing.
        assert.ok(states.has('before') && states.has('after'), [...states].join());
      } finally {
        world.close();
      }
    });
  });
}

/** That the disk as it was after `cut` writes has lost nothing, and is reset by the next boot. */
function checkCut(world: World, base: string, cut: number): string {
  const image = world.path('cut');
  copyFileSync(base, image);
  return world.mounted(image, (top) => {
    const found = markers(top);
    const where = [found.root, ...found.kept].filter((marker) => marker === 'first');
    assert.equal(where.length, 1, `after ${cut} writes: ${JSON.stringify(found)}`);
    const state = found.root === 'first' ? 'before' : existsSync(join(top, '@root')) ? 'after' : 'between';
    world.resetAgain(top);
    const after = markers(top);
    assert.equal(after.root, undefined, `after ${cut} writes`);
    assert.equal(after.kept.filter((marker) => marker === 'first').length, 1, `after ${cut} writes`);
    assert.equal(readFileSync(join(top, '@persist/state'), 'utf8'), 'kept');
    const name = readdirSync(join(top, oldRoots)).find((entry) =>
      existsSync(join(top, oldRoots, entry, 'var/lib/data')),
    );
    assert.equal(readFileSync(join(top, oldRoots, name ?? '', 'var/lib/data'), 'utf8'), 'data', `after ${cut} writes`);
    return state;
  });
}
