/** `ebb capture`: what a tmpfs root would lose becomes an old root of its own. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { assertRefused, assertStatus, command, ebb, text } from '../support/cli-program.ts';
import {
  bytePath,
  mount,
  noBtrfs,
  noMounts,
  run,
  temporaryDirectory,
  tmpfsRoot,
  undoAfter,
} from '../support/cli-roots.ts';

const noPython = spawnSync('python3', ['--version']).error === undefined ? false : 'python3 is not installed';

interface World {
  readonly root: string;
  /** Where captures go. */
  readonly kept: string;
  capture(...more: string[]): ReturnType<typeof ebb>;
  names(): string[];
}

function world(t: TestContext): World {
  const root = tmpfsRoot(t, {
    'etc/base': 'base',
    'etc/gone': 'gone',
    'etc/same': 'same',
    'var/lib/old/': null,
    'var/cache/apt/': null,
  });
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  const storage = temporaryDirectory(t);
  // In memory, since each capture is written out.
  mount(t, storage, '-t', 'tmpfs', 'tmpfs');
  const kept = join(storage, 'persist/old_roots');
  return {
    ...{ root, kept },
    capture: (...more) => ebb(['capture', '--root', root, '--old-roots', kept, ...more]),
    names: () =>
      readdirSync(kept)
        .filter((name) => name !== '.ebb')
        .sort(),
  };
}

function change(root: string): void {
  writeFileSync(join(root, 'etc/base'), 'changed');
  rmSync(join(root, 'etc/gone'));
  mkdirSync(join(root, 'etc/ssh'));
  writeFileSync(join(root, 'etc/ssh/ssh_host_ed25519_key'), 'key', { mode: 0o600 });
  mkdirSync(join(root, 'var/lib/app/deep'), { recursive: true });
  writeFileSync(join(root, 'var/lib/app/deep/data'), 'data');
  linkSync(join(root, 'var/lib/app/deep/data'), join(root, 'var/lib/app/link'));
  writeFileSync(join(root, 'var/cache/apt/pkgcache'), 'made anew');
  mkdirSync(join(root, 'srv'));
  writeFileSync(bytePath(root, 'srv/a\nb\xff'), 'bytes');
  run('chmod', '711', join(root, 'var/lib/old'));
}

/** What a comparison says of each path, but for when and how large: directories differ in that between filesystems. */
function told(document: string): unknown[] {
  const { changes } = JSON.parse(document) as { changes: Record<string, unknown>[] };
  return changes
    .map(({ path, kind, type, category, verdict, entries }) => ({ path, kind, type, category, verdict, entries }))
    .sort((a, b) => String(a.path).localeCompare(String(b.path)));
}

function only(value: unknown, ...keys: string[]): Record<string, unknown> {
  const object = value as Record<string, unknown>;
  return Object.fromEntries(keys.map((key) => [key, object[key]]));
}

test('a comparison of the capture with its own baseline says what one of the root says', { skip: noMounts }, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  assertStatus(capture(), 0);
  const [name = ''] = names();
  assert.match(name, /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$/);
  const categories = ['--category', 'state,secret,home,unknown,log', '--json'];
  const ofRoot = ebb(['diff', '--root', root, ...categories]);
  const ofCapture = ebb(['diff', '--old-roots', kept, name, ...categories]);
  assertStatus(ofCapture, 0);
  assert.ok(told(ofRoot.stdout).length >= 6);
  assert.deepEqual(told(ofCapture.stdout), told(ofRoot.stdout));
});

test('files are as they were, hard links are, caches are left out, and others may not look', {
  skip: noMounts,
}, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  assertStatus(capture(), 0);
  const captured = join(kept, names()[0] ?? '');
  assert.equal(statSync(kept).mode & 0o7777, 0o700);
  const key = statSync(join(captured, 'etc/ssh/ssh_host_ed25519_key'));
  assert.equal(key.mode & 0o7777, 0o600);
  assert.equal(key.mtimeMs, statSync(join(root, 'etc/ssh/ssh_host_ed25519_key')).mtimeMs);
  assert.equal(statSync(join(captured, 'var/lib/app/link')).ino, statSync(join(captured, 'var/lib/app/deep/data')).ino);
  assert.equal(statSync(join(captured, 'var/lib/old')).mode & 0o7777, 0o711);
  assert.equal(readFileSync(bytePath(captured, 'srv/a\nb\xff'), 'utf8'), 'bytes');
  assert.ok(!existsSync(join(captured, 'var/cache')));
  assert.ok(!existsSync(join(captured, 'etc/same')));
});

