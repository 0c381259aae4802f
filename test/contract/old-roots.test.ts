/** The contract of old roots, wherever they are kept: the same cases, and the same answers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Failure } from '../../src/core/failure.ts';
import { nameFor } from '../../src/core/old-root-name.ts';
import type { RawName, RawPath } from '../../src/core/rawpath.ts';
import type { OldRoots } from '../../src/ports/old-roots.ts';
import { gc } from '../../src/usecases/gc.ts';
import { makeDeepTree } from '../support/deep-tree.ts';
import { type BootOf, MemoryOldRoots } from '../support/memory-old-roots.ts';
import { mountImage, type OldRootsPlace, placeAt, places } from '../support/old-roots-place.ts';
import { reasonAgainst } from '../support/real-stage.ts';
import { restored } from '../support/restore-host.ts';
import { whileSwapping } from '../support/swapping.ts';
import { machine } from '../support/test-host.ts';
import { run, Workplace } from '../support/workplace.ts';

/** What the cases that hold everywhere need. */
interface Place {
  make(name: string, boot?: BootOf): void;
  open(): OldRoots;
}

const name = (text: string): RawName => text as RawName;
const booted = (sequence: number): BootOf => ({ sequence, bootedAt: 1_760_000_000 + sequence * 86_400 });
const locked = (error: unknown): boolean => error instanceof Failure && error.code === 'locked';

function namesIn(oldRoots: OldRoots): string[] {
  return oldRoots
    .list()
    .map((oldRoot) => oldRoot.name as string)
    .sort();
}

function using(place: Place, use: (oldRoots: OldRoots) => void): void {
  const oldRoots = place.open();
  try {
    use(oldRoots);
  } finally {
    oldRoots.close();
  }
}

