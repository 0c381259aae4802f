/** A system on a device of its own that was installed in a traditional way: what `ebb init` is run on, as its root. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, type Outcome, quoted, repository } from './cli-program.ts';
import { run, Workplace } from './workplace.ts';

export type RootFilesystem = 'btrfs' | 'ext4';

/** What busybox is in it. */
const PROGRAMS = [
  ...[
    'cat',
    'chmod',
    'chown',
    'cp',
    'date',
    'ln',
    'ls',
    'mkdir',
    'mount',
    'mv',
    'readlink',
    'rm',
    'rmdir',
    'sed',
    'sh',
  ],
  ...['stat', 'sync', 'touch', 'tr', 'umount', 'uname', 'find'],
];

/** Makes initrds of nothing, and notes how it was called; fails, or makes none, where a file says so. */
const updateInitramfs = `#!/bin/sh
echo "$@" >>/boot/initrds
[ ! -e /boot/fail ] || exit 1
[ -e /boot/none ] || { if [ -e /etc/ebb/reset.env ]; then echo usr/lib/ebb/reset-root; fi >/boot/initrd.img-6.1; }
`;

export class InstalledSystem {
  readonly filesystem: RootFilesystem;
  readonly device: string;
  /** Where a test sees the top level. */
  readonly top: string;
  readonly #workplace = new Workplace();
  readonly #root: string;

  constructor(filesystem: RootFilesystem) {
    this.filesystem = filesystem;
    this.device = this.#workplace.image(`mkfs.${filesystem}`, 256);
    this.top = this.#workplace.make('top');
    this.#root = this.#workplace.make('root');
    this.#workplace.mount([this.device], this.top);
    const root = join(this.top, '@root');
    if (filesystem === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', root]);
    else mkdirSync(root);
    install(root);
  }

  /** A line of shell with `@root` as the root; `ebb` in it is ebb. `mounts`: what is mounted there before, in shell. */
  run(line: string, how: { readonly mounts?: string; readonly commandLine?: string } = {}): Outcome {
    const { device, top } = this;
    const root = this.#root;
    const show =
      this.filesystem === 'btrfs'
        ? `mount -o subvol=@root ${device} ${root}`
        : `mount --bind ${quoted(`${top}/@root`)} ${root}`;
    const binds = needed().map((path) => `mkdir -p ${root}${path}; mount --rbind ${quoted(path)} ${root}${path}`);
    const script = [
      show,
      `mount -t proc proc ${root}/proc`,
      `mount --rbind /dev ${root}/dev`,
      `mount -t tmpfs tmpfs ${root}/run`,
      `echo ${quoted(how.commandLine ?? 'quiet rootflags=subvol=@root')} >${root}/run/command-line`,
      `mount --bind ${root}/run/command-line ${root}/proc/cmdline`,
      ...binds,
      `umount -l ${quoted(top)}`,
      how.mounts?.replaceAll('$ROOT', root).replaceAll('$DEVICE', device) ?? ':',
      `cd ${root}; exec chroot ${root} /bin/sh -c ${quoted(`ebb() { ${command().map(quoted).join(' ')} "$@"; }\n${line}`)}`,
    ].join('\n');
    const { status, signal, stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', '--propagation', 'private', 'sh', '-eu', '-c', script],
      { encoding: 'latin1', input: '', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' } },
    );
    return { status, signal, stdout, stderr };
  }

  close(): void {
    this.#workplace.close();
  }
}

/** What ebb is started with, and what that needs: other than `/usr`, into which init installs. */
function needed(): string[] {
  const libraries = run('ldd', [process.execPath]);
  const directories = new Set([...libraries.matchAll(/(\/[^\s)]*)\//g)].map(([, directory = '']) => directory));
  const build = command().at(-1) as string;
  return [
    ...directories,
    realpathSync(join(repository, 'node_modules')),
    repository.replace(/\/$/, ''),
    join(build, '../..'),
  ];
}

function install(root: string): void {
  const directories = [
    ...[
      'bin',
      'boot',
      'dev',
      'proc',
      'run',
      'sys',
      'tmp',
      'etc/ssh',
      'home/josh',
      'root',
      'srv',
      'usr/sbin',
      'usr/bin',
    ],
    ...['usr/lib/systemd', 'var/log', 'var/lib/systemd', 'var/lib/app'],
  ];
  for (const directory of directories) mkdirSync(join(root, directory), { recursive: true });
  copyFileSync(run('sh', ['-c', 'command -v busybox']).trim(), join(root, 'bin/busybox'));
  for (const program of PROGRAMS) symlinkSync('busybox', join(root, 'bin', program));
  for (const [path, content, mode] of [
    ['usr/lib/systemd/systemd', '', 0o755],
    ['usr/sbin/mkinitramfs', '', 0o755],
    ['usr/bin/lsinitramfs', '#!/bin/sh\ncat "$1"\n', 0o755],
    ['usr/bin/ebb', '', 0o755],
    ['usr/sbin/update-initramfs', updateInitramfs, 0o755],
    ['etc/machine-id', '0123456789abcdef0123456789abcdef\n', 0o444],
    ['etc/ssh/ssh_host_ed25519_key', 'key\n', 0o600],
    ['home/josh/notes', 'notes\n', 0o640],
    ['var/lib/app/data', 'data\n', 0o600],
    ['var/log/messages', 'messages\n', 0o640],
    ['srv/page', 'page\n', 0o644],
  ] as const) {
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), mode);
  }
  run('chown', ['-R', '1000:1000', join(root, 'home/josh')]);
}
