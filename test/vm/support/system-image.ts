/** A system for virtual machines that need more than busybox: this machine's programs, Node, and this repository. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../support/workplace.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
/** Where the repository is in the image, and Node. */
const REPOSITORY = '/ebb';
const NODE = '/usr/bin/node';

/** Of the repository: what a test in the guest may load. */
const PARTS = ['boot', 'dist', 'src', 'test', 'catalogue', 'package.json'];
const MODULES = ['@koromix', '@stricli', 'koffi', 'smol-toml', 'valibot'];
const MEGABYTES = 320;

/**
 * Writes an ext4 image to `image`, to be mounted read-only and entered with chroot. `programs` are taken from this
 * machine, with the libraries that they need; `work` is a directory to build it in, which is removed.
 */
export function makeSystemImage(image: string, work: string, programs: readonly string[]): void {
  for (const directory of [
    'usr/bin',
    'usr/sbin',
    'usr/lib',
    'usr/lib64',
    'proc',
    'sys',
    'dev',
    'tmp',
    'mnt',
    'run',
    'etc',
  ]) {
    mkdirSync(join(work, directory), { recursive: true });
  }
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(work, name));
  symlinkSync('/proc/self/mounts', join(work, 'etc/mtab'));
  try {
    place(process.execPath, join(work, NODE));
    const found = programs.map((name) => run('sh', ['-c', `command -v ${name}`]).trim());
    for (const program of found) place(program, join(work, program));
    for (const library of librariesOf([process.execPath, ...found])) place(library, join(work, library));
    copyRepository(join(work, REPOSITORY));
    run('truncate', ['-s', `${MEGABYTES}M`, image]);
    run('mkfs.ext4', ['-q', '-O', '^has_journal', '-d', work, image]);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** Node takes eight seconds for the types of a test in an emulated machine: they are gone already. */
const withoutTypes = `
  import { readFileSync } from 'node:fs';
  import { registerHooks } from 'node:module';
  registerHooks({
    load: (url, context, next) =>
      url.endsWith('.ts') ? { format: 'module', source: readFileSync(new URL(url)), shortCircuit: true } : next(url, context),
  });
`;

/**
 * A script for an initramfs: runs commands with the system, on /dev/vda, as the root directory and in the repository, and
 * ends at the first one that fails. What can be written to is /tmp, /mnt and the like, in memory.
 */
export function inSystem(commands: string): string {
  return `
mount -o ro /dev/vda /mnt || exit 1
for name in tmp mnt run; do mount -t tmpfs tmpfs /mnt/$name; done
mount --bind /dev /mnt/dev
mount -t proc proc /mnt/proc
mount -t sysfs sysfs /mnt/sys
cat >/mnt/tmp/commands <<'END OF COMMANDS'
set -e
cd ${REPOSITORY}
${commands}
END OF COMMANDS
export PATH=/usr/sbin:/usr/bin HOME=/tmp NO_COLOR=1
export NODE_OPTIONS='--import ${REPOSITORY}/without-types.mjs' NODE_COMPILE_CACHE=/tmp/compiled
chroot /mnt sh /tmp/commands`;
}

function copyRepository(into: string): void {
  for (const part of PARTS) cpSync(join(repository, part), join(into, part), { recursive: true });
  for (const name of readdirSync(into, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const file = join(into, name);
    writeFileSync(file, stripTypeScriptTypes(readFileSync(file, 'utf8')));
  }
  writeFileSync(join(into, 'without-types.mjs'), withoutTypes);
  for (const name of MODULES) {
    const from = join(repository, 'node_modules', name);
    if (existsSync(from)) cpSync(from, join(into, 'node_modules', name), { recursive: true });
  }
}

/** Of programs and of what they load: as ld.so finds them. */
function librariesOf(programs: readonly string[]): Set<string> {
  const libraries = new Set<string>();
  for (const program of programs) {
    for (const [, path = ''] of run('ldd', [program]).matchAll(/(\/\S+) \(0x/g)) libraries.add(path);
  }
  return libraries;
}

/** A hard link where it can be one. */
function place(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  const real = realpathSync(from);
  if (existsSync(to)) return;
  try {
    linkSync(real, to);
  } catch {
    copyFileSync(real, to);
  }
}
