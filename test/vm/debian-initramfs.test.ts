/** Initramfs of Debian's own tools, with what ebb has for them: the root is reset when its device is there, before it is mounted. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRoot, run, Workplace } from '../support/workplace.ts';
import { makeDebianInitramfs, reasonAgainst } from './support/debian-initramfs.ts';
import { STATUS } from './support/initramfs.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import { boot, type Outcome } from './support/machine.ts';
import { markerFunctions, rootsIn } from './support/reset-boots.ts';

const kernel = kernelOrReason();
const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';

/** What systemd says of sysroot.mount where the reset has failed, and the machine is not to boot. */
const FAILED = 'Dependency failed for';

/** The system that boots: what is in @blank. */
const init = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
for word in $(cat /proc/cmdline); do case $word in marker=*) marker=\${word#*=} ;; esac; done
echo "$marker" >/marker
mkdir -p /var/lib /top
echo data >/var/lib/data
mount -t btrfs -o subvolid=5 /dev/vda /top
${markerFunctions}
echo
say_roots /top boot
cat /run/ebb/reset-failed 2>/dev/null
umount /top
sync
echo "${STATUS} 0"
poweroff -f
`;

for (const [tool, seconds] of [
  ['initramfs-tools', 120],
  // With systemd in it.
  ['dracut', 240],
] as const) {
  test(`the root is reset in an initramfs of Debian's ${tool}`, { skip: unavailable }, async (t) => {
    const reason = reasonAgainst(tool);
    if (reason !== undefined) return t.skip(reason);
    const workplace = new Workplace();
    try {
      const initramfs = join(workplace.path, 'initramfs');
      const settings = 'EBB_FILESYSTEM=btrfs\nEBB_DEVICE=/dev/vda\nEBB_BLANK=@blank\nEBB_ON_FAILURE=halt\n';
      makeDebianInitramfs(initramfs, tool, { kernel: kernel as Kernel, workplace, settings });
      const disk = join(workplace.path, 'disk');
      run('truncate', ['-s', '256M', disk]);
      run('mkfs.btrfs', ['-q', disk]);
      onDisk(workplace, disk, install);
      const start = (commandLine: string): Promise<Outcome> =>
        boot({
          ...{ kernel: kernel as Kernel, initramfs, disks: [{ file: disk }], seconds, megabytes: 768 },
          ...{ console: join(workplace.path, 'console'), cutAt: FAILED },
          commandLine: `root=/dev/vda rootfstype=btrfs rootflags=subvol=@root rw ${commandLine}`,
        });
      const reset = await start('marker=one');
      assert.equal(reset.status, 0, reset.console);
      assert.deepEqual(rootsIn(reset.console).get('boot'), { root: 'one', kept: ['first'] }, reset.console);
      if (tool === 'dracut' && process.env['EBB_TEST_SOAK'] === undefined) return;
      // Nothing to begin with: that stops the boot, as the setting wants it.
      onDisk(workplace, disk, (top) => run('mv', [join(top, '@blank'), join(top, '@other')]));
      const halted = await start('marker=two panic=1 systemd.show_status=1');
      assert.equal(halted.status, undefined, halted.console);
      if (tool === 'dracut') assert.ok(halted.console.includes(FAILED), halted.console);
      assert.match(halted.console, /the root was not reset: there is no .*@blank/);
      onDisk(workplace, disk, (top) => assert.equal(readFileSync(join(top, '@root/marker'), 'utf8'), 'one\n'));
    } finally {
      workplace.close();
    }
  });
}

/** A root of an installer's, and a system for those to come. */
function install(top: string): void {
  for (const name of ['@blank', '@root']) run('btrfs', ['-q', 'subvolume', 'create', join(top, name)]);
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

function onDisk(workplace: Workplace, disk: string, use: (top: string) => void): void {
  const top = workplace.make('top');
  run('mount', ['-o', 'loop', disk, top]);
  try {
    use(top);
  } finally {
    run('umount', [top]);
  }
}
