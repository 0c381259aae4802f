/** The commands of docs/guide/nixos-from-traditional.md, run as they stand there, on disks of their own. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertStatus, command, quoted, repository, shell } from '../support/cli-program.ts';
import { noBtrfs, run, temporaryDirectory, undoAfter } from '../support/cli-roots.ts';
import { evaluate, nixString, withoutNix } from '../support/nix-evaluation.ts';

const guide = readFileSync(join(repository, 'docs/guide/nixos-from-traditional.md'), 'utf8');

/** The block of commands that the guide has marked with this name. */
function block(name: string): string {
  const [, commands] = guide.match(new RegExp(`<!-- run: ${name} -->\\s+\`\`\`sh\\n([\\s\\S]*?)\`\`\``)) ?? [];
  assert.ok(commands, `the guide has no commands marked ${name}`);
  return commands;
}

/** A traditional system on a device, and what runs a script there: its top level is mounted at `$live`. */
function hostOf(t: TestContext, filesystem: 'btrfs' | 'ext4') {
  const home = temporaryDirectory(t);
  const image = join(home, 'image');
  for (const name of ['mnt', 'live', 'run']) mkdirSync(join(home, name));
  run('truncate', '-s', '200M', image);
  run(`mkfs.${filesystem}`, '-q', image);
  const device = run('losetup', '--find', '--show', image).trim();
  undoAfter(t, () => run('losetup', '-d', device));

  /** Of the guide, with the paths of this test. */
  const commands = (name: string) =>
    block(name)
      .replaceAll('/dev/disk/by-label/nixos', device)
      .replaceAll('/mnt', `${home}/mnt`)
      .replace(/(?<=\s)\/persist\b/g, `${home}/persist`);
  const prelude = `
    set -eu
    live=${home}/live mnt=${home}/mnt
    ebb() { ${command().map(quoted).join(' ')} "$@"; }
    say() { echo "== $1"; }
    export EBB_FILESYSTEM=${filesystem === 'btrfs' ? 'btrfs' : 'directory'} EBB_DEVICE=${device}
    install_system() {
      mkdir -p $live/nix/store/aaa-x $live/nix/var/nix/db $live/var/lib/forgejo $live/var/empty $live/etc $live/boot $live/srv
      mkdir -p "$live/home/josh/two words"
      chmod 700 $live/home/josh $live/var/lib/forgejo && chown -R 1000:100 $live/home/josh
      echo stored >$live/nix/store/aaa-x/file; echo data >$live/var/lib/forgejo/data; echo id >$live/etc/machine-id
      echo note >$live/srv/note; mkdir $live/root; echo key >$live/root/.netrc; chattr +i $live/var/empty
    }
    mount ${device} $live && install_system
    cd ${home}
  `;
  return {
    home,
    /** What it says under each heading. */
    run(script: (commands: (name: string) => string) => string): Map<string, string> {
      const line = `unshare --mount --propagation private sh -c ${quoted(prelude + script(commands))}`;
      const outcome = shell(line);
      assertStatus(outcome, 0);
      const parts = outcome.stdout.split(/^== /m).slice(1);
      return new Map(parts.map((part) => [part.split('\n', 1)[0] ?? '', part.slice(part.indexOf('\n') + 1)]));
    },
  };
}

/** In the initrd: nothing of the device is mounted, and /run is its own. */
const boot = (settings = '') => `
  umount -R ${'$mnt'} 2>/dev/null || :
  umount $live
  ${settings} unshare --mount --propagation private sh -c "mount -t tmpfs none /run && sh ${repository}/boot/reset-root"
`;
/** What Nix and ebb say: of the system that lies at $live, as of the one that runs. */
const left = (commands: (name: string) => string) => `(
  nix() { printf '%s\\n' /var/lib/forgejo /etc/machine-id '/home/josh/two words' /none; }
  ebb() { verb=$1; shift; ${command().map(quoted).join(' ')} $verb --root $live "$@" 2>/dev/null; }
  ${commands('kept')}
  sed "s|^|$live|" kept >all; mv all kept
)`;
const list = (directory: string) => `ls -A ${directory}`;
const names = (text: string | undefined) =>
  (text ?? '')
    .trim()
    .split('\n')
    .filter((name) => name !== '');

