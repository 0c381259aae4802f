/** A kernel for virtual machines: Debian's for clouds, unpacked from its package into a cache, never installed. */
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { has, isRoot, run } from '../../support/workplace.ts';
import { cached } from './debian.ts';

/** The one with bcachefs in it: Linux 6.12. Later ones have lost it. */
const SUITE = 'trixie';
const PACKAGE = 'linux-image-cloud-amd64';
const NEEDED = ['qemu-system-x86_64', 'busybox', 'modprobe', 'depmod', 'mkfs.ext4', 'dpkg-deb', 'xz'];

export interface Kernel {
  /** Where its package is unpacked. */
  readonly home: string;
  readonly image: string;
  readonly version: string;
  /** The files of these modules and of what they need, in the order in which they are to be loaded. */
  modules(names: readonly string[]): string[];
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
  const home = cached('kernel', (into, apt) => {
    apt.update([SUITE]);
    const needed = apt.dependency(PACKAGE, 'linux-image-');
    if (needed === undefined) throw new Error(`${PACKAGE} of ${SUITE} needs no kernel`);
    apt.unpack([needed], into);
    // Where Debian's own scripts would find them: it has one directory of the two.
    symlinkSync('usr/lib', join(into, 'lib'));
    const [version = ''] = readdirSync(join(into, 'lib/modules'));
    run('depmod', ['-b', into, version]);
  });
  const [version] = readdirSync(join(home, 'lib/modules'));
  if (version === undefined) throw new Error(`there are no modules in ${home}`);
  return {
    home,
    image: join(home, 'boot', `vmlinuz-${version}`),
    version,
    modules: (names) => {
      const lines = names.flatMap((name) => run('modprobe', ['-d', home, '-S', version, '-D', name]).split('\n'));
      return [...new Set(lines.filter((line) => line.startsWith('insmod ')).map((line) => line.slice(7).trim()))];
    },
  };
}
