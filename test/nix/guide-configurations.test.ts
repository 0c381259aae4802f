/**
 * The configurations of docs/guide/nixos-migrate.md and nixos-from-traditional.md, each beside what such a machine has.
 */
import assert from 'node:assert/strict';
import { type Block, blocksOf, type Document, documents } from '../support/documents.ts';
import { forEachLib } from '../support/nix-evaluation.ts';

/** The first block of Nix behind these words. */
function behind(page: string, words: string): string {
  const { file, text } = documents(`docs/guide/${page}`)[0] as Document;
  const at = text.indexOf(words);
  assert.notEqual(at, -1, words);
  return (blocksOf({ file, text: text.slice(at) }).find(({ language }) => language === 'nix') as Block).text;
}

const btrfs = (device: string, parts: Readonly<Record<string, string>>) =>
  `fileSystems = { ${Object.entries(parts)
    .map(
      ([point, name]) =>
        `"${point}" = { device = "${device}"; fsType = "btrfs"; options = [ "subvol=${name}" ]; neededForBoot = true; };`,
    )
    .join(' ')} };`;
const pool = (point: string, name: string) =>
  `fileSystems."${point}" = { device = "UUID=1-2"; fsType = "bcachefs"; options = [ "X-mount.subdir=${name}" ]; neededForBoot = true; };`;

/** What the machine has, and what its reset is told. */
const wiped = {
  "The btrfs script of impermanence's README": {
    storage: '/persistent',
    has: btrfs('/dev/root_vg/root', { '/': 'root', '/nix': 'nix', '/persistent': 'persistent' }),
    told: { ROOT: 'root', OLD_ROOTS: 'old_roots', BLANK: '', STORAGE: 'persistent', NIX: 'nix' },
  },
  'A rollback to `@blank`': {
    storage: '/persist',
    has: `
      ${btrfs('/dev/mapper/enc', { '/': 'root', '/nix': 'nix', '/persist': 'persist', '/home': 'home', '/var/log': 'log' })}
      boot.initrd.luks.devices.enc.device = "/dev/disk/by-uuid/1-2";`,
    told: { ROOT: 'root', OLD_ROOTS: 'old_roots', BLANK: 'root-blank', STORAGE: 'persist', NIX: 'nix' },
  },
  'A tmpfs': {
    storage: '/nix/persist',
    has: `
      fileSystems."/" = { device = "none"; fsType = "tmpfs"; options = [ "size=25%" "mode=755" ]; };
      fileSystems."/nix" = { device = "/dev/disk/by-label/nix"; fsType = "ext4"; };`,
    told: undefined,
  },
  'bcache-impermanence': {
    storage: '/persist',
    has: `${pool('/', '@root')} ${pool('/nix', '@nix')} ${pool('/persist', '@persist')}`,
    told: { ROOT: '@root', OLD_ROOTS: '@snapshots/old_roots', BLANK: '', STORAGE: '@persist', NIX: '@nix' },
  },
};

const kept = { ROOT: '@root', OLD_ROOTS: '@snapshots/old_roots', BLANK: '' };
const traditional = {
  'declare what the survey found': {
    storage: '/persist',
    has: '',
    told: { ...kept, STORAGE: '@persist', NIX: '@nix' },
  },
  'On ext4 and its like, the store': {
    storage: '/persist',
    has: '',
    told: { ...kept, STORAGE: 'persist', NIX: 'nix' },
  },
};
const machines = [
  ...Object.entries(wiped).map(([words, machine]) => ({
    page: 'nixos-migrate.md',
    words: `## ${words}\n`,
    ...machine,
  })),
  ...Object.entries(traditional).map(([words, machine]) => ({ page: 'nixos-from-traditional.md', words, ...machine })),
];

for (const { page, words, storage, has, told } of machines) {
  forEachLib(`nothing is complained of, and the reset knows the names: ${page}: ${words.trim()}`, (evaluate) => {
    const result = evaluate(`
      let
        result = evaluate {
          modules = [
            module
            impermanence
            (${behind(page, words)})
            { ebb.enable = true; }
            {
              ${has}
              fileSystems."/boot" = { device = "/dev/disk/by-label/BOOT"; fsType = "vfat"; };
              boot.loader.systemd-boot.enable = true;
              users.mutableUsers = false;
              users.users.josh = {
                isNormalUser = true;
                hashedPasswordFile = "${storage}/passwords/josh";
              };
              environment.persistence."${storage}" = {
                directories = [ "/var/lib/nixos" ];
                files = [ "/etc/machine-id" ];
              };
            }
          ];
        };
      in
      {
        inherit (result) assertions warnings;
        settings = result.config.boot.initrd.systemd.contents."/etc/ebb/reset.env".text or null;
        points = builtins.attrNames result.config.fileSystems;
      }`) as { assertions: string[]; warnings: string[]; settings: string | null; points: string[] };
    assert.deepEqual([...result.assertions, ...result.warnings], []);
    // Where the configuration mounts them itself, ebb mounts nothing.
    assert.equal(result.points.includes('/.snapshots'), page === 'nixos-from-traditional.md');
    if (told === undefined) assert.equal(result.settings, null);
    for (const [name, value] of Object.entries(told ?? {})) {
      assert.match(result.settings ?? '', new RegExp(`^EBB_${name}='${value}'$`, 'm'));
    }
  });
}
