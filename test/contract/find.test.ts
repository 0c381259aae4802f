/** `ebb find` over old roots wherever they are kept: the same cases, and the same answers. */
import assert from 'node:assert/strict';
import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../src/core/failure.ts';
import { nameFor } from '../../src/core/old-root-name.ts';
import type { RawName } from '../../src/core/rawpath.ts';
import { makeDeepTree } from '../support/deep-tree.ts';
import { type FindGround, memoryGround, type RealGround, realGround, told } from '../support/find-ground.ts';
import type { BootOf } from '../support/memory-old-roots.ts';
import { mountImage, placeAt, places } from '../support/old-roots-place.ts';
import { reasonAgainst } from '../support/real-stage.ts';
import { whileSwapping } from '../support/swapping.ts';
import { isRoot, run, Workplace } from '../support/workplace.ts';

const booted = (sequence: number): BootOf => ({ sequence, bootedAt: 1_760_000_000 + sequence * 86_400 });
const locked = (error: unknown): boolean => error instanceof Failure && error.code === 'locked';
const odd = ['a b', 'line\nbreak', 'ends\n', '\xff\xfe', '-rf', "it's", '\x1b[31m', 'caf\xc3\xa9', '*', '$(x)', '\\'];

function casesOfFind(make: () => FindGround): void {
  test('a path: the old roots that had it, newest boot first, in versions by content', () => {
    const ground = make();
    // Newest by sequence, whatever the names say.
    ground.oldRoot('c', booted(1), { 'etc/conf': 'one' });
    ground.oldRoot('a', booted(2), { 'etc/conf': 'two' });
    ground.oldRoot('b', booted(3), { 'etc/other': 'two' });
    ground.oldRoot('e', booted(4), { 'etc/conf': 'one' });
    ground.oldRoot('d', booted(5), { 'etc/conf': 'longer' });
    const report = ground.find('/etc/conf');
    assert.deepEqual(told(report), ['/etc/conf', '- file 6 d', '- file 3 e, c', '- file 3 a']);
    assert.equal(report.paths[0]?.oldRoots, 4);
    assert.deepEqual([report.searched, report.failed, report.warnings], [5, 0, []]);
  });

  test('what the running root has is the newest, and marked', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), { conf: 'one', gone: 'x', same: 'x' });
    ground.oldRoot('b', booted(2), { conf: 'two', gone: 'x', same: 'x' });
    ground.runningRoot({ conf: 'one', same: 'x', own: 'x' });
    assert.deepEqual(told(ground.find('/conf')), ['/conf', '- file 3 now a', '- file 3 b']);
    assert.deepEqual(told(ground.find('/gone')), ['/gone', '- file 1 b, a']);
    assert.deepEqual(told(ground.find('same')), ['/same', '- file 1 now b, a']);
    assert.deepEqual(told(ground.find('/own')), ['/own', '- file 1 now']);
    assert.deepEqual(
      ['/conf', '/gone'].map((path) => ground.find(path).paths[0]?.there),
      [true, false],
    );
  });

  test('a bare name and a glob are found wherever they are, but for the records of ebb', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), { 'srv/x': '', 'srv/y/x': '', 'etc/x.conf': '', 'boot.json': '', x: null });
    assert.deepEqual(told(ground.find('x')), ['/srv/x', '- file 0 a', '/srv/y/x', '- file 0 a', '/x', '- directory a']);
    assert.deepEqual(told(ground.find('*.conf')), ['/etc/x.conf', '- file 0 a']);
    assert.deepEqual(told(ground.find('/srv/*')), ['/srv/x', '- file 0 a', '/srv/y', '- directory a']);
    assert.deepEqual(told(ground.find('boot.json')), ['/boot.json', '- file 0 a']);
    assert.deepEqual(told(ground.find('/**/x*')).length, 8);
  });

  test('an exact path costs a look an old root, and no walk', () => {
    const ground = make();
    for (let i = 0; i < 3; i++) ground.oldRoot(`r${i}`, booted(i), { 'srv/deep/x': `${i}`, 'srv/deep/y': '' });
    const progress = (): void => assert.fail('a directory was listed');
    assert.equal(told(ground.find('/srv/deep/x', { progress })).length, 4);
    assert.equal(told(ground.find('/srv/*/x')).length, 4);
    assert.throws(() => ground.find('/srv/*/x', { progress }), /was listed/);
  });

  for (const name of odd) {
    test(`${JSON.stringify(name)} is a name like any other, of files and of old roots`, () => {
      const ground = make();
      ground.oldRoot(name, booted(1), { [`srv/${name}/${name}`]: 'x' });
      const expected = [`/srv/${name}/${name}`, `- file 1 ${name}`];
      assert.deepEqual(told(ground.find(`/srv/${name}/${name}`)), expected);
      const quoted = name.replace(/[*?[\\]/g, '\\$&');
      const both = [`/srv/${name}`, `- directory ${name}`, ...expected];
      assert.deepEqual(told(ground.find(quoted)), both);
      assert.deepEqual(told(ground.find(`/srv/**/${quoted}`)), both);
    });
  }

  test('a symlink on the way is not followed, wherever it points', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), {
      'persist/secret': 'x',
      etc: { target: '/persist' },
      up: { target: '../../../../../../../../persist' },
      'srv/in': { target: '../persist' },
    });
    for (const pattern of ['/etc/secret', '/up/secret', '/srv/in/secret', '/etc/*', '/srv/in/**/s*']) {
      assert.deepEqual(told(ground.find(pattern)), [], pattern);
    }
    assert.deepEqual(told(ground.find('secret')), ['/persist/secret', '- file 1 a']);
    assert.deepEqual(told(ground.find('/etc')), ['/etc', '- symlink → /persist a']);
  });

  test('what changed its type, or holds another target, is another version', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), { x: 'x' });
    ground.oldRoot('b', booted(2), { x: null });
    ground.oldRoot('c', booted(3), { x: { target: 'one' } });
    ground.oldRoot('d', booted(4), { x: { target: 'two\n' } });
    ground.oldRoot('e', booted(5), { x: { target: 'one' } });
    assert.deepEqual(told(ground.find('/x')), [
      '/x',
      ...['- symlink → one e, c', '- symlink → two\n d', '- directory b', '- file 1 a'],
    ]);
  });

  test('--grep: only text files of up to a megabyte that hold it, with the line', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), {
      'srv/yes': 'first\nit has 10.0.0.7 in it\nlast 10.0.0.7\n',
      'srv/no': 'first\n10.0.0.8',
      'srv/binary': '10.0.0.7\0',
      'srv/large': `10.0.0.7${'x'.repeat(1024 * 1024)}`,
      'srv/10.0.0.7': '',
      'srv/link': { target: '10.0.0.7' },
      'srv/bytes': '\xff\n\xff10.0.0.7\xff',
    });
    ground.oldRoot('b', booted(2), { 'srv/yes': 'first\nit no longer has\n' });
    ground.runningRoot({ 'srv/yes': 'nor has this' });
    const report = ground.find('/srv/*', { grep: '10.0.0.7' });
    assert.deepEqual(told(report), ['/srv/bytes', '- file 12 a', '/srv/yes', '- file 42 a']);
    assert.deepEqual(
      report.paths.map(({ versions, there }) => [versions[0]?.line, there]),
      [
        [{ number: 2, text: '\xff10.0.0.7\xff' }, false],
        [{ number: 2, text: 'it has 10.0.0.7 in it' }, true],
      ],
    );
  });

  test('what is half deleted is not searched, what ebb did not make is', () => {
    const ground = make();
    ground.oldRoot('.deleting-a', booted(9), { x: 'x' });
    ground.oldRoot('2026-1-9_12:00:00', undefined, { x: 'x' });
    const own = nameFor(booted(1).bootedAt, new Set());
    ground.oldRoot(own, booted(1), { x: 'y' });
    assert.deepEqual(told(ground.find('/x')), ['/x', `- file 1 ${own}`, '- file 1 2026-1-9_12:00:00']);
  });

  test('only the newest ones, where that is asked', () => {
    const ground = make();
    for (let i = 0; i < 5; i++) ground.oldRoot(`r${i}`, booted(i), { x: 'x' });
    assert.deepEqual(told(ground.find('/x', { count: 2 })), ['/x', '- file 1 r4, r3']);
    assert.equal(ground.find('/x', { count: 2 }).searched, 2);
  });

  test('nothing, where nothing is there', () => {
    const ground = make();
    assert.deepEqual(told(ground.find('/x')), []);
    ground.oldRoot('a', booted(1), { y: 'x' });
    assert.deepEqual(told(ground.find('/x')), []);
    assert.deepEqual(told(ground.find('/y/x')), []);
    assert.deepEqual(told(ground.find('*/x')), []);
  });

  test('names and paths longer than any can be are in none', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), { y: 'x' });
    for (const length of [256, 4000, 4096, 5000, 20_000, 100_000]) {
      const long = 'n'.repeat(length);
      for (const pattern of [`/${long}`, `/${long}/x`, `/y/${long}/x`, long, `${long}/*`, `/srv/x/*/${long}`]) {
        const report = ground.find(pattern);
        assert.deepEqual([told(report), report.warnings], [[], []], pattern.slice(0, 20));
      }
    }
  });

  test('gc leaves alone what it is searching', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), { 'srv/x': 'one' });
    const oldRoots = ground.open();
    let tries = 0;
    const progress = (): void => {
      tries++;
      assert.throws(() => oldRoots.remove('a' as RawName), locked);
    };
    assert.deepEqual(told(ground.find('x', { progress })), ['/srv/x', '- file 3 a']);
    assert.ok(tries > 0);
    oldRoots.remove('a' as RawName);
    assert.deepEqual(told(ground.find('x')), []);
    oldRoots.close();
  });

  test('one that gc deletes meanwhile is not found, and that is no failure', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), { x: 'one' });
    ground.oldRoot('b', booted(2), { x: 'two' });
    const oldRoots = ground.open();
    let isFirst = true;
    const report = ground.find('x', {
      progress: () => {
        if (isFirst) oldRoots.remove('a' as RawName);
        isFirst = false;
      },
    });
    oldRoots.close();
    assert.deepEqual(told(report), ['/x', '- file 3 b']);
    assert.equal(report.failed, 0);
  });

  test('says of any content in any old roots what a comparison of all with all says', () => {
    const content = fc.option(fc.constantFrom('', 'a', 'b', 'aa', 'ab', '\xff'), { nil: undefined });
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 6 }), content, (kept, now) => {
        const ground = make();
        for (const [i, what] of kept.entries()) {
          ground.oldRoot(`r${i}`, booted(i), what === undefined ? {} : { 'srv/x': what });
        }
        if (now !== undefined) ground.runningRoot({ 'srv/x': now });
        const newestFirst = [...(now === undefined ? [] : [now]), ...kept.toReversed()];
        const different = [...new Set(newestFirst)].filter((what) => what !== undefined);
        const expected = different.map((what) => {
          const holders = kept.flatMap((other, i) => (other === what ? [`r${i}`] : [])).reverse();
          return ['- file', what.length, ...(now === what ? ['now'] : []), holders.join(', ')].join(' ').trimEnd();
        });
        assert.deepEqual(told(ground.find('/srv/x')), expected.length === 0 ? [] : ['/srv/x', ...expected]);
        // A name is only found where an old root has it.
        const byName = kept.some((what) => what !== undefined) ? told(ground.find('/srv/x')) : [];
        assert.deepEqual(told(ground.find('x')), byName);
      }),
      { numRuns: 15 },
    );
  });
}

