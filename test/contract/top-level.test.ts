/** The contract of the top level, wherever roots are kept: made, copied and put in place the same way. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EntryType } from '../../src/core/change.ts';
import { Failure } from '../../src/core/failure.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import type { TopLevel } from '../../src/ports/top-level.ts';
import { MemoryTopLevel } from '../support/memory-top-level.ts';
import { places } from '../support/old-roots-place.ts';
import { machine } from '../support/test-host.ts';
import { run } from '../support/workplace.ts';

const path = (text: string): RawPath => text as RawPath;
const failure =
  (code: string, part: RegExp) =>
  (error: unknown): boolean =>
    error instanceof Failure && error.code === code && part.test(error.message);

/** What every backend does; its trees are looked at through this. */
interface Ground {
  readonly level: TopLevel;
  write(name: string, content: string): void;
  read(name: string): string;
  link(existing: string, name: string): void;
  symlink(target: string, name: string): void;
  directory(name: string): void;
  names(name: string): string[];
  facts(name: string): { readonly inode: number; readonly mode: number; readonly links: number };
}

function casesEverywhere(using: (use: (ground: Ground) => void) => void): void {
  test('a new root is empty; a name that is taken is not taken again, whatever has it', () => {
    using(({ level, directory, symlink, names, facts }) => {
      directory('empty');
      symlink('nowhere', 'link');
      level.create(path('/@root'));
      assert.deepEqual(names('@root'), []);
      assert.equal(facts('@root').mode & 0o7777, 0o755);
      for (const taken of ['/empty', '/link', '/@root']) {
        assert.throws(() => level.create(path(taken)), failure('failed', /is there already/));
        assert.throws(() => level.copy(path('/@root'), path(taken)), failure('failed', /is there already/));
        assert.throws(() => level.move(path('/@root'), path(taken)), failure('failed', /is there already/));
      }
    });
  });

  test('what is not there, and ways that lead out, are refused', () => {
    using(({ level, directory, symlink, names }) => {
      directory('outside');
      symlink('outside', 'way');
      assert.throws(() => level.create(path('/nowhere/@root')), failure('not-found', /nowhere/));
      assert.throws(() => level.copy(path('/nothing'), path('/@root')), failure('not-found', /nothing/));
      assert.throws(() => level.move(path('/nothing'), path('/@root')), failure('not-found', /nothing/));
      assert.throws(() => level.create(path('/way/@root')), Failure);
      assert.throws(() => level.create(path('/../@root')), Failure);
      assert.deepEqual(names('outside'), []);
    });
  });

  test('a root is put in place by a rename: what is in it stays the same', () => {
    using(({ level, directory, write, read, facts }) => {
      directory('old_roots');
      level.create(path('/fresh'));
      write('fresh/file', 'content');
      const { inode } = facts('fresh/file');
      level.move(path('/fresh'), path('/old_roots/2026-11-20_08-15-02'));
      assert.equal(facts('old_roots/2026-11-20_08-15-02/file').inode, inode);
      assert.equal(read('old_roots/2026-11-20_08-15-02/file'), 'content');
    });
  });

  test('a copy holds the same, is writable, and its original stays as it is', () => {
    using(({ level, directory, write, read, link, symlink, names, facts }) => {
      level.create(path('/@root'));
      directory('@root/etc');
      write('@root/etc/shadow', 'secret');
      link('@root/etc/shadow', '@root/etc/shadow-');
      symlink('/persist', '@root/link');
      level.copy(path('/@root'), path('/copy'));
      assert.deepEqual(names('copy'), ['etc', 'link']);
      assert.deepEqual(names('copy/etc'), ['shadow', 'shadow-']);
      assert.equal(facts('copy/etc/shadow').links, 2);
      assert.equal(facts('copy/etc/shadow').inode, facts('copy/etc/shadow-').inode);
      write('copy/etc/shadow', 'other');
      assert.equal(read('copy/etc/shadow-'), 'other');
      assert.equal(read('@root/etc/shadow'), 'secret');
    });
  });
}

describe('top level in memory', () => {
  casesEverywhere((use) => {
    const level = new MemoryTopLevel();
    const { tree } = level;
    use({
      level,
      write: (name, content) => {
        const node = tree.find(`/${name}`) ?? tree.put(`/${name}`, EntryType.file, 0o644);
        Object.assign(node, { content, size: content.length });
      },
      read: (name) => tree.at(`/${name}`).content,
      link: (existing, name) => tree.link(`/${name}`, `/${existing}`),
      symlink: (target, name) => void Object.assign(tree.put(`/${name}`, EntryType.symlink, 0o777), { link: target }),
      directory: (name) => void tree.put(`/${name}`, EntryType.directory, 0o755),
      names: (name) => [...tree.at(`/${name}`).entries.keys()].sort(),
      facts: (name) => tree.at(`/${name}`),
    });
  });
});

