/** `ebb restore` on real filesystems, against rsync, a killer and an attacker. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeDeepTree } from '../support/deep-tree.ts';
import { reasonAgainst } from '../support/real-stage.ts';
import { factsOf, makeOldRoot, restored } from '../support/restore-host.ts';
import { has, isRoot, run, Workplace } from '../support/workplace.ts';

const child = fileURLToPath(new URL('../support/restore-child.ts', import.meta.url));
const needs = ['rsync', 'setfattr', 'setfacl'].filter((program) => !has(program));
const skip = !isRoot ? 'only root may restore owners' : needs.length > 0 ? `not installed: ${needs.join(', ')}` : false;

interface Ground {
  readonly kind: string;
  readonly unavailable: string | undefined;
  /** A directory on the filesystem. */
  open(workplace: Workplace): string;
}

const grounds: readonly Ground[] = [
  { kind: 'directory', unavailable: undefined, open: (workplace) => workplace.make() },
  {
    kind: 'tmpfs',
    unavailable: undefined,
    open: (workplace) => {
      const point = workplace.make();
      workplace.mount(['-t', 'tmpfs', `ebb-test-${process.pid}`], point);
      return point;
    },
  },
  ...(['btrfs', 'ext4', 'xfs'] as const).map(
    (kind): Ground => ({
      kind,
      unavailable: reasonAgainst(`mkfs.${kind}`),
      open: (workplace) => {
        const device = workplace.image(`mkfs.${kind}`, 512);
        const point = workplace.make();
        workplace.mount([device], point);
        return point;
      },
    }),
  ),
];

/** Of everything that a tree can hold. */
function makeEverything(root: string): void {
  const top = join(root, 'srv/app');
  mkdirSync(join(top, 'sub/deeper'), { recursive: true });
  const file = (name: string, content: string | Buffer, mode: number, uid = 0, gid = 0): string => {
    const path = join(top, name);
    writeFileSync(path, content);
    chownSync(path, uid, gid);
    chmodSync(path, mode);
    return path;
  };
  const plain = file('plain', 'hello', 0o640, 1000, 1001);
  file('suid', 'x', 0o4755, 1000, 1000);
  file('sgid', 'x', 0o2711, 0, 7);
  file('nothing', '', 0);
  const big = file('big', Buffer.alloc(3_000_000, 'noise that repeats'), 0o600);
  linkSync(plain, join(top, 'sub/hard'));
  linkSync(plain, join(top, 'sub/deeper/hard'));
  symlinkSync('../target', join(top, 'link'));
  run('chown', ['-h', '12:13', join(top, 'link')]);
  run('mkfifo', ['-m', '620', join(top, 'fifo')]);
  run('mknod', [join(top, 'null'), 'c', '1', '3']);
  run('mknod', ['-m', '660', join(top, 'block'), 'b', '7', '300']);
  const sparse = file('sparse', '', 0o644);
  truncateSync(sparse, 10_000_000);
  run('sh', ['-c', `printf x | dd of=${sparse} bs=1 seek=5000000 conv=notrunc status=none`]);
  truncateSync(file('hole', '', 0o644), 3_000_000);
  run('setfattr', ['-n', 'trusted.secret', '-v', 't', big]);
  run('setfattr', ['-n', 'user.note', '-v', 'hi', plain]);
  run('setfacl', ['-m', 'u:33:rw,g:44:r', big]);
  run('setfacl', ['-m', 'u:33:rwx', '-m', 'd:u:33:rwx,d:g:5:rx', join(top, 'sub')]);
  run('chown', ['3:4', join(top, 'sub/deeper')]);
  run('chmod', ['2750', join(top, 'sub/deeper')]);
  for (const name of ['sp ace', 'new\nline', '\xff\xfe', '-dash', 'x'.repeat(255), '\x01control', '\xc3\xbc']) {
    writeFileSync(Buffer.from(`${top}/${name}`, 'latin1'), name);
  }
  run('touch', ['-d', '2001-02-03 04:05:06.123456789', plain]);
  run('touch', ['-h', '-d', '1960-01-01 00:00:00.5', join(top, 'link')]);
  run('touch', ['-d', '2020-01-01 00:00:00.000000001', join(top, 'fifo')]);
  // rsync keeps whole seconds only of these.
  run('touch', ['-d', '2020-01-01 00:00:00', join(top, 'null'), join(top, 'block')]);
  chownSync(join(root, 'srv'), 21, 22);
  chmodSync(join(root, 'srv'), 0o751);
  run('touch', ['-d', '2020-01-01 00:00:00.000000002', join(top, 'sub/deeper'), join(top, 'sub'), top]);
  run('touch', ['-d', '2020-01-01 00:00:00.000000003', join(root, 'srv')]);
}

