/** `ebb init` and `ebb init --undo`, run in the root of a system that lies on a device of its own. */
import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertRefused, assertStatus, ebb, repository, text } from '../support/cli-program.ts';
import { noBtrfs, noNix, run } from '../support/cli-roots.ts';
import { InstalledSystem, type RootFilesystem } from '../support/installed-system.ts';
import { Random, seedOf } from '../support/random.ts';

const skip = noBtrfs;
const ROUNDS = Number(process.env['EBB_TEST_ROUNDS'] ?? 4);

/** Ends ebb before it changes something on a path for the time number `step`; 0: counts, into /tmp/steps. */
function stopping(step: number): string {
  const preload = `
    const fs = require('node:fs');
    let count = 0;
    for (const name of ['mkdirSync', 'renameSync', 'symlinkSync', 'unlinkSync', 'writeFileSync', 'chmodSync', 'fsyncSync']) {
      const call = fs[name];
      fs[name] = (...args) => {
        if (++count === ${step}) process.kill(process.pid, 'SIGKILL');
        return call(...args);
      };
    }
    if (${step} === 0) process.on('exit', () => { const n = count; fs.writeFileSync('/tmp/steps', String(n)); });
  `;
  return `printf %s '${preload.replaceAll("'", "'\\''")}' >/tmp/stop.cjs; export NODE_OPTIONS=--require=/tmp/stop.cjs;`;
}

function systemOf(t: TestContext, filesystem: RootFilesystem = 'btrfs'): InstalledSystem {
  const system = new InstalledSystem(filesystem);
  t.after(() => system.close());
  return system;
}

/** Every file below the directory, with what it holds. */
function treeOf(directory: string, without: RegExp): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    if (without.test(name)) continue;
    const facts = lstatSync(join(directory, name));
    found[name] = `${facts.mode.toString(8)} ${facts.isFile() ? readFileSync(join(directory, name), 'latin1') : ''}`;
  }
  return found;
}

/** The checkout and the directories above it, in which it is mounted. */
const ofCheckout = repository
  .split('/')
  .filter((part) => part !== '')
  .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  .reduceRight((below, part) => `${part}(/${below})?`, '.*');
/** What the test itself makes where it is run. */
const ofTests = new RegExp(`^((boot/initrd|usr/local|lib|lib64|tmp|root/|home/[^j])|${ofCheckout}$)`);

for (const filesystem of ['btrfs', 'ext4'] as const) {
  test(`on ${filesystem}: set up, reset, persisted paths in place, and taken away again`, { skip }, (t) => {
    const system = systemOf(t, filesystem);
    const { top } = system;
    const before = treeOf(join(top, '@root'), ofTests);
    const plan = system.run(`ebb init --dry-run --persist /var/lib/app --device ${system.device}`);
    assertStatus(plan, 0);
    assert.match(text(plan.stdout), /copy +\/var\/lib\/app +to \/persist\/var\/lib\/app/);
    assert.deepEqual(treeOf(join(top, '@root'), ofTests), before);

    const done = system.run(`ebb init -y --persist /var/lib/app --device ${system.device}`);
    assertStatus(done, 0);
    assert.deepEqual(
      readdirSync(top)
        .sort()
        .filter((name) => name !== 'lost+found'),
      ['@blank', '@persist', '@root'],
    );
    const stored = join(top, '@persist');
    assert.equal(readFileSync(join(stored, 'home/josh/notes'), 'utf8'), 'notes\n');
    assert.deepEqual(
      [statSync(join(stored, 'home/josh')).uid, statSync(join(stored, 'etc/ssh/ssh_host_ed25519_key')).mode & 0o777],
      [1000, 0o600],
    );
    assert.match(readFileSync(join(top, '@root/boot/initrds'), 'utf8'), /^-u -k all\n$/);
    assert.match(
      readFileSync(join(stored, 'etc/ebb/persisted-paths'), 'utf8'),
      /^directory\+hidden .* \/var\/lib\/app$/m,
    );
    const again = system.run('echo newer >/home/josh/notes; ebb init --dry-run; ebb init --copy-again');
    assert.match(text(again.stdout), /copy +\/home +what is new since the last time/, again.stderr);
    assert.equal(readFileSync(join(stored, 'home/josh/notes'), 'utf8'), 'newer\n');

    // The boot, by its parts.
    const settings = join(top, '@root/etc/ebb/reset.env');
    const reset = ebb(['reset', '--root', top]);
    assertStatus(reset, 0);
    assert.ok(existsSync(settings), 'a fresh root has the system');
    const [oldRoot = ''] = readdirSync(join(top, '@snapshots/old_roots'));
    writeFileSync(join(top, '@snapshots/old_roots', oldRoot, 'srv/page'), 'of the old root\n');
    const mounts =
      filesystem === 'btrfs'
        ? 'mount -o subvol=@persist $DEVICE $ROOT/persist'
        : 'mkdir $ROOT/run/t; mount $DEVICE $ROOT/run/t; mount --bind $ROOT/run/t/@persist $ROOT/persist; umount -l $ROOT/run/t';
    const bound = '/bin/sh /usr/lib/ebb/persist-paths /persist/etc/ebb/persisted-paths';
    const live = system.run(`${bound} && echo more >>/var/lib/app/data && echo lost >/var/lost && ebb init && ebb ls`, {
      mounts,
    });
    assertStatus(live, 0);
    assert.match(text(live.stdout), /nothing to do/);
    assert.ok(text(live.stdout).includes(oldRoot));
    assert.equal(readFileSync(join(stored, 'var/lib/app/data'), 'utf8'), 'data\nmore\n');

    const undone = system.run(`${bound} && ebb init --undo -y`, { mounts });
    assertStatus(undone, 0);
    assert.match(text(undone.stderr), /persisted paths lie in persistent storage/);
    for (const gone of ['usr/lib/ebb/reset-root', 'etc/systemd/system/ebb-gc.timer', 'etc/initramfs-tools/hooks/ebb'])
      assert.ok(!existsSync(join(top, '@root', gone)), gone);
    assert.ok(!existsSync(join(stored, 'etc/ebb/reset.env')));
    assert.ok(existsSync(join(top, '@root/usr/lib/ebb/persist-paths')), 'persisted paths stay in place');
    assert.doesNotMatch(readFileSync(join(stored, 'etc/ebb/config.toml'), 'utf8'), /^\[root\]/m);
    assert.match(readFileSync(join(top, '@root/boot/initrds'), 'utf8'), /-u -k all\n$/);
    assert.ok(existsSync(join(top, '@snapshots/old_roots', oldRoot)));
  });
}

