/** A root, a store or a boot loader that is where the reset takes it from is told. */
import { mounts, onDevice, tells, withLib } from '../support/told-hosts.ts';

tells('what lies where', [
  {
    name: 'inside-root',
    settings: `{ ${mounts({ '/persist': '' })} }`,
    says: /^ebb: \/persist would be inside the root \(@root\)/,
    mended: 'as told',
  },
  {
    name: 'inside-root',
    settings: `{ ${mounts({ '/nix': '' })} }`,
    says: /^ebb: \/nix\/store, \/nix\/var would be inside/,
    mended: 'as told',
  },
  {
    name: 'inside-root',
    settings: `{ ${mounts({ '/persist': onDevice('@root', 'neededForBoot = true;') })} }`,
    says: /^ebb: \/persist would/,
  },
  {
    name: 'inside-root',
    settings: `{ ${mounts({ '/persist': onDevice('/@root/persist', 'neededForBoot = true;') })} }`,
    says: /^ebb: \/persist would/,
  },
  {
    name: 'inside-root',
    settings: `{ ${mounts({ '/persist': '{ device = "/srv/persist"; fsType = "none"; options = [ "bind" ]; neededForBoot = true; }' })} }`,
    says: /^ebb: \/persist would/,
  },
  {
    name: 'inside-root',
    settings: `{ environment.persistence."/data".directories = [ "/var/lib/x" ]; }`,
    says: /^ebb: \/data would/,
    mended: 'as told',
  },
  { name: 'inside-root', settings: '{ ebb.root.oldRoots = "@root/old"; }', says: /^ebb: @root\/old would/ },
  { name: 'inside-root', settings: '{ ebb.root.blank = "@root"; }', says: /^ebb: @root would/ },
  {
    name: 'inside-root',
    settings: '{ ebb.root.persist = "@root/persist"; }',
    says: /^ebb: @root\/persist, \/persist would/,
  },
  {
    name: 'inside-root',
    of: 'filesystem = "tmpfs";',
    settings: withLib('ebb.root.device = lib.mkForce null; ebb.root.oldRoots = "/boot/old";'),
    says: /^ebb: \/nix\/store, \/nix\/var, \/persist would be inside the root \(memory\)/,
    mended: `{ ${mounts({ '/': '' })} }`,
  },
  // The last one counts.
  {
    name: 'inside-root',
    settings: `{ ${mounts({ '/persist': onDevice('@persist" "subvol=@root', 'neededForBoot = true;') })} }`,
    says: /^ebb: \/persist would/,
  },
  // The same device by another name.
  {
    name: 'inside-root',
    settings: `{ ${mounts({ '/persist': `${onDevice('@root', 'neededForBoot = true;')} // { device = "LABEL=nixos"; }` })} }`,
    says: /^ebb: \/persist would/,
  },
  ...['nofail', 'noauto'].map((option) => ({
    name: 'storage-late',
    settings: `{ fileSystems."/persist".options = [ "${option}" ]; }`,
    says: new RegExp(`the boot does not wait for /persist \\(${option}\\)`),
    mended: withLib(`fileSystems."/persist".options = lib.mkForce [ "subvol=@persist" ];`),
  })),
  {
    name: 'storage-late',
    settings: `{ ${mounts({ '/persist': onDevice('@persist') })} }`,
    says: /mounted late: \/persist\./,
    mended: 'as told',
  },
  {
    name: 'nested-storage',
    settings: '{ environment.persistence."/persist".directories = [ "/persist/data" ]; }',
    says: /\/persist\/data in \/persist/,
  },
  {
    name: 'nested-storage',
    of: 'persistence = "preservation";',
    settings: '{ preservation.preserveAt."/persist".directories = [ "/persist" ]; }',
    says: /\/persist in \/persist/,
  },
  {
    name: 'root-elsewhere',
    settings: `{ ${mounts({ '/': onDevice('root') })} }`,
    says: /of "@root", and \/ is "root"/,
    mended: 'as told',
  },
  {
    name: 'root-elsewhere',
    settings: `{ ${mounts({ '/': '{ device = "/dev/disk/by-label/nixos"; fsType = "btrfs"; }' })} }`,
    says: /and \/ is the whole device/,
    mended: 'as told',
  },
  {
    name: 'root-elsewhere',
    of: 'filesystem = "bcachefs";',
    // Not an option of that filesystem.
    settings: `{ ${mounts({ '/': '{ device = "/dev/sda2"; fsType = "bcachefs"; options = [ "subvol=@root" ]; }' })} }`,
    says: /and \/ is the whole device, as bcachefs has no option "subvol="/,
    mended: 'as told',
  },
  {
    name: 'inside-root',
    of: 'filesystem = "bcachefs";',
    settings: `{ ${mounts({
      '/': '{ device = "/dev/sda2"; fsType = "bcachefs"; }',
      '/nix': '{ device = "/dev/sda2"; fsType = "bcachefs"; options = [ "subvol=@nix" ]; }',
      '/persist':
        '{ device = "/dev/sda2"; fsType = "bcachefs"; options = [ "subvol=@persist" ]; neededForBoot = true; }',
    })} ebb.allow = [ "root-elsewhere" ]; }`,
    says: /^ebb: \/nix\/store, \/nix\/var, \/persist would be .* bcachefs has no option "subvol="/s,
    mended: 'as told',
  },
  {
    name: 'root-elsewhere',
    of: 'filesystem = "tmpfs";',
    settings: `{ ${mounts({ '/': '{ device = "/dev/sdb1"; fsType = "ext4"; }' })} }`,
    says: /and \/ is mounted as ext4/,
  },
  {
    name: 'root-elsewhere',
    settings: withLib('fileSystems."/".device = lib.mkForce "LABEL=other";'),
    says: /the reset is of \/dev\/disk\/by-label\/nixos, and \/ is of \/dev\/disk\/by-label\/other/,
    mended: withLib('fileSystems."/".device = lib.mkOverride 40 "LABEL=nixos";'),
  },
  // What is there in each boot, and never what was there in the last one.
  {
    name: 'inside-root',
    settings: '{ environment.persistence."/run/persist".directories = [ "/var/lib/x" ]; }',
    says: /^ebb: \/run\/persist would/,
  },
  {
    name: 'old-roots',
    of: 'filesystem = "tmpfs";',
    settings: withLib('ebb.root.oldRoots = lib.mkOverride 200 "/run/old_roots";'),
    says: /captured to \/run\/old_roots/,
    mended: 'as told',
  },
  ...['btrfs', 'tmpfs'].map((filesystem) => ({
    name: 'swap-files',
    of: `filesystem = "${filesystem}";`,
    settings: '{ swapDevices = [ { device = "/swapfile"; } ]; }',
    says: /the swap file \/swapfile lies on the root/,
    mended: withLib('swapDevices = lib.mkForce [ { device = "/persist/swapfile"; } ];'),
    isWarning: true as const,
  })),
  {
    name: 'old-roots',
    of: 'filesystem = "tmpfs";',
    settings: withLib('ebb.root.oldRoots = lib.mkOverride 200 "/var/old_roots";'),
    says: /captured to \/var\/old_roots/,
    mended: 'as told',
  },
  ...['btrfs', 'tmpfs'].map((filesystem) => ({
    name: 'boot-loader',
    of: `filesystem = "${filesystem}"; hasBoot = false;`,
    settings: '{ }',
    says: /reads \/boot,/,
    mended: 'as told',
  })),
  {
    name: 'boot-loader',
    of: 'hasBoot = false;',
    settings: `{
      boot.loader = { grub.enable = false; systemd-boot.enable = true; efi.efiSysMountPoint = "/efi"; };
      environment.persistence."/persist".directories = [ "/efi" ];
      ebb.allow = [ "mounted-twice" ];
    }`,
    says: /reads \/efi,/,
    mended: 'as told',
  },
  {
    name: 'boot-loader',
    of: 'hasBoot = false;',
    settings: '{ boot.loader = { grub.enable = false; generic-extlinux-compatible.enable = true; }; }',
    says: /reads \/boot,/,
    mended: 'as told',
  },
]);