for (const kind of places) {
  describe(`top level on ${kind.kind}`, { skip: kind.unavailable ?? false }, () => {
    before(() => kind.open());
    after(() => kind.close());

    /** An empty directory of the filesystem, as its top level. */
    function using(use: (level: TopLevel, at: (name: string) => string) => void): void {
      const home = dirname(kind.make().directory);
      const level = machine().topLevel(home as RawPath);
      try {
        use(level, (name) => `${home}/${name}`);
      } finally {
        level.close();
      }
    }

    casesEverywhere((use) =>
      using((level, at) =>
        use({
          level,
          write: (name, content) => writeFileSync(at(name), content),
          read: (name) => readFileSync(at(name), 'utf8'),
          link: (existing, name) => linkSync(at(existing), at(name)),
          symlink: (target, name) => symlinkSync(target, at(name)),
          directory: (name) => void mkdirSync(at(name), { recursive: true }),
          names: (name) =>
            readdirSync(at(name))
              .filter((entry) => entry !== 'precious')
              .sort(),
          facts: (name) => {
            const { ino, mode, nlink } = lstatSync(at(name));
            return { inode: ino, mode, links: nlink };
          },
        }),
      ),
    );

    test('a new root is empty, and everybody may enter it', () => {
      using((level, at) => {
        const umask = process.umask(0o077);
        try {
          level.create(path('/@root'));
        } finally {
          process.umask(umask);
        }
        assert.deepEqual(readdirSync(at('@root')), []);
        assert.equal(statSync(at('@root')).mode & 0o7777, 0o755);
        if (kind.subvolumes !== undefined) assert.ok(kind.subvolumes.is(at('@root')));
        assert.equal(level.supports.snapshots, kind.subvolumes !== undefined);
      });
    });

    test('a name that is taken is not taken again, whatever has it', () => {
      using((level, at) => {
        mkdirSync(at('empty'));
        symlinkSync('nowhere', at('link'));
        level.create(path('/@root'));
        for (const taken of ['/empty', '/link', '/@root']) {
          assert.throws(() => level.create(path(taken)), failure('failed', /is there already/));
          assert.throws(() => level.copy(path('/@root'), path(taken)), failure('failed', /is there already/));
          assert.throws(() => level.move(path('/@root'), path(taken)), failure('failed', /is there already/));
        }
        assert.equal(readlinkSync(at('link')), 'nowhere');
        assert.deepEqual(readdirSync(at('')).sort(), ['@root', 'empty', 'link', 'old_roots', 'outside']);
      });
    });

    test('a copy holds the same, is writable, and its original stays as it is', () => {
      using((level, at) => {
        level.create(path('/@root'));
        const root = at('@root');
        mkdirSync(`${root}/etc`);
        writeFileSync(`${root}/etc/shadow`, 'secret', { mode: 0o600 });
        linkSync(`${root}/etc/shadow`, `${root}/etc/shadow-`);
        symlinkSync('/persist', `${root}/link`);
        writeFileSync(Buffer.from(`${root}/\xff\n`, 'latin1'), 'a name of bytes');
        writeFileSync(`${root}/sparse`, 'begins');
        truncateSync(`${root}/sparse`, 3_000_000);
        chmodSync(root, 0o751);
        level.copy(path('/@root'), path('/copy'));
        assert.equal(run('diff', ['-r', '--no-dereference', root, at('copy')]), '');
        const facts = (name: string): unknown => {
          const { mode, uid, gid, size, mtimeMs, nlink } = lstatSync(name);
          return { mode, uid, gid, size, mtimeMs, nlink };
        };
        for (const name of ['', 'etc', 'etc/shadow', 'link', 'sparse']) {
          assert.deepEqual(facts(`${at('copy')}/${name}`), facts(`${root}/${name}`), name);
        }
        writeFileSync(`${at('copy')}/etc/shadow`, 'other');
        assert.equal(readFileSync(`${root}/etc/shadow`, 'utf8'), 'secret');
      });
    });

    test('what an earlier copy left unfinished is no part of a later one', () => {
      using((level, at) => {
        level.create(path('/@root'));
        writeFileSync(`${at('@root')}/file`, '');
        mkdirSync(at('.unfinished-copy'));
        writeFileSync(`${at('.unfinished-copy')}/half`, '');
        level.copy(path('/@root'), path('/copy'));
        assert.deepEqual(readdirSync(at('copy')), ['file']);
        assert.ok(!existsSync(at('.unfinished-copy')));
      });
    });

    const { subvolumes } = kind;
    if (subvolumes === undefined) return;

    test('a copy holds the subvolumes that lie in its original, three deep, read-only ones too', () => {
      using((level, at) => {
        level.create(path('/@root'));
        const nested = ['@root/var', '@root/var/lib/machines', '@root/var/lib/machines/one'];
        for (const name of nested) {
          mkdirSync(dirname(at(name)), { recursive: true });
          subvolumes.create(at(name));
          writeFileSync(`${at(name)}/file`, name);
        }
        subvolumes.snapshot(at('@root/var'), at('@root/srv'), true);
        level.copy(path('/@root'), path('/copy'));
        for (const name of nested) {
          const copy = at(name.replace('@root', 'copy'));
          assert.ok(subvolumes.is(copy));
          assert.equal(readFileSync(`${copy}/file`, 'utf8'), name);
        }
        assert.equal(readFileSync(`${at('copy')}/srv/file`, 'utf8'), '@root/var');
        assert.ok(subvolumes.is(at('copy/srv')));
      });
    });

    test('what the filesystem does not rename is refused, and never copied', () => {
      using((level, at) => {
        mkdirSync(at('plain'));
        level.create(path('/@snapshots'));
        assert.throws(() => level.move(path('/plain'), path('/@snapshots/x')), failure('failed', /plain directory/));
        assert.ok(existsSync(at('plain')));
        // bcachefs does rename a read-only subvolume into another directory.
        if (kind.kind === 'btrfs') {
          level.create(path('/@root'));
          subvolumes.snapshot(at('@root'), at('frozen'), true);
          assert.throws(() => level.move(path('/frozen'), path('/@snapshots/x')), failure('failed', /read-only/));
        }
        assert.deepEqual(readdirSync(at('@snapshots')), []);
      });
    });
  });
}
