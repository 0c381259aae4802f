/** The reset of the root: stopped anywhere, it loses nothing, and the next boot finishes it. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { places } from '../support/old-roots-place.ts';
import { Random, seedOf } from '../support/random.ts';
import { type Kill, ResetWorld, type Shell, shells } from '../support/reset-world.ts';
import { has, run } from '../support/workplace.ts';

const name = /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d(-\d+)?$/;
const filesystems = places.filter(({ kind }) => ['btrfs', 'ext4', 'xfs'].includes(kind));

for (const kind of filesystems) {
  describe(`reset on ${kind.kind}`, { skip: kind.unavailable ?? false }, () => {
    before(() => kind.open());
    after(() => kind.close());

    function using(use: (world: ResetWorld) => void): void {
      const world = new ResetWorld(kind);
      try {
        use(world);
      } finally {
        world.close();
      }
    }

    function assertReset(world: ResetWorld, markers: readonly string[]): void {
      assert.ok(
        world.isFresh(),
        `@root holds ${existsSync(world.at('@root')) ? readdirSync(world.at('@root')) : 'nothing'}`,
      );
      for (const marker of markers) {
        assert.deepEqual(world.whereIs(marker).length, 1, `${marker} is in ${world.whereIs(marker)}`);
        assert.match(world.whereIs(marker)[0] ?? '', /^@snapshots\/old_roots\//);
      }
      for (const left of ['@root.fresh', '@root.part']) assert.ok(!existsSync(world.at(left)), left);
      assert.equal(readFileSync(world.at('@persist/state'), 'utf8'), 'kept');
    }

    for (const shell of Object.keys(shells) as Shell[]) {
      test(`three boots leave three old roots, under ${shell}`, {
        skip: has(shells[shell][0]) ? false : 'not installed',
      }, () => {
        using((world) => {
          for (const marker of ['one', 'two', 'three']) {
            world.live(marker);
            const { status, said } = world.reset({ shell });
            assert.equal(status, 0, said);
          }
          assertReset(world, ['one', 'two', 'three']);
          assert.equal(world.oldRoots().length, 3);
          for (const oldRoot of world.oldRoots()) assert.match(oldRoot, name);
          const boot = JSON.parse(readFileSync(world.at('@root/.ebb/boot.json'), 'utf8'));
          assert.equal(boot.sequence, 3);
          assert.equal(statSync(world.at('@root')).mode & 0o7777, 0o755);
          assert.equal(statSync(world.at('@snapshots/old_roots')).mode & 0o7777, 0o700);
          if (kind.kind === 'btrfs') assert.equal(statSync(world.at('@root')).ino, 256);
        });
      });
    }

    // Under dash: busybox prefers its own applets to the programs that count themselves.
    test('killed at every command: nothing is lost, and the next boot finishes it', (t) => {
      let cuts = 0;
      using((world) => {
        for (const when of ['before', 'after'] as const) {
          for (let at = 1; ; at++) {
            const marker = `${when} ${at}`;
            world.live(marker);
            // As if no reset had made it: then there is the most to do.
            rmSync(world.at('@root/.ebb/boot.json'), { force: true });
            const { status, commands } = world.reset({ kill: { at, when } });
            assert.equal(world.whereIs(marker).length, 1, `cut ${when} command ${at}: ${world.whereIs(marker)}`);
            if (commands < at) break;
            assert.equal(status, null);
            cuts++;
            const again = world.reset();
            assert.equal(again.status, 0, again.said);
            assertReset(world, [marker]);
            clear(world);
          }
        }
      });
      t.diagnostic(`${cuts} cuts`);
      assert.ok(cuts > 30);
    });

    test('killed again while the next boot finishes it: pairs of cuts', (t) => {
      const chosen = seedOf();
      const rounds = Number(process.env['EBB_TEST_ROUNDS'] ?? 8);
      const random = new Random(chosen);
      t.diagnostic(`EBB_TEST_SEED=${chosen}`);
      using((world) => {
        for (let round = 0; round < rounds; round++) {
          const marker = `round ${round}`;
          world.live(marker);
          const kills = [1, 2, 3]
            .slice(0, 2 + random.below(2))
            .map((): Kill => ({ at: 1 + random.below(24), when: random.below(2) === 0 ? 'before' : 'after' }));
          for (const kill of kills) {
            world.reset({ kill });
            assert.equal(world.whereIs(marker).length, 1, `seed ${chosen}, ${JSON.stringify(kills)}`);
          }
          const { status, said } = world.reset();
          assert.equal(status, 0, said);
          assertReset(world, [marker]);
          clear(world);
        }
      });
    });

    test('run twice in one boot, it does nothing the second time', () => {
      using((world) => {
        world.live('one');
        world.reset({ args: ['--boot-id', 'same'] });
        writeFileSync(world.at('@root/new'), 'of this boot');
        const { status } = world.reset({ args: ['--boot-id', 'same'] });
        assert.equal(status, 0);
        assert.equal(readFileSync(world.at('@root/new'), 'utf8'), 'of this boot');
        assert.equal(world.oldRoots().length, 1);
      });
    });

    test('old roots in persistent storage do not make it hold something', () => {
      using((world) => {
        world.live('traditional');
        rmSync(world.at('@persist/state'));
        for (const oldRoots of ['@persist/old_roots', '@persist/backups/of/roots']) {
          for (const boot of ['first', 'second']) {
            const { status, said } = world.reset({ env: { EBB_OLD_ROOTS: oldRoots } });
            assert.equal(status, 4, `${boot} boot: ${said}`);
          }
          rmSync(world.at('@persist'), { recursive: true });
          mkdirSync(world.at('@persist'));
        }
        writeFileSync(world.at('@persist/state'), 'kept');
        assert.equal(world.reset({ env: { EBB_OLD_ROOTS: '@persist/old_roots' } }).status, 0);
      });
    });

    test('what is to be kept is not where the reset makes, or moves away, a root', () => {
      using((world) => {
        world.live('one');
        for (const [variable, path] of [
          ['EBB_STORAGE', '@root'],
          ['EBB_STORAGE', '@root/persist'],
          ['EBB_STORAGE', '@root.fresh'],
          ['EBB_NIX', '@root.part/nix'],
          ['EBB_OLD_ROOTS', '@root.fresh/old'],
          ['EBB_OLD_ROOTS', '@root/old'],
        ] as const) {
          const { status, said } = world.reset({ env: { [variable]: path } });
          assert.equal(status, 1, said);
          assert.match(said, new RegExp(`${path} lies where the root is made or moved away`));
          assert.equal(readFileSync(world.at('@root/marker'), 'utf8'), 'one');
        }
        assert.equal(world.reset({ env: { EBB_STORAGE: '@rooted' }, args: ['--dry-run'] }).status, 4);
      });
    });

    test('the first reset is refused while persistent storage is empty or missing, until it is armed', () => {
      using((world) => {
        world.live('traditional');
        for (const unready of [
          () => rmSync(world.at('@persist/state')),
          () => rmSync(world.at('@persist'), { recursive: true }),
        ]) {
          unready();
          const { status, said } = world.reset();
          assert.equal(status, 4);
          assert.match(said, /not reset: it never was before, and @persist is empty/);
          assert.deepEqual(world.whereIs('traditional'), ['@root']);
        }
        assert.equal(world.reset({ args: ['--arm'] }).status, 0);
        assert.equal(world.reset().status, 0);
        assert.equal(world.whereIs('traditional').length, 1);
        assert.ok(world.isFresh());
      });
    });

    test('a later reset does not ask for persistent storage', () => {
      using((world) => {
        world.live('one');
        world.reset();
        rmSync(world.at('@persist'), { recursive: true });
        world.live('two');
        assert.equal(world.reset().status, 0);
        assert.equal(world.oldRoots().length, 2);
      });
    });

    test('a fresh root begins as a copy of @blank', () => {
      using((world) => {
        world.makeRoot('@blank');
        mkdirSync(world.at('@blank/etc'));
        writeFileSync(world.at('@blank/etc/machine-id'), 'x');
        world.live('one');
        assert.equal(world.reset({ env: { EBB_BLANK: '@blank' } }).status, 0);
        assert.deepEqual(readdirSync(world.at('@root')).sort(), ['.ebb', 'etc']);
        assert.deepEqual(readdirSync(world.at('@blank')), ['etc']);
      });
    });

    test('a @blank that is missing is found out before anything is done', () => {
      using((world) => {
        world.live('one');
        const { status, said } = world.reset({ env: { EBB_BLANK: '@blank' } });
        assert.equal(status, 1);
        assert.match(said, /there is no .*@blank/);
        assert.deepEqual(world.whereIs('one'), ['@root']);
      });
    });

    test('a fresh root that was made for another beginning is not taken', () => {
      using((world) => {
        world.makeRoot('@blank');
        writeFileSync(world.at('@blank/of-blank'), '');
        world.live('one');
        // Stopped with a fresh root made, which the next boot does not want.
        for (let at = 1; !existsSync(world.at('@root.fresh')); at++) {
          world.reset({ env: { EBB_BLANK: '@blank' }, kill: { at, when: 'after' } });
        }
        assert.equal(world.reset().status, 0);
        assertReset(world, ['one']);
      });
    });

    test('two that booted in the same second have different names', () => {
      using((world) => {
        for (const marker of ['one', 'two']) {
          world.live(marker);
          mkdirSync(world.at('@root/.ebb'), { recursive: true });
          const boot = { schema: 'ebb.boot/1', sequence: 1, bootedAt: '1970-01-01T00:00:09Z' };
          writeFileSync(world.at('@root/.ebb/boot.json'), JSON.stringify(boot));
          assert.equal(world.reset().status, 0);
        }
        assert.deepEqual(world.oldRoots().sort(), ['1970-01-01_00-00-09', '1970-01-01_00-00-09-2']);
      });
    });

    test('a boot.json that would lead elsewhere names nothing', () => {
      using((world) => {
        world.live('one');
        mkdirSync(world.at('@root/.ebb'));
        writeFileSync(
          world.at('@root/.ebb/boot.json'),
          '{"schema":"ebb.boot/1","sequence":99999999999999999999,"bootedAt":"../../../etc","bootId":"$(touch /tmp/ebb-was-here)"}',
        );
        const { status, said } = world.reset();
        assert.equal(status, 0, said);
        assert.match(world.oldRoots()[0] ?? '', name);
        assert.ok(!existsSync('/tmp/ebb-was-here'));
      });
    });

    test('every root that it leaves behind describes itself, the very first one as what it is', () => {
      using((world) => {
        for (const marker of ['installed', 'one', 'two']) {
          world.live(marker);
          assert.equal(world.reset().status, 0);
        }
        const described = world.oldRoots().map((oldRoot) => {
          const [marker, boot] = ['marker', '.ebb/boot.json'].map((file) =>
            readFileSync(world.at(`@snapshots/old_roots/${oldRoot}/${file}`), 'utf8'),
          );
          const { schema, sequence, bootId = null, bootedAtIs = null } = JSON.parse(boot ?? '');
          return [marker, schema, sequence, bootId, bootedAtIs];
        });
        assert.deepEqual(
          described.sort(([, , a], [, , b]) => a - b),
          [
            ['installed', 'ebb.boot/1', 0, null, 'reset'],
            ['one', 'ebb.boot/1', 1, 'boot-1', null],
            ['two', 'ebb.boot/1', 2, 'boot-2', null],
          ],
        );
      });
    });

    test('a root of which nothing is known comes after the old roots that are there', () => {
      using((world) => {
        for (const marker of ['one', 'two']) {
          world.live(marker);
          world.reset();
        }
        for (const damaged of ['', '{"schema":"ebb.boot/1","sequence":7}', '{"schema":"ebb.boot/2"}']) {
          world.live('restored');
          writeFileSync(world.at('@root/.ebb/boot.json'), damaged);
          const { sequence: before } = lastOf(world);
          assert.equal(world.reset().status, 0);
          const { sequence, bootedAtIs } = lastOf(world);
          assert.deepEqual([sequence, bootedAtIs], [before + 1, 'reset'], damaged);
          const { sequence: fresh } = JSON.parse(readFileSync(world.at('@root/.ebb/boot.json'), 'utf8'));
          assert.equal(fresh, sequence + 1);
        }
      });
    });

    test('a link in the place of .ebb is not followed', () => {
      using((world) => {
        mkdirSync(world.at('victim'));
        writeFileSync(world.at('victim/boot.json.new'), 'precious');
        world.live('one');
        symlinkSync('../victim', world.at('@root/.ebb'));
        assert.equal(world.reset().status, 0);
        assertReset(world, ['one']);
        assert.equal(readFileSync(world.at('victim/boot.json.new'), 'utf8'), 'precious');
        assert.deepEqual(readdirSync(world.at('victim')), ['boot.json.new']);
      });
    });

    test('where there is no root nothing is made', () => {
      using((world) => {
        for (const args of [[], ['--arm']]) {
          const { status, said } = world.reset({ args });
          assert.equal(status, 1);
          assert.match(said, /there is no @root in /);
        }
        assert.deepEqual(readdirSync(world.top), ['@persist']);
      });
    });

    test('a root that is mounted anywhere is left alone, and so is one with a mount on the way', () => {
      using((world) => {
        world.live('one');
        mkdirSync(world.at('@snapshots/old_roots'), { recursive: true });
        mkdirSync(world.at('a place'));
        for (const [from, to, expected] of [
          ['@root', 'a place', /it is in use: mounted at .*a\\040place/],
          ['@root/var', '@persist', /it is in use: mounted at /],
          ['a place', '@root/var/lib', /something is mounted at .*@root\/var\/lib/],
          ['a place', '@snapshots', /something is mounted at .*@snapshots/],
        ] as const) {
          run('mount', ['--bind', world.at(from), world.at(to)]);
          try {
            const { status, said } = world.reset();
            assert.equal(status, 1);
            assert.match(said, expected);
          } finally {
            run('umount', [world.at(to)]);
          }
          assert.deepEqual(world.whereIs('one'), ['@root']);
        }
        // Above the top level, and beside what it is about.
        run('mount', ['--bind', world.at('a place'), world.at('a place')]);
        try {
          assert.equal(world.reset().status, 0);
        } finally {
          run('umount', [world.at('a place')]);
        }
      });
    });

    test('so is one whose name the table of mounts writes in another way, or not', () => {
      using((world) => {
        const env = { EBB_ROOT: '@my #root\\', EBB_OLD_ROOTS: '@old #ones\\' };
        world.makeRoot(env.EBB_ROOT);
        mkdirSync(world.at('the #top'));
        run('mount', ['--bind', world.top, world.at('the #top')]);
        try {
          for (const directory of ['a place', env.EBB_OLD_ROOTS]) mkdirSync(world.at(directory));
          for (const [from, to, expected] of [
            [env.EBB_ROOT, 'a place', /it is in use: mounted at /],
            ['a place', `the #top/${env.EBB_ROOT}`, /something is mounted at .*@my/],
            ['a place', `the #top/${env.EBB_OLD_ROOTS}`, /something is mounted at .*@old/],
          ] as const) {
            run('mount', ['--bind', world.at(from), world.at(to)]);
            try {
              const { status, said } = world.reset({ env, args: ['--root', world.at('the #top')] });
              assert.equal(status, 1, said);
              assert.match(said, expected);
            } finally {
              run('umount', [world.at(to)]);
            }
          }
        } finally {
          run('umount', [world.at('the #top')]);
        }
      });
    });

    test('links in the place of directories lead nowhere', () => {
      using((world) => {
        mkdirSync(world.at('elsewhere'));
        world.live('one');
        symlinkSync('elsewhere', world.at('@snapshots'));
        assert.equal(world.reset().status, 1);
        rmSync(world.at('@snapshots'));
        run('mv', [world.at('@root'), world.at('real')]);
        symlinkSync('real', world.at('@root'));
        assert.equal(world.reset().status, 1);
        assert.deepEqual(readdirSync(world.at('elsewhere')), []);
        assert.equal(readFileSync(world.at('real/marker'), 'utf8'), 'one');
      });
    });

    test('a fresh root that is a link, or was not made by a reset, is set aside', () => {
      for (const plant of [
        (world: ResetWorld) => symlinkSync('victim', world.at('@root.fresh')),
        (world: ResetWorld) => mkdirSync(world.at('@root.fresh/of-somebody'), { recursive: true }),
      ]) {
        using((world) => {
          mkdirSync(world.at('victim/.ebb'), { recursive: true });
          writeFileSync(world.at('victim/.ebb/precious'), 'precious');
          world.live('one');
          plant(world);
          assert.equal(world.reset().status, 0);
          assertReset(world, ['one']);
          assert.equal(readFileSync(world.at('victim/.ebb/precious'), 'utf8'), 'precious');
        });
      }
    });

    test('a sequence goes beyond all there are, whatever number the root brings', () => {
      using((world) => {
        for (const marker of ['one', 'two', 'three']) {
          world.live(marker);
          world.reset();
        }
        for (const sequence of ['1', '008', '"x"']) {
          writeFileSync(
            world.at('@root/.ebb/boot.json'),
            `{"schema":"ebb.boot/1","sequence":${sequence},"bootId":"old"}`,
          );
          const before = world.oldRoots().length;
          assert.equal(world.reset().status, 0);
          assert.equal(world.oldRoots().length, before + 1);
          const { sequence: now } = JSON.parse(readFileSync(world.at('@root/.ebb/boot.json'), 'utf8'));
          assert.ok(now >= 3, `${sequence}: ${now}`);
        }
      });
    });

    test('names that lead above the top level are refused', () => {
      using((world) => {
        world.live('one');
        for (const env of [{ EBB_OLD_ROOTS: '../elsewhere' }, { EBB_ROOT: '@root/../@root' }, { EBB_BLANK: '..' }]) {
          assert.equal(world.reset({ env }).status, 1);
        }
        assert.deepEqual(world.whereIs('one'), ['@root']);
      });
    });

    test('names with spaces and signs are names', () => {
      using((world) => {
        const root = "@my root's $(x) *";
        world.makeRoot(root);
        writeFileSync(world.at(`${root}/marker`), 'one');
        const { status, said } = world.reset({ env: { EBB_ROOT: root, EBB_OLD_ROOTS: '@old stuff/the roots' } });
        assert.equal(status, 0, said);
        const [oldRoot = ''] = readdirSync(world.at('@old stuff/the roots'));
        assert.equal(readFileSync(world.at(`@old stuff/the roots/${oldRoot}/marker`), 'utf8'), 'one');
        assert.deepEqual(readdirSync(world.at(root)), ['.ebb']);
      });
    });

    test('a dry run says the steps, and does nothing', () => {
      using((world) => {
        world.live('one');
        const { status, said } = world.reset({ args: ['--dry-run'] });
        assert.match(said, kind.kind === 'btrfs' ? /would: btrfs subvolume create / : /would: mkdir /);
        assert.equal(status, 0);
        assert.equal(said.match(/^would: mv -T/gm)?.length, 3);
        assert.deepEqual(readdirSync(world.top).sort(), ['@persist', '@root']);
      });
    });

    if (kind.kind !== 'btrfs') return;

    test('subvolumes in the root go along', () => {
      using((world) => {
        world.live('one');
        run('btrfs', ['-q', 'subvolume', 'create', world.at('@root/nested')]);
        writeFileSync(world.at('@root/nested/file'), 'x');
        assert.equal(world.reset().status, 0);
        const [oldRoot = ''] = world.oldRoots();
        assert.equal(readFileSync(world.at(`@snapshots/old_roots/${oldRoot}/nested/file`), 'utf8'), 'x');
      });
    });

    test('what mv(1) would copy instead of rename is refused before anything is done', () => {
      using((world) => {
        // A plain directory does not move into a subvolume.
        mkdirSync(world.at('@root'));
        world.live('plain');
        run('btrfs', ['-q', 'subvolume', 'create', world.at('@snapshots')]);
        const { status, said } = world.reset();
        assert.equal(status, 1);
        assert.match(said, /cannot be renamed/);
        assert.deepEqual(world.whereIs('plain'), ['@root']);
      });
    });

    test('a plain directory moves where it can', () => {
      using((world) => {
        mkdirSync(world.at('@root'));
        world.live('plain');
        assert.equal(world.reset().status, 0);
        assertReset(world, ['plain']);
      });
    });

    test('a root that is read-only is left where it is', () => {
      using((world) => {
        world.live('one');
        run('btrfs', ['property', 'set', world.at('@root'), 'ro', 'true']);
        assert.equal(world.reset().status, 1);
        assert.deepEqual(world.whereIs('one'), ['@root']);
      });
    });
  });
}

/** What the newest old root says of itself. */
function lastOf(world: ResetWorld): { sequence: number; bootedAtIs?: string } {
  const all = world
    .oldRoots()
    .map((name) => JSON.parse(readFileSync(world.at(`@snapshots/old_roots/${name}/.ebb/boot.json`), 'utf8')));
  return all.sort((a, b) => a.sequence - b.sequence).at(-1);
}

/** So that looking for markers stays quick. */
function clear(world: ResetWorld): void {
  const directory = world.at('@snapshots/old_roots');
  for (const entry of readdirSync(directory)) {
    const path = `${directory}/${entry}`;
    if (statSync(path).ino === 256) run('btrfs', ['-q', 'subvolume', 'delete', path]);
    else rmSync(path, { recursive: true });
  }
}
