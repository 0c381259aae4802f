import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { covers, textOf } from '../../core/rawpath.ts';
import type { CommandRun, WatchScope } from '../../ports/watch.ts';
import type { WatchCalls } from './watch-calls.ts';

const require = createRequire(import.meta.url);

/** What it ends with where it could not be started in its group: as env(1) and timeout(1) do. */
const NO_GROUP = 125;
/** Times that a group is tried to be removed. */
const ATTEMPTS = 20;

/**
 * A command in a control group of its own, below that of this process: all that it starts is in there too, however short
 * it lives and whoever its parent is then. Where no group can be made, what is known of its descendants has to do.
 */
export class WatchedCommand implements CommandRun {
  readonly scope: WatchScope;
  readonly #words: readonly string[];
  readonly #calls: WatchCalls;
  readonly #group: OwnGroup | undefined;
  #pid: number | undefined;
  #end: { readonly status: number } | undefined;

  constructor(calls: WatchCalls, words: readonly string[]) {
    this.#calls = calls;
    this.#words = words;
    this.#group = this.#makeGroup();
    const path = this.#group?.path;
    this.scope = {
      includes: (group, pid) =>
        path === undefined ? this.#isDescendant(pid) : group !== undefined && covers(path, group),
    };
  }

  get isWhole(): boolean {
    return this.#group !== undefined;
  }

  #makeGroup(): OwnGroup | undefined {
    const mount = this.#calls.detachedMount('cgroup2', []);
    if (mount < 0) return undefined;
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'))?.[1] ?? '/';
    const path = `${own === '/' ? '' : own}/ebb-watch-${process.pid}`;
    const directory = `/proc/${process.pid}/fd/${mount}${path}`;
    try {
      mkdirSync(Buffer.from(directory, 'latin1'));
      return { mount, path, directory };
    } catch {
      this.#calls.closeMount(mount);
      return undefined;
    }
  }

  start(ended: () => void): void {
    // Loaded when asked for: it costs a part of ebb's start.
    const { spawn } = require('node:child_process') as typeof import('node:child_process');
    const group = this.#group === undefined ? '' : `${this.#group.directory}/cgroup.procs`;
    const words = ['-c', scriptFor(this.#words), 'sh', group, ...argumentsFor(this.#words)];
    const child = spawn('/bin/sh', words, { stdio: 'inherit' });
    this.#pid = child.pid;
    const end = (status: number): void => {
      this.#end = { status };
      ended();
    };
    child.on('error', () => end(NO_GROUP));
    // As a shell tells it.
    child.on('exit', (code, signal) => end(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  }

  signal(signal: string): void {
    try {
      if (this.#pid !== undefined && this.#end === undefined) process.kill(this.#pid, signal as NodeJS.Signals);
    } catch {
      // It has just ended.
    }
  }

  get status(): number | undefined {
    return this.#end?.status;
  }

  /** Lets go of the group, and gives the number of processes that go on. */
  finish(): number {
    if (this.#group === undefined) return 0;
    const { mount, path, directory } = this.#group;
    const left = pidsIn(directory);
    const parent = directory.slice(0, -(path.length - path.lastIndexOf('/')));
    // They may start others meanwhile, and one that ends is in the group a moment longer.
    for (let attempt = 0; attempt < ATTEMPTS && !isRemoved(directory); attempt++) {
      for (const pid of pidsIn(directory)) move(pid, parent);
      if (attempt > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
    this.#calls.closeMount(mount);
    return left.length;
  }

  /** By the parents that /proc tells, as long as it does. */
  #isDescendant(pid: number): boolean {
    for (let at = pid, steps = 0; at > 1 && steps < 64; steps++) {
      if (at === this.#pid) return true;
      const stat = this.#calls.readSmall(`/proc/${at}/stat`);
      if (typeof stat !== 'string') return false;
      // Behind the name, which may hold anything: state, then the parent.
      at = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    }
    return false;
  }
}

interface OwnGroup {
  /** Of the hierarchy, this process's own. */
  readonly mount: number;
  /** In the hierarchy. */
  readonly path: string;
  /** The same, through the mount. */
  readonly directory: string;
}

/** False where something is in it; an empty group more would do no harm, and what is in it goes on in it. */
function isRemoved(directory: string): boolean {
  try {
    rmdirSync(Buffer.from(directory, 'latin1'));
    return true;
  } catch {
    return false;
  }
}

function move(pid: string, group: string): void {
  try {
    writeFileSync(Buffer.from(`${group}/cgroup.procs`, 'latin1'), pid);
  } catch {
    // It has just ended.
  }
}

function pidsIn(directory: string): string[] {
  try {
    return readFileSync(Buffer.from(`${directory}/cgroup.procs`, 'latin1'), 'latin1')
      .split('\n')
      .filter(Boolean);
  } catch {
    return [];
  }
}

/** Enters the group, if there is one, and becomes the command. Node passes text only: other bytes come as octal digits. */
function scriptFor(words: readonly string[]): string {
  const enter = `group=$1; shift; [ -z "$group" ] || echo 0 >"$group" || exit ${NO_GROUP}`;
  if (isText(words)) return `${enter}; unset group; exec "$@"`;
  // A dot behind each, or newlines at its end would go.
  const decode = `n=$#
    while [ "$n" -gt 0 ]; do w=$(LC_ALL=C printf "$1."); set -- "$@" "\${w%.}"; shift; n=$((n - 1)); done`;
  return `${enter}; ${decode}; unset group n w; exec "$@"`;
}

function argumentsFor(words: readonly string[]): string[] {
  if (isText(words)) return words.map((word) => textOf(word) ?? word);
  const octal = (byte: string): string => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return words.map((word) => Array.from(word, octal).join(''));
}

function isText(words: readonly string[]): boolean {
  return words.every((word) => textOf(word) !== undefined);
}
