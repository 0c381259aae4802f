/**
 * A Debian that was installed in a traditional way and set up by `ebb init`: it boots with the initrd that this had made,
 * its root is reset, and its units do what they are for, from the boot to the shutdown. Then `ebb init --undo`. Both run
 * here, in the root of its disk; ebb runs in the machine, too.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRoot, run, Workplace } from '../support/workplace.ts';
import {
  bootDebian,
  factsOf,
  initrdOf,
  inRootOf,
  makeDebianRoot,
  placeEbb,
  reasonAgainstDebianRoot,
} from './support/debian-root.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import type { Outcome } from './support/machine.ts';

const kernel = kernelOrReason();
const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';
const OLD_ROOTS = '@snapshots/old_roots';
const ID = '0123456789abcdef0123456789abcdef';

const configuration = `[root]
filesystem = "btrfs"
device = "/dev/vda"
subvolume = "@root"
[check]
block = true
[persistence."/persist"]
directories = ["/home", "/var/log", "/var/lib/systemd", "/etc/ssh"]
files = ["/etc/machine-id"]
`;

/** Facts are lines `fact NAME VALUE`. */
const always = `
fact() { echo; echo "fact $1 $2"; }
fact state "$(systemctl is-system-running --wait)"
systemctl --failed --no-legend --plain
fact notes "$(cat /home/josh/notes)"
fact left "$(ls /var/lost /srv/last-words.txt 2>/dev/null)"
`;

const reset = `${always}
is_held() { grep -qs WHO=ebb /run/systemd/inhibit/*; }
at() { systemctl show -P "$2" "$1"; }
fact machine-id "$(cat /etc/machine-id)"
fact host-key "$(cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub)"
fact ssh "$(systemctl is-active ssh)"
fact seed "$(cksum </persist/var/lib/systemd/random-seed)"
fact journals "$(ls /var/log/journal)"
ebb check; fact check $?
`;

const first = `${reset}
logger 'said in the first boot'
fact recorded "$(at ebb-boot ExecMainExitTimestampMonotonic) $(at ssh ExecMainStartTimestampMonotonic)"
fact persisted "$(at ebb-persist ExecMainExitTimestampMonotonic) $(at systemd-journal-flush ExecMainStartTimestampMonotonic)"
fact ended "$(grep -o '"ended":"[a-z]*"' /.ebb/boot.json)"
fact view "$(findmnt -rn /run/ebb/root)"
echo draft >/srv/notes.txt
systemctl reload ebb-hold-shutdown
until is_held; do sleep 1; done
systemctl reboot --check-inhibitors=yes
fact refused $?
rm /srv/notes.txt
systemctl reload ebb-hold-shutdown
while is_held; do sleep 1; done
`;

/** Someone is logged in when it is shut down. */
const second = `${reset}
fact before "$(journalctl -b -1 --no-pager -o cat | grep -c 'said in the first boot')"
ebb ls --json | grep -E '"(sequence|ended)"'
systemctl start ebb-gc.service
fact gc "$(at ebb-gc Result) $(at ebb-gc ExecMainStatus)"
systemctl start ebb-watch
until ls -l "/proc/$(at ebb-watch MainPID)/fd" | grep -q fanotify; do sleep 1; done
systemd-run --quiet --wait --unit=writer sh -c 'mkdir /var/lib/app && echo draft >/var/lib/app/draft'
systemctl stop ebb-watch
fact watched "$(at ebb-watch Result)"
ebb why /var/lib/app/draft --json >/run/why
fact written "$(grep -o 'written by writer.service[^"]*' /run/why)"
fact units "$(ebb why /run/sshd --json | grep -o 'RuntimeDirectory=sshd of [^"]*')"
rm -r /var/lib/app
echo draft >/srv/last-words.txt
systemd-run --quiet -p Before=getty.target -p PAMName=login -p TTYPath=/dev/ttyS0 -p StandardInput=tty-force \\
  -p UtmpIdentifier=S0 -p UtmpMode=user -p User=root sleep infinity
until who | grep ttyS0; do sleep 0.5; done
`;

