/** What every kind of root must answer: what changed, and which rows tell it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Stage } from '../support/stage.ts';
import { pathsOf, told } from '../support/told.ts';

export function casesOfChange(make: () => Stage): void {
  it('reports nothing where nothing changed', async () => {
    const stage = make();
    stage.file('/etc/app/app.conf', 'port=1');
    stage.symlink('/etc/app/link', 'app.conf');
    await stage.record();
    assert.deepEqual(told(await stage.diff('baseline')), []);
  });

  it('reports a new file', async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    stage.file('/srv/notes.txt', 'x');
    assert.deepEqual(told(await stage.diff('baseline')), ['added unknown /srv/notes.txt']);
  });

  it('reports a file with other content as modified', async () => {
    const stage = make();
    stage.file('/srv/notes.txt', 'short');
    await stage.record();
    stage.rewriteKeepingTime('/srv/notes.txt', 'much longer');
    assert.deepEqual(told(await stage.diff('baseline')), ['modified unknown /srv/notes.txt']);
  });

  it('reports content of the same length whose mtime was set back as modified', async () => {
    const stage = make();
    stage.file('/srv/notes.txt', 'one');
    await stage.record();
    stage.rewriteKeepingTime('/srv/notes.txt', 'two');
    assert.deepEqual(told(await stage.diff('baseline')), ['modified unknown /srv/notes.txt']);
  });

  it('reports another mode and another owner as modified', async () => {
    const stage = make();
    for (const name of ['mode', 'owner', 'neither']) stage.file(`/srv/${name}`);
    await stage.record();
    stage.chmod('/srv/mode', 0o600);
    stage.chown('/srv/owner', 1234);
    assert.deepEqual(told(await stage.diff('baseline')), ['modified unknown /srv/mode', 'modified unknown /srv/owner']);
  });

  it('reports a directory as modified for its mode, not for what is made in it', async () => {
    const stage = make();
    stage.file('/srv/touched/old');
    stage.file('/srv/opened/old');
    await stage.record();
    stage.file('/srv/touched/new');
    stage.chmod('/srv/opened', 0o700);
    assert.deepEqual(told(await stage.diff('baseline')), [
      'modified state /srv/opened/',
      'added state /srv/touched/new',
    ]);
  });

  it('reports a deleted file', async () => {
    const stage = make();
    stage.file('/srv/gone');
    stage.file('/srv/stays');
    await stage.record();
    stage.remove('/srv/gone');
    assert.deepEqual(told(await stage.diff('baseline')), ['deleted unknown /srv/gone']);
  });

  it('reports a deleted tree as one row that counts what was in it', async () => {
    const stage = make();
    stage.file('/srv/site/index.html');
    stage.file('/srv/site/css/a.css');
    stage.file('/srv/site/css/b.css');
    stage.directory('/srv/site/empty');
    await stage.record();
    stage.remove('/srv/site');
    assert.deepEqual(told(await stage.diff('baseline')), ['deleted state /srv/site/ ×6']);
  });

  it('reports a file that became a directory, with what is in it', async () => {
    const stage = make();
    stage.file('/srv/thing');
    await stage.record();
    stage.remove('/srv/thing');
    stage.file('/srv/thing/a');
    stage.file('/srv/thing/b/c');
    assert.deepEqual(told(await stage.diff('baseline')), ['type-changed state /srv/thing/ ×4']);
  });

  it('reports a directory that became a file, and one that became a link', async () => {
    const stage = make();
    stage.file('/srv/dir/a');
    stage.file('/srv/tree/b');
    await stage.record();
    stage.remove('/srv/dir');
    stage.file('/srv/dir');
    stage.remove('/srv/tree');
    stage.symlink('/srv/tree', 'dir');
    assert.deepEqual(told(await stage.diff('baseline')), [
      'type-changed unknown /srv/dir',
      'type-changed unknown /srv/tree',
    ]);
  });

  it('reports a link that leads elsewhere now', async () => {
    const stage = make();
    stage.symlink('/srv/current', 'v1');
    await stage.record();
    stage.remove('/srv/current');
    stage.symlink('/srv/current', 'v2');
    assert.deepEqual(told(await stage.diff('baseline')), ['modified unknown /srv/current']);
  });

  it('does not hide what was in a deleted directory that every machine has', async () => {
    const stage = make();
    stage.file('/srv/site/index', 'x');
    stage.file('/srv/notes', 'x');
    await stage.record();
    stage.remove('/srv');
    const rows = told(await stage.diff('baseline'));
    assert.ok(rows.includes('deleted state /srv/site/ ×2'), rows.join());
    assert.ok(rows.includes('deleted unknown /srv/notes'), rows.join());
  });

  it('reports what was of another category in a deleted tree by itself', async () => {
    const stage = make();
    stage.file('/home/josh/.cache/app/a', 'x');
    stage.file('/home/josh/.cache/app/b', 'x');
    stage.file('/home/josh/letter', 'x');
    await stage.record();
    stage.remove('/home/josh');
    const rows = told(await stage.diff('baseline'));
    assert.ok(rows.includes('deleted home /home/josh/ ×2'), rows.join());
    assert.ok(
      rows.some((row) => /^deleted cache .*\.cache\/ ×4$/.test(row)),
      rows.join(),
    );
  });

  it('reports a renamed directory as deleted there and added here', async () => {
    const stage = make();
    stage.file('/srv/before/a');
    stage.file('/srv/before/b');
    await stage.record();
    stage.rename('/srv/before', '/srv/after');
    assert.deepEqual(told(await stage.diff('baseline')), [
      'added state /srv/after/ ×3',
      'deleted state /srv/before/ ×3',
    ]);
  });

  it('reports everything when it compares with nothing', async () => {
    const stage = make();
    stage.file('/srv/a/b', 'x');
    stage.file('/etc/ssh/ssh_host_rsa_key', 'x');
    assert.deepEqual(told(await stage.diff('nothing')), [
      'added generated /etc/ ×2 apart 1',
      'added secret /etc/ssh/ssh_host_rsa_key',
      'added state /srv/a/ ×2',
    ]);
  });

  it('since a boot, tells what was made from what was changed, and says nothing of what is older', async () => {
    const stage = make();
    stage.file('/srv/old/untouched');
    stage.file('/srv/old/changed');
    stage.file('/srv/old/chmodded');
    const boot = stage.moment();
    stage.rewriteKeepingTime('/srv/old/changed', 'x');
    stage.chmod('/srv/old/chmodded', 0o600);
    stage.file('/srv/old/made');
    stage.file('/srv/new/a');
    stage.directory('/srv/empty');
    assert.deepEqual(told(await stage.diff({ boot })), [
      'added state /srv/empty/',
      'added state /srv/new/ ×2',
      'modified state /srv/old/changed',
      'modified state /srv/old/chmodded',
      'added state /srv/old/made',
    ]);
  });

  it('never reports /.ebb, and does report a .ebb further down', async () => {
    const stage = make();
    stage.file('/.ebb/boot.json', '{}');
    await stage.record();
    stage.file('/.ebb/other', 'x');
    stage.file('/srv/.ebb/x', 'x');
    const paths = pathsOf(await stage.diff('baseline'));
    assert.deepEqual(paths, ['/srv/.ebb']);
    const everything = pathsOf(await stage.diff('nothing'));
    assert.deepEqual(everything, ['/srv/.ebb']);
  });
}

export function casesOfRollUp(make: () => Stage): void {
  it('gives one row for a directory that is wholly new and of one category', async () => {
    const stage = make();
    stage.directory('/var/lib');
    await stage.record();
    stage.file('/var/lib/forgejo/a', 'x');
    stage.file('/var/lib/forgejo/data/b', 'x');
    stage.directory('/var/lib/forgejo/data/empty');
    assert.deepEqual(told(await stage.diff('baseline')), ['added state /var/lib/forgejo/ ×5']);
  });

  it('gives the odd ones out of a new directory as rows of their own, and says how many they are', async () => {
    const stage = make();
    stage.directory('/var/lib');
    await stage.record();
    stage.file('/var/lib/forgejo/a', 'x');
    stage.file('/var/lib/forgejo/ssh/host.key', 'x');
    stage.file('/var/lib/forgejo/ssh/host.pem', 'x');
    assert.deepEqual(told(await stage.diff('baseline')), [
      'added state /var/lib/forgejo/ ×3 apart 2',
      'added secret /var/lib/forgejo/ssh/host.key',
      'added secret /var/lib/forgejo/ssh/host.pem',
    ]);
  });

  it('gives no row to a new directory that has nothing of its own', async () => {
    const stage = make();
    stage.directory('/var/lib');
    await stage.record();
    stage.file('/var/lib/app/only.key', 'x');
    assert.deepEqual(told(await stage.diff('baseline')), ['added secret /var/lib/app/only.key']);
  });

  it('gives a row to an empty new directory', async () => {
    const stage = make();
    stage.directory('/var/lib');
    await stage.record();
    stage.directory('/var/lib/app');
    assert.deepEqual(told(await stage.diff('baseline')), ['added state /var/lib/app/']);
  });

  it('counts the bytes of a file with several names once', async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    stage.file('/srv/one/a', 'x'.repeat(10_000));
    stage.hardLink('/srv/one/b', '/srv/one/a');
    stage.hardLink('/srv/two/c', '/srv/one/a');
    stage.file('/srv/plain/a', 'x'.repeat(10_000));
    const changes = await stage.diff('baseline');
    assert.deepEqual(told(changes), [
      'added state /srv/one/ ×3',
      'added state /srv/plain/ ×2',
      'added state /srv/two/ ×2',
    ]);
    const bytes = (path: string): number => changes.find((change) => change.path === path)?.bytes ?? Number.NaN;
    // The directories' own sizes differ between filesystems, and are small.
    const [one, two, plain] = [bytes('/srv/one'), bytes('/srv/two'), bytes('/srv/plain')];
    assert.ok(one + two < plain + 10_000, `${one} and ${two} beside ${plain}`);
    assert.ok(one + two >= 10_000, `${one} and ${two}`);
  });

  it('counts a sparse file by what it takes', async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    stage.sparse('/srv/disk.img', 1_000_000_000, 4096);
    const [change] = await stage.diff('baseline');
    assert.ok(change !== undefined && change.bytes >= 4096 && change.bytes < 1_000_000, `${change?.bytes}`);
  });

  it('tells the newest modification of what a row stands for', async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    stage.file('/srv/site/deep/deeper/a', 'x');
    const [row] = await stage.diff('baseline');
    stage.file('/srv/site/deep/deeper/b', 'x');
    const [later] = await stage.diff('baseline');
    assert.ok(row !== undefined && later !== undefined && later.mtime >= row.mtime && row.mtime > 0);
  });

  it('takes P and what is below P/ together, never P-old', async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    stage.file('/srv/site/a', 'x');
    stage.file('/srv/site-old/a', 'x');
    stage.file('/srv/site.bak', 'x');
    assert.deepEqual(told(await stage.diff('baseline')), [
      'added state /srv/site/ ×2',
      'added state /srv/site-old/ ×2',
      'added unknown /srv/site.bak',
    ]);
  });

  it('hides links into the Nix store and /etc/static as generated, however they are spelt', async () => {
    const stage = make();
    stage.directory('/etc');
    await stage.record();
    stage.symlink('/etc/absolute', '/nix/store/abc-etc/etc/absolute');
    stage.symlink('/etc/relative', '../nix/store/abc-etc/etc/relative');
    stage.symlink('/etc/static-one', '/etc/static/one');
    stage.symlink('/etc/static-two', './static/two');
    stage.symlink('/etc/not-the-store', '/nix/store-old/x');
    assert.deepEqual(told(await stage.diff('baseline')), [
      'added generated /etc/absolute',
      'added unknown /etc/not-the-store',
      'added generated /etc/relative',
      'added generated /etc/static-one',
      'added generated /etc/static-two',
    ]);
  });

  it('hides sockets and fifos as runtime', async () => {
    const stage = make();
    stage.directory('/srv');
    await stage.record();
    stage.fifo('/srv/queue');
    assert.deepEqual(told(await stage.diff('baseline')), ['added runtime /srv/queue']);
  });
}
