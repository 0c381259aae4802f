/** What the module writes from a configuration, ebb reads as it was meant; and what `ebb init` proposes is a configuration. */
import assert from 'node:assert/strict';
import { type NixosFacts, proposalFor } from '../../src/core/nixos-proposal.ts';
import { type RawPath, rawFromBytes, rawFromText } from '../../src/core/rawpath.ts';
import { configurationOf } from '../../src/linux/configuration.ts';
import { nixosModule } from '../../src/render/nixos-module.ts';
import { forEachLib } from '../support/nix-evaluation.ts';

const toml = (module: string, configuration: string): string => `
  (evaluate {
    modules = [ module ${module} { ebb.enable = true; users.users.ann = { isNormalUser = true; home = "/data/ann"; }; } (${configuration}) ];
  }).config.environment.etc."ebb/config.toml".text`;

forEachLib('of impermanence, every form of a declaration is read', (evaluate) => {
  const text = evaluate(
    toml(
      'impermanence',
      String.raw`{
        environment.persistence = {
          "/persist" = {
            hideMounts = true;
            directories = [
              "/var/log"
              { directory = "/var/lib/colord"; user = "colord"; group = "colord"; mode = "u=rwx,g=rx,o="; }
              "/srv/with a space, \"quotes\" and = signs"
            ];
            files = [ "/etc/machine-id" { file = "/etc/x"; method = "symlink"; } ];
            users.ann = { directories = [ ".ssh" { directory = "my projects"; mode = "0700"; } ]; files = [ ".x" ]; };
            users.root.directories = [ ".cache/nix" ];
          };
          "/mnt/big storage".directories = [ "/srv/media" ];
          "/off" = { enable = false; directories = [ "/srv/off" ]; };
        };
      }`,
    ),
  ) as string;
  const { declared, module, storages } = configurationOf(text);
  const told = declared.map(({ path, storage, kind, owner, method, hidden, declaredIn }) =>
    [path, storage, kind, method, `${owner.user}:${owner.group ?? ''} ${owner.mode}`, hidden, declaredIn].join(' | '),
  );
  const of = 'environment.persistence';
  assert.deepEqual(told.toSorted(), [
    `/data/ann/.ssh | /persist | directory | bind | ann:users 0755 | true | ${of}`,
    `/data/ann/.x | /persist | file | bind | ann: 0644 | true | ${of}`,
    `/data/ann/my projects | /persist | directory | bind | ann:users 0700 | true | ${of}`,
    `/etc/machine-id | /persist | file | bind | root: 0644 | true | ${of}`,
    `/etc/x | /persist | file | link | root: 0644 | true | ${of}`,
    `/root/.cache/nix | /persist | directory | bind | root:root 0755 | true | ${of}`,
    `/srv/media | /mnt/big storage | directory | bind | root: 0755 | false | ${of}`,
    `/srv/with a space, "quotes" and = signs | /persist | directory | bind | root: 0755 | true | ${of}`,
    `/var/lib/colord | /persist | directory | bind | colord:colord 0750 | true | ${of}`,
    `/var/log | /persist | directory | bind | root: 0755 | true | ${of}`,
  ]);
  assert.equal(module, 'impermanence');
  assert.deepEqual(storages.toSorted(), ['/mnt/big storage', '/persist']);
});

