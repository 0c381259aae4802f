/** A kernel for virtual machines: Debian's for clouds, unpacked from its package into a cache, never installed. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { has, isRoot, run } from '../../support/workplace.ts';

/** The one with bcachefs in it: Linux 6.12. Later ones have lost it. */
const SUITE = 'trixie';
const PACKAGE = 'linux-image-cloud-amd64';
const NEEDED = ['qemu-system-x86_64', 'busybox', 'modprobe', 'depmod', 'mkfs.ext4', 'dpkg-deb', 'xz'];
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface Kernel {
  readonly image: string;
  readonly version: string;
  /** The files of these modules and of what they need, in the order in which they are to be loaded. */
  modules(names: readonly string[]): string[];
}

/** Where what is fetched stays between runs. */
function cacheDirectory(): string {
  const home = process.env['XDG_CACHE_HOME'];
  const directory = home === undefined || home === '' ? '/var/cache/ebb-test' : join(home, 'ebb-test');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** A kernel, or why no virtual machine can be had here. */
export function kernelOrReason(): Kernel | string {
  if (process.arch !== 'x64') return `the virtual machine is an x86-64 one, this is ${process.arch}`;
  if (!isRoot) return 'only root may fetch a kernel into the cache and copy every program';
  const missing = NEEDED.filter((program) => !has(program));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  try {
    return kernel();
  } catch (error) {
    // Of apt's answer, not the long command before it.
    return `no kernel could be fetched: ${/[EW]: .*/.exec(String(error))?.[0] ?? error}`;
  }
}

/** The kernel of the cache, fetched where there is none. @throws Error where it cannot be fetched. */
function kernel(): Kernel {
  const home = join(cacheDirectory(), 'kernel');
  if (!existsSync(home)) fetchKernel(home);
  const [version] = readdirSync(join(home, 'lib/modules'));
  if (version === undefined) throw new Error(`there are no modules in ${home}`);
  return {
    image: join(home, 'boot', `vmlinuz-${version}`),
    version,
    modules: (names) => {
      const lines = names.flatMap((name) => run('modprobe', ['-d', home, '-S', version, '-D', name]).split('\n'));
      return [...new Set(lines.filter((line) => line.startsWith('insmod ')).map((line) => line.slice(7).trim()))];
    },
  };
}

/** Unpacked beside its place, so that what was stopped half-way is not taken for whole. */
function fetchKernel(home: string): void {
  const work = mkdtempSync(`${home}.`);
  try {
    const unpacked = join(work, 'unpacked');
    run('dpkg-deb', ['-x', downloadKernel(work), unpacked]);
    // Where Debian's own scripts would find them: it has one directory of the two.
    symlinkSync('usr/lib', join(unpacked, 'lib'));
    const [version = ''] = readdirSync(join(unpacked, 'lib/modules'));
    run('depmod', ['-b', unpacked, version]);
    renameSync(unpacked, home);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** With lists and caches of its own: the machine's apt learns nothing of it. */
function downloadKernel(work: string): string {
  for (const name of ['lists/partial', 'cache/archives/partial', 'parts'])
    mkdirSync(join(work, name), { recursive: true });
  writeFileSync(join(work, 'sources'), `deb [signed-by=${KEYS}] ${mirror()} ${SUITE} main\n`);
  const paths = { 'Etc::sourcelist': 'sources', 'Etc::sourceparts': 'parts', 'State::lists': 'lists', Cache: 'cache' };
  const options = Object.entries(paths).flatMap(([key, name]) => ['-o', `Dir::${key}=${join(work, name)}`]);
  options.push('-o', 'APT::Sandbox::User=root');
  run('apt-get', [...options, '-o', 'APT::Update::Error-Mode=any', '-qq', 'update']);
  const needs = run('apt-cache', [...options, 'depends', PACKAGE]);
  const needed = /Depends: (linux-image-\S+)/.exec(needs)?.[1];
  if (needed === undefined) throw new Error(`${PACKAGE} of ${SUITE} needs no kernel`);
  // It writes into the directory that it runs in.
  run('sh', ['-c', 'cd "$1" && shift && exec "$@"', 'sh', work, 'apt-get', ...options, '-qq', 'download', needed]);
  const file = readdirSync(work).find((name) => name.endsWith('.deb'));
  if (file === undefined) throw new Error(`apt-get download ${needed} left no package`);
  return join(work, file);
}

/** Debian's mirror that this machine uses, or the one for everybody. */
function mirror(): string {
  const known = run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages']).split('\n');
  return known.find((uri) => /\/debian\/?$/.test(uri)) ?? 'http://deb.debian.org/debian';
}
