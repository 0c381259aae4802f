/**
 * `ebb init` on a whole Debian that was installed in a traditional way: it boots with the initrd that init had made, its
 * root is reset, and after `ebb init --undo` it is not any more. Its init and undo run here, in the root of its disk; ebb
 * runs in the machine, too.
 */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRoot, run, Workplace } from '../support/workplace.ts';
import { bootDebian, factsOf, makeDebianRoot, placeEbb, reasonAgainstDebianRoot } from './support/debian-root.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import type { Outcome } from './support/machine.ts';

const kernel = kernelOrReason();
const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';
const COMMAND_LINE = 'root=/dev/vda rootfstype=btrfs rootflags=subvol=@root rw quiet';

const story = `
fact() { echo; echo "fact $1 $2"; }
fact state "$(systemctl is-system-running --wait)"
systemctl --failed --no-legend --plain
fact machine-id "$(cat /etc/machine-id)"
fact home "$(cat /home/josh/notes)"
fact left "$(ls /var/left-by-the-last-boot)"
fact ended "$(grep -o '"ended":"[a-z]*"' /.ebb/boot.json)"
echo "said in this boot" >>/home/josh/notes
echo lost >/var/left-by-the-last-boot
`;

test('a Debian that was set up by ebb init resets its root, until that is undone', { skip: unavailable }, async (t) => {
  const reason = reasonAgainstDebianRoot();
  if (reason !== undefined) return t.skip(reason);
  const workplace = new Workplace();
  try {
    const disk = join(workplace.path, 'disk');
    run('truncate', ['-s', '2G', disk]);
    run('mkfs.btrfs', ['-q', disk]);
    workplace.onDisk(disk, install);
    const boot = (more = ''): Promise<Outcome> => {
      const initramfs = join(workplace.path, 'initrd');
      workplace.onDisk(disk, (top) => {
        const from = join(top, '@root/boot');
        const [name = ''] = readdirSync(from).filter((one) => one.startsWith('initrd.img-'));
        copyFileSync(join(from, name), initramfs);
      });
      const how = { kernel: kernel as Kernel, initramfs, disk, work: workplace.path, story: story + more };
      return bootDebian({ ...how, commandLine: COMMAND_LINE });
    };

    inRootOf(workplace, disk, 'ebb init -y --device /dev/vda');
    // Between init and the reboot.
    workplace.onDisk(disk, (top) => writeFileSync(join(top, '@root/var/left-by-the-last-boot'), 'of init\n'));
    const first = await boot(`fact old-roots "$(ebb ls --json | grep -c '"name"')"`);
    assert.equal(first.status, 0, first.console);
    const facts = factsOf(first);
    assert.deepEqual(
      ['state', 'home', 'left', 'old-roots', 'ended'].map((name) => facts.get(name)),
      ['running', 'notes', '', '1', '"ended":"running"'],
      first.console,
    );
    workplace.onDisk(disk, (top) => {
      const oldRoots = join(top, '@snapshots/old_roots');
      const [name = ''] = readdirSync(oldRoots).filter((one) => !one.startsWith('.'));
      assert.equal(readFileSync(join(oldRoots, name, 'var/left-by-the-last-boot'), 'utf8'), 'of init\n');
      assert.equal(readFileSync(join(top, '@persist/home/josh/notes'), 'utf8'), 'notes\nsaid in this boot\n');
      assert.match(readFileSync(join(top, '@root/.ebb/boot.json'), 'utf8'), /"ended":"clean"/);
    });

    inRootOf(
      workplace,
      disk,
      `mount -o subvol=@persist $DEVICE /persist
      /usr/lib/ebb/persist-paths /persist/etc/ebb/persisted-paths && ebb init --undo -y`,
    );
    const second = await boot();
    assert.equal(second.status, 0, second.console);
    const later = factsOf(second);
    assert.equal(later.get('machine-id'), facts.get('machine-id'));
    // What persists still comes from the storage, and the root is the one of the last boot.
    assert.deepEqual(
      ['state', 'home', 'left'].map((name) => later.get(name)),
      ['running', 'notes', '/var/left-by-the-last-boot'],
      second.console,
    );
    workplace.onDisk(disk, (top) => {
      assert.equal(readdirSync(join(top, '@snapshots/old_roots')).filter((one) => !one.startsWith('.')).length, 1);
      assert.ok(!existsSync(join(top, '@root.fresh')));
    });
  } finally {
    workplace.close();
  }
});

/** What an installer leaves, and its user. */
function install(top: string): void {
  const root = join(top, '@root');
  run('btrfs', ['-q', 'subvolume', 'create', root]);
  makeDebianRoot(root, kernel as Kernel);
  placeEbb(root);
  const { home, version } = kernel as Kernel;
  // By it, Debian knows which kernels there are; the machine is given it from outside.
  copyFileSync(join(home, 'boot', `vmlinuz-${version}`), join(root, 'boot', `vmlinuz-${version}`));
  writeFileSync(join(root, 'boot', `initrd.img-${version}`), 'of the installer');
  writeFileSync(join(root, 'etc/fstab'), '/dev/vda / btrfs subvol=@root 0 0\n');
  writeFileSync(join(root, 'etc/machine-id'), '0123456789abcdef0123456789abcdef\n');
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(root, 'etc/ssh/ssh_host_ed25519_key')]);
  run('mkdir', ['-p', join(root, 'home/josh')]);
  writeFileSync(join(root, 'home/josh/notes'), 'notes\n');
  run('chown', ['-R', '1000:1000', join(root, 'home/josh')]);
}

/** Runs a line of shell with `@root` of the disk as the root, as a rescue system would; `$DEVICE` is the disk. */
function inRootOf(workplace: Workplace, disk: string, line: string): void {
  const root = workplace.make('root');
  const device = run('losetup', ['--find', '--show', disk]).trim();
  const script = `
mount -o subvol=@root ${device} ${root}
mount -t proc proc ${root}/proc
mount --rbind /dev ${root}/dev
mount --rbind /sys ${root}/sys
mount -t tmpfs tmpfs ${root}/run
echo '${COMMAND_LINE}' >${root}/run/command-line
mount --bind ${root}/run/command-line ${root}/proc/cmdline
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin DEVICE=${device}
exec chroot ${root} /bin/sh -eu -c "$1"`;
  try {
    run('unshare', ['--mount', '--propagation', 'private', 'sh', '-eu', '-c', script, 'sh', line]);
  } finally {
    run('losetup', ['-d', device]);
    rmSync(root, { recursive: true });
  }
}
