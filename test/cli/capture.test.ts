/** `ebb capture`: what a tmpfs root would lose becomes an old root of its own. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertRefused, assertStatus, command, ebb, text } from '../support/cli-program.ts';
import { bytePath, mount, noMounts, run, temporaryDirectory, tmpfsRoot } from '../support/cli-roots.ts';

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
    names: () => readdirSync(kept).sort(),
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

test('another capture of this boot takes the place of the earlier one, but not of one that is pinned', {
  skip: noMounts,
}, (t) => {
  const { root, kept, capture, names } = world(t);
  change(root);
  assertStatus(capture(), 0);
  const [name = ''] = names();
  writeFileSync(join(root, 'srv/later'), 'later');
  const again = capture();
  assertStatus(again, 0);
  assert.match(text(again.stdout), /in the place of the earlier capture/);
  assert.deepEqual(names(), [name]);
  assert.equal(readFileSync(join(kept, name, 'srv/later'), 'utf8'), 'later');
  assertStatus(ebb(['pin', '--old-roots', kept, name, '--note', 'before the upgrade']), 0);
  rmSync(join(root, 'srv/later'));
  assertStatus(capture(), 0);
  assert.equal(names().length, 2);
  assert.equal(readFileSync(join(kept, name, 'srv/later'), 'utf8'), 'later');
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
  assert.match(text(outcome.stdout), /^would capture \d+ paths as /);
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
  assertRefused(ebb(args), /the root was not captured: .*no space left/);
  assert.deepEqual(readdirSync(join(small, 'old_roots')), [name]);
  assert.equal(readFileSync(join(small, 'old_roots', name, 'srv-notes'), 'utf8'), 'kept');
});

test('a place that is lost with the root is refused, and nothing is made there', { skip: noMounts }, (t) => {
  const home = temporaryDirectory(t);
  // A machine whose root is a tmpfs, as far as ebb can tell: it is changed into.
  const script = `
    mount -t tmpfs -o mode=755 tmpfs ${home} && cd ${home} || exit 99
    mkdir proc run dev tmp etc persist old && mount -t proc proc proc && mount --rbind /dev dev
    for d in /*; do
      if [ -L $d ]; then cp -a $d .$d; elif [ -d $d ] && [ ! -e .$d ]; then mkdir .$d && mount --rbind $d .$d; fi
    done
    mount --rbind /tmp tmp
    pivot_root . old && umount -l /old
    exec "$@"`;
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...command(), 'capture'];
  const before = run('ls', '/');
  const child = spawnSync('unshare', args, { encoding: 'utf8', cwd: '/' });
  assert.match(
    child.stderr,
    /\/persist\/\.ebb\/old_roots lies on tmpfs and is lost with the root\n {2}name a directory/,
  );
  assert.equal(child.status, 2);
  assert.equal(run('ls', '/'), before);
});

test('killed anywhere, it leaves the last whole capture, and a later run cleans up', { skip: noMounts }, async (t) => {
  const { root, kept, capture, names } = world(t);
  for (let i = 0; i < 3000; i++) writeFileSync(join(root, `file${i}`), `content ${i}`);
  assertStatus(capture(), 0);
  const [name = ''] = names();
  const started = performance.now();
  assertStatus(capture(), 0);
  const takes = performance.now() - started;
  let killed = 0;
  for (let round = 0; round < 12; round++) {
    writeFileSync(join(root, 'round'), String(round));
    const [program = '', ...words] = [...command(), 'capture', '--root', root, '--old-roots', kept];
    const child = spawn(program, words, { stdio: 'ignore' });
    setTimeout(() => child.kill('SIGKILL'), takes * (0.3 + (0.7 * round) / 12));
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    if (signal === 'SIGKILL') killed++;
    assert.equal(readdirSync(join(kept, name)).filter((entry) => entry.startsWith('file')).length, 3000);
    assert.equal(names().filter((entry) => !entry.startsWith('.deleting-')).length, 1);
  }
  t.diagnostic(`killed ${killed} of 12`);
  assert.ok(killed > 0);
  assertStatus(capture(), 0);
  assertStatus(ebb(['gc', '-y', '--old-roots', kept]), 0);
  assert.deepEqual(names(), [name]);
  assert.equal(readFileSync(join(kept, name, 'round'), 'utf8'), '11');
});
