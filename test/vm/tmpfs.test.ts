/** A machine whose root is a tmpfs: what its boots lose is captured at their ends, and comes back out of the captures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRoot, run } from '../support/workplace.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import { ResetBoots } from './support/reset-boots.ts';
import { makeSystemImage } from './support/system-image.ts';

const kernel = kernelOrReason();
const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';

/** The root is made in memory; of the second disk it has a system, and of the first one persistent storage. */
const begin = `
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /system && mount -o ro /dev/vdb /system || exit 8
for name in usr ebb; do mkdir /mnt/$name && mount -o bind /system/$name /mnt/$name; done
for name in bin sbin lib lib64; do ln -s usr/$name /mnt/$name; done
for name in dev proc run tmp etc var srv root persist; do mkdir /mnt/$name; done
mount -o bind /dev /mnt/dev
mount -t proc proc /mnt/proc
mount -t tmpfs tmpfs /mnt/run
mount -t ext4 /dev/vda /mnt/persist || exit 9
in_root() { PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root NO_COLOR=1 chroot /mnt "$@"; }
ebb() { in_root /usr/bin/node /ebb/dist/main.cjs "$@"; }
in_root /bin/sh /ebb/boot/boot-begins || exit 10
echo "before: $(ls /mnt/srv)"
`;
const end = `
ebb capture --ending || exit 11
umount /mnt/persist || exit 12
`;

test('a root in memory: captures of three boots, and what comes back out of them', { skip: unavailable }, async () => {
  const boots = new ResetBoots('ext4', kernel as Kernel);
  try {
    const system = boots.path('system');
    makeSystemImage(system, boots.top(), ['sh', 'find', 'mkdir', 'mv', 'rm', 'sed']);
    const disk = boots.blank('disk');
    run('mkfs.ext4', ['-q', disk]);
    const boot = async (story: string): Promise<string> => {
      const disks = [{ file: disk }, { file: system, readOnly: true }];
      const { console, status } = await boots.boot(disks, { script: begin + story, megabytes: 1024 });
      assert.equal(status, 0, console);
      return console;
    };
    const first = await boot(
      `echo one >/mnt/srv/one; chmod 600 /mnt/srv/one; mkdir /mnt/srv/d; echo x >/mnt/srv/d/x${end}`,
    );
    assert.match(first, /captured \d+ entries/);
    const second = await boot(
      `ebb restore /srv/one && echo "again: $(cat /mnt/srv/one)"; echo two >/mnt/srv/two${end}`,
    );
    assert.match(second, /^before: $/m, 'what was in memory is gone');
    assert.match(second, /^again: one$/m);
    const third = await boot(
      'ebb ls; ebb restore /srv && ls -l /mnt/srv && cat /mnt/srv/two; ebb restore /srv/d/x && cat /mnt/srv/d/x',
    );
    assert.match(third, /^before: $/m);
    assert.equal([...third.matchAll(/^ +\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d/gm)].length, 2, third);
    assert.match(third, /^-rw------- .* one$/m);
    assert.match(third, /^two\n/m);
    assert.match(third, /^x\n/m);
  } finally {
    boots.close();
  }
});
