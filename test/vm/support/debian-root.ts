/**
 * A whole Debian, with systemd, logind, sshd and initramfs-tools, and how to boot it. What a boot is to do is a script, which the machine finds on its second disk and runs when
 * all its units have started, whatever initramfs and root it booted with.
 */
import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { has, run, type Workplace } from '../../support/workplace.ts';
import { cached } from './debian.ts';
import { STATUS } from './initramfs.ts';
import type { Kernel } from './kernel.ts';
import { boot, type Outcome } from './machine.ts';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

const COMMAND_LINE = 'root=/dev/vda rootfstype=btrfs rootflags=subvol=@root rw quiet';

const SUITE = 'bookworm';
const PACKAGES = [
  ...['base-files', 'base-passwd', 'bash', 'bsdutils', 'coreutils', 'dash', 'debianutils', 'diffutils', 'dpkg'],
  ...['findutils', 'grep', 'gzip', 'hostname', 'init-system-helpers', 'libc-bin', 'login', 'mawk', 'passwd', 'sed'],
  ...['btrfs-progs', 'busybox-static', 'kmod', 'mount', 'procps', 'tar', 'udev', 'util-linux', 'zstd'],
  ...['dbus', 'libpam-systemd', 'systemd', 'systemd-sysv', 'initramfs-tools', 'openssh-server'],
];

/** What an emulated machine is slow at, and does not need. The serial line is the test's own. */
const MASKED = [
  ...['getty@tty1.service', 'serial-getty@ttyS0.service', 'e2scrub_all.timer', 'e2scrub_reap.service', 'fstrim.timer'],
  ...['configfs', 'drm', 'efi_pstore', 'fuse', 'loop', 'dm_mod'].map((name) => `modprobe@${name}.service`),
  ...['dev-hugepages.mount', 'sys-kernel-debug.mount', 'sys-kernel-tracing.mount', 'systemd-timesyncd.service'],
  ...['keyboard-setup.service', 'console-setup.service'],
];

/** Drivers that udev would load: unpacking each takes an emulated machine a second. */
const UNWANTED = [
  'ahci',
  'libahci',
  'kvm',
  'kvm_amd',
  'kvm_intel',
  'aesni_intel',
  'sha512_ssse3',
  'sha256_ssse3',
  'sha1_ssse3',
];

/** Runs the script on the second disk. What it prints is on the console. */
const storyUnit = `[Unit]
Description=The story of this boot
After=multi-user.target
ConditionPathExists=/dev/vdb

[Service]
Type=exec
ExecStart=/bin/sh /dev/vdb
Environment=HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
StandardOutput=file:/dev/console
StandardError=file:/dev/console
`;

/** Why there is none here; undefined where `makeDebianRoot` works. */
export function reasonAgainstDebianRoot(): string | undefined {
  if (!has('mmdebstrap')) return 'not installed: mmdebstrap';
  try {
    archive();
    return undefined;
  } catch (error) {
    return `Debian could not be fetched: ${/[EW]: .*/.exec(String(error))?.[0] ?? error}`;
  }
}

function archive(): string {
  const home = cached('debian-root', (into, apt) => apt.install(SUITE, PACKAGES, join(into, 'root.tar')));
  return join(home, 'root.tar');
}

/** Fills the directory `into`, as a subvolume that an installer has just filled: no fstab, no host keys, no machine-id. */
export function makeDebianRoot(into: string, kernel: Kernel): void {
  run('tar', ['-C', into, '-xpf', archive(), '--numeric-owner']);
  run('cp', ['-a', join(kernel.home, 'usr/lib/modules'), join(into, 'usr/lib/')]);
  for (const name of ['config', 'vmlinuz'])
    run('cp', [join(kernel.home, 'boot', `${name}-${kernel.version}`), join(into, 'boot/')]);
  // Only what is there is made anew.
  writeFileSync(join(into, 'boot', `initrd.img-${kernel.version}`), 'of the installer');
  run('sh', ['-c', 'rm -f "$1"/etc/ssh/ssh_host_*', 'sh', into]);
  for (const [path, content] of Object.entries({
    'etc/machine-id': '',
    'etc/hostname': 'ebb-test\n',
    'etc/systemd/system/ebb-story.service': storyUnit,
  })) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    writeFileSync(join(into, path), content);
  }
  for (const unit of MASKED) run('ln', ['-sfT', '/dev/null', join(into, 'etc/systemd/system', unit)]);
  enable(into, 'ebb-story.service', 'multi-user.target');
}

