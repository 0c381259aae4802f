/** Nothing is told of hosts that are as they should be. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { forEachLib } from '../support/nix-evaluation.ts';
import {
  agenixSecret,
  type Host,
  hostKeys,
  hostOf,
  mounts,
  onDevice,
  sopsSecret,
  tellsNothing,
  withLib,
  without,
} from '../support/told-hosts.ts';

const afterNothing = 'boot.initrd.systemd.services.ebb-reset.after = lib.mkForce [ "initrd-root-device.target" ];';
const crypt = 'ebb.root.device = lib.mkForce "/dev/mapper/crypt";';
const opened = 'boot.initrd.luks.devices.crypt = { device = "/dev/sda2"; ';
const forget = 'users.users.josh.hashedPassword = lib.mkForce null;';
const key = 'users.users.josh.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA" ];';
const isImage = 'system.etc.overlay = { enable = true; mutable = false; };';

tellsNothing(
  'a host that has all it needs is told nothing, whatever its root is',
  ['btrfs', 'bcachefs', 'directory', 'tmpfs'].flatMap((filesystem) =>
    ['impermanence', 'preservation'].map(
      (persistence) => `hostOf { filesystem = "${filesystem}"; persistence = "${persistence}"; } [ ]`,
    ),
  ),
);

tellsNothing(
  'the scripted initrd is as good for roots that it can reset',
  ['filesystem = "btrfs";', 'filesystem = "tmpfs";'].map((of) =>
    // In memory, what lies on the device is mounted as a subvolume.
    hostOf({ of, settings: '{ boot.initrd.systemd.enable = false; ebb.root.type = "btrfs"; }' }),
  ),
);

tellsNothing('a host whose root stays is told nothing of what it does not keep', [
  hostOf({
    of: 'persisted = { };',
    settings: withLib(`
      ebb.root.filesystem = lib.mkForce null;
      fileSystems."/" = { device = "/dev/sda2"; fsType = "ext4"; };
      users.users.josh.hashedPassword = lib.mkForce null;
      boot.initrd.systemd.services.mine.script = "btrfs subvolume delete /mnt/root";`),
  }),
]);

/** They look like one of those that are told of something. */
const harmless: readonly Host[] = [
  // Keys and ids that are kept in other ways.
  {
    of: without(...hostKeys, '/etc/machine-id'),
    settings: `{
      services.openssh.hostKeys = [ { type = "ed25519"; path = "/persist/etc/ssh/key"; } ];
      boot.kernelParams = [ "systemd.machine_id=0123456789abcdef0123456789abcdef" ];
    }`,
  },
  {
    of: without(...hostKeys, '/etc/machine-id'),
    settings: `{ environment.etc = {
      machine-id.source = "/persist/etc/machine-id";
      "ssh/ssh_host_ed25519_key".source = "/persist/etc/ssh/ssh_host_ed25519_key";
      "ssh/ssh_host_rsa_key" = { source = "/persist/etc/ssh/ssh_host_rsa_key"; mode = "0600"; };
    }; }`,
  },
  {
    of: `persistence = "preservation"; ${without(...hostKeys)}`,
    settings: '{ preservation.preserveAt."/persist".directories = [ "/etc/ssh" ]; }',
  },
  {
    of: without(...hostKeys, '/etc/machine-id'),
    settings: '{ fileSystems."/etc" = { device = "/dev/sdb1"; fsType = "ext4"; }; }',
  },
  { of: without(...hostKeys), settings: withLib('services.openssh.enable = lib.mkForce false;') },
  // The numbers of accounts.
  { of: without('/var/lib/nixos'), settings: '{ users.users.josh.uid = 1000; }' },
  { of: without('/var/lib/nixos'), settings: '{ environment.persistence."/persist".directories = [ "/var/lib" ]; }' },
  {
    of: without('/var/lib/nixos'),
    settings: '{ services.userborn = { enable = true; passwordFilesLocation = "/persist/etc"; }; }',
  },
  // Other ways to log in, and to have a password.
  { settings: withLib(`${forget} ${key}`) },
  { settings: withLib(`${forget} services.getty.autologinUser = "josh";`) },
  { settings: withLib(`${forget} users.allowNoPasswordLogin = true;`) },
  { settings: withLib(`${forget} environment.persistence."/persist".users.josh.directories = [ ".ssh" ];`) },
  { settings: withLib('users.users.josh.hashedPasswordFile = "/run/secrets-for-users/josh";') },
  { settings: withLib('users.users.josh.hashedPasswordFile = "/persist/passwords/josh";') },
  {
    settings: withLib(`
      ${forget}
      services.userborn = { enable = true; passwordFilesLocation = "/persist/etc"; };`),
  },
  { settings: withLib(`${forget} users.mutableUsers = false;`) },
  {
    settings: withLib(`
      ${forget} ${key}
      users.users.josh.extraGroups = [ "wheel" ];
      security.sudo.wheelNeedsPassword = false;`),
  },
  {
    settings: `{
      services.userborn = { enable = true; passwordFilesLocation = "/persist/etc"; };
      users.users.josh.hashedPasswordFile = "/etc/passwords/josh";
      environment.persistence."/persist".files = [ "/etc/passwords/josh" ];
    }`,
  },
  // Secrets: keys in storage; keys that are bound before they are read; one of several.
  {
    settings: `{ imports = [ ${agenixSecret} ]; age.identityPaths = [ "/root/key" "/persist/etc/ssh/key" ]; }`,
  },
  { settings: sopsSecret() },
  {
    of: `persistence = "preservation"; ${without(...hostKeys)}`,
    settings: `{
      imports = [ ${agenixSecret} ];
      preservation.preserveAt."/persist".directories = [ { directory = "/etc/ssh"; inInitrd = true; } ];
    }`,
  },
  { settings: '{ imports = [ agenix sopsNix ]; }' },
  {
    of: without(...hostKeys),
    settings: `{
      imports = [ ${sopsSecret('neededForUsers = true;')} ];
      services.userborn = { enable = true; passwordFilesLocation = "/persist/etc"; };
      environment.persistence."/persist".directories = [ "/etc/ssh" ];
    }`,
  },
  // A storage for what nothing needs early: by preservation its mounts wait for it, or fail with it.
  ...['', 'options = [ "nofail" ];'].map((more) => ({
    of: 'persistence = "preservation";',
    settings: `{
      fileSystems."/data" = { device = "/dev/sdb1"; fsType = "xfs"; ${more} };
      preservation.preserveAt."/data".directories = [ "/srv/media" ];
    }`,
  })),
  {
    settings: `{
      fileSystems."/run/persist" = { device = "/dev/sdb1"; fsType = "ext4"; neededForBoot = true; };
      environment.persistence."/run/persist".directories = [ "/var/lib/x" ];
    }`,
  },
  // The store may lie in storage, where it has no file system of its own; and a bind mount may be written by hand, too.
  {
    of: 'filesystem = "tmpfs";',
    settings: withLib(`
      ebb.root.fileSystems = false;
      fileSystems."/" = { device = "none"; fsType = "tmpfs"; options = [ "size=2G" "mode=755" ]; };
      fileSystems."/persist" = { device = "/dev/sda3"; fsType = "ext4"; neededForBoot = true; };
      environment.persistence."/persist".directories = [ "/nix" ];`),
  },
  {
    settings:
      '{ fileSystems."/var/log" = { device = "/persist/var/log"; fsType = "none"; options = [ "bind" ]; neededForBoot = true; }; }',
  },
  // As the field has it: swap files on subvolumes and in storage, storages in one another's mounts, names by partition.
  {
    settings: `{ ${mounts({ '/swap': onDevice('swap') })} swapDevices = [ { device = "/swap/file"; size = 4096; } ]; }`,
  },
  { settings: '{ swapDevices = [ { device = "/persist/var/swap/file"; size = 4096; } { device = "/dev/zram0"; } ]; }' },
  {
    settings: withLib(`
      ${mounts({ '/': '{ device = "/dev/disk/by-uuid/0-1"; fsType = "btrfs"; options = [ "subvol=/@root" ]; }' })}
      ebb.root.device = lib.mkForce "/dev/disk/by-partlabel/disk-main-root";`),
  },
  {
    settings: withLib(`
      ${mounts({ '/': '{ device = "/dev/disk/by-uuid/0-1"; fsType = "btrfs"; options = [ "subvol=/@root" ]; }' })}
      ebb.root.device = lib.mkForce "UUID=0-1";`),
  },
  {
    settings: `{
      imports = [ homeManager ];
      environment.persistence."/persist/system".directories = [ "/var/lib/systemd" ];
      home-manager.users.josh.home.persistence."/persist".directories = [ ".ssh" ];
    }`,
  },
  {
    of: 'filesystem = "tmpfs"; persisted = { };',
    settings: withLib(`
      ebb.storage = "/nix/state";
      ebb.root = { fileSystems = false; device = lib.mkForce null; };
      fileSystems."/" = { device = "none"; fsType = "tmpfs"; options = [ "size=2G" "mode=755" ]; };
      fileSystems."/nix" = { device = "/dev/sda3"; fsType = "ext4"; };
      environment.persistence."/nix/state" = persists;`),
  },
  {
    of: 'filesystem = "tmpfs"; persisted = { directories = [ "/var" ]; files = [ "/etc/machine-id" ]; };',
    settings: `{
      imports = [ ${sopsSecret()} ];
      sops.age = { keyFile = "/var/lib/sops.key"; sshKeyPaths = [ ]; };
      sops.gnupg.sshKeyPaths = [ ];
      users.users.josh.hashedPasswordFile = "/var/lib/passwd";
      services.openssh.hostKeys = [ { path = "/var/lib/ssh/key"; type = "ed25519"; } ];
    }`,
  },
  // Devices, swap and keys.
  { settings: withLib('ebb.root.device = lib.mkForce "/dev/mapper/pool-root";') },
  { settings: withLib(`${crypt} ${opened} keyFile = "/dev/disk/by-id/usb-key"; };`) },
  {
    settings: withLib(`
      ${crypt} ${opened} keyFile = "/boot/keyfile"; };
      boot.initrd.secrets."/boot/keyfile" = null;
      swapDevices = [ { device = "/dev/sda3"; } ];`),
  },
  {
    settings: `{
      boot.initrd.secrets."/key" = "/root/key";
      environment.persistence."/persist".files = [ "/root/key" ];
      boot.initrd.luks.devices.data = { device = "/dev/sdb"; keyFile = "/sysroot/persist/key"; };
    }`,
  },
  { settings: withLib(`swapDevices = [ { device = "/dev/sda3"; randomEncryption = true; } ]; ${afterNothing}`) },
  // Mounts that the configuration has of its own, by other names for the same.
  { settings: `{ ${mounts({ '/': onDevice('/@root') })} }` },
  {
    settings: `{ ${mounts({
      '/persist': '{ device = "/nix/keep"; fsType = "none"; options = [ "bind" ]; neededForBoot = true; }',
    })} }`,
  },
  {
    settings: `{ ${mounts({ '/': '{ device = "/dev/sda2"; fsType = "btrfs"; options = [ "subvolid=256" ]; }' })} }`,
  },
  {
    of: 'persisted = { };',
    settings: `{
      environment.persistence."/nix/persist" = persists;
      ebb.storage = "/nix/persist";
      ${mounts({ '/persist': '' })}
    }`,
  },
  { settings: '{ boot.initrd.systemd.services.mine.script = "echo old_roots; rm -f /x"; }' },
  // Bound before anything is written there.
  { settings: '{ environment.etc.x.text = "1"; environment.persistence."/persist".directories = [ "/etc" ]; }' },
  {
    settings: `{
      environment.etc."x/y".text = "1";
      environment.persistence."/persist".directories = [ "/etc/x" ];
      fileSystems."/etc/x" = { device = "/persist/etc/x"; fsType = "none"; options = [ "bind" ]; neededForBoot = true; };
    }`,
  },
  // What is written where it is kept, or to be mounted over.
  {
    settings: `{
      environment.etc."x/empty".text = "";
      environment.etc."x/link".source = "/persist/etc/x/link";
      environment.persistence."/persist".files = [ "/etc/x/empty" "/etc/x/link" ];
    }`,
  },
  {
    settings: `{
      systemd.services.x.serviceConfig = { DynamicUser = true; StateDirectory = "x"; };
      systemd.services.y.serviceConfig.StateDirectory = "y";
      environment.persistence."/persist".directories = [ "/var/lib/private/x" "/var/lib/y" ];
    }`,
  },
  { of: 'persistence = "preservation";', settings: `{ ${isImage} }` },
];

tellsNothing(
  'what only looks like it is told of nothing',
  harmless.map((it) => hostOf(it)),
);

forEachLib('all that can be allowed is told in some test', (evaluate) => {
  const names = evaluate('builtins.attrNames (import (repository + "/nix/assertions/names.nix"))') as string[];
  const tests = readdirSync(import.meta.dirname)
    .filter((file) => file.startsWith('assertions-'))
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('');
  assert.deepEqual(
    names.filter((name) => !tests.includes(`name: '${name}'`)),
    [],
  );
});
