/** The walk itself: deep trees, what may not be read, what vanishes meanwhile, and the two ways of reading. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { RawPath } from '../../src/core/rawpath.ts';
import type { Change } from '../../src/core/report.ts';
import { makeDeepTree } from '../support/deep-tree.ts';
import { examineElsewhere } from '../support/examine-elsewhere.ts';
import type { RealStage } from '../support/real-stage.ts';
import type { StageKind } from '../support/stage.ts';
import { diffOf, pathsListed, whyOf } from '../support/test-host.ts';
import { pathsOf, told } from '../support/told.ts';
import { isRoot, run } from '../support/workplace.ts';

const nobody = 65534;
const script = new URL('../../dist/examination-thread.cjs', import.meta.url);

export function casesOfWalks(kind: StageKind, make: () => RealStage): void {
  it('walks trees deeper than PATH_MAX: added, changed, deleted', async () => {
    const stage = make();
    const [depth, name] = [60, 'd'.repeat(100)];
    for (const path of ['/srv/old', '/srv/gone']) {
      stage.directory(path);
      makeDeepTree(stage.at(path).toString(), depth, name);
    }
    await stage.record();
    run('sh', ['-c', `cd "$1" && find . -name leaf -execdir chmod 600 {} +`, 'sh', stage.at('/srv/old').toString()]);
    run('rm', ['-r', stage.at('/srv/gone').toString()]);
    stage.directory('/srv/new');
    const chain = makeDeepTree(stage.at('/srv/new').toString(), depth, name);
    const expected = [
      `deleted state /srv/gone/ ×${depth + 2}`,
      `added state /srv/new/ ×${depth + 2}`,
      `modified state /srv/old/${chain}/leaf`,
    ];
    assert.deepEqual(told((await diffOf(stage.root)).changes), expected);
    assert.deepEqual(told((await diffOf(stage.root, { noSync: true })).changes), expected);
    assert.equal((await pathsListed(stage.root)).length, 2 * (depth + 2) + 1);
    assert.deepEqual(told(withoutKoffi(stage)), expected);
  });

  // The cost is quadratic: everywhere 3,000 would take half of the time that all tests may take.
  const levels = kind === 'tmpfs' ? 3000 : 600;
  it(`walks ${levels} levels of directories`, async () => {
    const stage = make();
    stage.directory('/srv/old');
    const chain = makeDeepTree(stage.at('/srv/old').toString(), levels, 'dd');
    await stage.record();
    assert.deepEqual(told((await diffOf(stage.root, { noSync: true })).changes), []);
    run('sh', ['-c', `cd "$1" && find . -name leaf -execdir chmod 600 {} +`, 'sh', stage.at('/srv/old').toString()]);
    assert.deepEqual(told((await diffOf(stage.root)).changes), [`modified state /srv/old/${chain}/leaf`]);
  });

  it('looks at a path longer than PATH_MAX that is asked for, and says why it is lost', async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    const chain = makeDeepTree(stage.at('/srv').toString(), 60, 'd'.repeat(100));
    const path = `/srv/${chain}/leaf` as RawPath;
    assert.deepEqual(pathsOf((await diffOf(stage.root, { paths: [path] })).changes), [path]);
    const report = whyOf(stage.root, path);
    assert.equal(report.exists, true);
    assert.notEqual(report.fate, 'kept');
  });

  it('looks only at the paths that are asked for', async () => {
    const stage = make();
    stage.file('/srv/site-old/a');
    await stage.record();
    stage.file('/srv/site/a');
    stage.file('/srv/site-old/b');
    stage.file('/etc/x');
    const asked = (...paths: string[]) => diffOf(stage.root, { paths: paths as RawPath[] });
    assert.deepEqual(told((await asked('/srv/site')).changes), ['added state /srv/site/ ×2']);
    assert.deepEqual(told((await asked('/srv/site', '/etc/x')).changes), [
      'added unknown /etc/x',
      'added state /srv/site/ ×2',
    ]);
    assert.deepEqual(told((await asked('/srv/site/a', '/srv/site')).changes), ['added state /srv/site/ ×2']);
    assert.deepEqual(told((await asked('/srv/site-old')).changes), ['added state /srv/site-old/b']);
    await assert.rejects(asked('/srv/sit'), /there is no \/srv\/sit in this root/);
  });

  it('finds a deleted path that is asked for', async () => {
    const stage = make();
    stage.file('/srv/site/a');
    await stage.record();
    stage.remove('/srv/site');
    assert.deepEqual(told((await diffOf(stage.root, { paths: ['/srv/site' as RawPath] })).changes), [
      'deleted state /srv/site/ ×2',
    ]);
  });

  it('compares with a directory: added, modified, deleted, type changed; content only where times leave doubt', async () => {
    const stage = make();
    for (const name of ['same', 'touched', 'edited', 'chmodded', 'gone', 'turned']) stage.file(`/srv/${name}`, 'one');
    stage.file('/srv/tree/a', 'x');
    stage.symlink('/srv/link', 'same');
    const other = join(stage.beside, 'old-root');
    run('cp', ['-a', stage.root, other]);
    utimesSync(stage.at('/srv/touched'), 1, 1);
    writeFileSync(stage.at('/srv/edited'), 'two');
    stage.chmod('/srv/chmodded', 0o600);
    stage.remove('/srv/gone');
    stage.remove('/srv/turned');
    stage.directory('/srv/turned');
    stage.remove('/srv/tree');
    stage.remove('/srv/link');
    stage.symlink('/srv/link', 'other');
    stage.file('/srv/new/a', 'x');
    const { changes } = await diffOf(stage.root, {
      against: { kind: 'directory', path: other as RawPath, checksum: false },
    });
    assert.deepEqual(told(changes), [
      'modified unknown /srv/chmodded',
      'modified unknown /srv/edited',
      'deleted unknown /srv/gone',
      'modified unknown /srv/link',
      'added state /srv/new/ ×2',
      'deleted state /srv/tree/ ×2',
      'type-changed state /srv/turned/',
    ]);
  });

  it('reads the content of files of the same size and time only where checksums are asked for', async () => {
    const stage = make();
    stage.file('/srv/sly', 'one');
    const other = join(stage.beside, 'old-root');
    run('cp', ['-a', stage.root, other]);
    stage.rewriteKeepingTime('/srv/sly', 'two');
    const against = (checksum: boolean) =>
      diffOf(stage.root, { against: { kind: 'directory', path: other as RawPath, checksum } });
    assert.deepEqual(told((await against(false)).changes), []);
    assert.deepEqual(told((await against(true)).changes), ['modified unknown /srv/sly']);
  });

  it('compares the content of files deeper than PATH_MAX with a directory', async () => {
    const stage = make();
    stage.directory('/srv');
    makeDeepTree(stage.at('/srv').toString(), 60, 'd'.repeat(100));
    const other = join(stage.beside, 'old-root');
    mkdirSync(join(other, 'srv'), { recursive: true });
    makeDeepTree(join(other, 'srv'), 60, 'd'.repeat(100));
    run('sh', ['-c', `cd "$1" && find . -name leaf -execdir touch -d @1 {} +`, 'sh', stage.at('/srv').toString()]);
    const { changes } = await diffOf(stage.root, {
      against: { kind: 'directory', path: other as RawPath, checksum: false },
    });
    assert.deepEqual(told(changes), []);
  });

  it('tells an ordinary user which directories could not be read, and calls nothing in them deleted', {
    skip: notRoot,
  }, async () => {
    const stage = make();
    const reference = join(stage.beside, 'reference');
    stage.file('/srv/secret/a', 'x');
    stage.file('/srv/listed/a', 'x');
    stage.file('/srv/open/a', 'x');
    run('cp', ['-a', stage.root, reference]);
    stage.chmod('/srv/secret', 0o700);
    stage.chmod('/srv/listed', 0o744);
    const child = examineElsewhere(
      {
        root: stage.root,
        uid: nobody,
        asked: { against: { kind: 'directory', path: reference as RawPath, checksum: false } },
      },
      {},
    ).diff;
    assert.deepEqual(told(child?.changes ?? []), ['modified state /srv/listed/', 'modified state /srv/secret/']);
    assert.equal(child?.view.unreadable, 2);
    assert.equal(child?.view.method, 'mount-table');
    const codes = child?.warnings.map(({ code }) => code) ?? [];
    assert.ok(codes.includes('unreadable') && codes.includes('ordinary-user'), codes.join());
  });

  it('does not call added what a reference holds where the user may not look', {
    skip: notRoot,
  }, async () => {
    const stage = make();
    stage.file('/srv/site/a', 'x');
    const reference = join(stage.beside, 'reference');
    run('cp', ['-a', stage.root, reference]);
    run('chmod', ['700', join(reference, 'srv/site')]);
    const child = examineElsewhere(
      {
        root: stage.root,
        uid: nobody,
        asked: { against: { kind: 'directory', path: reference as RawPath, checksum: false } },
      },
      {},
    ).diff;
    assert.deepEqual(told(child?.changes ?? []), ['modified state /srv/site/']);
  });

  it('answers an ordinary user where a declared path lies in a directory that is closed to others', {
    skip: notRoot,
  }, async () => {
    const stage = make();
    stage.file('/etc/ebb/config.toml', '[persistence."/persist".users.root]\ndirectories = [".ssh"]');
    stage.directory('/root/.ssh', 0o700);
    stage.chmod('/root', 0o700);
    const root = stage.root;
    const asked = { against: { kind: 'nothing' } } as const;
    const report = examineElsewhere({ root, uid: nobody, asked }, {}).diff;
    assert.ok(report?.view.unreadable === 1);
    assert.equal(examineElsewhere({ root, uid: nobody, why: '/root/.ssh/id' }, {}).why?.fate === 'kept', false);
  });

  it('survives a tree that changes while it is walked', async () => {
    const stage = make();
    stage.directory('/srv/busy');
    stage.file('/srv/quiet', 'x');
    await stage.record();
    stage.file('/srv/new', 'x');
    // A shell that makes and removes files and directories as fast as it can, until its input ends.
    const churn = `cd "$1"; i=0; while :; do
      mkdir d$i d$i/e; : >d$i/e/f; : >g; mv d$i h; ln -sf h l; rm -r h g; i=$(((i+1)%5)); done`;
    const shell = spawn('sh', ['-c', churn, 'sh', stage.at('/srv/busy').toString()], { stdio: 'ignore' });
    try {
      for (let round = 0; round < 30; round++) {
        const report = await diffOf(stage.root, { noSync: round % 2 === 0 });
        const quiet = report.changes.filter(({ path }) => !path.startsWith('/srv/busy/'));
        assert.deepEqual(told(quiet), ['added unknown /srv/new']);
      }
    } finally {
      shell.kill('SIGKILL');
      await once(shell, 'exit');
    }
  });

  it('gives the same answer with koffi and with node:fs alone', async () => {
    const stage = make();
    varied(stage);
    await stage.record();
    changed(stage);
    const { changes } = await diffOf(stage.root, { noSync: true });
    assert.ok(changes.length > 10);
    // The other comes as JSON.
    assert.deepEqual(withoutKoffi(stage), JSON.parse(JSON.stringify(changes)));
  });

  it('gives the same answer with koffi and with node:fs alone for times before 1970', async () => {
    const stage = make();
    stage.file('/srv/old', 'x');
    run('touch', ['-d', '1969-12-31T23:59:58.5Z', stage.at('/srv/old').toString()]);
    await stage.record();
    assert.deepEqual(told((await diffOf(stage.root)).changes), []);
    assert.deepEqual(told(withoutKoffi(stage)), []);
  });

  it('gives the same answer with koffi and with node:fs alone since a boot', async () => {
    const stage = make();
    stage.file('/srv/old/a');
    const boot = stage.moment();
    stage.directory('/srv/empty');
    stage.file('/srv/file');
    stage.file('/srv/new/a');
    stage.chmod('/srv/old/a', 0o600);
    const changes = await stage.diff({ boot });
    assert.equal(changes.length, 4);
    assert.deepEqual(told(withoutKoffi(stage, boot)), told(changes));
  });

  it('lists the same paths as the rows stand for', async () => {
    const stage = make();
    varied(stage);
    await stage.record();
    changed(stage);
    const { changes } = await diffOf(stage.root);
    const listed = await pathsListed(stage.root);
    const counted = changes.reduce((sum, change) => sum + change.entries, 0);
    assert.equal(listed.length, counted);
    const child = examineElsewhere({ root: stage.root, paths: true }, { noKoffi: true });
    assert.deepEqual(child.paths, listed);
  });

  it('gives the same answer with a second thread', {
    skip: existsSync(script) ? false : 'dist/ is not built',
  }, async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    for (let d = 0; d < 130; d++) {
      const directory = stage.at(`/srv/site${d % 3}/d${d}`).toString();
      mkdirSync(directory, { recursive: true });
      for (let f = 0; f < 200; f++) writeFileSync(join(directory, f % 50 === 0 ? `${f}.key` : `${f}`), '');
    }
    const one = await diffOf(stage.root);
    const two = await diffOf(stage.root, {}, { threadScript: script });
    assert.equal(one.summary.entries, 130 * 201 + 3);
    assert.deepEqual(two.changes, one.changes);
  });

  function withoutKoffi(stage: RealStage, boot?: number): readonly Change[] {
    const asked = boot === undefined ? {} : { asked: { against: { kind: 'boot' } } as const, bootedAt: boot };
    return examineElsewhere({ root: stage.root, ...asked }, { noKoffi: true }).diff?.changes ?? [];
  }
}

const notRoot: string | false = isRoot ? false : 'only root may become another user';

/** A tree of everything that a root may hold. */
function varied(stage: RealStage): void {
  for (const name of ['new\nline', '\xff\xfe', '\x1b[31m', 'x'.repeat(255), 'plain']) {
    stage.file(`/srv/${name}`, 'content');
    stage.file(`/srv/dir-${name.slice(0, 200)}/a`, 'content');
    stage.file(`/srv/gone-${name.slice(0, 200)}/deep/a`, 'content');
  }
  for (let i = 0; i < 2000; i++) stage.file(`/var/lib/many/${i}`);
  stage.symlink('/srv/link', 'plain');
  stage.fifo('/srv/fifo');
}

function changed(stage: RealStage): void {
  for (const name of ['new\nline', '\xff\xfe', '\x1b[31m', 'x'.repeat(255), 'plain']) {
    stage.chmod(`/srv/${name}`, 0o600);
    stage.file(`/srv/dir-${name.slice(0, 200)}/b`, 'content');
    stage.remove(`/srv/gone-${name.slice(0, 200)}`);
    stage.file(`/srv/added-${name.slice(0, 200)}/b`, 'content');
    stage.hardLink(`/srv/added-${name.slice(0, 200)}/c`, `/srv/added-${name.slice(0, 200)}/b`);
  }
  rmSync(stage.at('/srv/link'));
  stage.symlink('/srv/link', '/nix/store/x');
  stage.file('/var/lib/many/2001', 'x');
  stage.chown('/var/lib/many/7', 7);
  stage.sparse('/srv/sparse', 10_000_000, 4096);
}
