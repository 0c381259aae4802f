/** What cannot be read of an old root speaks for keeping it; copies, odd filesystems and mounts are told as they are. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Failure } from '../../src/core/failure.ts';
import type { RawName, RawPath } from '../../src/core/rawpath.ts';
import { defaultPolicy, retain } from '../../src/core/retention.ts';
import type { KeptOldRoot } from '../../src/ports/old-roots.ts';
import { gc } from '../../src/usecases/gc.ts';
import { type OldRootsPlace, placeAt, places } from '../support/old-roots-place.ts';
import { machine } from '../support/test-host.ts';
import { isRoot, run, Workplace } from '../support/workplace.ts';

const first = '2025-10-10_08-53-20';
const named = (name: string): RawName => name as RawName;

function using<T>(place: OldRootsPlace, use: (oldRoots: ReturnType<OldRootsPlace['open']>) => T): T {
  const oldRoots = place.open();
  try {
    return use(oldRoots);
  } finally {
    oldRoots.close();
  }
}

function listed(place: OldRootsPlace): Map<string, KeptOldRoot> {
  return using(place, (oldRoots) => new Map(oldRoots.list().map((each) => [each.name as string, each])));
}

describe('records of old roots', () => {
  const directories = places.find(({ kind }) => kind === 'directory');
  if (directories === undefined) throw new Error('no place');
  let place: OldRootsPlace;

  before(() => directories.open());
  after(() => directories.close());
  beforeEach(() => {
    place = directories.make();
    // The first is the oldest of ten boots on one day: no rule keeps it.
    for (let i = 0; i < 10; i++) place.make(nameOf(i), { sequence: i + 1, bootedAt: 1_760_086_400 + i });
  });

  function nameOf(i: number): string {
    return `2025-10-10_08-53-${20 + i}`;
  }

  function decisionOnFirst(): string {
    const decision = retain([...listed(place).values()], defaultPolicy).find(({ name }) => name === first);
    return `${decision?.decision} ${decision?.reasons.join()}`;
  }

  const spoilt: Readonly<Record<string, (file: string) => void>> = {
    'cut short': (file) => truncateSync(file, 20),
    empty: (file) => writeFileSync(file, ''),
    'larger than ebb writes': (file) => writeFileSync(file, JSON.stringify({ pinned: { note: 'x'.repeat(300_000) } })),
    'of another shape': (file) => writeFileSync(file, '[]'),
    'without the note of its pin': (file) => writeFileSync(file, '{"pinned":true}'),
    'a symlink': (file) => symlinkSync('/dev/null', `${file}.l`) ?? spawnSync('mv', [`${file}.l`, file]),
    'a FIFO': (file) => void spawnSync('sh', ['-c', 'rm "$0" && mkfifo "$0"', file]),
  };
  for (const [how, spoil] of Object.entries(spoilt)) {
    test(`notes that are ${how} keep it, and writing the size does not replace them`, () => {
      using(place, (oldRoots) =>
        oldRoots.writeNotes(named(first), { ...oldRoots.notes(named(first)), pinned: { note: '' } }),
      );
      assert.equal(decisionOnFirst(), 'keep pinned');
      spoil(join(place.directory, first, '.ebb/notes.json'));
      assert.equal(decisionOnFirst(), 'keep unreadable');
      using(place, (oldRoots) => assert.notEqual(oldRoots.notes(named(first)).doubt, undefined));
    });
  }

  test('where no rule keeps it and its notes say nothing, it goes', () => {
    assert.equal(decisionOnFirst(), 'delete no rule keeps it');
  });

  test('a wrong size is worked out again, and takes no pin with it', () => {
    writeFileSync(join(place.directory, first, '.ebb/notes.json'), '{"pinned":{"note":"n"},"size":{"entries":-1}}');
    assert.equal(decisionOnFirst(), 'keep pinned');
    assert.equal(listed(place).get(first)?.size, undefined);
  });

  test('facts that cannot be read keep it', () => {
    writeFileSync(join(place.directory, first, '.ebb/boot.json'), '{"schema":"ebb.boot/1","sequ');
    const found = listed(place).get(first);
    assert.deepEqual([found?.foreign, found?.doubt], [false, 'its boot.json is not JSON']);
    assert.equal(decisionOnFirst(), 'keep unreadable');
  });

  test('a copy under another name is foreign, adopted or not as itself, and takes no place', () => {
    for (const copy of ['root.20251010', 'my-backup', '2025-10-11_00-00-00']) {
      cpSync(join(place.directory, nameOf(9)), join(place.directory, copy), { recursive: true });
    }
    const all = listed(place);
    for (const copy of ['root.20251010', 'my-backup', '2025-10-11_00-00-00']) {
      const found = all.get(copy);
      assert.match((found?.foreign || { format: '' }).format, new RegExp(`; a copy of ${nameOf(9)}$`), copy);
      assert.equal(found?.sequence, undefined);
    }
    const kept = retain([...all.values()], defaultPolicy).filter(({ reasons }) => reasons.includes('recent'));
    assert.deepEqual(
      kept.map(({ name }) => name as string),
      [9, 8, 7, 6, 5].map(nameOf),
    );
    // Adopted, each takes part by its own time, and no place from those of ebb.
    const own = (oldRoots: Iterable<KeptOldRoot>): unknown =>
      retain([...oldRoots], defaultPolicy).filter(({ name }) => /^2025-10-10/.test(name));
    const before = own(all.values());
    using(place, (oldRoots) => {
      for (const copy of ['root.20251010', 'my-backup', '2025-10-11_00-00-00']) {
        oldRoots.writeNotes(named(copy), { ...oldRoots.notes(named(copy)), adopted: true });
      }
    });
    assert.deepEqual(own(listed(place).values()), before);
    assert.equal(listed(place).get('root.20251010')?.bootedAt, Date.UTC(2025, 9, 10) / 1000);
    using(place, (oldRoots) => {
      oldRoots.writeNotes(named('my-backup'), { ...oldRoots.notes(named('my-backup')), adopted: true });
      assert.equal(oldRoots.notes(named('my-backup')).adopted, true);
      cpSync(join(place.directory, 'my-backup'), join(place.directory, 'second'), { recursive: true });
      assert.equal(oldRoots.notes(named('second')).adopted, false);
    });
  });
});

test('a copy stays foreign when the original is gone', () => {
  const workplace = new Workplace();
  try {
    const place = placeAt('directory', workplace.make('top'), undefined);
    for (let i = 0; i < 4; i++) {
      place.make(`2025-10-10_08-53-${20 + i}`, { sequence: i + 1, bootedAt: 1_760_086_400 + i });
    }
    for (const copy of [`${first}-2`, '2025-12-24_00-00-00']) {
      cpSync(join(place.directory, first), join(place.directory, copy), { recursive: true });
    }
    const collect = (): string[] => {
      const policy = { recent: 2, weekly: 0, monthly: 0 } as const;
      const request = { oldRoots: place.directory as RawPath, policy, dryRun: false, inBackground: false };
      const { oldRoots } = gc(request, { machine: machine(), confirm: () => true, deleting: () => {} });
      return oldRoots.filter(({ outcome }) => outcome === 'deleted').map(({ name }) => name as string);
    };
    assert.deepEqual(collect().sort(), [first, '2025-10-10_08-53-21'].sort());
    assert.deepEqual(collect(), []);
    assert.deepEqual(listed(place).get(`${first}-2`)?.foreign, {
      format: 'YYYY-MM-DD_HH-MM-SS, taken as UTC; renamed, or copied',
    });
  } finally {
    workplace.close();
  }
});

test('what never became an old root leaves its boot to another one', () => {
  const workplace = new Workplace();
  try {
    const place = placeAt('directory', workplace.make('top'), undefined);
    const boot = { sequence: 1, bootedAt: 1_760_086_400 };
    // As a capture that was cut off leaves it.
    place.make(`.deleting-${first}`, boot);
    using(place, (oldRoots) => oldRoots.remove(named(`.deleting-${first}`)));
    place.make(first, boot);
    assert.equal(listed(place).get(first)?.foreign, false);
  } finally {
    workplace.close();
  }
});

test('one that was pinned is not deleted, whatever was planned', () => {
  const workplace = new Workplace();
  try {
    const place = placeAt('directory', workplace.make('top'), undefined);
    place.make(first, { sequence: 1, bootedAt: 1_760_086_400 });
    using(place, (oldRoots) => {
      oldRoots.writeNotes(named(first), { ...oldRoots.notes(named(first)), pinned: { note: '' } });
      assert.throws(
        () => oldRoots.remove(named(first)),
        (error) => error instanceof Failure && error.code === 'locked',
      );
    });
    assert.ok(listed(place).has(first));
  } finally {
    workplace.close();
  }
});

test('what is a part of an overlay, a disk, or shown to a chroot alone is in use', { skip: !isRoot }, async () => {
  const workplace = new Workplace();
  try {
    const top = workplace.make('top');
    workplace.mount(['-t', 'tmpfs', 'tmpfs'], top);
    const place = placeAt('directory', top, undefined);
    for (const name of ['a', 'b', 'c']) place.make(name);
    for (const name of ['a/upper', 'a/work', 'a/low, er']) mkdirSync(join(place.directory, name));
    const merged = workplace.make('merged');
    const at = (name: string): string => join(place.directory, 'a', name);
    workplace.mount(
      ['-t', 'overlay', '-o', `lowerdir=${place.outside},upperdir=${at('upper')},workdir=${at('work')}`, 'o'],
      merged,
    );
    writeFileSync(join(place.directory, 'b/disk'), '');
    truncateSync(join(place.directory, 'b/disk'), 1_000_000);
    const device = run('losetup', ['--find', '--show', join(place.directory, 'b/disk')]).trim();
    workplace.onClose(() => run('losetup', ['-d', device]));
    const jail = workplace.make('jail');
    const script =
      'mount --bind "$1" "$2" && mount --bind / "$3" && exec chroot "$3" sh -c "echo ready; exec sleep 60"';
    const words = [join(place.directory, 'c'), place.outside, jail];
    const other = spawn('unshare', ['-m', 'sh', '-c', script, 'sh', ...words]);
    try {
      await once(other.stdout, 'data');
      const uses = listed(place);
      assert.match(uses.get('a')?.inUse ?? '', /part of the overlay at /);
      assert.match(uses.get('b')?.inUse ?? '', /in use as a disk/);
    } finally {
      other.kill('SIGKILL');
      await once(other, 'close');
    }
  } finally {
    workplace.close();
  }
});

test('an immutable one goes; what has another name stays protected', { skip: !isRoot }, () => {
  const workplace = new Workplace();
  try {
    const top = workplace.make('top');
    workplace.mount([workplace.image('mkfs.ext4', 64)], top);
    const place = placeAt('directory', top, undefined);
    place.make(first, { sequence: 1, bootedAt: 1_760_086_400 });
    writeFileSync(join(place.directory, first, 'file'), 'x');
    linkSync(join(place.directory, first, 'file'), join(place.outside, 'other'));
    run('chattr', ['+i', join(place.outside, 'other')]);
    run('chattr', ['+i', join(place.directory, first)]);
    try {
      using(place, (oldRoots) => oldRoots.remove(named(first)));
      assert.deepEqual([...listed(place).keys()], []);
      assert.match(run('lsattr', [join(place.outside, 'other')]), /^\S*i/);
    } finally {
      run('chattr', ['-i', join(place.outside, 'other')]);
    }
  } finally {
    workplace.close();
  }
});

test('one that something is mounted on is listed, not opened, and said to be so', { skip: !isRoot }, () => {
  const workplace = new Workplace();
  try {
    const place = placeAt('directory', workplace.make('top'), undefined);
    place.make(first, { sequence: 1, bootedAt: 1_760_086_400 });
    workplace.mount(['-t', 'tmpfs', 'tmpfs'], join(place.directory, first));
    const found = listed(place).get(first);
    assert.match(found?.inUse ?? '', /mounted at/);
    assert.equal(found?.foreign, false);
    using(place, (oldRoots) => {
      // `gc` asks for them again after it was refused, and goes on with the others.
      assert.equal(oldRoots.notes(named(first)).doubt, 'something is mounted on it');
      assert.throws(
        () => oldRoots.open(named(first)),
        (error) => error instanceof Failure && error.code === 'locked',
      );
    });
  } finally {
    workplace.close();
  }
});

test('a filesystem that tells no types, and a name that is no text', { skip: !isRoot }, (t) => {
  const workplace = new Workplace();
  try {
    const device = workplace.image('mkfs.ext4', 64, ['-O', '^filetype']);
    const top = workplace.make('top');
    workplace.mount([device], top);
    const place = placeAt('directory', join(top), undefined);
    place.make('\xff\xfe', undefined);
    place.make(first, { sequence: 1, bootedAt: 1_760_086_400 });
    mkdirSync(join(place.directory, 'plain'));
    writeFileSync(join(place.directory, 'file'), '');
    assert.deepEqual([...listed(place).keys()].sort(), [first, 'plain', '\xff\xfe'].sort());
    t.diagnostic('ext4 without filetype');
  } finally {
    workplace.close();
  }
});
