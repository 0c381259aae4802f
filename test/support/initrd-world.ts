/** A machine as the initrd finds it: `boot/` runs in a mount namespace of its own, with a command line and a /run of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Workplace } from './workplace.ts';

const boot = fileURLToPath(new URL('../../boot/', import.meta.url));

export interface InitrdRun {
  /** Of `boot/`. */
  readonly script?: string;
  readonly args?: readonly string[];
  readonly shell?: readonly string[];
  readonly commandLine?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the kernel shows, instead of what it does: path on the machine → content. */
  readonly files?: Readonly<Record<string, Buffer | string>>;
  /** Shell commands in the same namespace, before the script. */
  readonly before?: string;
}

export interface InitrdOutcome {
  readonly status: number;
  readonly said: string;
  /** What went to /dev/kmsg. */
  readonly console: string;
  /** What is still mounted below /run/ebb. */
  readonly mounts: string;
  /** All that is mounted: /proc/self/mountinfo. */
  readonly table: string;
  /** What the booted system finds of a failure; undefined: nothing. */
  readonly failure: string | undefined;
}

/** Directories that are replaced as a whole, where a file in them is. */
const REPLACED = ['/sys/class/block', '/sys/power', '/sys/firmware'];

export function runInInitrd(workplace: Workplace, how: InitrdRun): InitrdOutcome {
  const home = workplace.make('initrd');
  const at = (name: string): string => join(home, name);
  const read = (name: string): string => (existsSync(at(name)) ? readFileSync(at(name), 'utf8') : '');
  writeFileSync(at('cmdline'), `${how.commandLine ?? 'quiet'}\n`);
  writeFileSync(at('kmsg'), '');
  for (const [path, content] of Object.entries(how.files ?? {})) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  }
  const replaced = REPLACED.filter((directory) => existsSync(at(directory)));
  const commands = `
    mount -t tmpfs tmpfs /run
    mount --bind '${at('cmdline')}' /proc/cmdline
    mount --bind '${at('kmsg')}' /dev/kmsg
    ${replaced.map((directory) => `mount --bind '${at(directory)}' ${directory}`).join('\n')}
    ${how.before ?? ''}
    "$@"
    echo $? >'${at('status')}'
    cat /proc/self/mountinfo >'${at('table')}'
    grep -F ' /run/ebb/' /proc/self/mountinfo >'${at('mounts')}'
    [ ! -f /run/ebb/reset-failed ] || cp /run/ebb/reset-failed '${at('failure')}'`;
  const words = [...(how.shell ?? ['dash']), join(boot, how.script ?? 'reset-root'), ...(how.args ?? [])];
  const { stdout, stderr } = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', commands, 'sh', ...words],
    {
      encoding: 'utf8',
      env: { PATH: `${process.env['PATH']}:/sbin:/usr/sbin`, EBB_ENV: '/nonexistent', ...how.env },
    },
  );
  return {
    status: Number(read('status')),
    said: stdout + stderr,
    console: read('kmsg'),
    mounts: read('mounts'),
    table: read('table'),
    failure: read('failure').trim() || undefined,
  };
}