test('what was set up and never booted is taken away whole', { skip }, (t) => {
  const system = systemOf(t);
  const before = treeOf(join(system.top, '@root'), ofTests);
  assertStatus(system.run('ebb init -y --device /dev/disk'), 0);
  assertStatus(system.run('ebb init --undo -y'), 0);
  const after = treeOf(join(system.top, '@root'), ofTests);
  delete after['persist'];
  for (const name of Object.keys(after))
    if (!(name in before) && statSync(join(system.top, '@root', name)).isDirectory()) delete after[name];
  assert.deepEqual(after, before);
  assertRefused(system.run('ebb init --undo -y'), /has put nothing on this machine/, 10);
  const again = system.run('ebb init --dry-run --device /dev/disk');
  assert.match(text(again.stderr), /\/persist\/home is there already, .*what \/home holds now is not copied/);
});

test('a step that fails leaves the machine as it was', { skip }, (t) => {
  const system = systemOf(t);
  writeFileSync(join(system.top, '@root/boot/fail'), '');
  const before = treeOf(join(system.top, '@root'), ofTests);
  const outcome = system.run('ebb init -y --device /dev/disk');
  assert.equal(outcome.status, 2, outcome.stderr);
  assert.match(text(outcome.stderr), /no initrd could be made: update-initramfs -u -k all: it ended with 1/);
  const after = treeOf(join(system.top, '@root'), ofTests);
  // It tells what was copied into persistent storage, which stays there.
  for (const name of ['usr/lib/ebb', 'usr/lib/ebb/installed.json']) delete after[name];
  assert.deepEqual(after, before);
  assert.ok(!existsSync(join(system.top, '@blank')), 'nothing to begin with: nothing is reset');
  rmSync(join(system.top, '@root/boot/fail'));
  writeFileSync(join(system.top, '@root/boot/none'), '');
  const none = system.run('ebb init -y --device /dev/disk');
  assert.equal(none.status, 2, none.stderr);
  assert.match(text(none.stderr), /update-initramfs has made no initrd in \/boot/);
  rmSync(join(system.top, '@root/boot/none'));
  assertStatus(system.run('ebb init -y --device /dev/disk'), 0);
});

