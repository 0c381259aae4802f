/** A reset that comes too early, too late or twice is told, and keys that it takes away. */
import { tells, withLib } from '../support/told-hosts.ts';

const afterNothing = 'boot.initrd.systemd.services.ebb-reset.after = lib.mkForce [ "initrd-root-device.target" ];';
/** As in the README of impermanence. */
const wipe = `
  mkdir /btrfs_tmp && mount /dev/sda2 /btrfs_tmp
  mv /btrfs_tmp/root "/btrfs_tmp/old_roots/$timestamp"
  btrfs subvolume create /btrfs_tmp/root`;
const crypt = 'ebb.root.device = lib.mkForce "/dev/mapper/crypt";';
const opened = 'boot.initrd.luks.devices.crypt = { device = "/dev/sda2"; ';

tells('the order of the boot', [
  {
    name: 'resume',
    settings: withLib(`swapDevices = [ { device = "/dev/sda3"; } ]; ${afterNothing}`),
    says: /can hibernate.*not ordered after systemd-hibernate-resume\.service/,
    mended: withLib(
      'boot.initrd.systemd.services.ebb-reset.after = lib.mkForce [ "systemd-hibernate-resume.service" ];',
    ),
  },
  {
    name: 'resume',
    settings: withLib(`boot.resumeDevice = "/dev/sda2"; ${afterNothing}`),
  },
  ...['postDeviceCommands', 'postResumeCommands', 'postMountCommands'].map((commands) => ({
    name: 'second-reset',
    settings: withLib(`boot.initrd.systemd.enable = false; boot.initrd.${commands} = lib.mkAfter ''${wipe}'';`),
    says: new RegExp(`^ebb: boot\\.initrd\\.${commands} resets`),
  })),
  {
    name: 'second-reset',
    settings: '{ boot.initrd.systemd.services.rollback = { script = "btrfs subvolume delete /mnt/@root"; }; }',
    says: /^ebb: boot\.initrd\.systemd\.services\.rollback resets/,
    mended: '{ boot.initrd.systemd.services.rollback.enable = false; }',
  },
  {
    name: 'second-reset',
    settings: '{ boot.initrd.systemd.services.rollback.script = "zfs rollback -r rpool/root@blank"; }',
  },
  {
    name: 'unlock',
    settings: withLib(crypt),
    says: /nothing opens \/dev\/mapper\/crypt/,
    mended: 'as told',
  },
  {
    name: 'unlock',
    settings: withLib('ebb.root.device = lib.mkForce "/dev/mapper/luks-2d0a-11";'),
    says: /nothing opens \/dev\/mapper\/luks-2d0a-11/,
    mended: 'as told',
  },
  {
    name: 'unlock',
    settings: withLib(`${crypt} ${opened} }; ${afterNothing}`),
    says: /not ordered after systemd-cryptsetup@crypt\.service/,
    mended: withLib('boot.initrd.systemd.services.ebb-reset.after = lib.mkForce [ "cryptsetup.target" ];'),
  },
  {
    name: 'unlock',
    settings: withLib(`${crypt} ebb.root.unlockedBy = [ "my.service" ]; ${afterNothing}`),
    says: /not ordered after my\.service/,
  },
  {
    name: 'key-files',
    settings: withLib('boot.initrd.secrets."/key" = lib.mkDefault "/root/key";'),
    says: /^ebb: \/root\/key goes into the initrd/,
    mended: 'as told',
  },
  {
    name: 'key-files',
    settings: withLib('boot.initrd.secrets."/etc/key" = lib.mkDefault null;'),
    says: /^ebb: \/etc\/key goes into the initrd/,
    mended: 'as told',
  },
  {
    name: 'key-files',
    settings: withLib(`${crypt} ${opened} keyFile = "/root/key"; };`),
    says: /^ebb: \/root\/key is a path of the system/,
    mended: 'as told',
  },
  {
    name: 'key-files',
    settings: '{ boot.initrd.luks.devices.data = { device = "/dev/sdb"; keyFile = "/sysroot/root/key"; }; }',
    says: /^ebb: \/sysroot\/root\/key is read in the initrd/,
  },
  {
    name: 'key-files',
    settings: `{
      environment.persistence."/persist".files = [ "/root/.swapkey" ];
      swapDevices = [ { device = "/dev/mapper/swap"; encrypted = {
        enable = true; label = "swap"; blkDev = "/dev/sda3"; keyFile = "/mnt-root/root/.swapkey";
      }; } ];
    }`,
    says: /^ebb: \/mnt-root\/root\/\.swapkey is read in the initrd/,
  },
  {
    name: 'key-files',
    settings: `{ environment.etc.crypttab.text = ''
      # name device key
      swap /dev/sda3 /dev/urandom swap
      data UUID=x /etc/keys/data luks
    ''; }`,
    says: /^ebb: \/etc\/keys\/data of \/etc\/crypttab/,
  },
  {
    name: 'initrd-shell',
    settings: '{ boot.initrd.systemd.shell.enable = false; }',
    says: /the initrd has no shell/,
    mended: withLib('boot.initrd.systemd.shell.enable = lib.mkForce true;'),
  },
]);
