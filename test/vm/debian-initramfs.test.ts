/** Initramfs of Debian's own tools, with what ebb has for them: the root is reset when its device is there, before it is mounted. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { noConfiguration } from '../../src/core/configuration.ts';
import { type Mount, parseMountInfo } from '../../src/core/mount-table.ts';
import { isConfigured } from '../../src/linux/root-signs.ts';
import { isRoot, run, Workplace } from '../support/workplace.ts';
import { makeDebianInitramfs, reasonAgainst } from './support/debian-initramfs.ts';
import { replaceInInitramfs, STATUS } from './support/initramfs.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import { boot, type Outcome } from './support/machine.ts';
import { markerFunctions, rootsIn } from './support/reset-boots.ts';

const kernel = kernelOrReason();
const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';

/** What systemd says of sysroot.mount where the reset has failed, and the machine is not to boot. */
const FAILED = 'Dependency failed for';

const TABLE = /mounts begin\n(.*)^mounts end$/ms;

/** The system that boots: what is in @blank. */
const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
echo 'mounts begin'
cat /proc/self/mountinfo
echo 'mounts end'
for word in $(cat /proc/cmdline); do
  case $word in marker=*) marker=\${word#*=} ;; rootfstype=*) type=\${word#*=} ;; esac
done
echo "$marker" >/marker
mkdir -p /var/lib /top
echo data >/var/lib/data
case $type in btrfs) option=subvolid=5 ;; *) option=rw ;; esac
mount -t $type -o $option /dev/vda /top
${markerFunctions}
echo
say_roots /top boot
cat /run/ebb/reset-failed 2>/dev/null
umount /top
sync
echo "${STATUS} 0"
poweroff -f
`;

const soaks = process.env['EBB_TEST_SOAK'] !== undefined;
const settings = 'EBB_DEVICE=/dev/vda\nEBB_BLANK=@blank\nEBB_ON_FAILURE=halt\n';

for (const [tool, seconds] of [
  ['initramfs-tools', 120],
  // With systemd in it.
  ['dracut', 240],
  ['dracut without systemd', 240],
] as const) {
  const rare = tool === 'dracut without systemd' && !soaks && 'only where EBB_TEST_SOAK is set';
  describe(`an initramfs of Debian's ${tool}`, { skip: unavailable || rare }, () => {
    const reason = unavailable === false ? reasonAgainst(tool) : undefined;
    const readOnly = tool === 'dracut without systemd' && 'it mounts a btrfs read-only, with or without ebb';
    const workplace = new Workplace();
    const initramfs = join(workplace.path, 'initramfs');
    const how = { kernel: kernel as Kernel, workplace, settings: `EBB_FILESYSTEM=btrfs\n${settings}` };
    before(() => {
      if (reason === undefined) makeDebianInitramfs(initramfs, tool, how);
    });
    after(() => workplace.close());
    const start = (disks: readonly string[], commandLine: string): Promise<Outcome> =>
      boot({
        ...{ kernel: kernel as Kernel, initramfs, disks: disks.map((file) => ({ file })), seconds, megabytes: 768 },
        ...{ console: join(workplace.path, 'console'), cutAt: FAILED },
        commandLine: `root=/dev/vda rw ${commandLine}`,
      });

    const soaked = tool === 'dracut' && !soaks && 'only where EBB_TEST_SOAK is set';
    test('resets a subvolume before it is mounted, or stops where that fails', {
      skip: reason ?? (readOnly || soaked),
    }, async () => {
      const disk = diskOf(workplace, 'btrfs');
      const btrfs = 'rootfstype=btrfs rootflags=subvol=@root';
      const reset = await start([disk], `${btrfs} marker=one`);
      assert.equal(reset.status, 0, reset.console);
      assert.deepEqual(rootsIn(reset.console).get('boot'), { root: 'one', kept: ['first'] }, reset.console);
      // Nothing to begin with: that stops the boot, as the setting wants it.
      workplace.onDisk(disk, (top) => run('mv', [join(top, '@blank'), join(top, '@other')]));
      const halted = await start([disk], `${btrfs} marker=two panic=1 systemd.show_status=1`);
      assert.equal(halted.status, undefined, halted.console);
      if (tool === 'dracut') assert.ok(halted.console.includes(FAILED), halted.console);
      assert.match(halted.console, /the root was not reset: there is no .*@blank/);
      workplace.onDisk(disk, (top) => assert.equal(readFileSync(join(top, '@root/marker'), 'utf8'), 'one\n'));
    });

    test('is not made where a program is missing', { skip: reason }, () => {
      const into = join(workplace.path, 'none');
      assert.throws(() => makeDebianInitramfs(into, tool, { ...how, without: 'touch' }), {
        message: /ebb: touch is (not installed|missing), and the reset needs it/,
      });
      assert.ok(!existsSync(into));
    });

    test('mounts a directory as the root, and nothing of what lies around it', { skip: reason ?? soaked }, async () => {
      replaceInInitramfs(initramfs, 'etc/ebb/reset.env', `EBB_FILESYSTEM=directory\nEBB_TYPE=ext4\n${settings}`);
      const [disk, usr] = [diskOf(workplace, 'ext4'), join(workplace.path, 'usr')];
      run('truncate', ['-s', '16M', usr]);
      run('mkfs.ext4', ['-q', usr]);
      workplace.onDisk(disk, (top) =>
        writeFileSync(join(top, '@blank/etc/fstab'), '/dev/vdb /usr ext4 defaults 0 0\n'),
      );
      const { console, status } = await start([disk, usr], 'rootfstype=ext4 marker=one');
      assert.equal(status, 0, console);
      assert.deepEqual(rootsIn(console).get('boot'), { root: 'one', kept: ['first'] }, console);
      const mounts = parseMountInfo(TABLE.exec(console)?.[1] ?? '');
      const ofDisk = mounts.filter(({ source }) => source === '/dev/vda');
      assert.deepEqual(
        ofDisk.map(({ point, subtree }) => ({ point, subtree })),
        [{ point: '/', subtree: '/@root' }],
        console,
      );
      // As what is reset, by the configuration of a machine like this.
      const [mount] = ofDisk as [Mount];
      const root = {
        filesystem: 'directory',
        subvolume: '@root',
        device: '/dev/vda',
        blank: '@blank',
        oldRoots: undefined,
        onFailure: 'boot' as const,
      };
      assert.ok(isConfigured({ ...noConfiguration, root }, mount, mount.subtree));
      assert.ok(mounts.some(({ point, source }) => point === '/usr' && source === '/dev/vdb'));
    });
  });
}

