/** The configurations of docs/guide/nixos-install.md, each with what disko makes of its disk. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Block, blocksOf, type Document, documents } from '../support/documents.ts';
import { evaluate, forEachLib, nixpkgsLib, nixString, withoutNixpkgsLib } from '../support/nix-evaluation.ts';

const guide = documents('docs/guide/nixos-install.md')[0] as Document;

/** The block of Nix under a heading. */
function under(heading: string): string {
  const at = guide.text.indexOf(`${heading}\n`);
  const blocks = blocksOf({ file: guide.file, text: guide.text.slice(at) });
  assert.notEqual(at, -1, heading);
  return (blocks.find(({ language }) => language === 'nix') as Block).text;
}

/** What is mounted first and checked, and how the store is mounted. */
const layouts = {
  btrfs: { heading: '### btrfs', root: 'btrfs', store: 'subvol=@nix', checked: [] },
  bcachefs: { heading: '### bcachefs, two disks', root: 'bcachefs', store: 'X-mount.subdir=@nix', checked: [] },
  ext4: { heading: '### ext4', root: 'ext4', store: 'X-mount.subdir=@nix', checked: ['/'] },
  memory: {
    heading: '### A root in memory',
    root: 'tmpfs',
    store: 'X-mount.subdir=@nix',
    checked: ['/nix', '/persist'],
  },
};
const configuration = under('## 2. The configuration').replace('imports = [ ./disko.nix ];', '');

for (const [name, { heading, root, store, checked }] of Object.entries(layouts)) {
  forEachLib(
    `a layout of the guide is mounted as it has to be, and nothing of it is complained of: ${name}`,
    (evaluate) => {
      const result = evaluate(`
      let
        result = evaluate {
          modules = [
            module
            impermanence
            (repository + "/test/nix/stub-disko.nix")
            { networking.hostName = "l001"; services.openssh.enable = true; }
            (${configuration})
            (${under(heading)})
          ];
        };
      in
      {
        inherit (result) assertions warnings initrdFstab;
        resets = result.initrdUnits ? "ebb-reset.service";
        settings = result.config.boot.initrd.systemd.contents."/etc/ebb/reset.env".text or "";
      }`) as Record<'assertions' | 'warnings', string[]> & { initrdFstab: string; resets: boolean; settings: string };
      assert.deepEqual([...result.assertions, ...result.warnings], []);
      const mounted = result.initrdFstab
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
      assert.deepEqual(
        mounted.map(([, point]) => point).filter((point) => point !== '/.snapshots'),
        ['/', '/nix', '/persist'],
      );
      assert.equal(mounted[0]?.[2], root);
      assert.ok(
        mounted
          .find(([, point]) => point === '/nix')?.[3]
          ?.split(',')
          .includes(store),
      );
      // A filesystem that is mounted is not checked again.
      assert.deepEqual(
        mounted.filter(([, , , , , pass]) => pass !== '0').map(([, point]) => point),
        checked,
      );
      assert.equal(result.resets, name !== 'memory');
      assert.match(
        result.settings,
        name === 'memory' ? /^$/ : /^EBB_DEVICE='\/dev\/disk\/by-partlabel\/disk-main-root/m,
      );
    },
  );
}

const disko = process.env['EBB_TEST_DISKO'];
const withoutDisko = withoutNixpkgsLib || (disko === undefined ? 'EBB_TEST_DISKO names no checkout of disko' : false);

test('the stand-in for disko makes what disko makes', { skip: withoutDisko }, () => {
  for (const { heading } of Object.values(layouts)) {
    const [real, standIn] = evaluate(
      `
      let
        layout = removeAttrs (${under(heading)}) [ "boot" "ebb" "fileSystems" ];
        diskoLib = import (/. + ${nixString(`${disko}/lib`)}) {
          inherit lib;
          rootMountPoint = "/mnt";
          makeTest = null;
          eval-config = null;
          qemu-common = null;
        };
        fileSystems = module: (lib.evalModules {
          modules = [
            module
            layout
            { options.fileSystems = lib.mkOption { type = lib.types.attrsOf lib.types.anything; }; }
          ];
        }).config.fileSystems;
        # Its UUID is made from the name.
        named = lib.mapAttrs (_: one: one // lib.optionalAttrs (one.fsType == "bcachefs") { device = "bcachefs"; });
      in
      map (module: named (fileSystems module)) [
        (
          { config, ... }:
          {
            options.disko.devices = lib.mkOption { type = diskoLib.toplevel; };
            config.fileSystems = config.disko.devices._config.fileSystems;
          }
        )
        (repository + "/test/nix/stub-disko.nix")
      ]`,
      nixpkgsLib,
    ) as [unknown, unknown];
    assert.deepEqual(standIn, real, heading);
  }
});
