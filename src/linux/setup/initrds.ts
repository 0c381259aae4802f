import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Failure } from '../../core/failure.ts';
import type { InitrdTarget } from '../../core/setup.ts';

const require = createRequire(import.meta.url);

interface Tool {
  /** Makes the initrds of all kernels. */
  readonly make: readonly string[];
  /** Lists what is in one. */
  readonly list: string;
}

const tools: Readonly<Record<Exclude<InitrdTarget, 'systemd-initrd'>, Tool>> = {
  'initramfs-tools': { make: ['update-initramfs', '-u', '-k', 'all'], list: 'lsinitramfs' },
  dracut: { make: ['dracut', '--force', '--regenerate-all'], list: 'lsinitrd' },
};

const BOOT = '/boot';
const SCRIPT = 'usr/lib/ebb/reset-root';

/**
 * Makes the initrds of all kernels anew; the output of that goes to stderr. `resets`: they are to hold what resets the
 * root. An exit status proves nothing: update-initramfs passes over kernels that had no initrd before.
 * @throws Failure where it fails, or one of them does not hold it.
 */
export function makeInitrds(target: InitrdTarget, resets: boolean): void {
  if (target === 'systemd-initrd') return;
  const { make, list } = tools[target];
  const before = Date.now();
  run(make, 'show');
  if (!resets) return;
  // The clock of a filesystem may be a tick behind.
  const made = initrdsIn(BOOT).filter((path) => statSync(path).mtimeMs > before - 2000);
  if (made.length === 0) {
    const hint = `make the initrds that ${make.join(' ')} is to make anew, and have ${BOOT} mounted`;
    throw new Failure('failed', `${make[0]} has made no initrd in ${BOOT}`, hint);
  }
  for (const path of made) {
    if (run([list, path], 'take').includes(SCRIPT)) continue;
    throw new Failure('failed', `${path} holds nothing that resets the root, though ${make[0]} has just made it`);
  }
}

/** By the names that distributions give them, there and two directories below, as the Boot Loader Specification has it. */
function initrdsIn(directory: string, depth = 2): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return depth > 0 && entry.name !== 'lost+found' ? initrdsIn(path, depth - 1) : [];
    const isOne =
      /^(initrd$|initrd\.img-|initramfs-)/.test(entry.name) && !/kdump|rescue|\.(bak|old|dpkg-bak)$/.test(entry.name);
    return entry.isFile() && isOne ? [path] : [];
  });
}

function run([program = '', ...words]: readonly string[], output: 'show' | 'take'): string {
  const { spawnSync } = require('node:child_process') as typeof import('node:child_process');
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin` };
  const { status, signal, error, stdout } = spawnSync(program, words, {
    ...{ env, encoding: 'latin1', maxBuffer: 2 ** 28 },
    stdio: ['ignore', output === 'show' ? 2 : 'pipe', 2],
  });
  if (status === 0) return stdout ?? '';
  const how = error?.message ?? (signal === null ? `it ended with ${status}` : `it was ended by ${signal}`);
  throw new Failure('failed', `no initrd could be made: ${[program, ...words].join(' ')}: ${how}`);
}
