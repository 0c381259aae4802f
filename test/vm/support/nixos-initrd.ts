/** systemd's initrd, as nixpkgs makes it (nixos/modules/system/boot/systemd/initrd.nix), of Debian's packages. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { run } from '../../support/workplace.ts';
import type { BcachefsTools } from './bcachefs-tools.ts';
import { unpacked } from './debian-initramfs.ts';
import { Archive, BEGINS } from './initramfs.ts';
import type { Kernel } from './kernel.ts';
import type { NixosConfiguration } from './nixos-configuration.ts';
import { placeAt, placeUnits, systemdOf } from './nixos-parts.ts';
import { SYSTEM } from './nixos-system.ts';
import type { Tree } from './tree.ts';

/** bash, coreutils, kmod, systemd, and of util-linux what `boot.initrd.systemd.extraBin` has. */
const programs = [
  ...['bash', 'cat', 'chroot', 'cp', 'date', 'dd', 'echo', 'ln', 'ls', 'mkdir', 'mv', 'printf', 'readlink', 'realpath'],
  ...['rm', 'rmdir', 'sleep', 'stat', 'sync', 'touch', 'tr', 'true', 'uname', 'kmod', 'systemctl', 'journalctl'],
  ...['udevadm', 'mount', 'umount', 'fsck'],
];
/** What nixpkgs adds for a filesystem that is mounted in the initrd. */
const programsOf = { btrfs: ['btrfs'], ext4: ['e2fsck', 'fsck.ext4'], bcachefs: [] };

/** Units whose times a boot tells. */
const told = ['ebb-reset.service', 'systemd-fsck-root.service', 'sysroot.mount', 'sysroot-nix.mount'];

const systemConf = `[Manager]
DefaultEnvironment=PATH=/bin:/sbin
ManagerEnvironment=PATH=/bin:/sbin SYSTEMD_SYSROOT_FSTAB=/etc/initrd-fstab
`;
const init = (modules: readonly string[]) => `#!/busybox sh
${modules.map((name) => `/busybox insmod /modules/${name}`).join('\n')}
/busybox echo "${BEGINS}"
exec /usr/lib/systemd/systemd
`;
/** What NixOS' prepare-root does for a system: a fresh root is empty. What is no systemd is started by its own name. */
const activation = `#!/bin/sh
echo; echo 'initrd begins'
systemctl show -p Id,After,InactiveExitTimestampMonotonic,ActiveEnterTimestampMonotonic,Result ${told.join(' ')}
echo 'initrd ends'
cd /sysroot
echo "fact fresh $(echo *)"
mkdir -p proc sys dev run tmp
if [ -L .${SYSTEM}/init ]; then
  for name in usr bin sbin lib lib64; do ln -sfn ${SYSTEM}/$name $name; done
  echo NEW_INIT=
else
  echo NEW_INIT=${SYSTEM}/init
fi >/etc/switch-root.conf
cp -r .${SYSTEM}/etc .
cp /story /run/story
`;
const activationUnit = `[Unit]
AssertPathExists=/etc/initrd-release
DefaultDependencies=no
After=initrd-switch-root.target
Before=initrd-switch-root.service

[Service]
Type=oneshot
StandardOutput=file:/dev/console
StandardError=file:/dev/console
ExecStart=/activation
`;
const switchRoot = `[Service]
EnvironmentFile=-/etc/switch-root.conf
ExecStart=
ExecStart=systemctl --no-block switch-root /sysroot "\${NEW_INIT}"
`;

export interface NixosInitrd {
  readonly kernel: Kernel;
  readonly configuration: NixosConfiguration;
  readonly filesystem: keyof typeof programsOf;
  readonly tools?: BcachefsTools;
  /** Changes what only this one has otherwise. */
  readonly change?: (tree: Tree) => void;
}

/** Writes it to the file `into`. */
export function makeNixosInitrd(into: string, { kernel, configuration, filesystem, ...more }: NixosInitrd): void {
  const { initrd } = configuration;
  const home = unpacked('dracut');
  const tree = systemdOf(home, 'initrd', [...programs, ...programsOf[filesystem]]);
  for (const name of ['proc', 'sys', 'dev', 'run', 'tmp', 'sysroot', 'var']) tree.directory(name);
  const modules = kernel.modules(['virtio_blk', filesystem]);
  for (const file of modules)
    tree.file(`modules/${basename(file, '.xz')}`, execFileSync('xz', ['-dc', file], { maxBuffer: 2 ** 30 }));
  tree.file('busybox', readFileSync(run('sh', ['-c', 'command -v busybox']).trim()), 0o755);
  tree.file('init', init(modules.map((file) => basename(file, '.xz'))));
  tree.file('etc/initrd-release', 'ID=nixos\nNAME=NixOS\nVERSION_ID=test\n');
  tree.file('etc/systemd/system.conf', systemConf);
  tree.file('etc/initrd-fstab', initrd.fstab);
  tree.link('etc/systemd/system/default.target', '/usr/lib/systemd/system/initrd.target');
  tree.file('etc/systemd/system/initrd-switch-root.service.d/nixos.conf', switchRoot);
  tree.file('activation', activation);
  tree.file('story', '');
  placeUnits(tree, {
    'activation.service': { text: activationUnit, wantedBy: [], requiredBy: ['initrd-switch-root.service'] },
  });
  // What the configuration has.
  placeUnits(tree, initrd.units);
  for (const [path, content] of Object.entries(initrd.files)) tree.file(path.slice(1), content);
  for (const path of Object.values(initrd.programs)) placeAt(tree, home, path);
  for (const [path, content] of more.tools?.files() ?? []) tree.file(`usr/${path}`, content, 0o755);
  if (more.tools !== undefined) tree.link('usr/bin/mount.bcachefs', 'bcachefs');
  more.change?.(tree);
  const archive = new Archive();
  tree.writeTo(archive);
  writeFileSync(into, archive.end());
}

export interface UnitInInitrd {
  readonly after: readonly string[];
  readonly result: string;
  /** In seconds since the kernel began: when it began to start, and when it had. */
  readonly begins: number;
  readonly starts: number;
}

/** What a boot told of the units of its initrd, by name. */
export function initrdUnitsIn(console: string): Map<string, UnitInInitrd> {
  const [, text = ''] = /^initrd begins\n(.*?)^initrd ends$/ms.exec(console) ?? [];
  const units = new Map<string, UnitInInitrd>();
  for (const section of text.split('\n\n')) {
    const facts = new Map([...section.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]));
    units.set(facts.get('Id') ?? '', {
      after: (facts.get('After') ?? '').split(' '),
      result: facts.get('Result') ?? '',
      begins: Number(facts.get('InactiveExitTimestampMonotonic')) / 1e6,
      starts: Number(facts.get('ActiveEnterTimestampMonotonic')) / 1e6,
    });
  }
  return units;
}

export const commandLine = `root=fstab init=${SYSTEM}/init`;
