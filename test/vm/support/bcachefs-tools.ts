/** Debian's bcachefs-tools with the libraries that they need, to be run where they lie and in a virtual machine. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../support/workplace.ts';
import { cached } from './debian.ts';

/** Only there: it may go. */
const SUITE = 'experimental';
const LIBRARIES_OF = 'trixie';
const LIBRARIES = [
  ...['libc6', 'libaio1t64', 'libblkid1', 'libgcc-s1', 'libkeyutils1', 'liblz4-1', 'libsodium23', 'libudev1'],
  ...['liburcu8t64', 'libuuid1', 'libxxhash0', 'libcap2', 'libzstd1', 'zlib1g'],
];

export class BcachefsTools {
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
  }

  /** The program and what it needs: path in an initramfs → content. */
  files(): Map<string, Buffer> {
    const files = new Map<string, Buffer>();
    const program = join(this.#home, 'usr/sbin/bcachefs');
    files.set('bin/bcachefs', readFileSync(program));
    files.set('lib64/ld-linux-x86-64.so.2', readFileSync(join(this.#home, 'lib64/ld-linux-x86-64.so.2')));
    for (const name of this.#needed())
      files.set(`lib/x86_64-linux-gnu/${name}`, readFileSync(join(this.#home, LIBRARY_PATH, name)));
    return files;
  }

  /** Libraries by the names that programs ask for. */
  #needed(): string[] {
    const listed = run(join(this.#home, 'lib64/ld-linux-x86-64.so.2'), [
      ...['--library-path', join(this.#home, LIBRARY_PATH), '--list', join(this.#home, 'usr/sbin/bcachefs')],
    ]);
    return [...listed.matchAll(/^\s*([^/\s]+) => \//gm)].map(([, name = '']) => name);
  }

  /** The words that run it with its own libraries: in a chroot it would not find the images. */
  command(args: readonly string[]): string[] {
    const [loader, program] = ['lib64/ld-linux-x86-64.so.2', 'usr/sbin/bcachefs'].map((name) => join(this.#home, name));
    return [loader as string, '--library-path', join(this.#home, LIBRARY_PATH), program as string, ...args];
  }

  /**
   * Again where it dies of a signal: one run in ten corrupts its own memory at its end (1.13, glibc 2.41), and it can be told
   * the same twice. @throws Error where it ends with a status that is not among `good`.
   */
  run(args: readonly string[], good: readonly number[] = [0]): void {
    const [program = '', ...words] = this.command(args);
    for (let attempt = 1; ; attempt++) {
      const { status, signal, stdout, stderr } = spawnSync(program, words, { encoding: 'latin1' });
      if (status !== null && good.includes(status)) return;
      if (signal === null || attempt === ATTEMPTS)
        throw new Error(`bcachefs ${args.join(' ')}: ${signal ?? `status ${status}`}\n${stdout}${stderr}`);
    }
  }
}

const ATTEMPTS = 6;
const LIBRARY_PATH = 'usr/lib/x86_64-linux-gnu';

/** The tools, or why there are none. */
export function bcachefsToolsOrReason(): BcachefsTools | string {
  try {
    const home = cached('bcachefs-tools', (into, apt) => {
      apt.update([LIBRARIES_OF, SUITE]);
      apt.unpack([`bcachefs-tools/${SUITE}`, ...LIBRARIES.map((name) => `${name}/${LIBRARIES_OF}`)], into);
      for (const name of ['lib', 'lib64', 'sbin'])
        if (!existsSync(join(into, name))) symlinkSync(`usr/${name}`, join(into, name));
    });
    return new BcachefsTools(home);
  } catch (error) {
    return `no bcachefs-tools could be fetched: ${/[EW]: .*/.exec(String(error))?.[0] ?? error}`;
  }
}