/** A disk with this filesystem, and what was installed on it. */
function diskOf(workplace: Workplace, filesystem: 'btrfs' | 'ext4'): string {
  const disk = join(workplace.path, filesystem);
  run('truncate', ['-s', '256M', disk]);
  run(`mkfs.${filesystem}`, ['-q', disk]);
  workplace.onDisk(disk, (top) => {
    for (const name of ['@blank', '@root']) {
      if (filesystem === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', join(top, name)]);
      else mkdirSync(join(top, name));
    }
    install(top);
  });
  return disk;
}

/** A root of an installer's, and a system for those to come. */
function install(top: string): void {
  for (const name of ['bin', 'etc', 'sbin', 'dev', 'proc', 'sys', 'run', 'tmp', 'usr'])
    mkdirSync(join(top, '@blank', name));
  // Without it, systemd takes it for no system.
  writeFileSync(join(top, '@blank/etc/os-release'), 'ID=ebb-test\n');
  copyFileSync(run('sh', ['-c', 'command -v busybox']).trim(), join(top, '@blank/bin/busybox'));
  writeFileSync(join(top, '@blank/sbin/init'), init);
  chmodSync(join(top, '@blank/sbin/init'), 0o755);
  mkdirSync(join(top, '@persist'));
  writeFileSync(join(top, '@persist/state'), 'kept');
  mkdirSync(join(top, '@root/var/lib'), { recursive: true });
  writeFileSync(join(top, '@root/var/lib/data'), 'data\n');
  writeFileSync(join(top, '@root/marker'), 'first\n');
}