test('a btrfs whose root is its top level: the copy becomes the first old root, what is kept is in storage', {
  skip: noBtrfs,
}, (t) => {
  const host = hostOf(t, 'btrfs');
  const said = host.run(
    (commands) => `
      btrfs -q subvolume create $live/data; echo kept >$live/data/file
      say left; ${left(commands)}
      exec 3>&1 >/dev/null
      ${commands('btrfs')}
      ${commands('copy')}
      exec >&3
      say storage; find persist/$live -mindepth 1 -printf '%P %U:%G %m\\n' | sort
      umount persist
      ${boot()}
      mount ${'$EBB_DEVICE'} $mnt
      say top; ${list('$mnt')}
      say root; ${list('$mnt/@root')}
      say store; cat $mnt/@nix/store/aaa-x/file
      say old; ${list('$mnt/@snapshots/old_roots/*')}
      say find; ebb find /srv/note --old-roots $mnt/@snapshots/old_roots
      say back; cat $mnt/nix/store/aaa-x/file $mnt/srv/note
      umount $mnt
      exec 3>&1 >/dev/null
      ${commands('btrfs-clean')}
      exec >&3
      say clean; ${list('$mnt')}
      say data; cat $mnt/data/file
      umount $mnt
    `,
  );
  assert.deepEqual(names(said.get('storage')), [
    'etc 0:0 755',
    'etc/machine-id 0:0 644',
    'home 0:0 755',
    'home/josh 1000:100 700',
    'home/josh/two words 1000:100 755',
    'var 0:0 755',
    'var/lib 0:0 755',
    'var/lib/forgejo 0:0 700',
    'var/lib/forgejo/data 0:0 644',
  ]);
  assert.deepEqual(names(said.get('left')).sort(), ['/data', '/data/file', '/root/.netrc', '/srv/note']);
  assert.ok(names(said.get('top')).includes('srv'), 'the old system stays where it was');
  assert.deepEqual(names(said.get('root')), ['.ebb']);
  assert.equal(said.get('store'), 'stored\n');
  assert.deepEqual(names(said.get('old')), ['.ebb', 'boot', 'data', 'etc', 'home', 'nix', 'root', 'srv', 'var']);
  assert.match(said.get('find') ?? '', /1 version, in 1 old root/);
  assert.equal(said.get('back'), 'stored\nnote\n');
  assert.deepEqual(names(said.get('clean')), ['@nix', '@persist', '@root', '@snapshots', 'boot', 'data']);
  assert.equal(said.get('data'), 'kept\n', 'subvolumes of their own stay');
});

test('an ext4: nothing moves, a fresh root is made beside the old system, which can become an old root', {
  skip: noBtrfs,
}, (t) => {
  const host = hostOf(t, 'ext4');
  const said = host.run(
    (commands) => `
      mkdir $live/persist && ln -s $live/persist persist
      say left; ${left(commands)}
      ${commands('copy')}
      ${boot('EBB_NIX=nix EBB_STORAGE=persist')}
      mount ${'$EBB_DEVICE'} $mnt
      say top; ${list('$mnt')}
      say root; ${list('$mnt/@root')}
      say storage; cat $mnt/persist/$live/var/lib/forgejo/data
      say back; cat $mnt/nix/store/aaa-x/file $mnt/srv/note
      umount $mnt
      # Where nothing is mounted, the configuration would say where old roots are.
      real=$(command -v umount)
      umount() { :; }
      ebb() { ${command().map(quoted).join(' ')} "$@" --old-roots $mnt/@snapshots/old_roots >/dev/null; }
      ${commands('ext4-clean')}
      say clean; ${list('$mnt')}
      say old; ${list('$mnt/@snapshots/old_roots/*')}
      say find; ${command().map(quoted).join(' ')} find /srv/note --old-roots $mnt/@snapshots/old_roots
      $real $mnt
    `,
  );
  assert.deepEqual(names(said.get('left')).sort(), ['/root/.netrc', '/srv/note']);
  const before = ['boot', 'etc', 'home', 'lost+found', 'nix', 'persist', 'root', 'srv', 'var'];
  assert.deepEqual(names(said.get('top')), ['@root', '@snapshots', ...before]);
  assert.deepEqual(names(said.get('root')), ['.ebb']);
  assert.equal(said.get('storage'), 'data\n');
  assert.equal(said.get('back'), 'stored\nnote\n');
  assert.deepEqual(names(said.get('clean')), ['@root', '@snapshots', 'boot', 'lost+found', 'nix', 'persist']);
  assert.deepEqual(names(said.get('old')), ['.ebb', 'etc', 'home', 'root', 'srv', 'var']);
  assert.match(said.get('find') ?? '', /1 version, in 1 old root/);
});

test('what Nix is asked for gives a line for each persisted path', { skip: withoutNix }, () => {
  const [, apply] = block('kept').match(/--apply '([^']*)'/) ?? [];
  assert.ok(apply);
  const entries = `[ { path = ${nixString('/var/lib/forgejo')}; kind = "directory"; } { path = "/home/josh/two words"; } ]`;
  assert.equal(evaluate(`(${apply}) ${entries}`), '/var/lib/forgejo\n/home/josh/two words\n');
});