function casesOfRealFind(make: () => RealGround): void {
  test('fifos, sockets and devices are found, and not waited for', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), {});
    run('mkfifo', [`${ground.place.directory}/a/x`]);
    ground.oldRoot('b', booted(2), {});
    run('mknod', [`${ground.place.directory}/b/x`, 'c', '1', '5']);
    assert.deepEqual(told(ground.find('/x')), ['/x', '- character b', '- fifo a']);
    assert.deepEqual(told(ground.find('x', { grep: 'x' })), []);
  });

  test('what is mounted in an old root is not looked at', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), { 'mnt/own': 'x', precious: 'own' });
    run('mount', ['--bind', ground.place.outside, `${ground.place.directory}/a/mnt`]);
    try {
      assert.deepEqual(told(ground.find('/mnt/precious')), []);
      assert.deepEqual(told(ground.find('precious')), ['/precious', '- file 3 a']);
    } finally {
      run('umount', [`${ground.place.directory}/a/mnt`]);
    }
  });

  test('a path longer than one system call takes is found', () => {
    const ground = make();
    ground.oldRoot('a', booted(1), {});
    const path = `/${makeDeepTree(`${ground.place.directory}/a`, 300, 'directory-of-many')}/leaf`;
    assert.deepEqual(told(ground.find(path)), [path, '- file 1 a']);
    assert.deepEqual(told(ground.find('leaf', { grep: 'x' })), [path, '- file 1 a']);
  });

  test('somebody who swaps directories for symlinks meanwhile leads it nowhere', async () => {
    const ground = make();
    const { outside } = ground.place;
    for (let i = 0; i < 20; i++) ground.oldRoot(`r${i}`, booted(i), { 'x/y/mine': 'mine' });
    writeFileSync(join(outside, 'mine'), 'PRECIOUS');
    await whileSwapping(ground.place.directory, outside, () => {
      for (let round = 0; round < 20; round++) {
        for (const pattern of ['/x/y/mine', 'mine', '/x/**']) {
          const { paths } = ground.find(pattern);
          for (const { versions } of paths) {
            for (const { type, size } of versions) assert.ok(type !== 'file' || size === 4, pattern);
          }
          assert.deepEqual(told(ground.find(pattern, { grep: 'PRECIOUS' })), []);
        }
      }
    });
  });
}

