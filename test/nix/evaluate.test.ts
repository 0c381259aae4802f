import assert from 'node:assert/strict';
import { forEachLib } from '../support/nix-evaluation.ts';

forEachLib('ebb’s module evaluates, with a root of its own and neither of the modules that persist', (evaluate) => {
  const result = evaluate(`
    let
      result = evaluate {
        modules = [
          module
          {
            ebb = {
              enable = true;
              root = { filesystem = "btrfs"; device = "/dev/disk/by-label/nixos"; };
            };
            boot.initrd.systemd.enable = true;
          }
        ];
      };
    in
    { inherit (result) fstab initrdFstab; units = builtins.attrNames result.initrdUnits; }
  `);
  assert.deepEqual(result, {
    fstab: [
      '/dev/disk/by-label/nixos / btrfs x-initrd.mount,subvol=@root 0 0',
      '/dev/disk/by-label/nixos /.snapshots btrfs subvolid=5,X-mount.subdir=@snapshots,nofail 0 0',
      '/dev/disk/by-label/nixos /nix btrfs x-initrd.mount,subvol=@nix 0 0',
      '/dev/disk/by-label/nixos /persist btrfs x-initrd.mount,subvol=@persist 0 0',
      '',
    ].join('\n'),
    initrdFstab: [
      '/dev/disk/by-label/nixos / btrfs x-initrd.mount,subvol=@root 0 0',
      '/dev/disk/by-label/nixos /nix btrfs x-initrd.mount,subvol=@nix 0 0',
      '/dev/disk/by-label/nixos /persist btrfs x-initrd.mount,subvol=@persist 0 0',
      '',
    ].join('\n'),
    units: ['ebb-reset.service'],
  });
});

const persisted = (module: string, settings: string) => `
  let
    result = evaluate {
      modules = [
        module
        homeManager
        ${module}
        {
          ebb.enable = true;
          users.users.alice = { isNormalUser = true; uid = 1000; };
          fileSystems."/persist" = { device = "/dev/sda1"; fsType = "ext4"; neededForBoot = true; };
          fileSystems."/" = { fsType = "tmpfs"; };
          boot.initrd.systemd.enable = true;
        }
        ${settings}
      ];
    };
  in
  result.config.ebb.persisted`;

forEachLib('what impermanence and home-manager persist is read', (evaluate) => {
  const result = evaluate(
    persisted(
      'impermanence',
      `{
        environment.persistence."/persist" = {
          hideMounts = true;
          directories = [ "/var/log" { directory = "/var/lib/private"; mode = "0700"; } ];
          files = [ "/etc/machine-id" ];
          users.alice.directories = [ ".ssh" ];
        };
        home-manager.users.alice.home.persistence."/persist".files = [ ".screenrc" ];
      }`,
    ),
  ) as { path: string; user: string; mode: string; from: string }[];
  assert.deepEqual(
    result.map(({ path, user, from }) => `${from} ${user} ${path}`),
    [
      'environment.persistence root /var/log',
      'environment.persistence root /var/lib/private',
      'environment.persistence null /etc/machine-id',
      'environment.persistence alice /home/alice/.ssh',
      'home-manager null /home/alice/.screenrc',
    ],
  );
});

forEachLib('what preservation persists is read', (evaluate) => {
  const result = evaluate(
    persisted(
      'preservation',
      `{
        preservation.enable = true;
        preservation.preserveAt."/persist" = {
          directories = [ "/var/log" ];
          files = [ { file = "/etc/machine-id"; inInitrd = true; how = "symlink"; } ];
          users.alice.directories = [ ".config/deep/est" ];
        };
      }`,
    ),
  ) as { path: string; user: string; method: string }[];
  assert.deepEqual(
    result.map(({ path, user, method }) => `${method} ${user} ${path}`),
    ['bind root /var/log', 'link root /etc/machine-id', 'bind alice /home/alice/.config/deep/est'],
  );
});