/** Where another test has just then made a namespace of mounts, the mounts of before go with that. */
function removeOnceFree(oldRoots: OldRoots, one: RawName): void {
  const until = Date.now() + 20_000;
  for (;;) {
    try {
      oldRoots.remove(one);
      return;
    } catch (error) {
      if (!locked(error) || Date.now() > until) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

function casesOfOldRoots(makePlace: () => Place): void {
  test('lists what there is, with the facts of its boot', () => {
    const place = makePlace();
    place.make('2026-01-09_12-00-00', { sequence: 7, bootedAt: 1_767_960_000, endedClean: true });
    using(place, (oldRoots) => {
      const [oldRoot] = oldRoots.list();
      assert.deepEqual(
        { ...oldRoot },
        {
          ...{ name: '2026-01-09_12-00-00', sequence: 7, bootedAt: 1_767_960_000, endedClean: true },
          ...{ kernel: undefined, generation: undefined, pinned: undefined, foreign: false, adopted: false },
          ...{ inUse: undefined, doubt: undefined, size: undefined, hasBaseline: false },
        },
      );
    });
  });

  test('a directory that ebb did not make is foreign, its time read from its name', () => {
    const place = makePlace();
    place.make('2026-1-9_12:00:00');
    using(place, (oldRoots) => {
      const [oldRoot] = oldRoots.list();
      assert.deepEqual(oldRoot?.foreign, { format: 'YYYY-M-D_H:MM:SS, taken as UTC' });
      assert.equal(oldRoot?.bootedAt, 1_767_960_000);
      assert.equal(oldRoot?.sequence, undefined);
    });
  });

  for (const odd of [
    'a b',
    'line\nbreak',
    'back\\slash',
    '\xff\xfe',
    '-n',
    '..x',
    'caf\xc3\xa9',
    `${'n'.repeat(255)}`,
  ]) {
    test(`${JSON.stringify(odd).slice(0, 20)} is a name like any other`, () => {
      const place = makePlace();
      place.make(odd, booted(1));
      place.make('other', booted(2));
      using(place, (oldRoots) => {
        assert.deepEqual(namesIn(oldRoots), [odd, 'other'].sort());
        oldRoots.writeNotes(name(odd), { pinned: { note: 'x' }, adopted: false, bootedAt: undefined, size: undefined });
        assert.deepEqual(oldRoots.notes(name(odd)).pinned, { note: 'x' });
        assert.throws(() => oldRoots.remove(name(odd)), locked);
        oldRoots.writeNotes(name(odd), { ...oldRoots.notes(name(odd)), pinned: undefined });
        oldRoots.remove(name(odd));
        assert.deepEqual(namesIn(oldRoots), ['other']);
      });
    });
  }

  test('notes are read as they were written, and replace those before', () => {
    const place = makePlace();
    place.make('a', booted(1));
    using(place, (oldRoots) => {
      const none = { pinned: undefined, adopted: false, bootedAt: undefined, size: undefined, doubt: undefined };
      assert.deepEqual(oldRoots.notes(name('a')), none);
      const notes = { pinned: { note: 'héé "x"' }, adopted: true, bootedAt: 12.5, size: { entries: 3, bytes: 4096 } };
      oldRoots.writeNotes(name('a'), notes);
      assert.deepEqual(oldRoots.notes(name('a')), { ...notes, doubt: undefined });
      const [listed] = oldRoots.list();
      assert.deepEqual([listed?.pinned, listed?.adopted, listed?.size], [notes.pinned, true, notes.size]);
      oldRoots.writeNotes(name('a'), none);
      assert.deepEqual(oldRoots.notes(name('a')), none);
    });
  });

  test('what is not there has no notes, is not opened, and is deleted already', () => {
    using(makePlace(), (oldRoots) => {
      assert.equal(oldRoots.notes(name('none')).pinned, undefined);
      assert.equal(oldRoots.open(name('none')), undefined);
      oldRoots.remove(name('none'));
      assert.throws(
        () => oldRoots.writeNotes(name('none'), oldRoots.notes(name('none'))),
        (error) => error instanceof Failure && error.code === 'not-found',
      );
    });
  });

  test('one that is being read is kept', () => {
    const place = makePlace();
    place.make('a', booted(1));
    using(place, (oldRoots) => {
      const opened = oldRoots.open(name('a'));
      assert.throws(() => oldRoots.remove(name('a')), locked);
      assert.deepEqual(namesIn(oldRoots), ['a']);
      opened?.close();
      oldRoots.remove(name('a'));
      assert.deepEqual(namesIn(oldRoots), []);
    });
  });

  test('the lock is had once, until it is released', () => {
    using(makePlace(), (oldRoots) => {
      const lock = oldRoots.lock();
      assert.notEqual(lock, undefined);
      assert.equal(oldRoots.lock(), undefined);
      lock?.release();
      const again = oldRoots.lock();
      assert.notEqual(again, undefined);
      again?.release();
    });
  });
}

/** What takes a file system. */
function casesOfDirectories(makePlace: () => OldRootsPlace, rounds: number): void {
  test('only directories are old roots', () => {
    const place = makePlace();
    place.make('a', booted(1));
    writeFileSync(place.at('file'), '');
    symlinkSync(place.outside, place.at('link'));
    mkdirSync(place.at('.ebb'));
    using(place, (oldRoots) => {
      assert.deepEqual(namesIn(oldRoots), ['a']);
      assert.equal(oldRoots.open(name('link')), undefined);
      oldRoots.remove(name('link'));
    });
    assertOutside(place);
    assert.ok(existsSync(place.at('link')));
  });

  for (const path of ['', '.', '..', '../outside', 'a/b', '/', '/etc']) {
    test(`${JSON.stringify(path)} is no name of an old root`, () => {
      const place = makePlace();
      place.make('a', booted(1));
      mkdirSync(place.at('a/b'));
      using(place, (oldRoots) => {
        assert.equal(oldRoots.open(name(path)), undefined);
        oldRoots.remove(name(path));
      });
      assertOutside(place);
      assert.deepEqual(readdirSync(place.at('a')).sort(), ['.ebb', 'b']);
    });
  }

  test('a symlink in an old root goes, what it points at stays', () => {
    const place = makePlace();
    place.make('a', booted(1));
    symlinkSync(place.outside, place.at('a/absolute'));
    symlinkSync('../../outside', place.at('a/relative'));
    symlinkSync(join(place.outside, 'precious'), place.at('a/file'));
    using(place, (oldRoots) => oldRoots.remove(name('a')));
    assertOutside(place);
    assert.equal(existsSync(place.at('a')), false);
  });

  test('a planted symlink for the notes or their directory is not written through', () => {
    const place = makePlace();
    place.make('a', booted(1));
    const target = join(place.outside, 'precious');
    symlinkSync(target, place.at('a/.ebb/.notes.json.new'));
    symlinkSync(target, place.at('a/.ebb/notes.json'));
    place.make('b');
    symlinkSync(place.outside, place.at('b/.ebb'));
    using(place, (oldRoots) => {
      const notes = { pinned: { note: '' }, adopted: false, bootedAt: undefined, size: undefined };
      oldRoots.writeNotes(name('a'), notes);
      assert.deepEqual(oldRoots.notes(name('a')).pinned, { note: '' });
      assert.throws(() => oldRoots.writeNotes(name('b'), notes), /no directory/);
    });
    assertOutside(place);
  });

  test('facts and notes that are nonsense say nothing', () => {
    const place = makePlace();
    for (const [i, content] of ['', 'null', '[]', '{"schema":', '{"schema":"ebb.boot/1","sequence":-1}'].entries()) {
      place.make(`junk${i}`);
      mkdirSync(place.at(`junk${i}/.ebb`));
      writeFileSync(place.at(`junk${i}/.ebb/boot.json`), content);
      writeFileSync(place.at(`junk${i}/.ebb/notes.json`), content);
    }
    place.make('fifo');
    mkdirSync(place.at('fifo/.ebb'));
    run('mkfifo', [`${place.directory}/fifo/.ebb/boot.json`]);
    using(place, (oldRoots) => {
      assert.equal(oldRoots.list().length, 6);
      for (const { foreign, sequence } of oldRoots.list()) {
        assert.notEqual(foreign, false);
        assert.equal(sequence, undefined);
      }
    });
  });

  test("snapper's directories are old roots, of the time that info.xml says", () => {
    const place = makePlace();
    place.make('12');
    mkdirSync(place.at('12/snapshot'));
    writeFileSync(place.at('12/snapshot/inside'), '');
    writeFileSync(place.at('12/info.xml'), '<snapshot><date>2026-01-09 12:00:00</date></snapshot>');
    place.make('13');
    using(place, (oldRoots) => {
      const of = (wanted: string) => oldRoots.list().find((oldRoot) => oldRoot.name === wanted);
      assert.deepEqual(of('12')?.foreign, { format: 'snapper, as its info.xml says' });
      assert.equal(of('12')?.bootedAt, 1_767_960_000);
      assert.equal(of('13')?.bootedAt, undefined);
      const opened = oldRoots.open(name('12'));
      assert.notEqual(opened?.files.lstat('/inside' as never), undefined);
      opened?.close();
      oldRoots.remove(name('12'));
      assert.deepEqual(namesIn(oldRoots), ['13']);
    });
  });

  test('directories without permissions and odd names in it go too', () => {
    const place = makePlace();
    place.make('a', booted(1));
    for (const odd of ['a b', 'line\nbreak', '\xff', '.x', '-rf']) {
      mkdirSync(place.at(`a/${odd}`));
      writeFileSync(place.at(`a/${odd}/${odd}`), odd);
    }
    run('mkfifo', [`${place.directory}/a/fifo`]);
    chmodSync(place.at('a/a b'), 0);
    using(place, (oldRoots) => oldRoots.remove(name('a')));
    assert.equal(existsSync(place.at('a')), false);
  });

  test('a tree of 3,000 levels goes, and leaves nothing', () => {
    const place = makePlace();
    place.make('a', booted(1));
    makeDeepTree(`${place.directory}/a`, 3000, 'd');
    using(place, (oldRoots) => oldRoots.remove(name('a')));
    assert.deepEqual(placed(place), []);
  });

  test('what an earlier deletion of a deep tree left is no obstacle', () => {
    const place = makePlace();
    place.make('.deleting-a', booted(1));
    mkdirSync(place.at('.deleting-a.1'));
    makeDeepTree(`${place.directory}/.deleting-a`, 250, 'd');
    using(place, (oldRoots) => {
      oldRoots.remove(name('.deleting-a'));
      assert.deepEqual(namesIn(oldRoots), ['.deleting-a.1']);
      oldRoots.remove(name('.deleting-a.1'));
    });
    assert.deepEqual(placed(place), []);
  });

  test('a half-deleted one is listed as such, and a name that it has is no obstacle', () => {
    const place = makePlace();
    place.make('.deleting-a', booted(1));
    place.make('a', booted(2));
    using(place, (oldRoots) => {
      assert.deepEqual(namesIn(oldRoots), ['.deleting-a', 'a']);
      oldRoots.remove(name('a'));
      assert.deepEqual(namesIn(oldRoots), ['.deleting-a']);
    });
  });

  for (const [how, args, where] of [
    ['bind mount of it', ['--bind'], 'a'],
    ['bind mount of what is in it', ['--bind'], 'a/in'],
  ] as const) {
    test(`a ${how} keeps it`, () => {
      const place = makePlace();
      place.make('a', booted(1));
      mkdirSync(place.at('a/in'));
      run('mount', [...args, `${place.directory}/${where}`, place.outside]);
      try {
        using(place, (oldRoots) => {
          assert.match(oldRoots.list()[0]?.inUse ?? '', /^mounted at .*outside$/);
          assert.throws(() => oldRoots.remove(name('a')), locked);
        });
        assert.ok(existsSync(place.at('a/in')));
      } finally {
        run('umount', [place.outside]);
      }
      using(place, (oldRoots) => removeOnceFree(oldRoots, name('a')));
      assertOutside(place);
    });
  }

  test('something that is mounted in it keeps it, and itself', () => {
    const place = makePlace();
    place.make('a', booted(1));
    mkdirSync(place.at('a/mnt'));
    run('mount', ['--bind', place.outside, `${place.directory}/a/mnt`]);
    try {
      using(place, (oldRoots) => {
        assert.match(oldRoots.list()[0]?.inUse ?? '', /^something is mounted at /);
        assert.throws(() => oldRoots.remove(name('a')), locked);
      });
      assertOutside(place);
    } finally {
      run('umount', [`${place.directory}/a/mnt`]);
    }
  });

  test('a mount in another namespace keeps it', async () => {
    const place = makePlace();
    place.make('a', booted(1));
    const script = 'mount --bind "$1" "$2" && echo ready && exec sleep 60';
    const other = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', `${place.directory}/a`, place.outside]);
    try {
      await once(other.stdout, 'data');
      using(place, (oldRoots) => assert.throws(() => oldRoots.remove(name('a')), locked));
      assert.ok(existsSync(place.at('a/.ebb/boot.json')));
    } finally {
      other.kill('SIGKILL');
      await once(other, 'close');
    }
    using(place, (oldRoots) => oldRoots.remove(name('a')));
    assert.deepEqual(placed(place), []);
  });

  test('somebody who swaps directories for symlinks meanwhile leads the deletion nowhere', async () => {
    const place = makePlace();
    for (let i = 0; i < 60; i++) {
      place.make(`r${i}`, booted(i));
      for (const directory of ['x', 'x/y', 'x/y/z']) mkdirSync(place.at(`r${i}/${directory}`));
      for (let f = 0; f < 20; f++) writeFileSync(place.at(`r${i}/x/y/f${f}`), '');
    }
    await whileSwapping(place.directory, place.outside, () => {
      using(place, (oldRoots) => {
        for (const { name: target } of oldRoots.list()) {
          try {
            oldRoots.remove(target);
          } catch (error) {
            // What was swapped is not what was listed: the next time it is.
            assert.ok(error instanceof Failure, String(error));
          }
        }
      });
    });
    assertOutside(place);
    using(place, (oldRoots) => {
      for (const { name: left } of oldRoots.list()) oldRoots.remove(left);
      assert.deepEqual(oldRoots.list(), []);
    });
    assertOutside(place);
  });

  test('500 are listed and thinned out, with what lies in them', () => {
    const place = makePlace();
    const count = rounds > 2 ? 500 : 50;
    const root = (i: number): string => nameFor(booted(i).bootedAt, new Set());
    for (let i = 0; i < count; i++) {
      place.make(root(i), booted(i));
      mkdirSync(place.at(`${root(i)}/var`));
      writeFileSync(place.at(`${root(i)}/var/file`), '');
    }
    using(place, (oldRoots) => assert.equal(oldRoots.list().length, count));
    const ports = { machine: machine(), confirm: () => true, deleting: () => {} };
    const policy = { recent: 3, weekly: 2, monthly: 0 } as const;
    const request = { oldRoots: place.directory as RawPath, policy, dryRun: false, inBackground: false };
    const { oldRoots } = gc(request, ports);
    assert.equal(oldRoots.filter(({ outcome }) => outcome === 'deleted').length, count - placed(place).length);
    const left = oldRoots.filter(({ outcome }) => outcome === 'kept').map(({ name: kept }) => kept as string);
    assert.deepEqual(placed(place).sort(), left.toSorted());
    assert.ok(left.length >= 3 && left.length <= 5);
    assertOutside(place);
  });

  test('killed at any moment and run again: the rest is whole, nothing outside is touched', async () => {
    for (let round = 0; round < rounds; round++) {
      const place = makePlace();
      const root = (i: number): string => nameFor(booted(i).bootedAt, new Set());
      for (let i = 0; i < 6; i++) {
        place.make(root(i), booted(i));
        for (let d = 0; d < 30; d++) {
          mkdirSync(place.at(`${root(i)}/d${d}`));
          for (let f = 0; f < 20; f++) writeFileSync(place.at(`${root(i)}/d${d}/f${f}`), 'x');
        }
        symlinkSync(place.outside, place.at(`${root(i)}/out`));
      }
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', gcChild, place.directory]);
      assert.ok(await Promise.race([once(child.stdout, 'data'), once(child, 'close').then(() => undefined)]));
      const start = process.hrtime.bigint();
      const delay = BigInt(Math.round((round * 1e6 * 40) / rounds));
      while (process.hrtime.bigint() - start < delay);
      child.kill('SIGKILL');
      await once(child, 'close');
      for (const left of placed(place)) {
        if (left.startsWith('.deleting-')) continue;
        const directories = readdirSync(place.at(left)).filter((entry) => entry.startsWith('d'));
        assert.equal(directories.length, 30, `${left} was taken apart under its own name`);
        for (const directory of directories) assert.equal(readdirSync(place.at(`${left}/${directory}`)).length, 20);
      }
      using(place, (oldRoots) => {
        for (const { name: left } of oldRoots.list()) if (left !== root(5)) oldRoots.remove(left);
      });
      assert.deepEqual(placed(place), [root(5)]);
      assert.equal(readdirSync(place.at(root(5))).length, 32);
      assertOutside(place);
    }
  });
}

const gcChild = fileURLToPath(new URL('../support/gc-child.ts', import.meta.url));

/** What lies there, without ebb's own. */
function placed({ directory }: OldRootsPlace): string[] {
  return readdirSync(directory, 'latin1').filter((entry) => entry !== '.ebb');
}

function assertOutside({ outside }: OldRootsPlace): void {
  assert.deepEqual(readdirSync(outside), ['precious']);
  assert.equal(readFileSync(join(outside, 'precious'), 'utf8'), 'precious');
}

describe('old roots in memory', () => {
  casesOfOldRoots(() => {
    const oldRoots = new MemoryOldRoots();
    return { make: (made, boot) => void oldRoots.make(made, boot), open: () => oldRoots };
  });
});

for (const kind of places) {
  describe(`old roots on ${kind.kind}`, { skip: kind.unavailable ?? false }, () => {
    before(() => kind.open());
    after(() => kind.close());
    casesOfOldRoots(() => kind.make());
    // bcachefs runs in a machine that is emulated.
    casesOfDirectories(() => kind.make(), kind.kind === 'bcachefs' ? 2 : 5);

    test('immutable files, append-only ones and those in an immutable directory go too', (t) => {
      const place = kind.make();
      place.make('a', booted(1));
      mkdirSync(place.at('a/d'));
      for (const file of ['a/immutable', 'a/append', 'a/d/inside']) writeFileSync(place.at(file), '');
      try {
        run('chattr', ['+i', `${place.directory}/a/immutable`, `${place.directory}/a/d`]);
        run('chattr', ['+a', `${place.directory}/a/append`]);
      } catch (error) {
        t.skip(String(error));
        return;
      }
      using(place, (oldRoots) => oldRoots.remove(name('a')));
      assert.deepEqual(placed(place), []);
    });
  });
}

for (const kind of places) {
  const { subvolumes } = kind;
  if (subvolumes === undefined) continue;
  describe(`old roots on ${kind.kind}: subvolumes`, { skip: kind.unavailable ?? false }, () => {
    before(() => kind.open());
    after(() => kind.close());

    const subvolume = (place: OldRootsPlace, path: string): void => {
      subvolumes.create(`${place.directory}/${path}`);
      writeFileSync(place.at(`${path}/file`), 'x');
    };

    test('nested three deep and read-only, they go with it', () => {
      const place = kind.make();
      place.make('a', booted(1));
      mkdirSync(place.at('a/var'));
      subvolume(place, 'a/var/lib');
      mkdirSync(place.at('a/var/lib/odd\n \xff'));
      subvolume(place, 'a/var/lib/odd\n \xff/machines');
      subvolume(place, 'a/var/lib/odd\n \xff/machines/x');
      subvolume(place, 'a/srv');
      subvolumes.snapshot(`${place.directory}/a/srv`, `${place.directory}/a/var/lib/odd\n \xff/machines/frozen`, true);
      using(place, (oldRoots) => oldRoots.remove(name('a')));
      assert.deepEqual(placed(place), []);
    });

    test('a file that somebody still has open keeps none of them', () => {
      const place = kind.make();
      place.make('a', booted(1));
      subvolume(place, 'a/one');
      subvolume(place, 'a/one/two');
      const open = openSync(place.at('a/one/two/file'), 'r');
      try {
        using(place, (oldRoots) => oldRoots.remove(name('a')));
        assert.deepEqual(placed(place), []);
      } finally {
        closeSync(open);
      }
    });

    test('a read-only one goes', () => {
      const place = kind.make();
      place.make('a', booted(1));
      subvolumes.snapshot(`${place.directory}/a`, `${place.directory}/b`, true);
      using(place, (oldRoots) => {
        assert.deepEqual(namesIn(oldRoots), ['a', 'b']);
        oldRoots.remove(name('b'));
        assert.deepEqual(namesIn(oldRoots), ['a']);
      });
      assert.ok(existsSync(place.at('a/.ebb/boot.json')));
    });

    test('subvolumes in a plain directory go with it', () => {
      const place = kind.make();
      mkdirSync(place.at('plain'));
      mkdirSync(place.at('plain/d'));
      subvolume(place, 'plain/d/one');
      subvolume(place, 'plain/d/one/two');
      subvolumes.snapshot(`${place.directory}/plain/d/one/two`, `${place.directory}/plain/d/frozen`, true);
      using(place, (oldRoots) => oldRoots.remove(name('plain')));
      assert.deepEqual(placed(place), []);
    });

    test('files of a snapshot in it are not taken for those of its original', () => {
      const place = kind.make();
      place.make('a', booted(1));
      subvolume(place, 'a/home');
      linkSync(place.at('a/home/file'), place.at('a/home/other'));
      subvolumes.snapshot(`${place.directory}/a/home`, `${place.directory}/a/snapshot`, true);
      writeFileSync(place.at('a/home/file'), 'later');
      const to = join(place.outside, 'to');
      mkdirSync(to);
      restored(['/snapshot', '/home'], { oldRoots: place.directory, to });
      assert.equal(readFileSync(join(to, 'home/other'), 'utf8'), 'later');
      assert.equal(readFileSync(join(to, 'snapshot/other'), 'utf8'), 'x');
    });

    test('a snapshot of an old root elsewhere is untouched', () => {
      const place = kind.make();
      place.make('a', booted(1));
      writeFileSync(place.at('a/file'), 'content');
      const copy = join(place.outside, 'copy');
      subvolumes.snapshot(`${place.directory}/a`, copy, false);
      using(place, (oldRoots) => oldRoots.remove(name('a')));
      assert.equal(readFileSync(join(copy, 'file'), 'utf8'), 'content');
    });
  });
}

describe('old roots on btrfs: read-only, mounted and full', { skip: reasonAgainst('mkfs.btrfs') ?? false }, () => {
  const [btrfs] = places.filter(({ kind }) => kind === 'btrfs');
  if (btrfs === undefined) return;
  before(() => btrfs.open());
  after(() => btrfs.close());

  const subvolume = (place: OldRootsPlace, path: string): void => {
    run('btrfs', ['-q', 'subvolume', 'create', `${place.directory}/${path}`]);
    writeFileSync(place.at(`${path}/file`), 'x');
  };

  test('nested ones in read-only ones go with them', () => {
    const place = btrfs.make();
    place.make('a', booted(1));
    mkdirSync(place.at('a/var'));
    const nested = ['a/var/lib', 'a/var/lib/machines', 'a/var/lib/machines/x'];
    for (const path of nested) subvolume(place, path);
    for (const path of ['a', ...nested].reverse()) {
      run('btrfs', ['property', 'set', `${place.directory}/${path}`, 'ro', 'true']);
    }
    using(place, (oldRoots) => oldRoots.remove(name('a')));
    assert.deepEqual(placed(place), []);
    assert.equal(run('btrfs', ['subvolume', 'list', '-o', place.directory]), '');
  });

  test('a nested subvolume that is mounted keeps it', () => {
    const place = btrfs.make();
    place.make('a', booted(1));
    subvolume(place, 'a/nested');
    const point = join(place.outside, 'mnt');
    mkdirSync(point);
    const path = run('btrfs', ['inspect-internal', 'rootid', `${place.directory}/a/nested`]).trim();
    run('mount', ['-o', `subvolid=${path}`, place.device ?? '', point]);
    try {
      using(place, (oldRoots) => assert.throws(() => oldRoots.remove(name('a')), locked));
      assert.ok(existsSync(place.at('a/nested/file')));
    } finally {
      run('umount', [point]);
    }
  });

  test('on a full disk, deleting frees space', () => {
    const workplace = new Workplace();
    try {
      const top = workplace.make('top');
      const device = mountImage('mkfs.btrfs', 128)(workplace, top);
      const place = placeAt('btrfs', top, device);
      for (const old of ['a', 'b']) {
        place.make(old, booted(1));
        subvolume(place, `${old}/nested`);
      }
      const free = (): number => {
        run('btrfs', ['filesystem', 'sync', top]);
        run('btrfs', ['subvolume', 'sync', top]);
        run('btrfs', ['filesystem', 'sync', top]);
        const { bavail, bsize } = statfsSync(top);
        return bavail * bsize;
      };
      fill(place.at('a/nested/big'));
      // Metadata too: small files live in it.
      fillWithNames(`${place.directory}/b`);
      const before = free();
      using(place, (oldRoots) => {
        for (const old of ['b', 'a']) oldRoots.remove(name(old));
      });
      assert.deepEqual(placed(place), []);
      assert.ok(free() > before + 32e6, `${before} → ${free()}`);
      assertOutside(place);
    } finally {
      workplace.close();
    }
  });
});

function fill(file: Buffer): void {
  const fd = openSync(file, 'w');
  try {
    for (const size of [1 << 20, 1 << 16, 1 << 12]) untilFull(() => writeSync(fd, Buffer.alloc(size, 7)));
    untilFull(() => {
      fsyncSync(fd);
      throw Object.assign(new Error(), { code: 'ENOSPC' });
    });
  } finally {
    closeSync(fd);
  }
}

function fillWithNames(directory: string): void {
  let count = 0;
  untilFull(() => writeFileSync(join(directory, `${'n'.repeat(200)}${count++}`), 'x'.repeat(1500)));
}

function untilFull(write: () => void): void {
  for (;;) {
    try {
      write();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return;
      throw error;
    }
  }
}