for (const ground of grounds) {
  describe(`restore on ${ground.kind}`, { skip: skip || ground.unavailable || false }, () => {
    let workplace: Workplace;
    let place: string;
    let count = 0;
    const fresh = (): { oldRoots: string; to: string } => {
      const oldRoots = join(place, `old${count}`);
      const to = join(place, `to${count++}`);
      mkdirSync(oldRoots);
      mkdirSync(to);
      return { oldRoots, to };
    };
    before(() => {
      workplace = new Workplace();
      place = ground.open(workplace);
    });
    after(() => workplace.close());

    test('keeps what rsync -aHAXS keeps, of a directory that was not there', () => {
      const at = fresh();
      const root = makeOldRoot(at.oldRoots, 1);
      makeEverything(root);
      const report = restored(['/srv/app'], at);
      assert.deepEqual(report.failures, []);
      const peer = join(place, `peer${count}`);
      mkdirSync(peer);
      run('sh', ['-c', `cd ${root} && rsync -aHAXSR --numeric-ids srv/app ${peer}/`]);
      assert.deepEqual(factsOf(join(at.to, 'srv')), factsOf(join(root, 'srv')));
      assert.deepEqual(factsOf(join(at.to, 'srv')), factsOf(join(peer, 'srv')));
    });

    test('keeps the same where each entry is restored by itself into directories that are there', () => {
      const at = fresh();
      const root = makeOldRoot(at.oldRoots, 1);
      makeEverything(root);
      mkdirSync(join(at.to, 'srv/app/sub/deeper'), { recursive: true });
      // What a new file would inherit is not of the old root.
      run('setfacl', ['-d', '-m', 'u:77:rwx', join(at.to, 'srv/app')]);
      const report = restored(['/srv'], { ...at, force: true });
      assert.deepEqual(report.failures, []);
      assert.deepEqual(factsOf(join(at.to, 'srv')), factsOf(join(root, 'srv')));
    });

    test('a second run finds everything done', () => {
      const at = fresh();
      makeEverything(makeOldRoot(at.oldRoots, 1));
      restored(['/srv/app'], at);
      const again = restored(['/srv/app'], { ...at, force: true });
      assert.deepEqual([again.entries, again.failures], [0, []]);
      assert.deepEqual([...new Set(again.paths.map(({ action }) => action))].sort(), ['merge', 'same']);
    });

    test('keeps what is there and differs, and says which is newer; --force replaces it', () => {
      const at = fresh();
      const root = makeOldRoot(at.oldRoots, 1);
      mkdirSync(join(root, 'etc'));
      mkdirSync(join(at.to, 'etc'));
      for (const name of ['a', 'b']) writeFileSync(join(root, 'etc', name), 'old');
      for (const name of ['a', 'b']) writeFileSync(join(at.to, 'etc', name), 'now');
      utimesSync(join(at.to, 'etc/a'), 5, 5);
      utimesSync(join(root, 'etc/b'), 5, 5);
      const told = restored(['/etc'], at).paths.map(({ path, action, newer }) => `${action} ${path} ${newer}`);
      assert.deepEqual(told, ['merge /etc undefined', 'skip /etc/a old-root', 'skip /etc/b target']);
      assert.equal(readFileSync(join(at.to, 'etc/a'), 'utf8'), 'now');
      restored(['/etc'], { ...at, force: true });
      assert.equal(readFileSync(join(at.to, 'etc/a'), 'utf8'), 'old');
      assert.deepEqual(readdirSync(join(at.to, 'etc')), ['a', 'b']);
    });

    test('a dry run changes nothing and counts what would be restored', () => {
      const at = fresh();
      makeEverything(makeOldRoot(at.oldRoots, 1));
      const report = restored(['/srv/app'], { ...at, dryRun: true });
      assert.deepEqual(readdirSync(at.to), []);
      assert.equal(report.entries, restored(['/srv/app'], at).entries);
    });

    test('the newest old root that has the path gives it', () => {
      const at = fresh();
      for (const sequence of [1, 2, 3]) writeFileSync(join(makeOldRoot(at.oldRoots, sequence), 'n'), `${sequence}`);
      rmSync(join(at.oldRoots, '2026-01-03_12-00-00/n'));
      restored(['/n'], at);
      assert.equal(readFileSync(join(at.to, 'n'), 'utf8'), '2');
      restored(['/n'], { ...at, from: '2026-01-01_12-00-00', force: true });
      assert.equal(readFileSync(join(at.to, 'n'), 'utf8'), '1');
      assert.throws(() => restored(['/m'], at), { code: 'not-found' });
    });

    test('a symlink in the target is not followed, and a directory is not replaced', () => {
      const at = fresh();
      const root = makeOldRoot(at.oldRoots, 1);
      mkdirSync(join(root, 'etc'));
      writeFileSync(join(root, 'etc/x'), 'x');
      writeFileSync(join(root, 'd'), 'x');
      mkdirSync(join(at.to, 'd'));
      const outside = join(place, `outside${count}`);
      mkdirSync(outside);
      symlinkSync(outside, join(at.to, 'etc'));
      const report = restored(['/etc/x', '/d'], { ...at, force: true });
      assert.deepEqual(report.failures.map(({ path }) => path).sort(), ['/d', '/etc/x']);
      assert.deepEqual(readdirSync(outside), []);
    });

    test('a tree deeper than any path can be is restored', () => {
      const at = fresh();
      const root = makeOldRoot(at.oldRoots, 1);
      mkdirSync(join(root, 'deep'));
      makeDeepTree(join(root, 'deep'), 60, 'd'.repeat(200));
      assert.deepEqual(restored(['/deep'], at).failures, []);
      const found = (top: string): string =>
        run('sh', ['-c', `cd ${top} && find deep -printf '%P %m %s %T@ %U\\n' | sort`]);
      assert.equal(found(at.to), found(root));
      assert.match(found(root), /leaf/);
      // Once more, into what is there.
      assert.deepEqual(restored(['/deep'], { ...at, force: true }).failures, []);
    });

    const kills = ['directory', 'tmpfs', 'btrfs'].includes(ground.kind);
    test('killed anywhere and run again, it ends with the same; nothing half is ever in place', {
      skip: kills ? false : 'one filesystem of a kind is enough: a directory, tmpfs, btrfs',
    }, async () => {
      const at = fresh();
      const root = makeOldRoot(at.oldRoots, 1);
      makeEverything(root);
      for (let i = 0; i < 3000; i++) writeFileSync(join(root, `srv/app/sub/f${i}`), `${i}`.repeat(1000));
      for (const merged of [false, true]) {
        if (merged) mkdirSync(join(at.to, 'srv/app/sub'), { recursive: true });
        const wanted = factsOf(join(root, 'srv'));
        let times = 0;
        let halfway = 0;
        for (let round = 0; round < 9; round++) {
          const killed = await killAfter(at, merged, 1 + ((round * 37) % 250));
          if (killed) times++;
          if (killed && hasTemporary(at.to)) halfway++;
          assertWhole(join(root, 'srv/app'), join(at.to, 'srv/app'));
          if (!killed) run('rm', ['-rf', join(at.to, 'srv')]);
          if (!killed && merged) mkdirSync(join(at.to, 'srv/app/sub'), { recursive: true });
        }
        assert.ok(halfway > 0, `of ${times} kills none came halfway`);
        restored(['/srv'], { ...at, force: merged });
        assert.deepEqual(factsOf(join(at.to, 'srv')), wanted);
        run('rm', ['-rf', join(at.to, 'srv')]);
      }
    });
  });
}

