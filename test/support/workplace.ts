/** A private place on the machine for tests that make trees, mounts and loop devices: all of it goes away again. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const isRoot = process.getuid?.() === 0;

/** Where a suite cannot run without: the reason, printed by the test runner. */
export const needsRoot: string | false = isRoot ? false : 'only root may mount';

export function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: environment }).status === 0;
}

/** mkfs and losetup lie in /sbin, which is not always on the PATH. */
const environment = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, LC_ALL: 'C.UTF-8' };

/** Runs a program with arguments that are byte strings; an exception with what it said where it fails. */
export function run(program: string, args: readonly string[]): string {
  const passed = args.every(isAscii) ? [program, ...args] : throughShell(program, args);
  const [command, ...rest] = passed as [string, ...string[]];
  const { status, stdout, stderr, error } = spawnSync(command, rest, { env: environment, encoding: 'latin1' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.trim() || `status ${status}`}`);
  return stdout;
}

function isAscii(text: string): boolean {
  return /^[\x01-\x7f]*$/.test(text);
}

/** Node passes arguments as UTF-8 only; printf makes any byte. */
function throughShell(program: string, args: readonly string[]): string[] {
  const words = args.map((arg) => {
    const octal = [...arg].map((byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`).join('');
    // A dot behind it, or the shell would drop newlines at the end.
    return { octal: `${octal}.` };
  });
  const script = words.map(({ octal }) => `w=$(printf '${octal}'); set -- "$@" "\${w%.}"; `).join('');
  return ['sh', '-c', `LC_ALL=C; ${script}exec ${program} "$@"`, 'sh'];
}

export class Workplace {
  readonly path: string;
  readonly #undo: (() => void)[] = [];
  #count = 0;

  /** Below `base`: on whatever filesystem that is. */
  constructor(base = tmpdir()) {
    this.path = mkdtempSync(join(base, `ebb-test-${process.pid}-`));
    // Other users look into the roots in it.
    chmodSync(this.path, 0o755);
    this.#undo.push(() => run('rm', ['-rf', '--one-file-system', this.path]));
  }

  /** An empty directory. */
  make(name = 'd'): string {
    const path = join(this.path, `${name}${this.#count++}`);
    mkdirSync(path);
    return path;
  }

  mount(args: readonly string[], point: string): void {
    run('mount', [...args, point]);
    this.#undo.push(() => run('umount', ['-l', point]));
  }

  /** A loop device over a sparse image with this filesystem; gives the device. */
  image(mkfs: string, megabytes: number, options: readonly string[] = []): string {
    const image = join(this.path, `image${this.#count++}`);
    run('truncate', ['-s', `${megabytes}M`, image]);
    run(mkfs, ['-q', ...options, image]);
    const device = run('losetup', ['--find', '--show', image]).trim();
    this.#undo.push(() => run('losetup', ['-d', device]));
    return device;
  }

  /** Mounts an image for as long as it is used; `top` is where. Then all that was written is in the image. */
  onDisk<T>(image: string, use: (top: string) => T): T {
    const top = this.make('top');
    run('mount', ['-o', 'loop', image, top]);
    try {
      return use(top);
    } finally {
      run('umount', [top]);
      // Whoever copied the mounts of this machine meanwhile, as other tests do, has it mounted still: a machine that booted
      // with the image would find empty files.
      const isHeld = 'while [ -n "$(losetup -j "$1")" ]; do sleep 0.05; done';
      run('timeout', ['120', 'sh', '-c', isHeld, 'sh', image]);
    }
  }

  onClose(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Undoes everything, the latest first; what cannot be undone does not keep the rest. */
  close(): void {
    const failures: unknown[] = [];
    for (const undo of this.#undo.reverse()) {
      try {
        undo();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#undo.length = 0;
    if (failures.length > 0) throw new AggregateError(failures, `left behind below ${this.path}: ${failures[0]}`);
  }
}
