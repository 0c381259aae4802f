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
export const REPOSITORY = '/ebb';
export const NODE = '/usr/bin/node';
/** For the environment of Node in the guest. */
export const NODE_OPTIONS = `--import ${REPOSITORY}/without-types.mjs`;

/** Of the repository: what a test in the guest may load. */
const PARTS = ['src', 'test', 'catalogue', 'package.json'];
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
