/** What a filesystem is called: in fstab, in the initrd, and in ebb's configuration. */
import assert from 'node:assert/strict';
import { configurationOf } from '../../src/linux/configuration.ts';
import { forEachLib } from '../support/nix-evaluation.ts';

interface Told {
  /** The devices of fstab that are bcachefs or ext4, and the passes of fsck(8). */
  readonly fstab: string;
  readonly reset: string;
  readonly unit: string;
  readonly toml: string;
}

const told = (root: string): string => `
  (let
    it = evaluate {
      modules = [
        module
        { ebb = { enable = true; root = ${root}; }; boot.initrd.systemd.enable = true; }
      ];
    };
  in {
    fstab = it.initrdFstab;
    reset = it.config.boot.initrd.systemd.contents."/etc/ebb/reset.env".text or "";
    unit = it.initrdUnits."ebb-reset.service" or "";
    toml = it.config.environment.etc."ebb/config.toml".text;
  })`;

const column = (fstab: string, number: number): string[] =>
  fstab
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ')[number] as string);
const setting = (reset: string, name: string): string | undefined =>
  new RegExp(`^EBB_${name}='(.*)'$`, 'm').exec(reset)?.[1];
const words = (unit: string, key: string): string[] =>
  new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1]?.split(' ') ?? [];

const several = 'device = [ "/dev/disk/by-id/a" "/dev/disk/by-id/b" ];';
const waitedFor = ['dev-disk-by\\x2did-a.device', 'dev-disk-by\\x2did-b.device'];

forEachLib('a bcachefs of several devices is reset with all of them, and mounted by its UUID', (evaluate) => {
  const [named, first] = evaluate(`[
    ${told(`{ filesystem = "bcachefs"; ${several} uuid = "0-1"; options = [ "degraded" ]; }`)}
    ${told(`{ filesystem = "bcachefs"; ${several} }`)}
  ]`) as [Told, Told];
  for (const { reset, unit, toml } of [named, first]) {
    assert.equal(setting(reset, 'DEVICE'), '/dev/disk/by-id/a:/dev/disk/by-id/b');
    for (const device of waitedFor) {
      assert.ok(words(unit, 'After').includes(device), device);
      assert.ok(words(unit, 'Wants').includes(device), device);
    }
    // The kernel shows all of them as the source of the mount, which is none of their names.
    assert.equal(configurationOf(toml).root?.device, undefined);
  }
  // Of a name with a colon in it systemd makes one device, and waits for it in vain.
  // And of a tag nixpkgs makes a device of that name, and waits for it (nixpkgs#317901).
  const byUuid = '/dev/disk/by-uuid/0-1';
  assert.deepEqual(column(named.fstab, 0), [byUuid, byUuid, byUuid]);
  assert.deepEqual(column(first.fstab, 0), ['/dev/disk/by-id/a', '/dev/disk/by-id/a', '/dev/disk/by-id/a']);
});

forEachLib('a tag is a path where the reset looks whether the device is there', (evaluate) => {
  const { fstab, reset, unit, toml } = evaluate(
    told('{ filesystem = "btrfs"; device = "UUID=0-1"; options = [ "degraded" ]; }'),
  ) as Told;
  assert.equal(setting(reset, 'DEVICE'), '/dev/disk/by-uuid/0-1');
  assert.ok(words(unit, 'After').includes('dev-disk-by\\x2duuid-0\\x2d1.device'));
  assert.equal(configurationOf(toml).root?.device, '/dev/disk/by-uuid/0-1');
  assert.deepEqual(new Set(column(fstab, 0)), new Set(['UUID=0-1']));
});

forEachLib('a filesystem is checked before anything of it is mounted, and not again', (evaluate) => {
  const [directory, memory] = evaluate(`[
    ${told('{ filesystem = "directory"; device = "/dev/sda1"; }')}
    ${told('{ filesystem = "tmpfs"; device = "/dev/sda1"; }')}
  ]`) as [Told, Told];
  assert.deepEqual(
    [column(directory.fstab, 1), column(directory.fstab, 5)],
    [
      ['/', '/nix', '/persist'],
      ['1', '0', '0'],
    ],
  );
  assert.deepEqual(
    [column(memory.fstab, 1), column(memory.fstab, 5)],
    [
      ['/', '/nix', '/persist'],
      ['0', '2', '2'],
    ],
  );
});

forEachLib(
  'the reset waits for what is unlocked before it, and not for what is unlocked by a key on the root',
  (evaluate) => {
    const unit = evaluate(`
    (evaluate {
      modules = [
        module
        {
          ebb = { enable = true; root = { filesystem = "btrfs"; device = "/dev/mapper/crypt-root"; }; };
          boot.initrd.systemd.enable = true;
          boot.initrd.luks.devices = {
            crypt-root = { device = "/dev/sda2"; keyFile = "/key"; };
            lvm.device = "/dev/sda3";
            data = { device = "/dev/sdb"; keyFile = "/sysroot/persist/key"; };
            more = { device = "/dev/sdc"; header = "/sysroot/persist/header"; };
          };
        }
      ];
    }).initrdUnits."ebb-reset.service"`) as string;
    assert.deepEqual(
      words(unit, 'After').filter((it) => it.startsWith('systemd-cryptsetup@')),
      ['systemd-cryptsetup@crypt\\x2droot.service', 'systemd-cryptsetup@lvm.service'],
    );
  },
);
