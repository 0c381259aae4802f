/** What `ebb init` proposes on NixOS: a module that says of the machine what ebb's options have to be told. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { type NixosFacts, proposalFor } from '../../src/core/nixos-proposal.ts';
import { bytesOf, type RawPath, rawFromBytes } from '../../src/core/rawpath.ts';
import { nixosModule } from '../../src/render/nixos-module.ts';
import { noNix } from '../support/cli-roots.ts';

const path = (text: string): RawPath => text as RawPath;

/** A machine that impermanence's README set up, wiped by its script. */
const readme: NixosFacts = {
  ...{ filesystem: 'btrfs', subtree: path('/root'), isWiped: true, module: 'impermanence', oldRoots: 'old_roots' },
  device: { type: 'btrfs', names: ['/dev/disk/by-uuid/1-2'], uuid: undefined },
  ...{ nix: 'nix', storage: { point: path('/persistent'), name: 'persistent' } },
};

function moduleOf(facts: NixosFacts): string {
  return rawFromBytes(nixosModule(proposalFor(facts), 'l001'));
}

function evaluated(expression: string): unknown {
  const { status, stdout, stderr } = spawnSync(
    'nix-instantiate',
    ['--eval', '--strict', '--json', '--store', 'dummy://', '-'],
    { input: bytesOf(expression), encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

test('a machine that is wiped by a script: with the names that it has, and what it mounts stays its own', () => {
  assert.equal(
    moduleOf(readme),
    `# Proposed by ebb init on l001. Read it before use: docs/guide/nixos.md
#
# In flake.nix, with this file as ebb.nix:
#   inputs.ebb.url = "git+file:///path/to/ebb";  # where you have it from
#   inputs.impermanence.url = "github:nix-community/impermanence";
#   modules = [ ebb.nixosModules.default impermanence.nixosModules.impermanence ./ebb.nix ];
#
# What to keep: ebb survey --format nix
#
# Before that:
# - take out what wipes the root so far, never have both: docs/guide/nixos-migrate.md
{
  ebb = {
    enable = true;
    storage = "/persistent";
    root = {
      filesystem = "btrfs";
      device = "/dev/disk/by-uuid/1-2";
      subvolume = "root";
      oldRoots = "old_roots";
      nix = "nix";
      persist = "persistent";
      fileSystems = false;
    };
    sets = [ "server-minimal" ];
  };
}
`,
  );
});

test('names that are the usual ones are left out', { skip: noNix }, () => {
  const usual: NixosFacts = {
    ...readme,
    ...{ subtree: path('/@root'), nix: '@nix', isWiped: false, oldRoots: undefined, module: 'preservation' },
    storage: { point: path('/persist'), name: '@persist' },
  };
  const text = moduleOf(usual);
  assert.match(text, /preservation\.nixosModules\.preservation/);
  assert.doesNotMatch(text, /Before that/);
  assert.deepEqual(evaluated(text), {
    ebb: {
      enable: true,
      root: { filesystem: 'btrfs', device: '/dev/disk/by-uuid/1-2', fileSystems: false },
      sets: ['server-minimal'],
    },
  });
});

test('a bcachefs of several devices is named by all of them, and by what they share', { skip: noNix }, () => {
  const names = ['/dev/disk/by-id/a', '/dev/disk/by-id/b'];
  const juni = { ...readme, filesystem: 'bcachefs', device: { type: 'bcachefs', names, uuid: '5e2c' } };
  assert.partialDeepStrictEqual(evaluated(moduleOf(juni)), {
    boot: { initrd: { systemd: { enable: true } } },
    ebb: { root: { filesystem: 'bcachefs', device: names, uuid: '5e2c' } },
  });
  assert.match(
    moduleOf({ ...juni, device: { ...juni.device, uuid: undefined } }),
    /# - ebb\.root\.uuid is the external/,
  );
});

test('a traditional host: its directories stay where they are at the top level', { skip: noNix }, () => {
  const ext4: NixosFacts = {
    ...{ filesystem: 'ext4', subtree: path('/'), nix: 'none', storage: undefined, isWiped: false, module: undefined },
    ...{ device: { type: 'ext4', names: ['/dev/disk/by-label/nixos'], uuid: undefined }, oldRoots: undefined },
  };
  assert.match(moduleOf(ext4), /# - \/ is the top level of its ext4: docs\/guide\/nixos-from-traditional\.md/);
  assert.deepEqual(evaluated(moduleOf(ext4)), {
    boot: { initrd: { systemd: { enable: true } } },
    ebb: {
      enable: true,
      root: {
        ...{ filesystem: 'directory', device: '/dev/disk/by-label/nixos', type: 'ext4' },
        ...{ nix: 'nix', persist: 'persist' },
      },
      sets: ['server-minimal'],
    },
  });
  const btrfs = { ...ext4, filesystem: 'btrfs', device: { ...ext4.device, type: 'btrfs' }, nix: 'nix' };
  assert.partialDeepStrictEqual(evaluated(moduleOf(btrfs)), { ebb: { root: { filesystem: 'btrfs', nix: 'nix' } } });
  assert.doesNotMatch(moduleOf(btrfs), /persist =|fileSystems/);
});

test('a root in memory stays as it is mounted', { skip: noNix }, () => {
  const memory: NixosFacts = {
    ...readme,
    filesystem: 'tmpfs',
    subtree: path('/'),
    storage: { point: path('/nix/persist'), name: 'p' },
  };
  assert.deepEqual(evaluated(moduleOf(memory)), {
    ebb: {
      ...{ enable: true, storage: '/nix/persist', sets: ['server-minimal'] },
      root: { filesystem: 'tmpfs', fileSystems: false },
    },
  });
  assert.doesNotMatch(moduleOf(memory), /Before that/);
});

test('what would be lost, or would not boot, is said first', () => {
  const before = (facts: Partial<NixosFacts>): readonly string[] =>
    proposalFor({ ...readme, isWiped: false, ...facts }).before;
  assert.deepEqual(before({}), []);
  assert.match(before({ nix: 'none' })[0] ?? '', /^\/nix lies in root, which a reset takes away/);
  assert.match(before({ storage: undefined })[0] ?? '', /nothing would be kept/);
  assert.match(before({ storage: { point: path('/persist'), name: undefined } })[0] ?? '', /ebb reset --arm/);
  const device = { type: 'btrfs', names: ['/dev/sda2'], uuid: undefined };
  assert.match(before({ device })[0] ?? '', /^\/dev\/sda2 may be another device/);
  assert.deepEqual(before({ device: { ...device, names: ['/dev/mapper/crypted'] } }), []);
});

test('no name of the machine gets out of its string or its comment', { skip: noNix }, () => {
  const name = fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 12 }).filter((text) => !text.includes('\0'));
  const samples = fc.sample(fc.tuple(name, name, name), 40);
  const expressions = samples.map(([subtree, device, storage]) =>
    moduleOf({
      ...{ ...readme, subtree: path(`/${subtree}`), nix: 'none' },
      device: { type: 'btrfs', names: [`/dev/${device}`], uuid: undefined },
      storage: { point: path(`/${storage}`), name: undefined },
    }),
  );
  const read = evaluated(
    `map (m: [ m.ebb.root.subvolume m.ebb.root.device m.ebb.storage ]) [ ${expressions.map((one) => `(${one})`).join('\n')} ]`,
  );
  assert.deepEqual(
    read,
    samples.map(([subtree, device, storage]) => [subtree, `/dev/${device}`, `/${storage}`]),
  );
});
