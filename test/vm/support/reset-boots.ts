/** Boots of a machine whose initramfs resets the root. Each leaves a file that tells which boot it was. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, Workplace } from '../../support/workplace.ts';
import type { BcachefsTools } from './bcachefs-tools.ts';
import { makeInitramfs } from './initramfs.ts';
import type { Kernel } from './kernel.ts';
import { type Boot, boot, type Disk, type Outcome } from './machine.ts';

export type Filesystem = 'ext4' | 'btrfs' | 'bcachefs';

/** What the markers in the roots say. */
export interface Markers {
  readonly root: string | undefined;
  readonly kept: readonly string[];
}

const bootDirectory = fileURLToPath(new URL('../../../boot/', import.meta.url));
const PREFIX = 'ebb-vm: roots';

/** Says what the markers are, of the top level that is mounted at `$1`; only of roots that are whole. */
export const markerFunctions = `
say_roots() {
  kept=
  for directory in "$1"/@snapshots/old_roots/*; do
    [ "$(cat "$directory/var/lib/data" 2>/dev/null)" != data ] || kept="$kept $(cat "$directory/marker")"
  done
  root=
  if [ -d "$1/@root" ]; then root=$(cat "$1/@root/marker" 2>/dev/null || echo fresh); fi
  echo "${PREFIX} $2 root=$root kept=$kept"
}
install_in() {
  if [ $EBB_FILESYSTEM = directory ]; then mkdir "$1/@root"; else $EBB_FILESYSTEM subvolume create "$1/@root"; fi
  mkdir -p "$1/@persist" "$1/@root/var/lib"
  echo kept >"$1/@persist/state"
  echo data >"$1/@root/var/lib/data"
  echo first >"$1/@root/marker"
}
`;

/** Resets the root and mounts it, and then is the system. */
const init = `
mkdir -p /top
mount -t $TYPE \${EBB_OPTIONS:+-o $EBB_OPTIONS} \${MOUNTED:-$EBB_DEVICE} /top || exit 8
[ -e /top/@persist ] || install_in /top
umount /top
/boot/reset-root || echo "not reset: $?"
mount -t $TYPE \${EBB_OPTIONS:+-o $EBB_OPTIONS} \${MOUNTED:-$EBB_DEVICE} /top || exit 9
case $TYPE in btrfs) mount -o bind /top/@root /mnt ;; *) mount -o bind /top /mnt ;; esac
/boot/mount-root /mnt && [ "$(grep -c ' /@root /mnt ' /proc/self/mountinfo)" = 1 ] || exit 9
for word in $(cat /proc/cmdline); do case $word in boot=*) echo "\${word#*=}" >/mnt/marker ;; esac; done
mkdir -p /mnt/var/lib
echo data >/mnt/var/lib/data
sync
umount /mnt
say_roots /top boot
umount /top
`;

export class ResetBoots {
  readonly filesystem: Filesystem;
  readonly #kernel: Kernel;
  readonly #workplace = new Workplace();
  readonly #files = new Map<string, Buffer>();
  #count = 0;

  constructor(filesystem: Filesystem, kernel: Kernel, tools?: BcachefsTools) {
    this.filesystem = filesystem;
    this.#kernel = kernel;
    for (const name of ['reset-root', 'is-hibernated', 'mount-root'])
      this.#files.set(`boot/${name}`, readFileSync(join(bootDirectory, name)));
    if (filesystem === 'btrfs')
      for (const file of withLibraries('btrfs')) this.#files.set(file.slice(1), readFileSync(file));
    for (const [path, content] of tools?.files() ?? []) this.#files.set(path, content);
  }

  path(name: string): string {
    return join(this.#workplace.path, name);
  }

  /** An empty file, as large as a disk. */
  blank(name: string): string {
    run('truncate', ['-s', '160M', this.path(name)]);
    return this.path(name);
  }

  async boot(
    disks: readonly Disk[],
    { commandLine = '', env = '', script = init, modules = [], megabytes = 512, ...cut }: HowToBoot = {},
  ): Promise<Outcome> {
    const name = `boot${++this.#count}`;
    const directory = this.filesystem === 'ext4';
    const settings = `export PATH=$PATH:/usr/bin:/sbin:/usr/sbin TYPE=${this.filesystem} MOUNTED=
export EBB_FILESYSTEM=${directory ? 'directory' : this.filesystem} EBB_DEVICE=/dev/vda EBB_OPTIONS=
${env === '' ? '' : `export ${env}`}
`;
    const initramfs = this.path(`${name}.initramfs`);
    makeInitramfs(initramfs, {
      ...{ kernel: this.#kernel, modules: [this.filesystem, ...modules], files: this.#files },
      script: settings + markerFunctions + script,
    });
    const console = this.path(`${name}.console`);
    const outcome = await boot({
      kernel: this.#kernel,
      initramfs,
      console,
      disks,
      seconds: 180,
      commandLine,
      megabytes,
      ...cut,
    });
    rmSync(initramfs);
    return outcome;
  }

  /** An empty directory. */
  top(): string {
    return this.#workplace.make('top');
  }

  /** Mounts an image of a disk on this machine while `use` works on it. */
  mounted<T>(image: string, use: (top: string) => T): T {
    return this.#workplace.onDisk(image, use);
  }

  close(): void {
    this.#workplace.close();
  }
}

export interface HowToBoot extends Pick<Boot, 'cutAt' | 'cutAfter'> {
  readonly commandLine?: string;
  /** Words for `export`. */
  readonly env?: string;
  readonly script?: string;
  readonly modules?: readonly string[];
  readonly megabytes?: number;
}

/** What a machine said of the markers, by the word that it said it with. */
export function rootsIn(console: string): Map<string, Markers> {
  const lines = console.matchAll(new RegExp(`^${PREFIX} (\\S+) root=(\\S*) kept=(.*)$`, 'gm'));
  return new Map(
    [...lines].map(([, word = '', root = '', kept = '']) => [
      word,
      {
        root: root || undefined,
        kept: kept
          .split(' ')
          .filter((marker) => marker !== '')
          .sort(),
      },
    ]),
  );
}

/** The program and what it needs to run, where this machine has it. */
export function withLibraries(program: string): string[] {
  const path = run('sh', ['-c', `PATH="$PATH:/sbin:/usr/sbin" command -v ${program}`]).trim();
  return [path, ...(run('ldd', [path]).match(/\/\S+/g) ?? [])];
}
