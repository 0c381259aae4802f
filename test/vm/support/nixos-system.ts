/**
 * The system of a NixOS, in its store: a small one of busybox, or systemd with what the configuration has written. It runs
 * the file /run/story, and goes off.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../support/workplace.ts';
import { unpacked } from './debian-initramfs.ts';
import type { NixosConfiguration } from './nixos-configuration.ts';
import { placeUnits, systemdOf } from './nixos-parts.ts';
import { Tree } from './tree.ts';

const boot = fileURLToPath(new URL('../../../boot/', import.meta.url));
export const SYSTEM = '/nix/store/00000000000000000000000000000000-nixos-system-test';
export const GENERATION = 7;

/** Of the system with systemd. Others are there that units name. */
const programs = [
  ...[
    'bash',
    'cat',
    'cp',
    'date',
    'echo',
    'find',
    'grep',
    'ln',
    'ls',
    'mkdir',
    'mount',
    'mountpoint',
    'mv',
    'readlink',
  ],
  ...[
    'rm',
    'sed',
    'sleep',
    'stat',
    'sync',
    'touch',
    'tr',
    'true',
    'umount',
    'uname',
    'systemctl',
    'journalctl',
    'udevadm',
  ],
  ...['btrfs', 'e2fsck', 'fsck'],
];
const storyUnit = `[Unit]
Description=The story of this boot
After=multi-user.target

[Service]
Type=exec
ExecStart=/bin/sh -c '. /run/story; systemctl --no-block poweroff'
Environment=PATH=/bin
StandardOutput=file:/dev/console
StandardError=file:/dev/console
`;
const smallInit = `#!${SYSTEM}/busybox sh
export PATH=/tmp/bin
${SYSTEM}/busybox mkdir -p /tmp/bin
${SYSTEM}/busybox --install -s /tmp/bin
. /run/story
sync
umount -r -a 2>/dev/null
poweroff -f
`;

/** Says how it was called: Node takes its time in an emulated machine. */
const ebb = '#!/bin/sh\necho "ebb was called: $*" >/dev/console\n';

/** What is mounted at /nix. */
export function nixosSystem(configuration: NixosConfiguration, kind: 'small' | 'systemd'): Tree {
  const nix = new Tree();
  const home = SYSTEM.slice('/nix/'.length);
  nix.link(`var/nix/profiles/system-${GENERATION}-link`, SYSTEM);
  if (kind === 'small') {
    nix.file(`${home}/busybox`, readFileSync(run('sh', ['-c', 'command -v busybox']).trim()), 0o755);
    nix.file(`${home}/init`, smallInit);
    nix.file(`${home}/etc/os-release`, 'ID=nixos\n');
    return nix;
  }
  const { system } = configuration;
  const tree = systemdOf(unpacked('dracut'), 'system', programs);
  tree.link('init', 'usr/lib/systemd/systemd');
  tree.link('etc/systemd/system/default.target', '/usr/lib/systemd/system/multi-user.target');
  tree.file('etc/machine-id', '0123456789abcdef0123456789abcdef\n');
  tree.file('etc/fstab', system.fstab);
  tree.file('etc/ebb/config.toml', system.configuration);
  const story = { text: storyUnit, wantedBy: ['multi-user.target'], requiredBy: [] };
  placeUnits(tree, { 'story.service': story, ...system.units });
  nix.add(home, tree);
  // Packages that units name: ebb's own, and others as Debian has them.
  const texts = Object.values(system.units).map(({ text }) => text);
  for (const path of new Set(texts.flatMap((text) => text.match(/\/nix\/store\/\w{32}-[\w.-]+/g) ?? []))) {
    const at = path.slice('/nix/'.length);
    if (/-ebb$/.test(path)) placeEbb(nix, at);
    else nix.link(at, `${basename(SYSTEM)}/usr`);
  }
  return nix;
}

function placeEbb(nix: Tree, at: string): void {
  nix.file(`${at}/bin/ebb`, ebb);
  for (const name of ['boot-begins', 'boot-ends', 'hold-shutdown'])
    nix.file(`${at}/lib/ebb/${name}`, readFileSync(join(boot, name), 'utf8'));
}