test('a later capture that holds all of the earlier one takes its place', { skip: noMounts }, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  writeFileSync(join(root, 'srv/grows'), 'begun');
  assertStatus(capture(), 0);
  const [name = ''] = names();
  // Grown, renamed, made anew with the same content: nothing of it is lost.
  appendFileSync(join(root, 'srv/grows'), ' and grown');
  renameSync(join(root, 'etc/ssh/ssh_host_ed25519_key'), join(root, 'etc/ssh/renamed'));
  rmSync(join(root, 'var/lib/app/link'));
  rmSync(join(root, 'etc/base'));
  writeFileSync(join(root, 'etc/base'), 'changed');
  writeFileSync(join(root, 'srv/later'), 'later');
  const again = capture();
  assertStatus(again, 0);
  assert.match(text(again.stdout), new RegExp(`in the place of ${name}, of which it holds all`));
  assert.equal(names().length, 1);
  assert.equal(readFileSync(join(kept, names()[0] ?? '', 'srv/later'), 'utf8'), 'later');
});

test('a capture stays where the later one lacks a file of it, or an earlier version', { skip: noMounts }, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  writeFileSync(join(root, 'srv/notes'), 'the only copy');
  assertStatus(capture(), 0);
  const [first = ''] = names();
  rmSync(join(root, 'srv/notes'));
  const second = capture();
  assertStatus(second, 0);
  assert.match(text(second.stdout), new RegExp(`${first} stays: it holds /srv/notes, which this one has not`));
  assert.equal(names().length, 2);
  assert.equal(readFileSync(join(kept, first, 'srv/notes'), 'utf8'), 'the only copy');
  writeFileSync(join(root, 'etc/base'), 'another');
  assertStatus(capture(), 0);
  assert.equal(names().length, 3);
  assert.equal(readFileSync(join(kept, first, 'etc/base'), 'utf8'), 'changed');
  // And where nothing was lost since the last one, no other is added.
  assertStatus(capture(), 0);
  assert.equal(names().length, 3);
});

test('a file that was overwritten within the moment of its capture is looked into', { skip: noMounts }, (t) => {
  const { root, kept, capture, names } = world(t);
  const path = join(root, 'srv-state');
  writeFileSync(path, 'one');
  const { atime, mtime } = statSync(path);
  assertStatus(capture(), 0);
  const [first = ''] = names();
  writeFileSync(path, 'two');
  utimesSync(path, atime, mtime);
  assertStatus(capture(), 0);
  assert.equal(names().length, 2);
  assert.equal(readFileSync(join(kept, first, 'srv-state'), 'utf8'), 'one');
});

