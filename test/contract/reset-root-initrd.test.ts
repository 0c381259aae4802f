/** The reset as the initrd runs it: it mounts, it leaves nothing mounted, and what goes wrong is told. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type InitrdRun, runInInitrd } from '../support/initrd-world.ts';
import { needsRoot, run, Workplace } from '../support/workplace.ts';

const STORE = '/nix/store/0abcdefghijklmnopqrstuvwxyz01234-nixos-system-desk-26.05';

describe('reset-root in the initrd', { skip: needsRoot }, () => {
  let workplace: Workplace;
  let device: string;
  let top: string;
  before(() => {
    workplace = new Workplace();
    device = workplace.image('mkfs.ext4', 64);
    top = workplace.make('top');
  });
  after(() => workplace.close());

  /** Mounts the disk while `use` works on it. */
  function onDisk<T>(use: () => T): T {
    run('mount', [device, top]);
    try {
      return use();
    } finally {
      run('umount', [top]);
    }
  }

  beforeEach(() =>
    onDisk(() => {
      run('sh', [
        '-c',
        'rm -rf "$1"/@* && mkdir "$1/@root" "$1/@persist" && echo x | tee "$1/@root/marker" >"$1/@persist/state"',
        'sh',
        top,
      ]);
    }),
  );

  const boot = (how: InitrdRun = {}) => runInInitrd(workplace, { ...how, env: { EBB_DEVICE: device, ...how.env } });
  const isReset = () => onDisk(() => !existsSync(join(top, '@root/marker')));
  const bootOf = (directory: string) => JSON.parse(readFileSync(join(top, directory, '.ebb/boot.json'), 'utf8'));

  for (const shell of [['dash'], ['busybox', 'sh']]) {
    test(`under ${shell[0]}, nothing stays mounted and nothing is complained of`, () => {
      const { status, said, mounts, failure, console } = boot({ shell });
      assert.equal(status, 0, said);
      assert.deepEqual([mounts, failure], ['', undefined]);
      assert.match(console, /^<5>ebb: the root was reset; the last one is /);
      assert.ok(isReset());
    });
  }

  test('the machine that was put to disk finds its root as it left it', () => {
    const swap = join(workplace.path, 'swap');
    writeFileSync(swap, Buffer.concat([Buffer.alloc(4086), Buffer.from('S1SUSPEND\0'), Buffer.alloc(65_536)]));
    const sleeping = run('losetup', ['--find', '--show', swap]).trim();
    workplace.onClose(() => run('losetup', ['-d', sleeping]));
    const { status, said } = boot({ commandLine: `resume=${sleeping}` });
    assert.equal(status, 0);
    assert.match(said, /resumes from hibernation/);
    assert.ok(!isReset());
  });

  test('stopped by a signal, it unmounts, and the next run goes on', () => {
    // `date` is the first program that it runs with the top level mounted.
    const shims = workplace.make('shims');
    writeFileSync(join(shims, 'date'), '#!/bin/sh\nkill -TERM $PPID\n', { mode: 0o755 });
    const PATH = `${shims}:${process.env['PATH']}:/sbin:/usr/sbin`;
    const stopped = boot({ env: { PATH } });
    assert.deepEqual([stopped.status, stopped.mounts], [1, ''], stopped.said);
    assert.ok(!isReset());
    assert.equal(boot().status, 0);
    assert.ok(isReset());
  });

  test('what one that was killed left mounted is unmounted', () => {
    const { status, mounts } = boot({ before: `mkdir -p /run/ebb/top-level; mount ${device} /run/ebb/top-level` });
    assert.deepEqual([status, mounts], [0, '']);
  });

  test('between the renames nothing stops it', () => {
    const shims = workplace.make('shims');
    const shim = '#!/bin/sh\ncase $* in *old_roots/*) kill -TERM $PPID ;; esac\nexec /bin/mv "$@"\n';
    writeFileSync(join(shims, 'mv'), shim, { mode: 0o755 });
    const { status, said } = boot({ env: { PATH: `${shims}:${process.env['PATH']}:/sbin:/usr/sbin` } });
    assert.equal(status, 0, said);
    assert.ok(isReset());
  });

  test('a failure is told on the console and to the system that boots; whether it boots is a setting', () => {
    for (const [policy, status] of [
      ['boot', 1],
      ['halt', 3],
    ] as const) {
      const outcome = boot({ env: { EBB_ON_FAILURE: policy, EBB_DEVICE: '/dev/nothing' } });
      assert.deepEqual([outcome.status, outcome.mounts], [status, ''], outcome.said);
      assert.match(outcome.console, /^<2>ebb: the root was not reset: \/dev\/nothing cannot be mounted$/m);
      assert.equal(outcome.failure, '/dev/nothing cannot be mounted');
    }
    onDisk(() => symlinkSync('elsewhere', join(top, '@snapshots')));
    const { status, mounts } = boot({ env: { EBB_ON_FAILURE: 'halt' } });
    assert.deepEqual([status, mounts], [3, '']);
  });

  test('the first reset that is refused lets the machine boot all the same, until it is armed', () => {
    onDisk(() => run('rm', [join(top, '@persist/state')]));
    const refused = boot({ env: { EBB_ON_FAILURE: 'halt' } });
    assert.equal(refused.status, 4);
    assert.match(refused.failure ?? '', /^it never was before, and @persist is empty: /);
    assert.equal(boot({ args: ['--arm'], commandLine: 'ebb.skip' }).status, 0);
    assert.ok(!isReset());
    assert.equal(boot().status, 0);
    assert.ok(isReset());
  });

  test('the system that boots is told by its generation, or by its name in the store', () => {
    const commandLine = `root=x init=${STORE}/init quiet`;
    boot({ commandLine });
    assert.equal(
      onDisk(() => bootOf('@root').generation),
      STORE.slice('/nix/store/'.length),
    );
    onDisk(() => {
      const profiles = join(top, '@nix/var/nix/profiles');
      mkdirSync(profiles, { recursive: true });
      for (const [number, system] of [
        [9, STORE],
        [10, STORE],
        [11, `${STORE}-x`],
      ]) {
        symlinkSync(`${system}`, join(profiles, `system-${number}-link`));
      }
    });
    boot({ commandLine: `init=/bin/sh systemConfig=/nix/store/other ${commandLine}`, args: ['--boot-id', 'two'] });
    assert.equal(
      onDisk(() => bootOf('@root').generation),
      10,
    );
    boot({ commandLine: 'init=/bin/sh', args: ['--boot-id', 'three'] });
    assert.ok(!('generation' in onDisk(() => bootOf('@root'))));
  });

  test('the very first root is described when it moves: by nothing that is not known', () => {
    boot();
    const described = onDisk(() => {
      const [name = ''] = readdirSync(join(top, '@snapshots/old_roots'));
      return bootOf(`@snapshots/old_roots/${name}`);
    });
    assert.deepEqual(
      { ...described, bootedAt: '' },
      { schema: 'ebb.boot/1', sequence: 0, bootedAt: '', bootedAtIs: 'reset' },
    );
    assert.equal(
      onDisk(() => bootOf('@root').sequence),
      1,
    );
  });
});
