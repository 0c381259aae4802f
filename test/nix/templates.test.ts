/** `nix flake init -t`: each template is a whole machine. */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { evaluate, forEachLib, withoutNix } from '../support/nix-evaluation.ts';

const directory = join(import.meta.dirname, '../../nix/templates');
const names = readdirSync(directory);
const read = (name: string, file: string) => readFileSync(join(directory, name, file), 'utf8');

test('there is one for each kind of root, and the machines differ in their roots alone', () => {
  assert.deepEqual(names, ['bcachefs', 'btrfs', 'ext4', 'tmpfs']);
  for (const name of names) {
    assert.deepEqual(readdirSync(join(directory, name)), ['configuration.nix', 'flake.nix', 'root.nix']);
    for (const file of ['configuration.nix', 'flake.nix']) assert.equal(read(name, file), read('btrfs', file));
    assert.notEqual(read(name, 'root.nix'), read(name === 'btrfs' ? 'ext4' : 'btrfs', 'root.nix'));
  }
});

test('the flake offers them with a description, and each is a flake that has one', { skip: withoutNix }, () => {
  const templates = evaluate(`
    let self = (import (repository + "/flake.nix")).outputs { inherit self; nixpkgs = { inherit lib; }; }; in
    builtins.mapAttrs (_: { path, description }: {
      inherit description;
      place = baseNameOf (toString path);
      own = (import (path + "/flake.nix")).description;
      inputs = builtins.attrNames (import (path + "/flake.nix")).inputs;
      follows = (import (path + "/flake.nix")).inputs.ebb.inputs.nixpkgs.follows;
    }) self.templates`) as Record<string, Record<string, unknown>>;
  for (const [name, { description, place, own, inputs, follows }] of Object.entries(templates)) {
    assert.equal(place, name === 'default' ? 'btrfs' : name);
    assert.match(String(description), /^A machine with /);
    assert.match(String(own), /^A machine whose root /);
    assert.deepEqual([inputs, follows], [['ebb', 'impermanence', 'nixpkgs'], 'nixpkgs']);
  }
});

const ROOTS: Record<string, [fsType: string, option: string]> = {
  bcachefs: ['bcachefs', 'X-mount.subdir=@root'],
  btrfs: ['btrfs', 'subvol=@root'],
  ext4: ['ext4', 'X-mount.subdir=@root'],
  tmpfs: ['tmpfs', 'mode=755'],
};

for (const name of names) {
  forEachLib(
    `the machine of the template ${name} evaluates, boots from an ephemeral root, and is warned of nothing`,
    (evaluate) => {
      const { modules, assertions, root, persist, warnings, units } = evaluate(`
      let
        given = import (repository + "/nix/templates/${name}/flake.nix");
        # The modules as the template's flake puts them together.
        modules = (given.outputs {
          nixpkgs.lib.nixosSystem = arguments: arguments;
          impermanence.nixosModules.impermanence = impermanence;
          ebb.nixosModules.default = module;
        }).nixosConfigurations.machine.modules;
        result = evaluate { inherit modules; };
      in
      {
        modules = builtins.length modules;
        inherit (result) assertions warnings;
        root = { inherit (result.config.fileSystems."/") fsType options; };
        persist = result.config.fileSystems."/persist".neededForBoot;
        units = builtins.attrNames result.initrdUnits;
      }`) as {
        modules: number;
        assertions: string[];
        warnings: string[];
        root: { fsType: string; options: string[] };
        persist: boolean;
        units: string[];
      };
      const [fsType, option] = ROOTS[name] ?? ['', ''];
      assert.equal(modules, 4);
      assert.deepEqual([assertions, warnings], [[], []]);
      assert.equal(root.fsType, fsType);
      assert.ok(root.options.includes(option), root.options.join());
      assert.ok(persist);
      // Beside the mounts of what is kept.
      const services = units.filter((unit) => unit.endsWith('.service'));
      assert.deepEqual(services, name === 'tmpfs' ? [] : ['ebb-reset.service']);
    },
  );
}
