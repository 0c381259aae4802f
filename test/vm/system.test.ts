/** A Debian with systemd whose root is reset at each boot, with ebb's units: what they do from the boot to the shutdown. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { persistedTable } from '../../src/core/persisted-table.ts';
import { enablingLinks } from '../../src/core/systemd-unit.ts';
import { configurationOf } from '../../src/linux/configuration.ts';
import { isRoot, run, Workplace } from '../support/workplace.ts';
import {
  bootDebian,
  enable,
  factsOf,
  makeDebianRoot,
  makeResetInitramfs,
  placeEbb,
  reasonAgainstDebianRoot,
} from './support/debian-root.ts';
import { type Kernel, kernelOrReason } from './support/kernel.ts';
import type { Outcome } from './support/machine.ts';

const kernel = kernelOrReason();
const unavailable = typeof kernel === 'string' ? kernel : isRoot ? false : 'only root may mount';
const bootDirectory = fileURLToPath(new URL('../../boot/', import.meta.url));
const ID = '0123456789abcdef0123456789abcdef';

const configuration = `[root]
filesystem = "btrfs"
device = "/dev/vda"
subvolume = "@root"
[check]
block = true
[persistence."/persist"]
directories = ["/var/log", "/var/lib/systemd", "/etc/ssh"]
files = ["/etc/machine-id"]
`;

const fstab = `/dev/vda / btrfs subvol=@root 0 0
/dev/vda /persist btrfs subvol=@persist 0 0
`;

/** Facts are lines `fact NAME VALUE`. */
const always = `
fact() { echo; echo "fact $1 $2"; }
is_held() { grep -qs WHO=ebb /run/systemd/inhibit/*; }
at() { systemctl show -P "$2" "$1"; }
fact state "$(systemctl is-system-running --wait)"
systemctl --failed --no-legend --plain
fact machine-id "$(cat /etc/machine-id)"
fact host-key "$(cut -d' ' -f2 /etc/ssh/ssh_host_ed25519_key.pub)"
fact ssh "$(systemctl is-active ssh)"
fact seed "$(cksum </persist/var/lib/systemd/random-seed)"
fact journals "$(ls /var/log/journal)"
ebb check; fact check $?
`;

const first = `${always}
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
const second = `${always}
fact before "$(journalctl -b -1 --no-pager -o cat | grep -c 'said in the first boot')"
ebb ls --json | grep -E '"(sequence|ended)"'
systemctl start ebb-gc.service
fact gc "$(at ebb-gc Result) $(at ebb-gc ExecMainStatus)"
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
    const initramfs = join(workplace.path, 'initramfs');
    makeResetInitramfs(initramfs, kernel as Kernel, 'EBB_BLANK=@blank');
    const boot = (story: string, more: { ends?: string; cutAt?: string } = {}): Promise<Outcome> =>
      bootDebian({ kernel: kernel as Kernel, initramfs, disk, work: workplace.path, story, ...more });

    const one = await boot(first, {
      ends: 'systemctl reboot --check-inhibitors=yes || { echo "still held"; poweroff -f; }',
    });
    assert.equal(one.status, 0, one.console);
    const facts = factsOf(one);
    await t.test('put persisted paths in place before anything writes to them', () => {
      assert.equal(facts.get('state'), 'running', one.console);
      assert.equal(facts.get('machine-id'), ID);
      assert.equal(facts.get('ssh'), 'active');
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
  } finally {
    workplace.close();
  }
});

/** What an installer and `ebb init` leave. */
function install(top: string): void {
  const [root, persist] = [join(top, '@root'), join(top, '@persist')];
  for (const subvolume of [root, persist]) run('btrfs', ['-q', 'subvolume', 'create', subvolume]);
  makeDebianRoot(root, kernel as Kernel);
  placeEbb(root);
  installUnits(root);
  for (const directory of [join(root, 'etc/ebb'), join(persist, 'etc/ebb'), join(persist, 'var')]) {
    mkdirSync(directory, { recursive: true });
  }
  writeFileSync(join(root, 'etc/fstab'), fstab);
  writeFileSync(join(root, 'etc/ebb/config.toml'), configuration);
  // The journal has it before anything is mounted.
  writeFileSync(join(root, 'etc/machine-id'), `${ID}\n`);
  writeFileSync(join(persist, 'etc/ebb/persisted-paths'), persistedTable(configurationOf(configuration).declared));
  for (const path of ['etc/ssh', 'etc/machine-id', 'var/log']) run('cp', ['-a', join(root, path), join(persist, path)]);
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(persist, 'etc/ssh/ssh_host_ed25519_key')]);
  run('btrfs', ['-q', 'subvolume', 'snapshot', '-r', root, join(top, '@blank')]);
}

function installUnits(root: string): void {
  const [units, scripts] = [join(bootDirectory, 'units/system'), join(root, 'usr/lib/ebb')];
  mkdirSync(scripts);
  for (const name of ['boot-begins', 'boot-ends', 'persist-paths', 'hold-shutdown']) {
    run('cp', [join(bootDirectory, name), scripts]);
  }
  run('cp', ['-r', `${units}/.`, join(root, 'etc/systemd/system')]);
  for (const name of readdirSync(units).filter((one) => !one.endsWith('.d'))) {
    const unit = readFileSync(join(units, name), 'utf8');
    for (const link of enablingLinks(name, unit)) enable(root, name, link.split('.wants/')[0] as string);
  }
}

function assertOrder(two = ''): void {
  const [earlier = 0, later = 0] = two.split(' ').map(Number);
  assert.ok(earlier > 0 && earlier <= later, two);
}