test('killed anywhere, it is gone on with by the next run', { skip }, (t) => {
  const whole = systemOf(t);
  const counted = whole.run(`${stopping(0)} ebb init -y --device /dev/disk; cat /tmp/steps`);
  assertStatus(counted, 0);
  const steps = Number(counted.stdout.trim().split('\n').at(-1));
  const expected = treeOf(join(whole.top, '@root'), ofTests);
  const seed = seedOf();
  const random = new Random(seed);
  t.diagnostic(`${ROUNDS} of ${steps} steps, EBB_TEST_SEED=${seed}`);
  for (let round = 0; round < ROUNDS; round++) {
    const step = 1 + random.below(steps);
    const system = new InstalledSystem('btrfs');
    try {
      const before = treeOf(join(system.top, '@root'), ofTests);
      const killed = system.run(`${stopping(step)} ebb init -y --device /dev/disk`);
      assert.notEqual(killed.status, 0, `step ${step}`);
      const after = treeOf(join(system.top, '@root'), ofTests);
      for (const [name, content] of Object.entries(before)) assert.equal(after[name], content, `step ${step}: ${name}`);
      assert.ok(!existsSync(join(system.top, '@blank')), `step ${step}`);
      const again = system.run('ebb init -y --device /dev/disk');
      assertStatus(again, 0);
      assert.deepEqual(treeOf(join(system.top, '@root'), ofTests), expected, `step ${step}`);
      assert.equal(readFileSync(join(system.top, '@persist/home/josh/notes'), 'utf8'), 'notes\n');
    } finally {
      system.close();
    }
  }
});

test('what cannot be set up is refused, and what is in the way stays', { skip }, (t) => {
  const system = systemOf(t);
  const refused = (line: string, message: RegExp, how = {}, status = 2): void =>
    assertRefused(system.run(line, how), message, status);
  refused('ebb init -y', /rootflags=subvol=@root/, { commandLine: 'quiet' });
  refused('ebb init -y', /does not name @root/, { commandLine: 'rootflags=subvolid=256,subvol=@root' });
  refused('ebb init', /nobody is there to be asked/);
  refused('ln -s /var/lib/app /srv/link; ebb init -y --persist /srv/link', /is a symlink, which keeps nothing/);
  for (const path of ['/', '/.ebb', '/persist', '/persist/x'])
    refused(`ebb init -y --persist ${path}`, /cannot be kept in \/persist/);
  const nested = text(system.run('ebb init --dry-run --persist /home/josh --persist /var/lib/app').stdout);
  assert.deepEqual(
    [...nested.matchAll(/^ +copy +(\/(?:home|var\/lib\/app)\S*)/gm)].map(([, path]) => path),
    [...['/home', '/var/lib/app']],
  );
  refused('ebb init --undo --target dracut', /--undo takes away/);
  mkdirSync(join(system.top, '@root/etc/ebb'));
  const root = 'filesystem = "btrfs"\nsubvolume = "@root"\nblank = "@blank"\n';
  const two = '[persistence."/persist"]\n[persistence."/persist2"]\ndirectories = ["/srv"]\n';
  writeFileSync(join(system.top, '@root/etc/ebb/config.toml'), `[root]\n${root}${two}`);
  refused('ebb init -y --device /dev/disk', /\/persist2\/srv is not there, and would take the place of \/srv/);
  rmSync(join(system.top, '@root/etc/ebb'), { recursive: true });
  symlinkSync('var/lib', join(system.top, '@root/state'));
  refused('ebb init -y --persist /state/app', /\/state is a symlink/);
  refused('ebb init -y --persist /var/lib/none', /no file or directory \/var\/lib\/none/, {}, 10);
  mkdirSync(join(system.top, '@root/persist'));
  for (const path of ['/', '/persist']) refused(`ebb init -y --persist ${path}`, /cannot be kept in \/persist/);
  writeFileSync(join(system.top, '@root/etc/fstab'), 'UUID=1-2 /persist/ ext4 defaults 0 2\n');
  refused('ebb init -y --device /dev/disk', /fstab has \/persist, and nothing is mounted there/);
  rmSync(join(system.top, '@root/etc/fstab'));
  mkdirSync(join(system.top, '@root/etc/initramfs-tools/hooks'), { recursive: true });
  writeFileSync(join(system.top, '@root/etc/initramfs-tools/hooks/ebb'), 'mine');
  refused('ebb init -y --device /dev/disk', /in the way: \/etc\/initramfs-tools\/hooks\/ebb/);
  assert.deepEqual(readdirSync(system.top), ['@root']);
});

