/** The top level of a filesystem with a root to be reset, and ways to stop the reset anywhere. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { OldRootsPlaces } from './old-roots-place.ts';
import { run } from './workplace.ts';

const script = fileURLToPath(new URL('../../boot/reset-root', import.meta.url));

/** What the script runs that is no part of the shell. */
const PROGRAMS = ['btrfs', 'cp', 'date', 'mkdir', 'mv', 'rm', 'rmdir', 'sed', 'stat', 'sync', 'touch', 'tr', 'uname'];

export const shells = { dash: ['dash'], busybox: ['busybox', 'sh'] } as const;
export type Shell = keyof typeof shells;

/** Where to kill the script: at its `at`th command, from 1 on. */
export interface Kill {
  readonly at: number;
  readonly when: 'before' | 'after';
}

export interface ResetOutcome {
  readonly status: number | null;
  readonly said: string;
  /** How many commands it ran. */
  readonly commands: number;
}

export class ResetWorld {
  readonly top: string;
  readonly #filesystem: 'btrfs' | 'directory';
  readonly #shims: string;
  #boots = 0;

  constructor(kind: OldRootsPlaces) {
    const place = kind.make();
    this.top = dirname(place.directory);
    rmSync(place.directory, { recursive: true });
    rmSync(place.outside, { recursive: true });
    this.#filesystem = kind.kind === 'btrfs' ? 'btrfs' : 'directory';
    this.#shims = shimsOf(mkdtempSync(join(tmpdir(), 'ebb-reset-')), PROGRAMS);
    mkdirSync(this.at('@persist'));
    writeFileSync(this.at('@persist/state'), 'kept');
  }

  at(path: string): string {
    return join(this.top, path);
  }

  makeRoot(path: string): void {
    if (this.#filesystem === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', this.at(path)]);
    else mkdirSync(this.at(path));
  }

  /** A root in which a boot left something. */
  live(marker: string): void {
    if (!existsSync(this.at('@root'))) this.makeRoot('@root');
    mkdirSync(this.at('@root/var/lib'), { recursive: true });
    writeFileSync(this.at('@root/marker'), marker);
    writeFileSync(this.at('@root/var/lib/data'), `data of ${marker}`);
  }

  /** Runs the script as another boot does. */
  reset({ shell = 'dash', kill, args = [], env = {} }: ResetOptions = {}): ResetOutcome {
    const words = [...shells[shell], script, '--root', this.top, '--boot-id', `boot-${++this.#boots}`, ...args];
    writeFileSync(join(this.#shims, 'count'), '0');
    const start = `echo $$ >'${this.#shims}/pid'; exec "$@"`;
    const { status, stdout, stderr } = spawnSync('sh', ['-c', start, 'sh', ...words], {
      encoding: 'utf8',
      env: {
        PATH: `${this.#shims}:${process.env['PATH']}:/sbin:/usr/sbin`,
        EBB_ENV: '/nonexistent',
        EBB_FILESYSTEM: this.#filesystem,
        EBB_STORAGE: '@persist',
        KILL_AT: String(kill?.at ?? 0),
        KILL_WHEN: kill?.when,
        ...env,
      },
    });
    return { status, said: stdout + stderr, commands: Number(readFileSync(join(this.#shims, 'count'), 'utf8')) };
  }

  /** The old roots, but for what is to be deleted. */
  oldRoots(): string[] {
    const directory = this.at('@snapshots/old_roots');
    return existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith('.')) : [];
  }

  /** Where a root with this marker is, whole: paths from the top level. */
  whereIs(marker: string): string[] {
    const places = [
      '@root',
      '@root.fresh',
      '@root.part',
      ...this.oldRoots().map((name) => `@snapshots/old_roots/${name}`),
    ];
    return places.filter(
      (place) =>
        textOf(this.at(`${place}/marker`)) === marker &&
        textOf(this.at(`${place}/var/lib/data`)) === `data of ${marker}`,
    );
  }

  isFresh(): boolean {
    const root = this.at('@root');
    return existsSync(root) && lstatSync(root).isDirectory() && readdirSync(root).join() === '.ebb';
  }

  close(): void {
    rmSync(this.#shims, { recursive: true });
  }
}

export interface ResetOptions {
  readonly shell?: Shell;
  readonly kill?: Kill;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Programs that count themselves in the file `count`, and kill the script, whose number is in the file `pid`, where
 * KILL_AT and KILL_WHEN say.
 */
export function shimsOf(directory: string, programs: readonly string[]): string {
  for (const program of programs) {
    const real = spawnSync('sh', ['-c', `PATH="$PATH:/sbin:/usr/sbin" command -v ${program}`], { encoding: 'utf8' });
    // What is in memory outlives a kill: only a power cut asks for more, and waiting for the disk takes minutes.
    const path = program === 'sync' ? '/bin/true' : real.stdout.trim();
    if (path === '') continue;
    const shim = `#!/bin/sh
read -r count <'${directory}/count'
count=$((count + 1))
echo "$count" >'${directory}/count'
read -r main <'${directory}/pid'
[ "$count$KILL_WHEN" != "\${KILL_AT}before" ] || { kill -9 "$main"; exit 137; }
'${path}' "$@"
status=$?
[ "$count$KILL_WHEN" != "\${KILL_AT}after" ] || kill -9 "$main"
exit $status
`;
    writeFileSync(join(directory, program), shim);
    chmodSync(join(directory, program), 0o755);
  }
  return directory;
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
