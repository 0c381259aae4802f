/** What ebb's own options say that cannot work is told, and nobody can allow it. */
import { tells, withLib } from '../support/told-hosts.ts';

tells('options that cannot work', [
  {
    name: undefined,
    settings: '{ ebb.root.blank = "@blank,x"; }',
    says: /plain.*These are not: ebb\.root\.blank = "@blank,x"$/m,
  },
  { name: undefined, settings: '{ ebb.root.oldRoots = "../old"; }', says: /ebb\.root\.oldRoots = "\.\.\/old"/ },
  { name: undefined, settings: '{ ebb.root.options = [ "a b" "c" ]; }', says: /not: ebb\.root\.options = "a b"$/m },
  { name: undefined, settings: '{ ebb.root.options = [ "a,b" ]; }', says: /ebb\.root\.options = "a,b"/ },
  { name: undefined, settings: '{ ebb.root.options = [ "a\\nb" ]; }', says: /ebb\.root\.options = "a\\nb"/ },
  {
    name: undefined,
    of: 'filesystem = "directory";',
    settings: `{ ebb.root.type = "ext4'"; }`,
    says: /ebb\.root\.type = "ext4'"/,
  },
  {
    name: undefined,
    of: 'filesystem = "tmpfs";',
    settings: '{ ebb.root.size = "2G,mode=777"; }',
    says: /ebb\.root\.size = "2G,mode=777"/,
  },
  {
    name: undefined,
    settings: '{ ebb.root.ephemeralMounts = [ "/a/../b" ]; }',
    says: /ebb\.root\.ephemeralMounts = "\/a\/\.\.\/b"/,
  },
  {
    name: undefined,
    of: 'filesystem = "bcachefs";',
    settings: withLib('ebb.root.device = lib.mkForce [ "/dev/a" "/dev/b:c" ];'),
    says: /not: ebb\.root\.device = "\/dev\/b:c"$/m,
  },
  {
    name: undefined,
    settings: withLib('ebb.root.device = lib.mkForce "/dev/disk/by-label/a\\"b";'),
    says: /ebb\.root\.device/,
  },
  {
    name: undefined,
    settings: '{ environment.persistence."/persist".directories = [ "/var/lib/../x" ]; }',
    says: /a persisted path = "\/var\/lib\/\.\.\/x"/,
  },
  {
    name: undefined,
    settings: withLib('ebb.root.device = lib.mkForce null;'),
    says: /ebb\.root\.filesystem = "btrfs" without ebb\.root\.device/,
    mended: withLib('ebb.root.device = lib.mkOverride 40 "/dev/sda2";'),
  },
  ...['bcachefs', 'directory'].map((filesystem) => ({
    name: undefined,
    of: `filesystem = "${filesystem}";`,
    settings: withLib('boot.initrd.systemd.enable = lib.mkOverride 900 false;'),
    says: /by systemd's initrd alone/,
    mended: 'as told',
  })),
  {
    name: undefined,
    of: 'filesystem = "tmpfs";',
    settings: withLib('boot.initrd.systemd.enable = lib.mkOverride 900 false;'),
    says: /does not know X-mount\.subdir, by which .*\/nix.* is mounted/,
    mended: 'as told',
  },
  {
    name: undefined,
    of: 'persistence = "preservation";',
    settings: withLib(`
      preservation.enable = lib.mkForce false;
      ebb.sets = [ "server-minimal" ];
      ebb.allow = [ "ids" "machine-id" "host-keys" ];`),
    says: /neither impermanence nor preservation is there/,
    mended: withLib('preservation.enable = lib.mkOverride 40 true;'),
  },
]);