test('what is written through a mapping of a file is seen, though its times do not move', {
  skip: noMounts || noPython,
}, async (t) => {
  const { root, kept, capture, names } = world(t);
  const path = join(root, 'srv-mapped');
  writeFileSync(path, 'first');
  const script = `
import mmap, sys
with open(sys.argv[1], 'r+b') as f:
  m = mmap.mmap(f.fileno(), 0)
  m[0:5] = b'first'
  print('mapped', flush=True)
  sys.stdin.readline()
  m[0:5] = b'later'
  print('written', flush=True)
  sys.stdin.readline()`;
  const child = spawn('python3', ['-c', script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  // Before the root is unmounted.
  undoAfter(t, () => child.kill('SIGKILL'));
  const [mapped] = await once(child.stdout, 'data');
  assert.equal(String(mapped).trim(), 'mapped');
  await pause(150);
  assertStatus(capture(), 0);
  const [first = ''] = names();
  child.stdin.write('\n');
  await once(child.stdout, 'data');
  assertStatus(capture(), 0);
  assert.equal(names().length, 2);
  assert.equal(readFileSync(join(kept, first, 'srv-mapped'), 'utf8'), 'first');
  const second = names().find((name) => name !== first) ?? '';
  assert.equal(readFileSync(join(kept, second, 'srv-mapped'), 'utf8'), 'later');
  child.stdin.write('\n');
  await once(child, 'exit');
});

test('what an attribute could not be kept of is not taken for all that there was', { skip: noBtrfs }, (t) => {
  const { root } = world(t);
  const storage = temporaryDirectory(t);
  // Too small for the attribute, which a tmpfs takes.
  const image = join(temporaryDirectory(t), 'image');
  run('truncate', '-s', '64M', image);
  run('mkfs.ext4', '-q', image);
  mount(t, storage, '-o', 'loop', image);
  const kept = join(storage, 'old_roots');
  const capture = () => ebb(['capture', '--root', root, '--old-roots', kept]);
  writeFileSync(join(root, 'srv-only'), 'precious');
  linkSync(join(root, 'srv-only'), join(root, 'srv-other-name'));
  run('setfattr', '-n', 'user.big', '-v', `0x${'41'.repeat(8000)}`, join(root, 'srv-only'));
  assertStatus(capture(), 3);
  rmSync(join(root, 'srv-only'));
  rmSync(join(root, 'srv-other-name'));
  writeFileSync(join(root, 'srv-later'), 'other');
  assertStatus(capture(), 0);
  const contents = readdirSync(kept)
    .filter((name) => name !== '.ebb' && existsSync(join(kept, name, 'srv-only')))
    .map((name) => readFileSync(join(kept, name, 'srv-only'), 'utf8'));
  assert.deepEqual(contents, ['precious']);
});

test('a large file of holes takes no time', { skip: noMounts }, (t) => {
  const { root, capture } = world(t);
  writeFileSync(join(root, 'srv-holes'), 'begins');
  truncateSync(join(root, 'srv-holes'), 2 ** 42);
  const started = performance.now();
  for (let i = 0; i < 2; i++) assertStatus(capture(), 0);
  assert.ok(performance.now() - started < 20_000);
});

test('where nothing changed since the last capture, no other is made', { skip: noMounts }, async (t) => {
  const { root, capture, names } = world(t);
  change(root);
  await pause(150);
  assertStatus(capture(), 0);
  const [first = ''] = names();
  const again = capture();
  assertStatus(again, 0);
  assert.match(text(again.stdout), new RegExp(`^nothing changed since ${first} in .*: no other capture was made`));
  assert.deepEqual(names(), [first]);
  // The last one of a boot says so.
  assertStatus(capture('--ending'), 0);
  const [second = ''] = names();
  assert.notEqual(second, first);
  await pause(150);
  for (const act of [
    () => rmSync(join(root, 'etc/same')),
    () => run('chmod', '700', join(root, 'var/lib/app')),
    () => mkdirSync(join(root, 'var/lib/app/empty')),
  ]) {
    act();
    const { earlier } = JSON.parse(capture('--json').stdout) as { earlier: { outcome: string } };
    assert.equal(earlier.outcome, 'replaced');
  }
});

test('a copy of a capture is no capture of ebb, and stays', { skip: noMounts }, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  assertStatus(capture(), 0);
  const [first = ''] = names();
  run('cp', '-a', join(kept, first), join(kept, 'zcopy'));
  rmSync(join(root, 'etc/base'));
  assertStatus(capture(), 0);
  writeFileSync(join(root, 'srv/later'), 'later');
  assertStatus(capture(), 0);
  assert.equal(names().length, 3);
  const { oldRoots } = JSON.parse(ebb(['ls', '--old-roots', kept, '--json']).stdout) as {
    oldRoots: { name: string; foreign: boolean }[];
  };
  assert.deepEqual(
    oldRoots.filter(({ foreign }) => foreign).map(({ name }) => name),
    ['zcopy'],
  );
});

test('a pinned capture stays', { skip: noMounts }, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  assertStatus(capture(), 0);
  const [name = ''] = names();
  assertStatus(ebb(['pin', '--old-roots', kept, name, '--note', 'before the upgrade']), 0);
  writeFileSync(join(root, 'srv/later'), 'later');
  assertStatus(capture(), 0);
  assert.equal(names().length, 2);
  assert.ok(!existsSync(join(kept, name, 'srv/later')));
});

