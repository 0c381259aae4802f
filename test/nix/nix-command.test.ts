/** What people type, with the real nix(1): it builds the package in its sandbox, from a stand-in for nixpkgs. */

import assert from 'node:assert/strict';
import type { SpawnSyncReturns } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { directoryRoot, run, temporaryDirectory } from '../support/cli-roots.ts';
import { packageJson } from '../support/installed-ebb.ts';
import { noOwnNix, OwnNix, withoutRootStore } from '../support/own-nix.ts';

const skip = noOwnNix();
const home = temporaryDirectory({ after });
let nix: OwnNix;
before(() => {
  if (!skip) nix = new OwnNix(home);
});

function succeeded({ status, stdout, stderr }: SpawnSyncReturns<string>): string {
  assert.equal(status, 0, stderr);
  return stdout;
}

test('`nix run` does `ebb diff`, and gives it all that comes after `--`', { skip }, (t) => {
  const root = directoryRoot(t, { 'srv/notes.txt': 'x' });
  const words = ['--root', root, '--format', 'paths'];
  assert.equal(succeeded(nix.run('run', nix.flake, '--', ...words)), '/srv/notes.txt\n');
});

test('`nix run .#ebb` runs ebb itself', { skip }, () => {
  assert.equal(succeeded(nix.run('run', `${nix.flake}#ebb`, '--', '--version')), `${packageJson.version}\n`);
  assert.equal(nix.run('run', `${nix.flake}#ebb`, '--', 'no-such-command').status, 2);
});

test('`nix build` makes a package for the other system from its own packages of npm', { skip }, () => {
  const other = process.arch === 'x64' ? 'aarch64' : 'x86_64';
  const words = ['eval', '--json', `${nix.flake}#packages.${other}-linux.ebb.recorded.npmDeps.packageLock.packages`];
  const names = Object.keys(JSON.parse(succeeded(nix.run(...words))) as object);
  assert.ok(names.includes(`node_modules/@koromix/koffi-linux-${other === 'x86_64' ? 'x64' : 'arm64'}`));
});

test('`nix flake show` names all that there is', { skip }, () => {
  const shown = JSON.parse(succeeded(nix.run('flake', 'show', '--json', nix.flake))) as Record<string, object>;
  assert.deepEqual(shown['nixosModules'], { default: { type: 'nixos-module' }, ebb: { type: 'nixos-module' } });
  assert.deepEqual(shown['overlays'], { default: { type: 'nixpkgs-overlay' } });
  assert.deepEqual(Object.keys(shown['templates'] ?? {}), ['bcachefs', 'btrfs', 'default', 'ext4', 'tmpfs']);
  assert.deepEqual(Object.keys(shown['packages'] ?? {}), ['aarch64-linux', 'x86_64-linux']);
});

test('`nix flake check` finds every output well-formed', { skip: skip || withoutRootStore }, () => {
  succeeded(nix.run('flake', 'check', '--no-build', nix.flake));
});

test('`nix flake init -t` makes the machine of a template', { skip: skip || withoutRootStore }, (t) => {
  const place = temporaryDirectory(t);
  succeeded(nix.runIn(place, 'flake', 'init', '-t', `${nix.flake}#ext4`));
  run('diff', '-r', join(nix.flake, 'nix/templates/ext4'), place);
});