for (const filesystem of ['btrfs', 'ext4'] as const) {
  test(`on NixOS, on ${filesystem}: a module for this machine is printed, and nothing is done`, {
    skip: skip || noNix,
  }, (t) => {
    const system = systemOf(t, filesystem);
    const { top } = system;
    for (const name of ['nix', '@persist']) {
      if (filesystem === 'btrfs') run('btrfs', 'subvolume', 'create', join(top, name));
      else mkdirSync(join(top, name));
    }
    mkdirSync(join(top, 'old_roots'));
    for (const point of ['nix', 'persistent']) mkdirSync(join(top, '@root', point));
    writeFileSync(join(top, '@root/etc/NIXOS'), '');
    const before = treeOf(join(top, '@root'), ofTests);
    const mounts =
      filesystem === 'btrfs'
        ? 'mount -o subvol=nix $DEVICE $ROOT/nix; mount -o subvol=@persist $DEVICE $ROOT/persistent'
        : `mkdir $ROOT/run/t; mount $DEVICE $ROOT/run/t; mount --bind $ROOT/run/t/nix $ROOT/nix; mount --bind $ROOT/run/t/@persist $ROOT/persistent; umount -l $ROOT/run/t`;
    for (const flag of ['', '-y', '--dry-run']) {
      const outcome = system.run(`ebb init ${flag}`, { mounts });
      assertStatus(outcome, 2);
      assert.match(text(outcome.stderr), /^ebb: this is NixOS, which is set up by its configuration\n.*nixos\.md/);
      const read = run(
        'nix-instantiate',
        '--eval',
        '--strict',
        '--json',
        '--store',
        'dummy://',
        '-E',
        text(outcome.stdout),
      );
      const { ebb: options } = JSON.parse(read) as { ebb: { storage: string; root: Record<string, unknown> } };
      assert.equal(options.storage, '/persistent');
      const { device, ...root } = options.root;
      assert.deepEqual(root, {
        ...(filesystem === 'btrfs' ? { filesystem } : { filesystem: 'directory', type: 'ext4' }),
        ...{ oldRoots: 'old_roots', nix: 'nix', fileSystems: false },
      });
      assert.match(String(device), /^\/dev\//);
    }
    const json = system.run('ebb init --json', { mounts });
    assert.deepEqual([json.status, json.stdout], [2, '']);
    assert.deepEqual(treeOf(join(top, '@root'), ofTests), before);
    mkdirSync(join(top, '@root/etc/ebb'));
    writeFileSync(join(top, '@root/etc/ebb/config.toml'), '[root]\nfilesystem = "btrfs"\n');
    const again = system.run('ebb init', { mounts });
    assert.deepEqual([again.status, again.stdout], [2, '']);
    assert.match(text(again.stderr), /the options ebb\.root of its configuration set it up/);
  });
}

test('taken away after a reset, and set up again: what a fresh root has of old never replaces what is kept', {
  skip,
}, (t) => {
  const system = systemOf(t);
  assertStatus(system.run('ebb init -y --device /dev/disk'), 0);
  assertStatus(ebb(['reset', '--root', system.top]), 0);
  const notes = join(system.top, '@persist/home/josh/notes');
  writeFileSync(notes, 'newer\n');
  const mounts = 'mount -o subvol=@persist $DEVICE $ROOT/persist';
  const bound = 'mount --bind /persist/etc/ebb /etc/ebb';
  assertStatus(system.run(`${bound}; ebb init --undo -y`, { mounts }), 0);
  assert.ok(existsSync(join(system.top, '@root/usr/lib/ebb/persist-paths')), 'what is kept lies in the storage');
  const again = system.run(`${bound}; rm /etc/ebb/config.toml; ebb init -y --device /dev/disk; ebb init --copy-again`, {
    mounts,
  });
  assertStatus(again, 0);
  assert.equal(readFileSync(notes, 'utf8'), 'newer\n');
});

for (const filesystem of ['btrfs', 'ext4'] as const) {
  test(`on ${filesystem}: what comes and goes while it is copied is no failure`, { skip }, (t) => {
    const system = systemOf(t, filesystem);
    const busy = `for where in /home/josh /var/log /tmp; do
      (while [ ! -e /srv/stop ]; do
        for i in 1 2 3 4 5 6 7 8 9; do mkdir $where/d$i; echo $i >$where/d$i/f; done; rm -r $where/d*
      done) 2>/dev/null &
    done`;
    const outcome = system.run(`${busy}\nebb init -y --device /dev/disk; status=$?; : >/srv/stop; wait; exit $status`);
    assertStatus(outcome, 0);
    assert.equal(readFileSync(join(system.top, '@persist/home/josh/notes'), 'utf8'), 'notes\n');
    assert.equal(readFileSync(join(system.top, '@blank/var/log/messages'), 'utf8'), 'messages\n');
  });
}
