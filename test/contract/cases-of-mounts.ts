/** Coverage, as the kernel sees it: mounts upon the root, what they hide, links, and what is declared. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, it } from 'node:test';
import type { RawPath } from '../../src/core/rawpath.ts';
import { examineElsewhere } from '../support/examine-elsewhere.ts';
import type { RealStage } from '../support/real-stage.ts';
import { checkOf, diffOf, record, whyOf } from '../support/test-host.ts';
import { told } from '../support/told.ts';
import { run } from '../support/workplace.ts';

export function casesOfMounts(make: () => RealStage): void {
  const mounted: string[] = [];
  afterEach(() => {
    for (const point of mounted.splice(0).reverse()) run('umount', ['-l', point]);
  });

  /** Mounts at a path of the root. */
  function mount(stage: RealStage, args: readonly string[], path: string): void {
    const point = stage.at(path).toString('latin1');
    run('mount', [...args, point]);
    mounted.push(point);
  }

  const memory = ['-t', 'tmpfs', `ebb-test-${process.pid}`];

  /** A directory of persistent storage, with a file in it: beside the root, so on the same filesystem. */
  function storage(stage: RealStage, name = 'kept'): string {
    const path = join(stage.beside, name);
    mkdirSync(path);
    writeFileSync(join(path, 'data'), 'x');
    return path;
  }

  it('does not report what lies on a bind mount of persistent storage, nor its mount point', async () => {
    const stage = make();
    stage.directory('/var/lib');
    await stage.record();
    stage.directory('/var/lib/app');
    stage.directory('/var/lib/app-old');
    mount(stage, ['--bind', storage(stage)], '/var/lib/app');
    assert.deepEqual(told(await stage.diff('baseline')), ['added state /var/lib/app-old/']);
    assert.deepEqual(told((await diffOf(stage.root, { against: { kind: 'nothing' } })).changes), [
      'added generated /var/ ×2 apart 1',
      'added state /var/lib/app-old/',
    ]);
    assert.equal(whyOf(stage.root, '/var/lib/app/data').fate, 'kept');
    assert.notEqual(whyOf(stage.root, '/var/lib/app-old/data').fate, 'kept');
    assert.notEqual(whyOf(stage.root, '/var/lib/app-').fate, 'kept');
  });

  it('does not report a file that is a bind mount, made empty to be mounted upon', async () => {
    const stage = make();
    stage.directory('/etc');
    await stage.record();
    stage.file('/etc/adjtime', '');
    mount(stage, ['--bind', join(storage(stage), 'data')], '/etc/adjtime');
    assert.deepEqual(told(await stage.diff('baseline')), []);
    assert.equal(whyOf(stage.root, '/etc/adjtime').fate, 'kept');
  });

  it('reports what lies hidden under mounts as shadowed, of directories and of files', async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    stage.file('/srv/site/a', 'x');
    stage.file('/srv/site/deep/b', 'x');
    stage.file('/srv/motd', 'hello');
    mount(stage, ['--bind', storage(stage)], '/srv/site');
    mount(stage, ['--bind', join(storage(stage, 'other'), 'data')], '/srv/motd');
    const report = await diffOf(stage.root);
    assert.equal(report.view.method, 'open_tree');
    assert.deepEqual(told(report.changes), ['added unknown /srv/motd shadowed', 'added state /srv/site/ ×3 shadowed']);
  });

  it('reports hidden data that was there when the baseline was recorded under the mount, by search and by walk', async () => {
    const stage = make();
    stage.file('/srv/site/a', 'x');
    mount(stage, ['--bind', storage(stage)], '/srv/site');
    await stage.record();
    const expected = ['added state /srv/site/ shadowed'];
    assert.deepEqual(told((await diffOf(stage.root, { noSync: true })).changes), expected, 'walk');
    assert.deepEqual(told((await diffOf(stage.root)).changes), expected, 'search');
  });

  it('reports what a mount hid once it is unmounted, by search and by walk', async () => {
    const stage = make();
    stage.file('/srv/site/a', 'x');
    mount(stage, ['--bind', storage(stage)], '/srv/site');
    await stage.record();
    run('umount', [mounted.pop() as string]);
    const walked = told((await diffOf(stage.root, { noSync: true })).changes);
    assert.deepEqual(told((await diffOf(stage.root)).changes), walked);
  });

  it('does not say of a directory that its mounts hide it', async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    for (const name of ['one', 'two']) {
      stage.file(`/srv/new/${name}/hidden`, 'x');
      mount(stage, ['--bind', storage(stage, name)], `/srv/new/${name}`);
    }
    const { changes } = await diffOf(stage.root);
    const wrong = changes.filter(({ path, shadowed }) => path === '/srv/new' && shadowed);
    assert.deepEqual(told(wrong), []);
  });

  it('does not take a bind mount of the root itself for coverage, and reports its data once', async () => {
    const stage = make();
    stage.directory('/data');
    stage.directory('/srv');
    await stage.record();
    stage.file('/data/a', 'x');
    mount(stage, ['--bind', stage.at('/data').toString()], '/srv');
    assert.deepEqual(told(await stage.diff('baseline')), ['added state /data/a']);
    const report = whyOf(stage.root, '/srv/a');
    assert.notEqual(report.fate, 'kept');
    assert.match(
      report.reasons.map(({ detail }) => detail).join('\n'),
      /bind mount of the root itself: it is \/data\/a/,
    );
  });

  it('comes to an end where a bind mount makes a loop', async () => {
    const stage = make();
    stage.directory('/srv/loop');
    await stage.record();
    stage.file('/srv/a', 'x');
    mount(stage, ['--bind', stage.root], '/srv/loop');
    assert.deepEqual(told(await stage.diff('baseline')), ['added unknown /srv/a']);
    assert.notEqual(whyOf(stage.root, '/srv/loop/srv/loop/srv/a').fate, 'kept');
    const everything = await diffOf(stage.root, { against: { kind: 'nothing' } });
    assert.ok(everything.changes.every(({ path }) => !path.startsWith('/srv/loop/')));
  });

  it('sees through mounts that are stacked on one another', async () => {
    const stage = make();
    stage.directory('/srv/site');
    await stage.record();
    mount(stage, memory, '/srv/site');
    assert.equal(whyOf(stage.root, '/srv/site/a').fate, 'volatile');
    mount(stage, ['--bind', storage(stage)], '/srv/site');
    assert.equal(whyOf(stage.root, '/srv/site/a').fate, 'kept');
    assert.deepEqual(told(await stage.diff('baseline')), []);
  });

  it('does not take a mount for coverage that another one came over', async () => {
    const stage = make();
    stage.file('/etc/ebb/config.toml', '[persistence."/persist"]\ndirectories = ["/home/josh/.ssh"]');
    stage.directory('/home/josh/.ssh');
    await stage.record();
    mount(stage, ['--bind', storage(stage)], '/home/josh/.ssh');
    mount(stage, memory, '/home');
    stage.directory('/home/josh/.ssh');
    assert.equal(whyOf(stage.root, '/home/josh/.ssh/id').fate, 'volatile');
    assert.deepEqual(
      (await checkOf(stage.root)).uncovered.map(({ path, problem }) => `${path}: ${problem}`),
      ['/home/josh/.ssh: it lies on tmpfs, in memory'],
    );
  });

  it('does not report what lies on a tmpfs on /tmp, and says that it is volatile', async () => {
    const stage = make();
    stage.directory('/tmp', 0o1777);
    await stage.record();
    mount(stage, memory, '/tmp');
    stage.file('/tmp/x', 'x');
    assert.deepEqual(told(await stage.diff('baseline')), []);
    assert.equal(whyOf(stage.root, '/tmp/x').fate, 'volatile');
  });

  for (const name of ['with space', 'new\nline', 'back\\slash', 'tab\there', 'sharp#', 'octal\\040', 'bad\xff\xfe']) {
    it(`knows a mount point named ${JSON.stringify(name)}`, async () => {
      const stage = make();
      stage.directory('/srv');
      await stage.record();
      stage.directory(`/srv/${name}`);
      mount(stage, ['--bind', storage(stage)], `/srv/${name}`);
      assert.deepEqual(told(await stage.diff('baseline')), []);
      assert.equal(whyOf(stage.root, `/srv/${name}/data`).fate, 'kept');
      assert.equal(whyOf(stage.root, `/srv/${name}/data`).mount.point, `/srv/${name}`);
    });
  }

  it('knows mounts where the root itself is at a path with a space and a newline', async () => {
    const stage = make();
    stage.directory('/a b\nc/srv/app');
    const root = stage.at('/a b\nc').toString('latin1');
    await record(root);
    mount(stage, ['--bind', storage(stage)], '/a b\nc/srv/app');
    writeFileSync(join(root, 'srv/new'), 'x');
    assert.deepEqual(told((await diffOf(root)).changes), ['added unknown /srv/new']);
    assert.equal(whyOf(root, '/srv/app/data').fate, 'kept');
  });

  it('hides a link into persistent storage as generated, and does report one that leads elsewhere', async () => {
    const stage = make();
    stage.directory('/persist');
    stage.directory('/persist-old');
    stage.directory('/etc');
    await stage.record();
    mount(stage, ['--bind', storage(stage)], '/persist');
    stage.symlink('/etc/absolute', '/persist/data');
    stage.symlink('/etc/relative', '../persist/data');
    stage.symlink('/etc/elsewhere', '/persist-old/data');
    assert.deepEqual(told(await stage.diff('baseline')), [
      'added generated /etc/absolute',
      'added unknown /etc/elsewhere',
      'added generated /etc/relative',
    ]);
    assert.equal(whyOf(stage.root, '/etc/absolute').fate, 'kept');
    assert.equal(whyOf(stage.root, '/etc/relative').resolved, '/persist/data');
    assert.notEqual(whyOf(stage.root, '/etc/elsewhere').fate, 'kept');
  });

  it('tells which declared paths are not covered: not mounted, replaced, in memory, a prefix of another', async () => {
    const stage = make();
    stage.file(
      '/etc/ebb/config.toml',
      `[persistence."/persist"]
       directories = ["/var/lib/kept", "/var/lib/lost", "/var/lib/kept-too", "/var/lib/memory", "/var/lib/absent"]
       files = ["/etc/machine-id", "/etc/adjtime"]`,
    );
    for (const name of ['kept', 'lost', 'kept-too', 'memory']) stage.directory(`/var/lib/${name}`);
    stage.file('/etc/machine-id', 'abc');
    stage.file('/etc/adjtime', '');
    await stage.record();
    const kept = storage(stage);
    mount(stage, ['--bind', kept], '/var/lib/kept');
    mount(stage, memory, '/var/lib/memory');
    mount(stage, ['--bind', join(kept, 'data')], '/etc/adjtime');
    const report = await checkOf(stage.root);
    assert.deepEqual(
      report.uncovered.map(({ path, problem }) => `${path}: ${problem}`),
      [
        '/var/lib/lost: nothing is mounted there',
        '/var/lib/kept-too: nothing is mounted there',
        '/var/lib/memory: it lies on tmpfs, in memory',
        '/var/lib/absent: it is not there, and nothing is mounted at it',
        '/etc/machine-id: a file of the root lies there: the mount failed, or the file was replaced',
      ],
    );
    assert.equal(report.passed, false);
    assert.equal(report.losing.length, 0);
    const warnings = report.diff.warnings.filter(({ code }) => code === 'not-covered');
    assert.equal(warnings.length, 5);
  });

  it('finds a declared path covered by a link into persistent storage', async () => {
    const stage = make();
    stage.file('/etc/ebb/config.toml', '[persistence."/persist"]\nfiles = ["/etc/machine-id"]');
    stage.directory('/persist');
    await stage.record();
    mount(stage, ['--bind', storage(stage)], '/persist');
    stage.symlink('/etc/machine-id', '/persist/data');
    assert.deepEqual((await checkOf(stage.root)).uncovered, []);
  });

  it('gives the same answer by a clone of the mount and by the mount table, hidden data aside', async () => {
    const stage = make();
    stage.directory('/srv');
    stage.file('/var/lib/app/state', 'x');
    await stage.record();
    stage.file('/srv/site/hidden', 'x');
    stage.file('/srv/motd', 'hidden');
    stage.file('/srv/a', 'x');
    stage.directory('/var/log/journal');
    stage.chmod('/var/lib/app/state', 0o600);
    mount(stage, ['--bind', storage(stage)], '/srv/site');
    mount(stage, ['--bind', join(storage(stage, 'other'), 'data')], '/srv/motd');
    mount(stage, memory, '/var/log/journal');
    const root = stage.root;
    const cloned = await diffOf(root);
    const byTable = examineElsewhere({ root }, { noKoffi: true }).diff;
    assert.equal(byTable?.view.method, 'mount-table');
    assert.equal(byTable?.view.seesShadowed, false);
    assert.ok(byTable?.warnings.some(({ code }) => code === 'no-koffi'));
    const seen = cloned.changes.filter(({ shadowed }) => !shadowed);
    assert.equal(cloned.changes.length - seen.length, 2);
    // The other comes as JSON.
    assert.deepEqual(byTable?.changes, JSON.parse(JSON.stringify(seen)));
  });

  it('shows nothing of a path that is asked for below a mount, and says where it lies, by both methods', async () => {
    const stage = make();
    stage.directory('/srv/site');
    await stage.record();
    mount(stage, ['--bind', storage(stage)], '/srv/site');
    const paths = ['/srv/site/data' as RawPath];
    const root = stage.root;
    const cloned = await diffOf(root, { paths });
    const byTable = examineElsewhere({ root, asked: { paths } }, { noKoffi: true }).diff;
    assert.deepEqual([cloned.view.method, byTable?.view.method], ['open_tree', 'mount-table']);
    for (const report of [cloned, byTable]) {
      assert.deepEqual(told(report?.changes ?? []), []);
      const [warning, ...others] = report?.warnings.filter(({ code }) => code === 'other-filesystem') ?? [];
      assert.match(warning?.message ?? '', /^\/srv\/site\/data lies on \S+ \(.+\), not on this root$/);
      assert.deepEqual(others, []);
    }
    const absent = ['/srv/site/absent' as RawPath];
    await assert.rejects(diffOf(root, { paths: absent }), /there is no \/srv\/site\/absent in this root/);
    assert.throws(() => examineElsewhere({ root, asked: { paths: absent } }, { noKoffi: true }), /there is no/);
  });

  it('shows what a mount hides at a path that is asked for', async () => {
    const stage = make();
    stage.directory('/srv/site');
    await stage.record();
    stage.file('/srv/site/data', 'hidden');
    stage.file('/srv/site/only-hidden', 'hidden');
    mount(stage, ['--bind', storage(stage)], '/srv/site');
    for (const path of ['/srv/site/data', '/srv/site/only-hidden']) {
      const { changes } = await diffOf(stage.root, { paths: [path as RawPath] });
      assert.deepEqual(told(changes), [`added state ${path} shadowed`]);
    }
  });
}
