/** Nix expressions, evaluated by nix-instantiate: with the minimal lib of test/nix, and with that of nixpkgs where it is. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const repository = join(import.meta.dirname, '../..');

export const withoutNix: string | false =
  spawnSync('nix-instantiate', ['--version']).error === undefined ? false : 'nix-instantiate is not installed';

export interface Lib {
  readonly name: string;
  /** A directory with a default.nix. */
  readonly directory: string;
}

export const minimalLib: Lib = { name: 'the minimal lib', directory: join(repository, 'test/nix/minimal-lib') };

/** The lib of nixpkgs: EBB_TEST_NIXPKGS_LIB, or <nixpkgs/lib> of NIX_PATH. */
export const nixpkgsLib: Lib | undefined = findNixpkgsLib();
export const withoutNixpkgsLib: string | false =
  withoutNix !== false
    ? withoutNix
    : nixpkgsLib === undefined
      ? 'no lib of nixpkgs: neither EBB_TEST_NIXPKGS_LIB nor <nixpkgs/lib>'
      : false;

function findNixpkgsLib(): Lib | undefined {
  const name = 'the lib of nixpkgs';
  const directory = process.env['EBB_TEST_NIXPKGS_LIB'];
  if (directory !== undefined) {
    if (!existsSync(join(directory, 'default.nix'))) throw new Error(`EBB_TEST_NIXPKGS_LIB: ${directory} has no lib`);
    return { name, directory };
  }
  const { status, stdout } = spawnSync('nix-instantiate', ['--find-file', 'nixpkgs/lib'], { encoding: 'utf8' });
  return status === 0 ? { name, directory: stdout.trim() } : undefined;
}

/**
 * One test for each lib. What the expressions see, beside `lib`:
 * - `evaluate { modules; … }`: test/nix/evaluate.nix
 * - `repository`, a path, and `module`, ebb's module
 * - `impermanence`, `preservation`, `homeManager`, `agenix`, `sopsNix`: modules. The first two are the real ones with the
 *   lib of nixpkgs, where EBB_TEST_IMPERMANENCE and EBB_TEST_PRESERVATION name their directories; else stubs of test/nix.
 */
export function forEachLib(name: string, body: (evaluate: (expression: string) => unknown, lib: Lib) => void): void {
  test(`${name} (${minimalLib.name})`, { skip: withoutNix }, () => body((it) => evaluate(it, minimalLib), minimalLib));
  const real = nixpkgsLib ?? minimalLib;
  test(`${name} (the lib of nixpkgs)`, { skip: withoutNixpkgsLib }, () => body((it) => evaluate(it, real), real));
}

/** The value of an expression, as JSON has it. What `evaluate` of test/nix/evaluate.nix gives has functions in it: choose. */
export function evaluate(expression: string, lib: Lib = minimalLib): unknown {
  const { status, stdout, stderr } = instantiate(expression, lib);
  if (status !== 0) throw new Error(`nix-instantiate: ${stderr.trim()}`);
  return JSON.parse(stdout);
}

/** What evaluation complains of; undefined where it does not. */
export function evaluationError(expression: string, lib: Lib = minimalLib): string | undefined {
  const { status, stderr } = instantiate(expression, lib);
  return status === 0 ? undefined : stderr;
}

/** Whether files are Nix at all: the complaint about the first that is not, or undefined. */
export function syntaxErrors(files: readonly string[]): string | undefined {
  const { status, stderr } = spawnSync('nix-instantiate', ['--parse', ...files], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return status === 0 ? undefined : stderr;
}

function instantiate(expression: string, lib: Lib): { status: number | null; stdout: string; stderr: string } {
  const input = `let
    repository = ${nixPath(repository)};
    lib = import ${nixPath(lib.directory)};
    evaluate = arguments: import (repository + "/test/nix/evaluate.nix") ({ inherit lib; } // arguments);
    module = repository + "/nix/module.nix";
    impermanence = ${otherModule(lib, 'EBB_TEST_IMPERMANENCE', 'nixos.nix', 'stub-impermanence.nix')};
    preservation = ${otherModule(lib, 'EBB_TEST_PRESERVATION', 'module.nix', 'stub-preservation.nix')};
    homeManager = repository + "/test/nix/stub-home-manager.nix";
    agenix = repository + "/test/nix/stub-agenix.nix";
    sopsNix = repository + "/test/nix/stub-sops-nix.nix";
  in (${expression}\n)`;
  return spawnSync('nix-instantiate', ['--eval', '--strict', '--json', '--store', 'dummy://', '-'], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
}

function otherModule(lib: Lib, variable: string, file: string, stub: string): string {
  const directory = process.env[variable];
  const isReal = lib !== minimalLib && directory !== undefined;
  return nixPath(isReal ? join(directory, file) : join(repository, 'test/nix', stub));
}

/** A path whatever is in it. */
function nixPath(path: string): string {
  return `(/. + ${nixString(path)})`;
}

/** A string of Nix that holds just this text. */
export function nixString(text: string): string {
  return `"${text.replace(/[\\"$]/g, '\\$&')}"`;
}
