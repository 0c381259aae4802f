/** Initramfs that Debian's own tools make, with what ebb has for them installed. */
import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, type Workplace } from '../../support/workplace.ts';
import { cached } from './debian.ts';
import type { Kernel } from './kernel.ts';

const SUITE = 'trixie';
const boot = fileURLToPath(new URL('../../../boot/', import.meta.url));

interface Tool {
  /** Where its packages are in the cache. */
  readonly cache: string;
  readonly packages: readonly string[];
  /** Shell commands, in the root of the unpacked system. */
  readonly make: string;
}

const tools = {
  'initramfs-tools': {
    cache: 'initramfs-tools',
    packages: ['initramfs-tools', 'busybox', 'zstd'],
    make: `
cp "$boot/initramfs-tools/hooks/ebb" etc/initramfs-tools/hooks/
cp -r "$boot/initramfs-tools/scripts/." etc/initramfs-tools/scripts/
printf 'virtio_pci\\nvirtio_blk\\nbtrfs\\n' >>etc/initramfs-tools/modules
sed -i 's/^MODULES=.*/MODULES=list/; s/^BUSYBOX=.*/BUSYBOX=y/; s/^COMPRESS=.*/COMPRESS=zstd/' etc/initramfs-tools/initramfs.conf
chroot . mkinitramfs -o /tmp/initramfs "$version" >&2`,
  },
  dracut: dracut('systemd systemd-initrd dracut-systemd'),
  'dracut without systemd': dracut('usrmount'),
} satisfies Readonly<Record<string, Tool>>;
export type ToolName = keyof typeof tools;

function dracut(modules: string): Tool {
  return {
    cache: 'dracut',
    packages: ['dracut', 'systemd', 'liblzma5', 'libkmod2'],
    make: `
cp -rL "$boot/dracut/90ebb" usr/lib/dracut/modules.d/
chroot . dracut --no-hostonly --no-compress --nostrip --add-drivers 'virtio_pci virtio_blk btrfs' \\
  --modules '${modules} base udev-rules rootfs-block fs-lib btrfs kernel-modules ebb' \\
  --install '/usr/lib/x86_64-linux-gnu/libkmod.so.2 /usr/lib/x86_64-linux-gnu/liblzma.so.5' \\
  --kver "$version" /tmp/initramfs >&2`,
  };
}

const COMMON = [
  ...[
    'base-files',
    'bash',
    'btrfs-progs',
    'coreutils',
    'cpio',
    'dash',
    'findutils',
    'grep',
    'gzip',
    'kmod',
    'libc-bin',
  ],
  ...['mawk', 'mount', 'sed', 'udev', 'util-linux'],
];

/** Whatever these find for themselves on a machine that they are installed on. */
const prepare = `
mount -t overlay -o "lowerdir=$debian,upperdir=$work/upper,workdir=$work/work" overlay "$work/root"
cd "$work/root"
mkdir -p usr/lib/ebb etc/ebb usr/lib/modules
for name in reset-root is-hibernated mount-root; do cp "$boot/$name" usr/lib/ebb/; done
cp "$work/reset.env" etc/ebb/
cp "$kernel/boot/config-$version" boot/
mount --bind "$kernel/usr/lib/modules" usr/lib/modules
mount -t proc proc proc
mount --bind /dev dev
`;

/** Why the packages of the tool cannot be had; undefined where they are there. */
export function reasonAgainst(tool: ToolName): string | undefined {
  try {
    unpacked(tool);
    return undefined;
  } catch (error) {
    return `${tool} could not be fetched: ${/[EW]: .*/.exec(String(error))?.[0] ?? error}`;
  }
}

/** The directory that the packages of the tool are unpacked in. @throws Error where they cannot be fetched. */
export function unpacked(tool: ToolName): string {
  return cached(tools[tool].cache, (home, apt) => {
    apt.update([SUITE]);
    apt.unpackWhole([...COMMON, ...tools[tool].packages], home);
    // What update-alternatives would do.
    if (!existsSync(join(home, 'usr/bin/awk'))) symlinkSync('mawk', join(home, 'usr/bin/awk'));
  });
}

/**
 * Writes it to the file `into`. `settings`: the environment file of the reset; `without`: a program that is not installed.
 * @throws Error with what the tool said.
 */
export function makeDebianInitramfs(
  into: string,
  tool: ToolName,
  how: { readonly kernel: Kernel; readonly workplace: Workplace; readonly settings: string; readonly without?: string },
): void {
  const debian = unpacked(tool);
  const work = how.workplace.make('debian');
  writeFileSync(join(work, 'reset.env'), how.settings);
  const { version, home: kernel } = how.kernel;
  const words = Object.entries({ debian, work, boot, version, kernel }).map(([name, value]) => `${name}=${value}`);
  run(
    'mkdir',
    ['upper', 'work', 'root'].map((name) => join(work, name)),
  );
  const missing = how.without === undefined ? '' : `rm usr/bin/${how.without}\n`;
  const commands = `${prepare}${missing}${tools[tool].make}\ncp tmp/initramfs '${into}'`;
  run('env', [...words, 'unshare', '--mount', '--propagation', 'private', 'sh', '-euc', commands]);
}