test('the units of a system with systemd', { skip: unavailable }, async (t) => {
  const reason = reasonAgainstDebianRoot();
  if (reason !== undefined) return t.skip(reason);
  const workplace = new Workplace();
  try {
    const disk = join(workplace.path, 'disk');
    run('truncate', ['-s', '2G', disk]);
    run('mkfs.btrfs', ['-q', disk]);
    workplace.onDisk(disk, install);
    // Between init and the reboot.
    inRootOf(
      workplace,
      disk,
      'ebb init -y && echo kept >/home/josh/notes && echo lost >/var/lost && ebb init --copy-again',
    );
    const boot = (story: string, more: { ends?: string; cutAt?: string } = {}): Promise<Outcome> => {
      const initramfs = initrdOf(workplace, disk);
      return bootDebian({ kernel: kernel as Kernel, initramfs, disk, work: workplace.path, story, ...more });
    };

    const one = await boot(first, {
      ends: 'systemctl reboot --check-inhibitors=yes || { echo "still held"; poweroff -f; }',
    });
    assert.equal(one.status, 0, one.console);
    const facts = factsOf(one);
    await t.test('reset the root by the initrd that ebb init had made', () => {
      assert.equal(facts.get('left'), '', one.console);
      workplace.onDisk(disk, (top) => {
        const [oldRoot = ''] = readdirSync(join(top, OLD_ROOTS)).filter((name) => !name.startsWith('.'));
        assert.equal(readFileSync(join(top, OLD_ROOTS, oldRoot, 'var/lost'), 'utf8'), 'lost\n');
      });
    });
    await t.test('put persisted paths in place before anything writes to them', () => {
      assert.equal(facts.get('state'), 'running', one.console);
      assert.equal(facts.get('machine-id'), ID);
      assert.equal(facts.get('ssh'), 'active');
      assert.equal(facts.get('notes'), 'kept');
      assertOrder(facts.get('persisted'));
    });
    await t.test('record the baseline before services start, of what mounts hide as well', () => {
      assertOrder(facts.get('recorded'));
      assert.equal(facts.get('ended'), '"ended":"running"');
      assert.equal(facts.get('view'), '', 'only the unit sees it');
      assert.equal(facts.get('check'), '0', one.console);
    });
    await t.test('hold a shutdown back while something would be lost, and no longer', () => {
      assert.equal(facts.get('refused'), '1');
      assert.match(one.console, /Operation inhibited by "ebb" .*, reason is "something would be lost: ebb check"/);
      assert.doesNotMatch(one.console, /still held/);
    });
    await t.test('unmount all at shutdown', () => assert.doesNotMatch(one.console, /FAILED/));

    const two = await boot(second, { cutAt: '/srv/last-words.txt' });
    assert.equal(two.status, 0, two.console);
    const later = factsOf(two);
    await t.test('keep what is declared, and the journal with it', () => {
      for (const name of ['state', 'machine-id', 'host-key', 'ssh', 'check']) {
        assert.equal(later.get(name), facts.get(name), `${name}: ${two.console}`);
      }
      assert.equal(later.get('journals'), ID);
      assert.equal(later.get('before'), '1');
      assert.notEqual(later.get('seed'), facts.get('seed'), 'saved at shutdown');
    });
    await t.test('leave an old root that ended in order, and gc runs', () => {
      assert.match(two.console, /"sequence": 1,\s+"ended": "clean"/);
      assert.equal(later.get('gc'), 'success 0');
    });
    await t.test('note who writes on the root, and ask systemd which units there are', () => {
      assert.equal(later.get('watched'), 'success', two.console);
      assert.match(later.get('written') ?? '', /^written by writer\.service/, two.console);
      assert.match(later.get('units') ?? '', /ssh\.service/, two.console);
    });
    await t.test('tell who is logged in what the shutdown loses', () => {
      assert.match(
        two.console,
        /Broadcast message[\s\S]*ebb check: 1 change would be lost[\s\S]*\/srv\/last-words\.txt/,
      );
    });
    await t.test('say of a boot that was cut off that it did not end', () => {
      workplace.onDisk(disk, (top) =>
        assert.match(readFileSync(join(top, '@root/.ebb/boot.json'), 'utf8'), /"sequence":2,.*"ended":"running"/),
      );
    });
    await t.test('go with ebb init --undo, and then the root is not reset any more', async () => {
      const bound = '/usr/lib/ebb/persist-paths /persist/etc/ebb/persisted-paths';
      const undone = inRootOf(
        workplace,
        disk,
        `mount -o subvol=@persist $DEVICE /persist; ${bound}; ebb init --undo -y >&2; lsinitramfs /boot/initrd.img-*`,
      );
      assert.doesNotMatch(undone, /usr\/lib\/ebb/);
      workplace.onDisk(disk, (top) => {
        for (const gone of ['usr/lib/ebb/reset-root', 'etc/systemd/system/ebb-gc.timer'])
          assert.ok(!existsSync(join(top, '@root', gone)), gone);
      });
      // The boot costs a minute.
      if (process.env['EBB_TEST_SOAK'] === undefined) return;
      const three = await boot(always);
      assert.equal(three.status, 0, three.console);
      assert.deepEqual(
        ['state', 'notes', 'left'].map((name) => factsOf(three).get(name)),
        ['running', 'kept', '/srv/last-words.txt'],
      );
    });
  } finally {
    workplace.close();
  }
});

/** What an installer leaves, and a user. */
function install(top: string): void {
  const root = join(top, '@root');
  run('btrfs', ['-q', 'subvolume', 'create', root]);
  makeDebianRoot(root, kernel as Kernel);
  placeEbb(root);
  for (const directory of ['etc/ebb', 'home/josh']) mkdirSync(join(root, directory), { recursive: true });
  writeFileSync(join(root, 'etc/fstab'), '/dev/vda / btrfs subvol=@root 0 0\n');
  writeFileSync(join(root, 'etc/ebb/config.toml'), configuration);
  // The journal has it before anything is mounted.
  writeFileSync(join(root, 'etc/machine-id'), `${ID}\n`);
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(root, 'etc/ssh/ssh_host_ed25519_key')]);
  writeFileSync(join(root, 'home/josh/notes'), 'of the installer\n');
}

function assertOrder(two = ''): void {
  const [earlier = 0, later = 0] = two.split(' ').map(Number);
  assert.ok(earlier > 0 && earlier <= later, two);
}
