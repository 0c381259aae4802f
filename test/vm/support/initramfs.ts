/** An initramfs of busybox, the modules that a test names, and the script that the virtual machine runs. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { run } from '../../support/workplace.ts';
import type { Kernel } from './kernel.ts';

export interface InitramfsContent {
  readonly kernel: Kernel;
  /** Beside those that disks need. */
  readonly modules: readonly string[];
  /** For busybox's sh, as process 1. When it ends, its exit status is told on the console and the machine goes off. */
  readonly script: string;
  /** For process 1, where the script has ended well: what the machine goes on with, in its place. */
  readonly then?: string;
  /** More files: path in the initramfs → content. Directories on the way are made. */
  readonly files?: ReadonlyMap<string, Buffer>;
}

/** What the console says last: `machine.ts` looks for it. */
export const STATUS = 'ebb-vm: status';

/** What it says before the script begins: until then no disk was written to. */
export const BEGINS = 'ebb-vm: begins';

/** Writes the initramfs to the file `into`. */
export function makeInitramfs(into: string, { kernel, modules, script, then, files }: InitramfsContent): void {
  const busybox = run('sh', ['-c', 'command -v busybox']).trim();
  const objects = kernel.modules(['virtio_blk', ...modules]);
  const load = objects.map((file) => `insmod /modules/${basename(file, '.xz')}`);
  const archive = new Archive();
  archive.file('bin/busybox', readFileSync(busybox), 0o755);
  archive.file('init', Buffer.from(initOf(load, then)), 0o755);
  archive.file('script', Buffer.from(script), 0o755);
  // Unpacked here: the machine is emulated, and slow at it.
  for (const file of objects) archive.file(`modules/${basename(file, '.xz')}`, unpacked(file), 0o644);
  for (const [path, content] of files ?? []) archive.file(path, content, 0o755);
  writeFileSync(into, archive.end());
}

/** Replaces a file in an initramfs: the kernel unpacks one archive after the other, each of which begins at 4 bytes. */
export function replaceInInitramfs(initramfs: string, path: string, content: string): void {
  const archive = new Archive();
  archive.file(path, Buffer.from(content), 0o644);
  appendFileSync(initramfs, Buffer.concat([Buffer.alloc(-statSync(initramfs).size & 3), archive.end()]));
}

function initOf(load: readonly string[], then = 'true'): string {
  return `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /mnt /tmp
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
${load.join('\n')}
echo "${BEGINS}"
sh /script && ${then}
echo "${STATUS} $?"
poweroff -f
`;
}

function unpacked(module: string): Buffer {
  return module.endsWith('.xz') ? execFileSync('xz', ['-dc', module], { maxBuffer: 2 ** 30 }) : readFileSync(module);
}

/** cpio's newc format, as the kernel's Documentation/driver-api/early-userspace/buffer-format.rst describes it. */
export class Archive {
  readonly #parts: Buffer[] = [];
  readonly #directories = new Set<string>();
  #inode = 1;

  file(path: string, content: Buffer, permissions: number): void {
    this.#directoriesOf(path);
    this.#entry(path, content, 0o100000 | permissions);
  }

  link(path: string, target: string): void {
    this.#directoriesOf(path);
    this.#entry(path, Buffer.from(target), 0o120777);
  }

  directory(path: string): void {
    this.#directoriesOf(`${path}/`);
  }

  end(): Buffer {
    this.#entry('TRAILER!!!', Buffer.alloc(0), 0);
    return Buffer.concat(this.#parts);
  }

  #directoriesOf(path: string): void {
    for (let cut = path.indexOf('/'); cut > 0; cut = path.indexOf('/', cut + 1)) {
      const directory = path.slice(0, cut);
      if (this.#directories.has(directory)) continue;
      this.#directories.add(directory);
      this.#entry(directory, Buffer.alloc(0), 0o040755);
    }
  }

  #entry(path: string, content: Buffer, mode: number): void {
    const name = Buffer.from(`${path}\0`);
    // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
    const fields = [this.#inode++, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    this.#parts.push(...padded(Buffer.concat([Buffer.from(header), name])), ...padded(content));
  }
}

function padded(bytes: Buffer): Buffer[] {
  return [bytes, Buffer.alloc(-bytes.length & 3)];
}