forEachLib('of preservation, every form of a declaration is read', (evaluate) => {
  const text = evaluate(
    toml(
      'preservation',
      `{
        preservation = {
          enable = true;
          preserveAt."/persist" = {
            directories = [
              { directory = "/var/lib/nixos"; inInitrd = true; }
              { directory = "/var/lib/x"; how = "symlink"; mode = "~0750"; }
            ];
            files = [ { file = "/etc/machine-id"; inInitrd = true; how = "symlink"; } { file = "/etc/y"; mode = "0600"; } ];
            users.ann.directories = [ ".ssh" "deep/in/it" ];
          };
        };
      }`,
    ),
  ) as string;
  const { declared, module } = configurationOf(text);
  assert.deepEqual(
    declared
      .map(({ path, method, owner, declaredIn }) => [path, method, owner.mode, declaredIn].join(' | '))
      .toSorted(),
    [
      '/data/ann/.ssh | bind | 0755 | preservation',
      '/data/ann/deep/in/it | bind | 0755 | preservation',
      '/etc/machine-id | link | 0644 | preservation',
      '/etc/y | bind | 0600 | preservation',
      '/var/lib/nixos | bind | 0755 | preservation',
      '/var/lib/x | link | 0750 | preservation',
    ],
  );
  assert.equal(module, 'preservation');
});

forEachLib('of what is not text for TOML nothing gets out of its string', (evaluate) => {
  const hostile = ['a"b\\\\c', "''${x}", 'ä 日', '"]\\nx = [', '# no comment'];
  const list = hostile.map((name) => `"/srv/${name.replaceAll('"', '\\"').replaceAll('${', '\\${')}"`).join(' ');
  const text = evaluate(
    toml('impermanence', `{ environment.persistence."/persist".directories = [ ${list} ]; }`),
  ) as string;
  const { declared } = configurationOf(text);
  const meant = hostile.map((name) => `/srv/${name.replaceAll('\\\\', '\\').replaceAll('\\n', '\n')}`);
  assert.deepEqual(declared.map(({ path }) => path).toSorted(), meant.map(rawFromText).toSorted());
});

const path = (text: string): RawPath => text as RawPath;
const usual: NixosFacts = {
  ...{ filesystem: 'btrfs', subtree: path('/root'), isWiped: true, module: 'impermanence', oldRoots: 'old_roots' },
  device: { type: 'btrfs', names: ['/dev/disk/by-uuid/1-2'], uuid: undefined },
  ...{ nix: 'nix', storage: { point: path('/persistent'), name: 'persistent' } },
};
const machines: readonly NixosFacts[] = [
  usual,
  {
    ...usual,
    filesystem: 'bcachefs',
    device: { type: 'bcachefs', names: ['/dev/disk/by-id/a', '/dev/disk/by-id/b'], uuid: '5e2c' },
  },
  { ...usual, filesystem: 'xfs', device: { type: 'xfs', names: ['UUID=1'], uuid: undefined } },
  { ...usual, filesystem: 'tmpfs', subtree: path('/') },
  { ...usual, filesystem: 'ext4', subtree: path('/'), nix: 'none', storage: undefined, isWiped: false },
];

forEachLib('what ebb init proposes is taken by the module, on every filesystem', (evaluate) => {
  const modules = machines.map((facts) =>
    rawFromBytes(nixosModule(proposalFor(facts), 'l001')).replaceAll(/^#.*$/gm, ''),
  );
  const mounts = `{ fileSystems = builtins.listToAttrs (map (name: { inherit name; value = { device = "/dev/x"; fsType = "ext4"; }; }) [ "/" "/nix" "/persistent" "/boot" ]); }`;
  const read = evaluate(`map (own: let
      it = evaluate { modules = [ module impermanence own { boot.initrd.systemd.enable = true; } (if own.ebb.root.fileSystems or true then { } else ${mounts}) ]; };
    in it.config.environment.etc."ebb/config.toml".text) [ ${modules.map((one) => `(${one})`).join(' ')} ]`) as string[];
  assert.deepEqual(
    read.map((text) => configurationOf(text).root).map((root) => [root?.filesystem, root?.subvolume, root?.oldRoots]),
    [
      ['btrfs', 'root', 'old_roots'],
      ['bcachefs', 'root', 'old_roots'],
      ['directory', 'root', 'old_roots'],
      ['tmpfs', undefined, '/persistent/old_roots'],
      ['directory', '@root', 'old_roots'],
    ],
  );
});
