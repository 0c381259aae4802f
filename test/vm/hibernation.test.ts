/** A machine that is put to disk, and goes on where it was: the boot in between leaves its root alone. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRoot, run } from '../support/workplace.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import { ResetBoots } from './support/reset-boots.ts';

const kernel = kernelOrReason();
const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';

/** Falls asleep in the first boot; in the second one the kernel goes back to there. */
const script = `
mkdir /top
/boot/reset-root
if /boot/is-hibernated; then
  cat /sys/class/block/vdb/dev >/sys/power/resume
  echo 'did not wake up'
  exit 5
fi
mount -t ext4 /dev/vda /top && mount -o bind /top/@root /mnt || exit 9
echo open >/mnt/marker
exec 3>>/mnt/marker
swapon /dev/vdb || exit 6
cat /sys/class/block/vdb/dev >/sys/power/resume
echo shutdown >/sys/power/disk
echo disk >/sys/power/state || exit 7
echo 'still open' >&3
exec 3>&-
mkdir -p /mnt/var/lib
echo data >/mnt/var/lib/data
umount /mnt /top
`;

test('a machine that was put to disk goes on where it was', { skip: unavailable }, async () => {
  const boots = new ResetBoots('ext4', kernel as Kernel);
  try {
    const [disk, swap] = [boots.blank('disk'), boots.blank('swap')];
    run('mkfs.ext4', ['-q', disk]);
    boots.mounted(disk, (top) => {
      run('sh', [
        '-c',
        'cd "$1" && mkdir -p @root/var/lib @persist && echo kept >@persist/state && echo data >@root/var/lib/data && echo first >@root/marker',
        'sh',
        top,
      ]);
    });
    run('mkswap', ['-q', swap]);
    const disks = [{ file: disk }, { file: swap }];
    const how = { script, commandLine: 'resume=/dev/vdb', megabytes: 256 };
    const asleep = await boots.boot(disks, how);
    assert.equal(asleep.status, undefined, asleep.console);
    assert.match(asleep.console, /the root was reset/);
    const awake = await boots.boot(disks, how);
    assert.equal(awake.status, 0, awake.console);
    assert.match(awake.console, /the root stays as it is: the system resumes from hibernation/);
    boots.mounted(disk, (top) => {
      assert.equal(readFileSync(join(top, '@root/marker'), 'utf8'), 'open\nstill open\n');
      assert.equal(readdirSync(join(top, '@snapshots/old_roots')).length, 1);
    });
    run('e2fsck', ['-fn', disk]);
  } finally {
    boots.close();
  }
});