test('a capture of another root of this boot leaves those of the first alone', { skip: noMounts }, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  assertStatus(capture(), 0);
  const [first = ''] = names();
  const other = tmpfsRoot(t, { 'etc/own': 'of the other' });
  const captureOther = () => ebb(['capture', '--root', other, '--old-roots', kept]);
  assertStatus(captureOther(), 0);
  assert.equal(names().length, 2);
  assert.equal(readFileSync(join(kept, first, 'etc/base'), 'utf8'), 'changed');
  // Each knows its own.
  writeFileSync(join(root, 'srv/more'), 'more');
  assertStatus(capture(), 0);
  writeFileSync(join(other, 'etc/more'), 'more');
  assertStatus(captureOther(), 0);
  assert.equal(names().length, 2);
});

test('files that did not change are shared with the earlier capture, and restored each by itself', {
  skip: noMounts,
}, async (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  for (let i = 0; i < 50; i++) writeFileSync(join(root, `srv/file${i}`), `content ${i}`);
  // Older than the moment within which a change would not show.
  await pause(150);
  assertStatus(capture(), 0);
  const [first = ''] = names();
  rmSync(join(root, 'srv/file0'));
  const second = capture('--json');
  assertStatus(second, 0);
  const { name, shared } = JSON.parse(second.stdout) as { name: string; shared: { files: number } };
  assert.notEqual(name, first);
  assert.equal(statSync(join(kept, first, 'srv/file1')).ino, statSync(join(kept, name, 'srv/file1')).ino);
  assert.ok(shared.files >= 49);
  const categories = ['--category', 'state,secret,home,unknown,log', '--json'];
  const ofRoot = ebb(['diff', '--root', root, ...categories]);
  assert.deepEqual(told(ebb(['diff', '--old-roots', kept, name, ...categories]).stdout), told(ofRoot.stdout));
  const to = temporaryDirectory(t);
  assertStatus(ebb(['restore', '--old-roots', kept, '--to', to, '/srv']), 0);
  assert.equal(statSync(join(to, 'srv/file1')).nlink, 1);
  assert.equal(readFileSync(join(to, 'srv/file1'), 'utf8'), 'content 1');
});

test('what somebody wrote into an earlier capture is not taken over', { skip: noMounts }, async (t) => {
  const { root, kept, capture, names } = world(t);
  writeFileSync(join(root, 'srv-state'), 'the truth');
  writeFileSync(join(root, 'srv-gone'), 'gone');
  await pause(150);
  assertStatus(capture(), 0);
  const [first = ''] = names();
  writeFileSync(join(kept, first, 'srv-state'), 'no truth!');
  rmSync(join(root, 'srv-gone'));
  assertStatus(capture(), 0);
  const second = names().find((name) => name !== first) ?? '';
  assert.equal(readFileSync(join(kept, second, 'srv-state'), 'utf8'), 'the truth');
});

test('what a capture says it holds is what ls and diff say', { skip: noMounts }, (t) => {
  const { root, kept, capture } = world(t);
  change(root);
  const { name, entries, bytes, deletions } = JSON.parse(capture('--json').stdout) as Record<string, number | string>;
  const [listed] = (JSON.parse(ebb(['ls', '--old-roots', kept, '--json']).stdout) as { oldRoots: unknown[] }).oldRoots;
  assert.deepEqual({ entries, bytes }, only(listed, 'entries', 'bytes'));
  const { summary } = JSON.parse(ebb(['diff', '--old-roots', kept, String(name), '--json']).stdout) as {
    summary: { entries: number; bytes: number };
  };
  assert.deepEqual([Number(entries) + Number(deletions), bytes], [summary.entries, summary.bytes]);
});