describe('find in old roots in memory', () => casesOfFind(memoryGround));

for (const kind of places) {
  describe(`find in old roots on ${kind.kind}`, { skip: kind.unavailable ?? false }, () => {
    before(() => kind.open());
    after(() => kind.close());
    const make = (): RealGround => realGround(kind.make());
    casesOfFind(make);
    describe('of a real filesystem', { skip: isRoot ? false : 'only root may mount' }, () => casesOfRealFind(make));
  });
}

describe('find on btrfs', { skip: reasonAgainst('mkfs.btrfs') ?? false }, () => {
  test('looks into nested subvolumes', () => {
    const workplace = new Workplace();
    try {
      const top = workplace.make('top');
      const ground = realGround(placeAt('btrfs', top, mountImage('mkfs.btrfs', 128)(workplace, top)));
      ground.oldRoot('a', booted(1), {});
      run('btrfs', ['-q', 'subvolume', 'create', `${ground.place.directory}/a/sub`]);
      writeFileSync(ground.place.at('a/sub/x'), 'x');
      assert.deepEqual(told(ground.find('/sub/x')), ['/sub/x', '- file 1 a']);
      assert.deepEqual(told(ground.find('x')), ['/sub/x', '- file 1 a']);
    } finally {
      workplace.close();
    }
  });

  test('a file that the disk cannot read is told apart, with a doubt, and the others are found', () => {
    const workplace = new Workplace();
    try {
      const top = workplace.make('top');
      const device = mountImage('mkfs.btrfs', 128)(workplace, top) ?? '';
      const ground = realGround(placeAt('btrfs', top, device));
      const content = 'this is what the disk will lose '.repeat(1024);
      const same = 'this is what the disk will keep '.repeat(1024);
      ground.oldRoot('a', booted(1), { 'srv/x': content, 'srv/y': 'y' });
      ground.oldRoot('b', booted(2), { 'srv/x': same, 'srv/y': 'y' });
      ground.oldRoot('c', booted(3), { 'srv/x': same, 'srv/y': 'y' });
      run('umount', [top]);
      assert.ok(damage(device, content.slice(0, 4096)) > 0);
      run('mount', [device, top]);
      assert.throws(() => readFileSync(ground.place.at('a/srv/x')), /EIO/);
      const report = ground.find('/srv/*');
      assert.deepEqual(told(report), [
        ...['/srv/x', '- file 32768 c, b', '- file 32768 a uncertain'],
        ...['/srv/y', '- file 1 c, b, a'],
      ]);
      assert.match(
        report.warnings[0]?.message ?? '',
        /^1 place could not be read, so this may not be all: .*\/a\/srv\/x$/,
      );
      assert.deepEqual(told(ground.find('/srv/x', { grep: 'lose' })), []);
      assert.deepEqual(told(ground.find('/srv/x', { grep: 'keep' })), ['/srv/x', '- file 32768 c, b']);
    } finally {
      workplace.close();
    }
  });
});

/** Writes over what the device holds, so that its checksum is wrong; gives how often it was there. */
function damage(device: string, content: string): number {
  const bytes = readFileSync(device);
  const fd = openSync(device, 'r+');
  let count = 0;
  for (let at = bytes.indexOf(content); at >= 0; at = bytes.indexOf(content, at + content.length)) {
    writeSync(fd, 'damage', at);
    count++;
  }
  fsyncSync(fd);
  closeSync(fd);
  return count;
}