const modules = ['@koromix/koffi-linux-x64'];

/** Puts ebb into a root, as it was built, with its Node: `ebb` is on the path. */
export function placeEbb(root: string): void {
  const home = join(root, 'opt/ebb');
  mkdirSync(join(home, 'node_modules/@koromix'), { recursive: true });
  for (const name of ['ebb', 'dist', 'package.json']) run('cp', ['-rL', join(repository, name), home]);
  for (const name of modules)
    run('cp', ['-rL', join(repository, 'node_modules', name), join(home, 'node_modules', name)]);
  run('strip', [join(home, 'dist/node')]);
  // No checkout: nothing is to be built anew.
  writeFileSync(join(home, 'dist/stamp'), 'packaged\n');
  symlinkSync('/opt/ebb/ebb', join(root, 'usr/local/bin/ebb'));
}

/** As `systemctl enable` would. */
function enable(root: string, unit: string, target: string): void {
  const wants = join(root, 'etc/systemd/system', `${target}.wants`);
  mkdirSync(wants, { recursive: true });
  symlinkSync(`../${unit}`, join(wants, unit));
}

/**
 * Runs a line of shell with `@root` of the disk as the root, as a rescue system would; `$DEVICE` is the disk. Gives what
 * it printed.
 */
export function inRootOf(workplace: Workplace, disk: string, line: string): string {
  const root = workplace.make('root');
  const device = run('losetup', ['--find', '--show', disk]).trim();
  const script = `
mount -o subvol=@root ${device} ${root}
mount -t proc proc ${root}/proc
for name in dev sys; do mount --rbind /$name ${root}/$name; done
mount -t tmpfs tmpfs ${root}/run
echo '${COMMAND_LINE}' >${root}/run/command-line
mount --bind ${root}/run/command-line ${root}/proc/cmdline
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin DEVICE=${device}
exec chroot ${root} /bin/sh -eu -c "$1"`;
  try {
    return run('unshare', ['--mount', '--propagation', 'private', 'sh', '-eu', '-c', script, 'sh', line]);
  } finally {
    run('losetup', ['-d', device]);
  }
}

/** A copy of the initrd that lies in `@root` of the disk. */
export function initrdOf(workplace: Workplace, disk: string): string {
  const copy = join(workplace.path, 'initrd');
  workplace.onDisk(disk, (top) => {
    const from = join(top, '@root/boot');
    const [name = ''] = readdirSync(from).filter((one) => one.startsWith('initrd.img-'));
    copyFileSync(join(from, name), copy);
  });
  return copy;
}

export interface DebianBoot {
  readonly kernel: Kernel;
  readonly initramfs: string;
  /** Of /dev/vda. */
  readonly disk: string;
  /** For sh, as root. Its exit status is that of the outcome. */
  readonly story: string;
  /** Then: a command that ends the boot. Without it the machine is switched off in order. */
  readonly ends?: string;
  /** A directory for what this boot needs; other boots may use it too. */
  readonly work: string;
  readonly seconds?: number;
  readonly cutAt?: string;
  readonly commandLine?: string;
}

/** Boots it, and waits until it is off. */
export function bootDebian({
  disk,
  story,
  ends = 'systemctl --no-block poweroff',
  work,
  ...how
}: DebianBoot): Promise<Outcome> {
  const { commandLine = '' } = how;
  const file = join(work, 'story');
  const script = `(\n${story}\n)\necho "${STATUS} $?"\n${ends}\n`;
  // A disk has whole sectors.
  writeFileSync(file, script.padEnd(Math.ceil(script.length / 4096) * 4096, '\n'));
  return boot({
    ...{ seconds: 240, megabytes: 1024, cutAt: 'You are in emergency mode', ...how },
    disks: [{ file: disk }, { file, readOnly: true }],
    console: join(work, 'console'),
    // Of its units it says which fail.
    commandLine: `${COMMAND_LINE} systemd.show_status=error module_blacklist=${UNWANTED.join(',')} ${commandLine}`,
  });
}

/** What a story told in lines of the form `fact NAME VALUE`. */
export function factsOf({ console }: Outcome): Map<string, string> {
  const lines = console.matchAll(/^fact (\S+) ([^\r\n]*)\r?$/gm);
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]));
}