test('a capture that would be larger than it may be is refused, and says what is large', { skip: noMounts }, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  assertStatus(capture(), 0);
  const before = names();
  mkdirSync(join(root, 'var/lib/machines/image'), { recursive: true });
  writeFileSync(join(root, 'var/lib/machines/image/disk'), Buffer.alloc(3_000_000, 1));
  for (const more of [
    ['--max-size', '2MB'],
    ['--max-size', '2 MB', '--dry-run'],
  ]) {
    const refused = capture(...more);
    assertRefused(refused, /the capture would be 3\.0 MB, and may be 2\.0 MB.*\n.*\/var\/lib\/machines \(3\.0 MB\)/);
  }
  assert.deepEqual(names(), before);
  assertStatus(capture('--max-size', '4M'), 0);
  assertRefused(capture('--max-size', 'much'), /much is not a size/);
  mkdirSync(join(root, 'etc/ebb'));
  writeFileSync(join(root, 'etc/ebb/config.toml'), '[capture]\nmax_size = "1MB"\n');
  assertRefused(capture(), /and may be 1\.0 MB/);
  assert.ok(existsSync(join(kept, names()[0] ?? '', 'var/lib/machines/image/disk')));
});

test('it says what it left out: caches, what is made anew, and what is ignored', { skip: noMounts }, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  mkdirSync(join(root, 'etc/ebb'));
  writeFileSync(join(root, 'etc/ebb/config.toml'), '[ignore]\npaths = ["/srv/scratch"]\n');
  mkdirSync(join(root, 'srv/scratch'));
  writeFileSync(join(root, 'srv/scratch/x'), 'x');
  mkdirSync(join(root, 'home/josh/.cache/app'), { recursive: true });
  writeFileSync(join(root, 'home/josh/.cache/app/x'), 'x');
  run('mkfifo', join(root, 'var/lib/app/fifo'));
  const outcome = capture('--json');
  assertStatus(outcome, 0);
  const { excluded } = JSON.parse(outcome.stdout) as { excluded: Record<string, { entries: number }> };
  assert.equal(excluded['cache']?.entries, 4);
  assert.equal(excluded['runtime']?.entries, 1);
  assert.equal(excluded['ignored']?.entries, 2);
  const captured = join(kept, names()[0] ?? '');
  for (const path of ['var/cache/apt/pkgcache', 'home/josh/.cache', 'srv/scratch', 'var/lib/app/fifo']) {
    assert.ok(!existsSync(join(captured, path)), path);
  }
  assert.match(text(capture('--dry-run').stdout), /left out: cache 4 entries.*ignored 2 entries.*ebb diff --all/s);
});

test('what is captured is found and restored', { skip: noMounts }, (t) => {
  const { root, kept, capture } = world(t);
  change(root);
  assertStatus(capture(), 0);
  const to = temporaryDirectory(t);
  assertStatus(ebb(['restore', '--old-roots', kept, '--to', to, '/var/lib/app']), 0);
  assert.equal(readFileSync(join(to, 'var/lib/app/deep/data'), 'utf8'), 'data');
  assertStatus(ebb(['find', '--old-roots', kept, 'ssh_host_ed25519_key']), 0);
});

test('a dry run makes nothing', { skip: noMounts }, (t) => {
  const { root, kept, capture } = world(t);
  change(root);
  const outcome = capture('--dry-run');
  assertStatus(outcome, 0);
  assert.match(text(outcome.stdout), /^would capture 8 entries \(.*\) and 1 deletion as /);
  assert.ok(!existsSync(kept));
});

test('where there is no room, the earlier capture stays as it was', { skip: noMounts }, (t) => {
  const { root } = world(t);
  const small = temporaryDirectory(t);
  mount(t, small, '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs');
  writeFileSync(join(root, 'srv-notes'), 'kept');
  const args = ['capture', '--root', root, '--old-roots', join(small, 'old_roots')];
  assertStatus(ebb(args), 0);
  const [name = ''] = readdirSync(join(small, 'old_roots'));
  writeFileSync(join(root, 'large'), Buffer.alloc(4_000_000));
  assertRefused(
    ebb(args),
    /no room for the capture: it takes 4\.0 MB, and .* are free.*\n.*\/large \(4\.0 MB\).*ebb gc/,
  );
  assert.deepEqual(readdirSync(join(small, 'old_roots')), [name]);
  assert.equal(readFileSync(join(small, 'old_roots', name, 'srv-notes'), 'utf8'), 'kept');
});

