import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A program with its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** Wall time of the whole process, from before it is started until it has ended: milliseconds. Its output goes nowhere. */
export function timed(command: Command): number {
  const began = process.hrtime.bigint();
  run(command, ['ignore', 'ignore', 'pipe']);
  return Number(process.hrtime.bigint() - began) / 1e6;
}

/** What the program prints. */
export function outputOf(command: Command): string {
  return run(command, ['ignore', 'pipe', 'pipe']).stdout;
}

export interface Cost {
  /** From its start to its end. */
  readonly wall: number;
  /** Of it and of all that it starts, in user and in kernel mode. */
  readonly cpu: number;
}

/** Milliseconds, as bash tells them: of processes that have ended, Node knows no processor time. */
export function costOf(command: Command): Cost {
  const { stderr } = run(
    ['bash', '-c', 'TIMEFORMAT="%3R %3U %3S"; time "$@"', 'bash', ...command],
    ['ignore', 'ignore', 'pipe'],
  );
  const [wall = 0, user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map((one) => Number(one) * 1000);
  return { wall, cpu: user + system };
}

export interface Pair {
  /** Medians: milliseconds. */
  readonly a: number;
  readonly b: number;
}

/** Both by turns, so that what else the machine does falls on both alike; medians, after one run of each unmeasured. */
export function interleaved(a: Command, b: Command, runs: number): Pair {
  const times: { readonly a: number[]; readonly b: number[] } = { a: [], b: [] };
  for (let i = -1; i < runs; i++) {
    const pair = { a: timed(a), b: timed(b) };
    if (i < 0) continue;
    times.a.push(pair.a);
    times.b.push(pair.b);
  }
  return { a: median(times.a), b: median(times.b) };
}

const TIME = '/usr/bin/time';

/** Why peak memory cannot be measured here; undefined where it can. */
export const noPeakMemory = existsSync(TIME) ? undefined : `${TIME} is not installed (Debian: the package time)`;

/** Maximum resident set of the process, as wait4(2) tells GNU time: bytes. */
export function peakMemory(command: Command): number {
  const { stderr } = run([TIME, '-f', 'peak %M', ...command], ['ignore', 'ignore', 'pipe']);
  const peak = /^peak (\d+)$/m.exec(stderr)?.[1];
  if (peak === undefined) throw new Error(`${TIME} did not tell the peak: ${stderr}`);
  return Number(peak) * 1024;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

type Stdio = ['ignore', 'ignore' | 'pipe', 'pipe'];

function run([program, ...args]: Command, stdio: Stdio): { stdout: string; stderr: string } {
  const { error, status, stdout, stderr } = spawnSync(program, args, { stdio, encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: exit ${status}\n${stderr}`);
  return { stdout: stdout ?? '', stderr };
}
