/** The built program, run as a person runs it: a process, its arguments as bytes, what it prints, how it ends. */

import assert from 'node:assert/strict';
import { type SpawnSyncOptions, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bytesOf, rawFromBytes } from '../../src/core/rawpath.ts';

/** The checkout that these tests are part of. */
export const repository = fileURLToPath(new URL('../..', import.meta.url));

const home = mkdtempSync(join(tmpdir(), `ebb-cli-${process.pid}-`));
// An ordinary user runs it, too.
chmodSync(home, 0o755);
symlinkSync(join(repository, 'node_modules'), join(home, 'node_modules'));
copyBuild(join(home, 'dist'));
after(() => rmSync(home, { recursive: true, force: true }));

/** A copy of the build, which somebody may be replacing meanwhile. */
function copyBuild(to: string): void {
  const from = process.env['EBB_TEST_DIST'] ?? join(repository, 'dist');
  for (let attempt = 0; ; attempt++) {
    try {
      cpSync(from, to, { recursive: true });
      if (existsSync(join(to, 'main.cjs')) && existsSync(join(to, 'catalogue.json'))) break;
    } catch (error) {
      if (attempt === 20 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    rmSync(to, { recursive: true, force: true });
  }
  chmodSync(to, 0o755);
}

/** A second copy of the build, to be changed. */
export function copyOfBuild(name: string): string {
  const copy = join(home, name);
  cpSync(join(home, 'dist'), copy, { recursive: true });
  return copy;
}

/** Byte strings (see src/core/rawpath.ts): what ebb prints need not be text. */
export interface Outcome {
  /** null where a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Run as nobody. */
  readonly ordinaryUser?: boolean;
  /** Where the program lies, if it is not the usual copy. */
  readonly build?: string;
}

/** The words that start ebb. */
export function command({ ordinaryUser = false, build = join(home, 'dist') }: RunOptions = {}): string[] {
  const user = ordinaryUser ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  return [...user, process.execPath, '--disable-warning=ExperimentalWarning', join(build, 'main.cjs')];
}

function spawnOptions({ cwd, env = {} }: RunOptions): SpawnSyncOptions {
  const { NO_COLOR: _, EBB_NO_KOFFI: __, ...inherited } = process.env;
  return { cwd: cwd ?? '/', env: { ...inherited, ...env }, maxBuffer: 64 * 1024 * 1024, timeout: 60_000 };
}

/** Runs ebb. Arguments are byte strings: `ebb(['why', '/srv/\xff'])` gives it that one byte. */
export function ebb(args: readonly string[], options: RunOptions = {}): Outcome {
  const plain = args.every((argument) => /^[\x01-\x7f]*$/.test(argument));
  const [program = '', ...words] = command(options);
  if (plain) return outcomeOf(spawnSync(program, [...words, ...args], { ...spawnOptions(options), input: '' }));
  // Node would encode them as UTF-8; a shell takes its script as bytes.
  const script = `exec ${[program, ...words, ...args].map(quoted).join(' ')} </dev/null`;
  return outcomeOf(spawnSync('sh', { ...spawnOptions(options), input: bytesOf(script) }));
}

/** Runs a line of shell in which `$EBB` is ebb. */
export function shell(line: string, options: RunOptions = {}): Outcome {
  const script = `EBB() { ${command(options).map(quoted).join(' ')} "$@"; }\n${line}`;
  return outcomeOf(spawnSync('sh', ['-c', script], { ...spawnOptions(options), input: '' }));
}

/** Runs ebb where `root`, which has to be a mount point, is the root of the machine: in a mount namespace of its own. */
export function inRoot(root: string, args: readonly string[]): Outcome {
  const [program = '', ...words] = command();
  const needed = ['/proc', '/usr', '/lib', '/lib64', realpathSync(join(repository, 'node_modules')), repository, home];
  const binds = needed
    .filter((path) => existsSync(path))
    .map((path) => `mkdir -p ${quoted(root + path)} && mount --rbind ${quoted(path)} ${quoted(root + path)}`);
  const run = ['chroot', root, program, ...words, ...args].map(quoted).join(' ');
  const script = [...binds, `exec ${run}`].join(' && ');
  return outcomeOf(spawnSync('unshare', ['-m', 'sh', '-c', script], { ...spawnOptions({}), input: '' }));
}

export function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function outcomeOf({ status, signal, stdout, stderr, error }: SpawnSyncReturns<string | Buffer>): Outcome {
  assert.equal(error, undefined);
  return { status, signal, stdout: rawFromBytes(bytes(stdout)), stderr: rawFromBytes(bytes(stderr)) };
}

function bytes(output: string | Buffer): Buffer {
  return typeof output === 'string' ? Buffer.from(output) : output;
}

/** What it printed, as text. */
export function text(raw: string): string {
  return Buffer.from(raw, 'latin1').toString('utf8');
}

/** What it said on stderr, but for what it says to everybody who is not root. */
export function said({ stderr }: Pick<Outcome, 'stderr'>): string {
  const ofRights = /^ebb: warning: what lies hidden under mounts was not seen \(not run as root\)\n/m;
  return process.getuid?.() === 0 ? text(stderr) : text(stderr).replace(ofRights, '');
}

/** The paths of `--format paths -0`, sorted. */
export function pathsOf(raw: string): string[] {
  return raw.split('\0').slice(0, -1).sort();
}

export function lines(raw: string): string[] {
  return text(raw).split('\n').slice(0, -1);
}

/** That it ended so, with what it said where it did not. */
export function assertStatus(outcome: Outcome, status: number): void {
  assert.equal(outcome.status, status, `stdout: ${outcome.stdout}\nstderr: ${outcome.stderr}`);
}

/** That it was refused: nothing on stdout, a message on stderr that a person can read, the status. */
export function assertRefused(outcome: Outcome, message: RegExp, status = 2): void {
  assert.equal(outcome.stdout, '');
  assert.match(text(outcome.stderr), message);
  assertNoTrace(outcome);
  assertStatus(outcome, status);
}

/** That nothing of ebb's inside shows. */
export function assertNoTrace({ stderr }: Outcome): void {
  assert.doesNotMatch(stderr, /should not have happened|\n\s+at |node:internal|Node\.js v/);
}
