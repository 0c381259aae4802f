/** ebb as a package has it: built from the files that package.json names, installed below a prefix, set read-only. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, lstatSync, lutimesSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './cli-program.ts';

export const packageJson: {
  readonly version: string;
  readonly files: readonly string[];
  readonly dependencies: Readonly<Record<string, string>>;
} = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));

/** What nix/package.nix takes beside these. */
export const ALWAYS = ['LICENSE', 'package-lock.json', 'package.json'];

/** The two steps, as nix/package.nix and docs/guide/install.md have them. */
export const STEPS = {
  build: (node: string) => `${node} scripts/build.mjs`,
  install: (node: string) => `sh scripts/install.sh "$out" ${node}`,
};

/** A copy of the files that a package is made of, in `directory`; with what npm has installed, where asked. */
export function packageSource(directory: string, { withModules }: { withModules: boolean }): void {
  mkdirSync(directory);
  for (const name of [...packageJson.files, ...ALWAYS]) {
    cpSync(join(repository, name), join(directory, name), { recursive: true });
  }
  if (withModules) symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'));
}

/** Runs a step as a build does: no home, no network, and in PATH nothing but what `programs` has and the base system. */
export function runStep(step: string, { cwd, out, programs }: { cwd: string; out: string; programs: string }): string {
  const env = { PATH: `${programs}:/usr/bin:/bin`, HOME: '/homeless-shelter', out };
  const { status, stdout, stderr } = spawnSync('sh', ['-euc', step], { cwd, env, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout + stderr;
}

/**
 * As a package manager leaves it: nothing may be written to, and all of it is from the beginning of time. An ordinary user
 * who runs the tests has to be able to remove it.
 */
export function setReadOnly(tree: string): void {
  for (const name of ['', ...readdirSync(tree, { recursive: true, encoding: 'utf8' })]) {
    const path = join(tree, name);
    const facts = lstatSync(path);
    const isRemovable = facts.isDirectory() && process.getuid?.() !== 0;
    if (!facts.isSymbolicLink() && !isRemovable) chmodSync(path, facts.mode & 0o555);
    lutimesSync(path, 1, 1);
  }
}

/** Everything below `tree`, with what would tell that somebody wrote to it. */
export function fingerprint(tree: string): string[] {
  return readdirSync(tree, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, size, mtimeMs, ino } = lstatSync(join(tree, name));
      return `${name} ${mode} ${size} ${mtimeMs} ${ino}`;
    });
}
