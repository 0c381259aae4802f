/** From another wipe script to ebb (docs/guide/nixos-migrate.md): its layout and its old roots stay, and ebb works on them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertStatus, command, type Outcome, quoted, repository, shell, text } from '../support/cli-program.ts';
import { noBtrfs, run, temporaryDirectory, undoAfter } from '../support/cli-roots.ts';

interface Layout {
  readonly root: string;
  readonly storage: string;
  readonly oldRoots: string;
  /** As date(1) writes the names of old roots. */
  readonly format: string;
}

const layouts: Readonly<Record<string, Layout>> = {
  "of impermanence's README": {
    ...{ root: 'root', storage: 'persistent', oldRoots: 'old_roots', format: '%Y-%m-%-d_%H:%M:%S' },
  },
  'of bcache-impermanence, as it was': {
    ...{ root: '@root', storage: '@persist', oldRoots: '@snapshots/old_roots', format: '%Y-%-m-%-d_%H:%M:%S' },
  },
  'of bcache-impermanence, as it is now': {
    ...{ root: '@root', storage: '@persist', oldRoots: '@snapshots/old_roots', format: '%Y-%m-%d_%H-%M-%S' },
  },
};
const times = ['2026-01-09T12:00:00Z', '2026-01-10T07:08:09Z', '2026-02-28T23:59:59Z', '2026-03-01T00:00:01Z'];

interface Listed {
  readonly oldRoots: readonly {
    readonly name: string;
    readonly foreign: boolean;
    readonly adopted: boolean;
    readonly bootedAt: string | null;
  }[];
}

/** A device that the script has reset at each of these times, and once more: its names, and what runs where ebb is set up. */
function wiped(t: TestContext, { root, storage, oldRoots, format }: Layout) {
  const home = temporaryDirectory(t);
  const [image, top, etc] = [join(home, 'image'), join(home, 'top'), join(home, 'etc')];
  mkdirSync(top);
  run('truncate', '-s', '192M', image);
  run('mkfs.btrfs', '-q', image);
  const device = run('losetup', '--find', '--show', image).trim();
  undoAfter(t, () => run('losetup', '-d', device));
  run('mount', device, top);
  undoAfter(t, () => run('umount', top));
  let boots = 0;
  const subvolume = (path: string): void => void run('btrfs', '-q', 'subvolume', 'create', path);
  for (const name of [storage, 'nix']) subvolume(join(top, name));
  writeFileSync(join(top, storage, 'kept'), 'kept\n');
  mkdirSync(join(top, oldRoots), { recursive: true });
  const names = times.map((at) => {
    subvolume(join(top, root));
    for (const directory of ['proc', 'srv', 'var/lib']) mkdirSync(join(top, root, directory), { recursive: true });
    writeFileSync(join(top, root, 'srv/notes'), `notes of ${at}\n`);
    // systemd makes it one, where the root is one.
    subvolume(join(top, root, 'var/lib/portables'));
    const name = run('date', '-u', '-d', at, `+${format}`).trim();
    run('mv', join(top, root), join(top, oldRoots, name));
    return name;
  });
  subvolume(join(top, root));
  writeFileSync(join(top, root, 'now'), 'of the script');
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(etc, 'ebb'), { recursive: true });
  const lines = [
    '[root]',
    'filesystem = "btrfs"',
    `device = "${device}"`,
    `subvolume = "${root}"`,
    `old_roots = "${oldRoots}"`,
  ];
  writeFileSync(join(etc, 'ebb/config.toml'), `${lines.join('\n')}\n`);
  const ebb = `ebb() { ${command().map(quoted).join(' ')} "$@"; }`;
  return {
    top,
    names,
    /** Where nothing but the root is mounted of the device. */
    machine(line: string): Outcome {
      const script = `umount ${top} && mount -o subvol=${root} ${device} ${top} && mount --bind ${etc} /etc || exit 99\n${ebb}\n${line}`;
      return shell(`unshare --mount --propagation private sh -c ${quoted(script)}`);
    },
    /** What the initrd does. */
    reset(): void {
      const settings = { EBB_FILESYSTEM: 'btrfs', EBB_ROOT: root, EBB_OLD_ROOTS: oldRoots, EBB_STORAGE: storage };
      const args = [join(repository, 'boot/reset-root'), '--root', top, '--boot-id', `boot-${boots++}`];
      const env = { PATH: `${process.env['PATH']}:/sbin:/usr/sbin`, EBB_ENV: '/nonexistent', ...settings };
      const { status, stderr } = spawnSync('sh', args, { env, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    },
  };
}

function listed(outcome: Outcome): Listed['oldRoots'] {
  assertStatus(outcome, 0);
  return (JSON.parse(text(outcome.stdout)) as Listed).oldRoots;
}

for (const [what, layout] of Object.entries(layouts)) {
  test(`the layout ${what}: reset as it is, its old roots listed, searched, adopted and thinned out`, {
    skip: noBtrfs,
  }, (t) => {
    const { top, names, machine, reset } = wiped(t, layout);
    const oldRoots = join(top, layout.oldRoots);
    reset();
    assert.deepEqual(readdirSync(join(top, layout.root)), ['.ebb']);
    const [last = '', ...others] = readdirSync(oldRoots).filter((name) => !names.includes(name));
    assert.deepEqual(others, []);
    assert.equal(readFileSync(join(oldRoots, last, 'now'), 'utf8'), 'of the script');

    const before = listed(machine('ebb ls --json'));
    assert.deepEqual(
      before
        .filter(({ foreign }) => foreign)
        .map(({ name, bootedAt }) => [name, bootedAt])
        .sort(),
      names.map((name, i) => [name, times[i]]).sort(),
    );
    assertStatus(machine('ebb gc -y --recent 1 --weekly 0 --monthly 0'), 0);
    assert.equal(readdirSync(oldRoots).length, 5, 'what ebb did not make stays');
    const found = machine('ebb find /srv/notes');
    assertStatus(found, 0);
    assert.match(text(found.stdout), /4 versions/);

    const adopted = machine('ebb adopt --all');
    assertStatus(adopted, 0);
    assert.deepEqual(
      listed(machine('ebb ls --json')).filter(({ foreign, adopted }) => foreign && !adopted),
      [],
    );
    const flags = '--keep-recent-count 1 --keep-recent-weeks 0 --keep-per-month 1';
    assertStatus(machine(`ebb gc -y ${flags}`), 0);
    // The newest of each month, and the newest of ebb's.
    assert.deepEqual(
      readdirSync(oldRoots)
        .filter((name) => !name.startsWith('.'))
        .sort(),
      [names[1], names[2], names[3], last].sort(),
    );

    reset();
    const after = listed(machine('ebb ls --json'));
    assert.equal(after.length, 5);
    assert.ok(existsSync(join(top, layout.storage, 'kept')));
    const restored = machine(
      `ebb restore --from ${quoted(names[1] ?? '')} --to /mnt /srv/notes && cat /mnt/srv/notes; rm -r /mnt/srv`,
    );
    assert.match(text(restored.stdout), new RegExp(`notes of ${times[1]}`), restored.stderr);
  });
}
