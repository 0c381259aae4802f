/** Old roots where the configuration says they are, on a top level that nobody has mounted: as on most machines. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertRefused, assertStatus, command, type Outcome, quoted, shell, text } from '../support/cli-program.ts';
import { noBtrfs, run, temporaryDirectory, undoAfter } from '../support/cli-roots.ts';

const names = ['2026-01-05_10-00-00', '2026-01-06_10-00-00', '2026-01-07_10-00-00'];
const newest = names[2] as string;
const isNoDevice = noBtrfs;

/** A machine with a device of which only `@root` is mounted; runs a line of shell there, in which `ebb` is ebb. */
function machineOf(t: TestContext, filesystem: 'btrfs' | 'ext4'): (line: string) => Outcome {
  const home = temporaryDirectory(t);
  const [image, top, etc] = [join(home, 'image'), join(home, 'top'), join(home, 'etc')];
  mkdirSync(top);
  run('truncate', '-s', '128M', image);
  run(`mkfs.${filesystem}`, '-q', image);
  const device = run('losetup', '--find', '--show', image).trim();
  undoAfter(t, () => run('losetup', '-d', device));
  const makeRoot = (path: string): void => {
    if (filesystem === 'btrfs') run('btrfs', '-q', 'subvolume', 'create', path);
    else mkdirSync(path);
  };
  run('mount', device, top);
  mkdirSync(join(top, '@snapshots/old_roots'), { recursive: true });
  makeRoot(join(top, '@root'));
  names.forEach((name, i) => {
    const oldRoot = join(top, '@snapshots/old_roots', name);
    makeRoot(oldRoot);
    mkdirSync(join(oldRoot, '.ebb'));
    mkdirSync(join(oldRoot, 'srv'));
    const facts = { schema: 'ebb.boot/1', sequence: i + 1, bootedAt: `2026-01-0${5 + i}T10:00:00Z` };
    writeFileSync(join(oldRoot, '.ebb/boot.json'), JSON.stringify(facts));
    // Of different sizes: written within one tick of the clock, they have the same time.
    writeFileSync(join(oldRoot, 'srv/notes.txt'), `notes of ${name}${' '.repeat(i)}\n`);
  });
  run('umount', top);
  cpSync('/etc', etc, { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(etc, 'ebb'), { recursive: true });
  const kind = filesystem === 'btrfs' ? 'btrfs' : 'directory';
  writeFileSync(join(etc, 'ebb/config.toml'), `[root]\nfilesystem = "${kind}"\ndevice = "${device}"\n`);
  // A mount of @root, and of nothing else of the device, as X-mount.subdir makes it.
  const showRoot =
    filesystem === 'btrfs'
      ? `mount -o subvol=@root ${device} ${top}`
      : `mount ${device} /mnt && mount --bind /mnt/@root ${top} && umount /mnt`;
  return (line) => {
    const ebb = `ebb() { ${command().map(quoted).join(' ')} "$@"; }`;
    const script = `${showRoot} && mount --bind ${etc} /etc || exit 99\n${ebb}\n${line}`;
    return shell(`unshare --mount --propagation private sh -c ${quoted(script)}`);
  };
}

for (const filesystem of ['btrfs', 'ext4'] as const) {
  test(`on ${filesystem}: ls, find, diff, restore and gc work, and others see nothing of the mount`, {
    skip: isNoDevice,
  }, (t) => {
    const machine = machineOf(t, filesystem);
    const listed = machine('ebb ls');
    assertStatus(listed, 0);
    assert.match(text(listed.stdout), /^old roots in \/dev\/loop\d+:\/@snapshots\/old_roots/);
    for (const name of names) assert.match(listed.stdout, new RegExp(name));

    const found = machine('ebb find /srv/notes.txt');
    assertStatus(found, 0);
    assert.match(text(found.stdout), /3 versions/);

    const compared = machine(`ebb diff --format paths ${names[0]} ${newest}`);
    assertStatus(compared, 0);
    assert.match(compared.stdout, /^\/srv\/notes\.txt$/m);

    const target = temporaryDirectory(t);
    assertStatus(machine(`ebb restore /srv/notes.txt --to ${target}`), 0);
    assert.equal(readFileSync(join(target, 'srv/notes.txt'), 'utf8'), `notes of ${newest}  \n`);

    // While it works, the mount table of everybody else does not have it.
    const watched = machine(
      `ebb open --shell ${newest} <<'end'\ncat srv/notes.txt; grep -c /run/ebb /proc/$PPID/mountinfo\nend\ngrep -c /run/ebb /proc/self/mountinfo`,
    );
    assert.match(watched.stdout, new RegExp(`^notes of ${newest}  \n[1-9]\\d*\n0\n$`));

    const deleted = machine('ebb gc -y --recent 1 --weekly 0 --monthly 0; ebb ls --json');
    const remaining = JSON.parse(deleted.stdout.slice(deleted.stdout.indexOf('{\n')));
    assert.deepEqual(
      remaining.oldRoots.map(({ name }: { name: string }) => name),
      [newest],
    );
  });
}

test('a path that would mean nothing to others is not printed', { skip: isNoDevice }, (t) => {
  const machine = machineOf(t, 'btrfs');
  assertRefused(
    machine(`ebb open ${newest}`),
    /has no path: .* is mounted nowhere\n {2}mount its filesystem, or look around in it: ebb open --shell/,
  );
});

test('an ordinary user is told that only root may mount it', { skip: isNoDevice }, (t) => {
  const machine = machineOf(t, 'btrfs');
  const outcome = machine(
    'setpriv --reuid=65534 --regid=65534 --clear-groups sh -c \'"$@"\' sh '.concat(
      command().map(quoted).join(' '),
      ' ls',
    ),
  );
  assertRefused(outcome, /only root may mount it\n/);
});
