/** What ebb's own options say that cannot work is told, and nobody can allow it. */
import assert from 'node:assert/strict';
import { forEachLib } from '../support/nix-evaluation.ts';
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
  // The last one counts: all that is mounted of the device would be that.
  ...['subvol=@root', 'subvolid=5', 'X-mount.subdir=@root', 'ro', 'noauto', 'nofail'].map((option) => ({
    name: undefined,
    settings: `{ ebb.root.options = [ "noatime" "${option}" ]; ebb.allow = [ "inside-root" "storage-late" ]; }`,
    says: new RegExp(`ebb\\.root\\.options has ${option.replace('.', '\\.')}, and`),
  })),
  ...['btrfs', 'directory'].map((filesystem) => ({
    name: undefined,
    of: `filesystem = "${filesystem}";`,
    settings: withLib('ebb.root.device = lib.mkForce [ "/dev/sda2" "/dev/sdb2" ];'),
    says: /has several devices, which only a bcachefs is mounted by/,
    mended: withLib('ebb.root.device = lib.mkOverride 40 "/dev/sda2";'),
  })),
  ...['btrfs', 'bcachefs', 'vfat', 'zfs'].map((type) => ({
    name: undefined,
    of: 'filesystem = "directory";',
    // Of a btrfs a part is mounted by subvol=, and a directory is none; others keep no owners, or are named otherwise.
    settings: `{ ebb.root.type = "${type}"; }`,
    says: new RegExp(`ebb\\.root\\.type = "${type}" has no root in a directory`),
    mended: '{ ebb.root.type = lib.mkForce "xfs"; }',
  })),
  {
    name: undefined,
    settings: '{ ebb.root.uuid = "0-1"; }',
    says: /ebb\.root\.uuid is of a bcachefs/,
    mended: withLib('ebb.root.uuid = lib.mkForce null; ebb.root.device = lib.mkForce "UUID=0-1";'),
  },
  // Nothing but names that the reset takes for its own.
  ...[
    ['ebb.root.persist = "@root.fresh";', '@root.fresh is where the reset makes the next root'],
    ['ebb.root.nix = "@root.part/nix";', '@root.part/nix is where the reset makes the next root'],
    ['ebb.root = { oldRoots = "@old"; subvolume = "@old/root"; };', '@old/root lies among the old roots'],
    ['ebb.root = { oldRoots = "@old"; persist = "@old"; };', '@old lies among the old roots'],
    ['ebb.root = { oldRoots = "@old"; nix = "@old/nix"; };', '@old/nix lies among the old roots'],
    ['ebb.root = { blank = "@blank"; oldRoots = "@blank/old"; };', '@blank/old would be copied'],
    ['ebb.root.blank = "@persist";', '@persist would be copied'],
    ['ebb.root = { blank = "@snapshots"; };', '@snapshots/old_roots, @snapshots would be copied'],
  ].map(([settings = '', says = '']) => ({ name: undefined, settings: `{ ${settings} }`, says: new RegExp(says) })),
  ...['/nix', '/', '/persist/', '/nix/store/x'].map((storage) => ({
    name: undefined,
    settings: `{ ebb.storage = "${storage}"; ebb.allow = [ "inside-root" "root-elsewhere" ]; }`,
    says: /ebb\.storage = /,
  })),
  // With one that is none, nothing of ebb would run; with one that is all, the check would always pass.
  ...['*.log', '/a//b', '/a/../b', '/a/', '/', '/**', '**/*'].map((ignored) => ({
    name: undefined,
    settings: `{ ebb.ignore = [ "/var/cache/*" "~/" "~/.cache" "**/*.log" "${ignored}" ]; }`,
    says: new RegExp(`not: ebb\\.ignore = "${ignored.replace(/[*.]/g, '\\$&')}"$`, 'm'),
  })),
  // With one that ebb does not read, none of its commands would run.
  ...['ann@example.org', 'x$', '-x'].map((user) => ({
    name: undefined,
    settings: `{
      users.users."${user}" = { isNormalUser = true; hashedPassword = "x"; };
      environment.persistence."/persist".users."${user}".directories = [ "x" ];
    }`,
    says: /not: a user of persisted paths = /,
  })),
  {
    name: undefined,
    settings: '{ ebb.check.interval = "daily\\nOnBootSec=1"; }',
    says: /ebb\.check\.interval = "daily\\nOnBootSec=1"/,
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
      ebb.sets = [ "server-minimal" ];`),
    says: /neither impermanence nor preservation is there/,
    mended: withLib('preservation.enable = lib.mkOverride 40 true;'),
  },
  {
    name: undefined,
    settings: withLib(`
      environment.persistence."/persist".enable = lib.mkForce false;
      ebb.sets = [ "forgejo" ];
      ebb.allow = [ "ids" "machine-id" "host-keys" ];`),
    says: /environment\.persistence\."\/persist" is switched off/,
    mended: withLib('environment.persistence."/persist".enable = lib.mkOverride 40 true;'),
  },
]);

forEachLib('where no module can persist anything, what is told brings one in', (evaluate) => {
  const told = (settings: string) =>
    evaluate(`(evaluate { modules = [
      module
      { ebb.enable = true; ebb.allow = [ "passwords" "boot-loader" ]; ebb.root = { filesystem = "btrfs"; device = "/dev/sda2"; }; }
      { ${settings} }
    ]; }).assertions`) as string[];
  const imports = /\n {4}imports = \[ inputs\.impermanence\.nixosModules\.impermanence \];\n/;
  const [missing = '', ...others] = told('ebb.sets = [ "server-minimal" ];');
  assert.match(missing, imports);
  assert.match(missing, /# inputs\.impermanence\.url = /);
  assert.deepEqual(others, []);
  const [machineId = ''] = told('');
  assert.match(machineId, /machine-id is not persisted/);
  assert.match(machineId, imports);
});