/** Runs the shell script on a machine whose root is a tmpfs, as far as ebb can tell: it is changed into. */
function onTmpfsRoot(t: TestContext, setUp: string, script: string): ReturnType<typeof spawnSync> {
  const home = temporaryDirectory(t);
  const words = command().map((word) => `'${word}'`);
  const change = `
    mount -t tmpfs -o mode=755 tmpfs ${home} && cd ${home} || exit 99
    mkdir proc run dev tmp etc persist old && mount -t proc proc proc && mount --rbind /dev dev
    ${setUp}
    for d in /*; do
      if [ -L $d ]; then cp -a $d .$d; elif [ -d $d ] && [ ! -e .$d ]; then mkdir .$d && mount --rbind $d .$d; fi
    done
    mount --rbind /tmp tmp
    pivot_root . old && umount -l /old
    ebb() { ${words.join(' ')} "$@"; }
    ${script}`;
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', change];
  return spawnSync('unshare', args, { encoding: 'utf8', cwd: '/' });
}

test('a place that is lost with the root is refused, and nothing is made there', { skip: noMounts }, (t) => {
  const before = run('ls', '/');
  const child = onTmpfsRoot(t, '', 'ebb capture');
  assert.match(
    String(child.stderr),
    /\/persist\/\.ebb\/old_roots lies on tmpfs and is lost with the root\n {2}name a directory/,
  );
  assert.equal(child.status, 2);
  assert.equal(run('ls', '/'), before);
});

test('without a configuration, all commands know where captures are', { skip: noBtrfs }, (t) => {
  const image = join(temporaryDirectory(t), 'image');
  run('truncate', '-s', '128M', image);
  run('mkfs.btrfs', '-q', image);
  const script = `
    ebb ls 2>&1 && exit 98
    echo secret >/etc/secret && mkdir /persist/back
    ebb capture && name=$(ls /persist/.ebb/old_roots) || exit 97
    ebb diff $name && ebb ls && ebb find secret && ebb restore --to /persist/back /etc/secret && ebb gc -y &&
      cat /persist/back/etc/secret`;
  const child = onTmpfsRoot(t, `mount -o loop ${image} persist`, script);
  assert.equal(child.status, 0, `${child.stdout}${child.stderr}`);
  const said = String(child.stdout);
  assert.match(said, /nothing was captured of this root yet, .*: there is no \/persist\/\.ebb\/old_roots/);
  assert.match(said, /next: ebb diff \S+ {3}· {3}ebb ls\n/);
  assert.match(said, /lost with that boot.*old roots in \/persist\/\.ebb\/old_roots · btrfs.*\nsecret\n$/s);
});

test('killed anywhere, it leaves the last whole capture, and a later run cleans up', { skip: noMounts }, async (t) => {
  const { root, kept, capture, names } = world(t);
  for (let i = 0; i < 3000; i++) writeFileSync(join(root, `file${i}`), `content ${i}`);
  assertStatus(capture(), 0);
  writeFileSync(join(root, 'begun'), '');
  const started = performance.now();
  assertStatus(capture(), 0);
  const takes = performance.now() - started;
  const whole = (): string[] => names().filter((name) => !name.startsWith('.deleting-'));
  let killed = 0;
  for (let round = 0; round < 12; round++) {
    writeFileSync(join(root, `round${round}`), '');
    const [program = '', ...words] = [...command(), 'capture', '--root', root, '--old-roots', kept];
    const child = spawn(program, words, { stdio: 'ignore' });
    setTimeout(() => child.kill('SIGKILL'), takes * (0.3 + (0.7 * round) / 12));
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (signal === 'SIGKILL') killed++;
    assert.notEqual(whole().length, 0);
    for (const name of whole()) {
      assert.equal(readdirSync(join(kept, name)).filter((entry) => entry.startsWith('file')).length, 3000);
    }
  }
  t.diagnostic(`killed ${killed} of 12`);
  assert.ok(killed > 0);
  const last = capture('--json');
  assertStatus(last, 0);
  assertStatus(ebb(['gc', '-y', '--old-roots', kept]), 0);
  assert.deepEqual(names(), whole());
  const { name } = JSON.parse(last.stdout) as { name: string };
  assert.ok(existsSync(join(kept, name, 'round11')));
});
