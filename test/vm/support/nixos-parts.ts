/** What NixOS has of systemd, and what runs with it, from Debian's packages: in an initrd, and in a system. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from '../../support/workplace.ts';
import type { Unit } from './nixos-configuration.ts';
import { Tree } from './tree.ts';

const UNITS = 'usr/lib/systemd/system';
const LIBRARIES = '/usr/lib/x86_64-linux-gnu';

/** Programs in systemd's own directory. */
const systemdPrograms = [
  ...[
    'systemd',
    'systemd-executor',
    'systemd-fsck',
    'systemd-hibernate-resume',
    'systemd-journald',
    'systemd-shutdown',
  ],
  ...['systemd-remount-fs', 'systemd-sysctl', 'systemd-sysroot-fstab-check', 'systemd-sulogin-shell'],
  ...['systemd-fstab-generator', 'systemd-hibernate-resume-generator'].map((name) => `system-generators/${name}`),
];
/** Those that systemd opens when it needs them. */
const opened = ['libmount.so.1', 'libblkid.so.1', 'libkmod.so.2'].map((name) => `${LIBRARIES}/${name}`);

/** In both. nixos/modules/system/boot/systemd/initrd.nix and systemd.nix list them. */
const sharedUnits = [
  ...['basic', 'emergency', 'final', 'local-fs', 'local-fs-pre', 'multi-user', 'paths', 'poweroff', 'reboot'],
  ...['rescue', 'shutdown', 'slices', 'sockets', 'swap', 'sysinit', 'timers', 'umount'],
]
  .map((name) => `${name}.target`)
  .concat([
    ...['emergency.service', 'systemd-fsck@.service', 'systemd-poweroff.service', 'systemd-reboot.service'],
    ...[
      'systemd-journald.service',
      'systemd-journald.socket',
      'systemd-journald-dev-log.socket',
      'systemd-sysctl.service',
    ],
    ...['systemd-udevd.service', 'systemd-udevd-control.socket', 'systemd-udevd-kernel.socket'],
    'systemd-udev-trigger.service',
  ]);
const initrdUnits = [
  ...['initrd', 'initrd-fs', 'initrd-root-device', 'initrd-root-fs', 'initrd-usr-fs', 'initrd-switch-root'].map(
    (name) => `${name}.target`,
  ),
  ...['initrd-cleanup', 'initrd-parse-etc', 'initrd-switch-root', 'initrd-udevadm-cleanup-db'].map(
    (name) => `${name}.service`,
  ),
  'systemd-hibernate-resume.service',
];
const systemUnits = ['systemd-remount-fs.service', 'systemd-journal-flush.service', 'systemd-fsck-root.service'];

/** All that an emulated machine has of devices would take it seconds. */
const onlyDisks = `[Service]
ExecStart=
ExecStart=udevadm trigger --type=all --action=add --subsystem-match=block
`;
const rules = ['50-udev-default', '60-block', '60-persistent-storage', '64-btrfs', '64-ext4', '99-systemd'];

/** A tree with `/usr` and the links beside it. `home`: where Debian's packages are unpacked. */
export function systemdOf(home: string, stage: 'initrd' | 'system', programs: readonly string[]): Tree {
  const tree = new Tree();
  for (const name of ['bin', 'lib', 'lib64']) tree.link(name, `usr/${name}`);
  tree.link('sbin', 'usr/bin');
  tree.link('usr/sbin', 'bin');
  const loaded = [...programs.map((name) => placeProgram(tree, home, name)), ...opened];
  // As NixOS has it.
  tree.link('usr/bin/sh', 'bash');
  for (const name of systemdPrograms) {
    const path = `usr/lib/systemd/${name}`;
    tree.file(path, readFileSync(join(home, path)), 0o755);
    loaded.push(`/${path}`);
  }
  tree.link('usr/lib/systemd/systemd-udevd', '../../bin/udevadm');
  const units = [...sharedUnits, ...(stage === 'initrd' ? initrdUnits : systemUnits)];
  for (const name of units) tree.file(`${UNITS}/${name}`, readFileSync(join(home, UNITS, name)));
  for (const target of ['sysinit', 'sockets', 'local-fs'].map((name) => `${name}.target.wants`))
    for (const name of readdirSync(join(home, UNITS, target)))
      if (units.includes(name)) tree.link(`${UNITS}/${target}/${name}`, `../${name}`);
  tree.file(`${UNITS}/systemd-udev-trigger.service.d/disks.conf`, onlyDisks);
  for (const name of rules) {
    const path = `usr/lib/udev/rules.d/${name}.rules`;
    tree.file(path, readFileSync(join(home, path)));
  }
  placeLibraries(tree, home, loaded);
  tree.file('etc/passwd', 'root:x:0:0::/root:/bin/sh\n');
  tree.file('etc/group', 'root:x:0:\nsystemd-journal:x:101:\n');
  tree.file('etc/os-release', 'ID=nixos\nNAME=NixOS\nVERSION_ID=test\n');
  return tree;
}

/** As a configuration has them. */
export function placeUnits(tree: Tree, units: Readonly<Record<string, Unit>>): void {
  for (const [name, { text, wantedBy, requiredBy }] of Object.entries(units)) {
    tree.file(`etc/systemd/system/${name}`, text);
    for (const other of wantedBy) tree.link(`etc/systemd/system/${other}.wants/${name}`, `../${name}`);
    for (const other of requiredBy) tree.link(`etc/systemd/system/${other}.requires/${name}`, `../${name}`);
  }
}

/** A program by the path that a configuration has for it. */
export function placeAt(tree: Tree, home: string, path: string): void {
  placeLibraries(tree, home, [placeProgram(tree, home, basename(path))]);
  tree.link(path.slice(1), `/usr/bin/${basename(path)}`);
}

/** Gives where it is in Debian. */
function placeProgram(tree: Tree, home: string, name: string): string {
  const path = ['usr/bin', 'usr/sbin'].map((directory) => `${directory}/${name}`).find((one) => isThere(home, one));
  if (path === undefined) throw new Error(`Debian has no ${name} in ${home}`);
  if (lstatSync(join(home, path)).isSymbolicLink()) {
    const real = basename(readlinkSync(join(home, path)));
    tree.link(`usr/bin/${name}`, real);
    return placeProgram(tree, home, real);
  }
  tree.file(`usr/bin/${name}`, readFileSync(join(home, path)), 0o755);
  return `/${path}`;
}

function isThere(home: string, path: string): boolean {
  return lstatSync(join(home, path), { throwIfNoEntry: false }) !== undefined;
}

/** What these load. */
function placeLibraries(tree: Tree, home: string, loaded: readonly string[]): void {
  const told = run('chroot', [home, 'sh', '-c', 'ldd "$@" 2>/dev/null || :', 'sh', ...loaded]);
  const libraries = [...told.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path.replace(/^\/lib/, '/usr/lib'));
  for (const path of [...libraries, ...loaded.filter((one) => one.startsWith(LIBRARIES))]) {
    if (tree.has(path.slice(1)) || !existsSync(join(home, path))) continue;
    tree.file(path.slice(1), readFileSync(realpathSync(join(home, path))), 0o755);
  }
}
