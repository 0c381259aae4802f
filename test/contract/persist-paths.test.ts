/** boot/persist-paths, as the boot runs it: real mounts in a namespace of their own, under each shell. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { DeclaredPath } from '../../src/core/configuration.ts';
import { persistedTable } from '../../src/core/persisted-table.ts';
import { type RawPath, rawFromText } from '../../src/core/rawpath.ts';
import { isRoot, Workplace } from '../support/workplace.ts';

const program = fileURLToPath(new URL('../../boot/persist-paths', import.meta.url));
const storage = '/persist' as RawPath;

function declared(path: string, change: Partial<DeclaredPath> = {}): DeclaredPath {
  return {
    ...{ path: path as RawPath, kind: 'directory', storage, method: 'bind', hidden: false, home: undefined },
    ...{ declaredIn: '/etc/ebb/config.toml' },
    owner: { user: 'root', group: undefined, mode: '0755' },
    ...change,
  };
}

for (const shell of [['dash'], ['busybox', 'sh']]) {
  const missing = spawnSync(shell[0] ?? '', [...shell.slice(1), '-c', 'exit 0']).error !== undefined;
  const skip = !isRoot ? 'only root may mount' : missing ? `there is no ${shell[0]}` : false;

  describe(`persist-paths under ${shell[0]}`, { skip }, () => {
    let workplace: Workplace;
    let root: string;
    let count = 0;
    before(() => {
      workplace = new Workplace();
    });
    after(() => workplace.close());
    beforeEach(() => {
      root = workplace.make(`root${count++}`);
      mkdirSync(join(root, 'persist'));
    });

    /** Runs it, then `look` in the root, in the same namespace of mounts. */
    function run(paths: readonly DeclaredPath[], look = ':', runs = 1, first = ':') {
      const table = join(root, '../table');
      writeFileSync(table, persistedTable(paths), 'latin1');
      const script = `set -eu; cd "$1"; rc=0; ${first}; for i in $(seq ${runs}); do ${shell.join(' ')} "$2" "$3" "$1" || rc=$?; done; ${look}; exit $rc`;
      const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', root, program, table];
      const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'latin1' });
      return { status, stdout, stderr };
    }

    test('what is missing is made, with its owner and mode; parents as they are everywhere', () => {
      const daemon = { user: 'daemon', group: 'mail', mode: '0750' };
      const outcome = run(
        [declared('/var/lib/private/app'), declared('/srv/mail', { owner: daemon }), declared('/var/log')],
        'echo kept > srv/mail/x; grep -c " $1/" /proc/self/mountinfo; stat -c "%a %U:%G %n" var/lib/private persist/srv/mail',
      );
      assert.deepEqual(outcome, {
        status: 0,
        stdout: '3\n700 root:root var/lib/private\n750 daemon:mail persist/srv/mail\n',
        stderr: '',
      });
      assert.equal(readFileSync(join(root, 'persist/srv/mail/x'), 'utf8'), 'kept\n');
    });

    test('what is there keeps its owner and mode, and a second run changes nothing', () => {
      mkdirSync(join(root, 'persist/var/log'), { recursive: true, mode: 0o711 });
      const outcome = run([declared('/var/log')], 'grep -c " $1/var/log " /proc/self/mountinfo; stat -c %a var/log', 3);
      assert.deepEqual(outcome, { status: 0, stdout: '1\n711\n', stderr: '' });
    });

    test('killed before or after any program, the next run makes all as it is to be', () => {
      const daemon = { user: 'daemon', group: 'mail', mode: '0750' };
      const paths = [declared('/srv/mail', { owner: daemon })];
      for (const program of ['mkdir', 'chown', 'mv', 'mount']) {
        for (const [when, at] of [1, 2, 3].flatMap((n) => [['before', n] as const, ['after', n] as const])) {
          root = workplace.make(`root${count++}`);
          mkdirSync(join(root, 'persist'));
          const bin = workplace.make(`bin${count++}`);
          // The one that runs it is killed at its call number `at`.
          const stop = `n=$(($(cat ${bin}/n 2>/dev/null || echo 0) + 1)); echo $n >${bin}/n; stop() { [ $n != ${at} ] || kill -9 $PPID; }`;
          const path = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin';
          const body = when === 'before' ? `stop; ${path} exec ${program} "$@"` : `${path} ${program} "$@"; stop`;
          writeFileSync(join(bin, program), `#!/bin/sh\n${stop}\n${body}\n`, { mode: 0o755 });
          const table = join(root, '../table');
          const killed = `PATH=${bin}:$PATH ${shell.join(' ')} "$2" ${table} "$1" || :; umount -l srv/mail 2>/dev/null || :`;
          const outcome = run(
            paths,
            'stat -c "%a %U:%G" persist/srv persist/srv/mail srv; ls -A persist/srv',
            1,
            killed,
          );
          const expected = { status: 0, stdout: '755 root:root\n750 daemon:mail\n755 root:root\nmail\n', stderr: '' };
          assert.deepEqual({ ...outcome, stderr: '' }, expected, `${when} ${program} ${at}: ${outcome.stderr}`);
        }
      }
    });

    test('a file is bound where it is kept; else whoever writes it writes into the storage', () => {
      mkdirSync(join(root, 'persist/etc'));
      writeFileSync(join(root, 'persist/etc/machine-id'), 'id\n');
      const file = { kind: 'file', owner: { user: 'root', group: undefined, mode: '0644' } } as const;
      const outcome = run(
        [
          declared('/etc/machine-id', file),
          declared('/etc/adjtime', file),
          declared('/etc/linked', { ...file, method: 'link' }),
        ],
        'cat etc/machine-id',
        2,
      );
      assert.deepEqual(outcome, { status: 0, stdout: 'id\n', stderr: '' });
      assert.equal(readlinkSync(join(root, 'etc/adjtime')), '/persist/etc/adjtime');
      assert.equal(readlinkSync(join(root, 'etc/linked')), '/persist/etc/linked');
    });

    test('what nobody kept yet is not hidden, and nothing is overwritten', () => {
      mkdirSync(join(root, 'etc'));
      writeFileSync(join(root, 'etc/fstab'), 'mine');
      const outcome = run([declared('/etc/fstab', { kind: 'file' })]);
      assert.equal(outcome.status, 1);
      assert.match(outcome.stderr, /\/etc\/fstab: not kept yet, and there already: copy it to \/persist\/etc\/fstab/);
      assert.equal(readFileSync(join(root, 'etc/fstab'), 'utf8'), 'mine');
    });

    test('a symlink that somebody planted is not followed, and does not keep the others', () => {
      const outside = workplace.make(`outside${count}`);
      mkdirSync(join(root, 'persist/home/josh'), { recursive: true });
      symlinkSync(outside, join(root, 'persist/home/josh/.config'));
      const home = { path: '/home/josh' as RawPath, user: 'daemon' };
      const outcome = run(
        [declared('/home/josh/.config/app', { home }), declared('/var/log')],
        'grep -c " $1/" /proc/self/mountinfo',
      );
      assert.equal(outcome.status, 1);
      assert.equal(outcome.stdout, '1\n');
      assert.match(outcome.stderr, /\/home\/josh\/\.config\/app: a symlink or a file is in its way in \/persist/);
      assert.equal(lstatSync(outside).nlink, 2);
    });

    test('without the storage nothing is made, and it is said', () => {
      const outcome = run([declared('/var/log', { storage: '/nowhere' as RawPath })]);
      assert.equal(outcome.status, 1);
      assert.match(outcome.stderr, /\/var\/log: there is no \/nowhere/);
    });

    for (const name of [
      'a b',
      ' lead',
      'trail ',
      'line\nbreak\n',
      '\xff\xfe',
      'q"\'`$(touch x)',
      '*',
      'back\\slash\\',
      '-n',
      rawFromText('ä€'),
    ]) {
      test(`${JSON.stringify(name)} is a name like any other`, () => {
        const outcome = run([declared(`/srv/${name}/deep`)], 'grep -c " $1/srv" /proc/self/mountinfo', 2);
        assert.deepEqual(outcome, { status: 0, stdout: '1\n', stderr: '' });
        assert.ok(lstatSync(Buffer.from(`${root}/persist/srv/${name}/deep`, 'latin1')).isDirectory());
      });
    }
  });
}