/** Starts a restore and kills it; false where it had ended. */
async function killAfter(at: { oldRoots: string; to: string }, force: boolean, ms: number): Promise<boolean> {
  const words = [at.oldRoots, at.to, join(at.to, '..'), force ? 'force' : 'keep', '/srv'];
  const args = ['--disable-warning=ExperimentalWarning', child, ...words];
  const process_: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  if (process_.stdout !== null) await once(process_.stdout, 'data');
  const timer = setTimeout(() => process_.kill('SIGKILL'), ms);
  const [status] = (await once(process_, 'exit')) as [number | null];
  clearTimeout(timer);
  if (status !== null) assert.equal(status, 0);
  return status === null;
}

function hasTemporary(to: string): boolean {
  return run('find', [to, '-name', '.ebb-restore.*', '-print', '-quit']) !== '';
}

/** Each file that is in place has all its content. */
function assertWhole(from: string, to: string): void {
  if (!existsSync(to)) return;
  for (const name of readdirSync(to, 'latin1')) {
    if (name.startsWith('.ebb-restore.')) continue;
    const [source, target] = [from, to].map((top) => Buffer.from(`${top}/${name}`, 'latin1'));
    assert.ok(source !== undefined && target !== undefined);
    const [a, b] = [lstatSync(source), lstatSync(target)];
    if (a.isDirectory()) assertWhole(source.toString('latin1'), target.toString('latin1'));
    else {
      assert.deepEqual([b.mode, b.uid, b.gid, b.size], [a.mode, a.uid, a.gid, a.size], name);
      if (a.isFile()) assert.ok(readFileSync(source).equals(readFileSync(target)), name);
    }
  }
}
