/** A machine with old roots, and all that ebb does to its disk in a boot: the reset, persisted paths, a baseline, `gc`. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../support/workplace.ts';
import type { LoggedWrite } from './write-log.ts';

export type WholeFilesystem = 'ext4' | 'btrfs';

/** Old roots of earlier boots: what the boot's `gc` keeps, and what it deletes. */
export const keptOldRoots = ['2026-01-02_12-00-00', '2026-01-05_12-00-00'];
export const deletedOldRoots = ['2026-01-01_12-00-00', '2026-01-03_12-00-00', '2026-01-04_12-00-00'];
/** The second is pinned, the fifth is one of the newest two. */
const PINNED = keptOldRoots[0] as string;
const POLICY = '--recent 2 --weekly 0 --monthly 0';

/** Programs of the system that it runs in, besides Node. */
export const programs = [
  ...['sh', 'mount', 'umount', 'stat', 'mkdir', 'chown', 'chmod', 'ln', 'readlink', 'find', 'mv', 'sed', 'rm'],
  ...['sync', 'btrfs'],
];

/** Where the disk has room behind the filesystem: what is written there tells, in a log of writes, how far the boot was. */
const MARKS_AT = 159;
export const phases = ['reset', 'persisted', 'baseline', 'written', 'gc', 'end'] as const;
export type Phase = (typeof phases)[number];

/** Those that are noted on the disk in these writes. */
export function phasesIn(writes: readonly LoggedWrite[]): Phase[] {
  const seen = writes.map(({ data }) => /^ebb-vm: phase (\w+) /.exec(data.toString('latin1', 0, 40))?.[1]);
  return phases.filter((phase) => seen.includes(phase));
}

export function makeFilesystem(filesystem: WholeFilesystem, disk: string): void {
  if (filesystem === 'btrfs') run('mkfs.btrfs', ['-q', '-b', `${MARKS_AT}M`, disk]);
  else run('mkfs.ext4', ['-q', disk, `${MARKS_AT}M`]);
}

/** What a machine has that was in use for some days. */
export function furnish(filesystem: WholeFilesystem, top: string): void {
  const makeRoot = (path: string): void => {
    if (filesystem === 'btrfs') run('btrfs', ['-q', 'subvolume', 'create', path]);
    else mkdirSync(path);
  };
  const file = (path: string, content: string): void => {
    mkdirSync(join(top, path, '..'), { recursive: true });
    writeFileSync(join(top, path), content);
  };
  makeRoot(join(top, '@root'));
  file('@root/marker', 'first\n');
  file('@root/var/lib/data', 'data\n');
  file('@persist/state', 'kept');
  file('@persist/etc/machine-id', '0123456789abcdef0123456789abcdef\n');
  file('@persist/var/lib/old/data', 'of old\n'.repeat(5000));
  const oldRoots = '@snapshots/old_roots';
  mkdirSync(join(top, oldRoots), { recursive: true });
  for (const name of [...keptOldRoots, ...deletedOldRoots]) {
    const root = join(oldRoots, name);
    makeRoot(join(top, root));
    const bootedAt = `${name.slice(0, 10)}T12:00:00Z`;
    file(
      join(root, '.ebb/boot.json'),
      `{"schema":"ebb.boot/1","sequence":${Number(name.slice(8, 10))},"bootedAt":"${bootedAt}"}\n`,
    );
    file(join(root, 'var/lib/data'), 'data\n');
    file(join(root, 'marker'), `${name}\n`);
    for (let i = 0; i < 200; i++) file(join(root, `srv/d${i % 10}/${i}`), `${name} ${i}\n`.repeat(i));
    symlinkSync('../marker', join(top, root, 'srv/link'));
    chmodSync(join(top, root, 'srv/d3/3'), 0o600);
    mkdirSync(join(top, root, 'var/machines'));
    makeRoot(join(top, root, 'var/machines/nested'));
    file(join(root, 'var/machines/nested/disk'), name.repeat(3000));
  }
  file(join(oldRoots, PINNED, '.ebb/notes.json'), '{"schema":"ebb.notes/1","pinned":{"note":""}}\n');
}

const table = `
parent 0755 0 0 /persist /etc
file 0644 0 0 /persist /etc/machine-id
parent 0755 0 0 /persist /var
parent 0755 0 0 /persist /var/lib
directory 0755 0 0 /persist /var/lib/old
directory 0750 12 34 /persist /var/lib/new
`;

/**
 * A script for an initramfs with the reset, on the first disk; the second one is a system of system-image.ts. It says when
 * each phase begins, and notes it on the disk, behind the filesystem.
 */
export const wholeBoot = `
say_phase() {
  read -r uptime _ </proc/uptime
  echo "ebb-vm: phase $1 $uptime"
}
phase() {
  printf '%-512s' "ebb-vm: phase $1 " | dd of=$EBB_DEVICE bs=512 seek=${MARKS_AT * 2048} oflag=direct conv=notrunc 2>/dev/null
  say_phase $1
}
phase reset
/boot/reset-root || exit 7
mount -o ro \${EBB_DEVICE%a}b /mnt || exit 8
for name in tmp mnt run; do mount -t tmpfs tmpfs /mnt/$name; done
mount -o bind /dev /mnt/dev
mount -t proc proc /mnt/proc
mkdir /mnt/mnt/top /mnt/mnt/root
mount -t $TYPE $EBB_DEVICE /mnt/mnt/top && mount -o bind /mnt/mnt/top/@root /mnt/mnt/root || exit 9
mkdir /mnt/mnt/root/persist && mount -o bind /mnt/mnt/top/@persist /mnt/mnt/root/persist
echo '${table}' >/mnt/tmp/table
# Without others that write out, all of it would come at once.
while [ -e /mnt/tmp/table ]; do
  sync
  for name in /mnt/mnt/top/@snapshots/old_roots/.deleting-*; do
    if [ -e "$name" ] && [ ! -e /tmp/deleting ]; then say_phase deleting && : >/tmp/deleting; fi
  done
  usleep 50000
done &
# Programs by their paths: busybox would take its own.
in_system() { PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp NO_COLOR=1 chroot /mnt "$@"; }
phase persisted
in_system /bin/sh /ebb/boot/persist-paths /tmp/table /mnt/root || exit 10
phase baseline
EBB_LIVE_ROOT=/mnt/root EBB_RUN=/run in_system /bin/sh /ebb/boot/boot-begins || exit 11
echo here >/mnt/mnt/root/var/lib/new/file
echo lost >/mnt/mnt/root/lost
sync
phase written
phase gc
in_system /usr/bin/node /ebb/dist/main.cjs gc -y --old-roots /mnt/top/@snapshots/old_roots ${POLICY} || exit 12
sync
phase end
rm /mnt/tmp/table
wait
`;
