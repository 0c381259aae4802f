/** What old roots tell of paths, on real directories and subvolumes: looked up once, and remembered beside them. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { headerRecord, trailerRecord } from '../../src/core/baseline-format.ts';
import { entryTypeName } from '../../src/core/change.ts';
import type { Evidence } from '../../src/core/evidence.ts';
import { nameFor } from '../../src/core/old-root-name.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { restoredText } from '../../src/core/restored.ts';
import { HistoryWitness } from '../../src/linux/history/witness.ts';
import { systemCalls } from '../../src/linux/host-root.ts';
import { openRestoreTarget } from '../../src/linux/old-roots/restore-target.ts';
import type { OldRoots } from '../../src/ports/old-roots.ts';
import { diff } from '../../src/usecases/diff.ts';
import { restore } from '../../src/usecases/restore.ts';
import { type OldRootsPlace, places } from '../support/old-roots-place.ts';
import { machine } from '../support/test-host.ts';

const day = 86_400;
const booted = (boot: number): number => 1_760_000_000 + boot * day;
const nameOf = (boot: number): string => nameFor(booted(boot), new Set());
const NOW = 20;

interface Made {
  readonly content?: string | null;
  readonly target?: string;
  /** Seconds after the boot. */
  readonly after?: number;
  readonly mode?: number;
}

/** Files by path in an old root, or in the running one; `null`: a directory. */
function fill(root: string, boot: number, tree: Readonly<Record<string, Made>>): void {
  for (const [path, { content = 'x', target, after = 5, mode }] of Object.entries(tree)) {
    const at = Buffer.from(join(root, path), 'latin1');
    mkdirSync(content === null ? at : at.subarray(0, at.lastIndexOf('/')), { recursive: true });
    if (target !== undefined) symlinkSync(target, at);
    else if (content !== null) writeFileSync(at, content);
    const moment = booted(boot) + after;
    if (target === undefined) utimesSync(at, moment, moment);
    if (mode !== undefined) chmodSync(at, mode);
  }
}

class Ground {
  readonly place: OldRootsPlace;
  readonly running: string;
  opened = 0;

  constructor(place: OldRootsPlace) {
    this.place = place;
    this.running = join(place.outside, 'running');
    mkdirSync(join(this.running, '.ebb'), { recursive: true });
    const boot = { schema: 'ebb.boot/1', sequence: NOW, bootedAt: new Date(booted(NOW) * 1000).toISOString() };
    writeFileSync(join(this.running, '.ebb/boot.json'), JSON.stringify(boot));
  }

  /** Old roots of these boots, and the running one, each with what is made for its boot. */
  make(boots: readonly number[], tree: (boot: number) => Readonly<Record<string, Made>>): void {
    for (const boot of boots) {
      this.place.make(nameOf(boot), { sequence: boot, bootedAt: booted(boot), endedClean: true });
      fill(join(this.place.directory, nameOf(boot)), boot, tree(boot));
    }
    fill(this.running, NOW, tree(NOW));
  }

  ask(...paths: string[]): { told: Map<string, string[]>; warnings: readonly string[]; evidence: Evidence[] } {
    this.opened = 0;
    const root = machine({ runningRoot: this.running, bootedAt: booted(NOW) }).openRoot('/' as RawPath);
    try {
      const witness = this.witness();
      const questioned = (paths as RawPath[]).map((path) => ({
        path,
        type: entryTypeName(root.files.lstat(path)?.type ?? 8),
        category: 'unknown' as const,
      }));
      const { evidence, warnings } = witness.evidence(root, questioned);
      const words = ({ kind, category }: Evidence): string => (kind === undefined ? '-' : `${kind} ${category}`);
      return {
        told: new Map(Array.from(evidence, ([path, said]) => [path as string, said.map(words)])),
        warnings: warnings.map(({ code, message }) => `${code}: ${message}`),
        evidence: [...evidence.values()].flat(),
      };
    } finally {
      root.close();
    }
  }

  witness(): HistoryWitness {
    return new HistoryWitness({
      calls: systemCalls,
      oldRootsOf: () => this.#counting(this.place.open()),
      bootedAt: () => booted(NOW),
      bootId: () => 'now',
    });
  }

  #counting(oldRoots: OldRoots): OldRoots {
    const open = oldRoots.open.bind(oldRoots);
    oldRoots.open = (name) => {
      this.opened++;
      return open(name);
    };
    return oldRoots;
  }

  memo(): string {
    return join(this.place.directory, '.ebb/history.json');
  }
}

for (const kind of places.filter((place) => place.kind === 'directory' || place.kind === 'btrfs')) {
  describe(`history over old roots (${kind.kind})`, { skip: kind.unavailable }, () => {
    before(() => kind.open());
    after(() => kind.close());

    test('what came back, what was lost, and what grew', () => {
      const ground = new Ground(kind.make());
      ground.make([15, 16, 17, 18, 19], (boot) => ({
        'etc/made.conf': { content: 'always the same' },
        'etc/made.link': { target: '/somewhere' },
        'var/lib/made/a': { content: 'one' },
        'var/lib/made/sub/b': { content: 'two' },
        'var/lib/made/sub': { content: null },
        'var/lib/made': { content: null },
        'var/lib/empty': { content: null },
        'etc/machine-id': { content: `${boot}`.padEnd(33, 'a') },
        'var/lib/app/blob': { content: `-----BEGIN PRIVATE KEY-----\n${boot}\n` },
        'var/lib/app/db': { content: 'x'.repeat(boot), after: 7200 },
        'var/lib/data/log': { content: 'x'.repeat(boot), after: 9000 },
        'var/lib/data': { content: null, after: 9000 },
        'etc/copied': { content: 'y', after: -day * 100 },
      }));
      const asked = ['/etc/made.conf', '/var/lib/made', '/var/lib/empty', '/etc/machine-id', '/var/lib/app/blob'];
      const { told, warnings, evidence } = ground.ask(
        ...asked,
        '/var/lib/app/db',
        '/var/lib/data',
        '/etc/copied',
        '/srv/none',
      );
      assert.deepEqual(warnings, []);
      assert.deepEqual(Object.fromEntries(told), {
        '/etc/made.conf': ['comes-back generated'],
        '/var/lib/made': ['comes-back generated'],
        '/var/lib/empty': ['comes-back generated'],
        '/etc/machine-id': ['lost-identity secret'],
        '/var/lib/app/blob': ['lost-identity secret'],
        '/var/lib/app/db': ['grows state'],
        '/var/lib/data': ['grows state'],
        '/etc/copied': ['-'],
      });
      // Nothing of a key is told, nor written down.
      assert.ok(!JSON.stringify(evidence).includes('BEGIN'));
      assert.ok(!readFileSync(ground.memo(), 'utf8').includes('BEGIN'));
    });

    test('links come back as they hold the same', () => {
      const ground = new Ground(kind.make());
      ground.make([17, 18, 19], () => ({ 'etc/link': { target: '/a' } }));
      // A link's own time is when it was made, just now: the boots of these roots were then.
      const { told } = ground.ask('/etc/link');
      assert.deepEqual(told.get('/etc/link'), ['-']);
    });

    test('a second run opens no old root, and says the same', () => {
      const ground = new Ground(kind.make());
      ground.make([16, 17, 18, 19], (boot) => ({ 'etc/a': {}, 'srv/b': { content: 'b'.repeat(boot), after: 3600 } }));
      const first = ground.ask('/etc/a', '/srv/b');
      assert.ok(ground.opened > 0);
      const second = ground.ask('/etc/a', '/srv/b');
      assert.equal(ground.opened, 0);
      assert.deepEqual(second, first);
      // A path that was not asked about before is looked up, and the others are still known.
      ground.ask('/etc/a', '/srv/new');
      assert.equal(ground.opened, 4);
      ground.ask('/etc/a', '/srv/b', '/srv/new');
      assert.equal(ground.opened, 0);
    });

    test('what is remembered of another old root of that name does not count, nor does what is no memo', () => {
      const ground = new Ground(kind.make());
      ground.make([17, 18, 19], () => ({ 'etc/a': {} }));
      assert.deepEqual(ground.ask('/etc/a').told.get('/etc/a'), ['comes-back generated']);
      const memo = readFileSync(ground.memo(), 'utf8');
      writeFileSync(ground.memo(), memo.replaceAll('"[17,', '"[3,').replaceAll('"etc', '"'));
      assert.deepEqual(ground.ask('/etc/a').told.get('/etc/a'), ['comes-back generated']);
      assert.equal(ground.opened, 1);
      writeFileSync(ground.memo(), memo.slice(0, 100));
      assert.deepEqual(ground.ask('/etc/a').told.get('/etc/a'), ['comes-back generated']);
      rmSync(ground.memo());
      mkdirSync(ground.memo());
      assert.deepEqual(ground.ask('/etc/a').told.get('/etc/a'), ['comes-back generated']);
    });

    test('what somebody else than root could have written is not remembered', () => {
      for (const spoil of [(memo: string) => chownSync(memo, 1000, 0), (memo: string) => chmodSync(memo, 0o620)]) {
        const ground = new Ground(kind.make());
        ground.make([17, 18, 19], () => ({ 'etc/a': {} }));
        ground.ask('/etc/a');
        ground.ask('/etc/a');
        assert.equal(ground.opened, 0);
        spoil(ground.memo());
        ground.ask('/etc/a');
        assert.equal(ground.opened, 3);
      }
    });

    test('a large file is read only where all else is the same', () => {
      const ground = new Ground(kind.make());
      const large = 'x'.repeat(300_000);
      ground.make([17, 18, 19], (boot) => ({
        'etc/cache': { content: large },
        'etc/other': { content: large.slice(boot) },
        'etc/last': { content: boot === NOW ? `${large.slice(1)}y` : large },
      }));
      const { told } = ground.ask('/etc/cache', '/etc/other', '/etc/last');
      assert.deepEqual([...told.values()], [['comes-back generated'], ['-'], ['-']]);
      ground.ask('/etc/cache');
      assert.equal(ground.opened, 0);
    });

    test('of a directory with many files the beginning is looked at, and little is written down', () => {
      const ground = new Ground(kind.make());
      ground.make([18, 19], (boot) => ({
        'var/lib/many': { content: null },
        ...Object.fromEntries(
          Array.from({ length: 500 }, (_, i) => [`var/lib/many/${i}`, { content: `${boot}`, after: 8000 }]),
        ),
      }));
      assert.deepEqual(ground.ask('/var/lib/many').told.get('/var/lib/many'), ['grows state']);
      assert.ok(readFileSync(ground.memo(), 'utf8').length < 1000);
    });

    test('the clock of the initrd may be wrong: a baseline of the boot has the right one', () => {
      const ground = new Ground(kind.make());
      const late = 5 * 3600;
      ground.make([17, 18, 19], () => ({ 'etc/a': { after: late } }));
      assert.deepEqual(ground.ask('/etc/a').told.get('/etc/a'), ['-']);
      const header = { uptime: 8, generation: undefined, subvolume: undefined, sorted: true };
      const roots = [17, 18, 19].map((boot) => [join(ground.place.directory, nameOf(boot)), boot] as const);
      for (const [root, boot] of [...roots, [ground.running, NOW] as const]) {
        const recorded = booted(boot) + late;
        writeFileSync(join(root, '.ebb/baseline'), headerRecord({ ...header, recorded }) + trailerRecord);
      }
      rmSync(ground.memo());
      assert.deepEqual(ground.ask('/etc/a').told.get('/etc/a'), ['comes-back generated']);
    });

    test('names of any bytes, and symlinks on the way, which are not followed', () => {
      const ground = new Ground(kind.make());
      const odd = 'srv/\xff\n\x1b[31m';
      ground.make([17, 18, 19], () => ({
        [odd]: { content: 'odd' },
        'persist/key': { content: 'k' },
        up: { target: '/persist' },
      }));
      const { told } = ground.ask(`/${odd}`, '/up/key');
      assert.deepEqual(Object.fromEntries(told), { [`/${odd}`]: ['comes-back generated'] });
      assert.deepEqual(ground.ask(`/${odd}`).told.get(`/${odd}`), ['comes-back generated']);
      assert.equal(ground.opened, 0);
    });

    test('what a restore brought back in place is remembered; elsewhere, or dry, it is not', () => {
      const ground = new Ground(kind.make());
      ground.make([19], () => ({ 'etc/other': {} }));
      fill(join(ground.place.directory, nameOf(19)), 19, {
        'var/lib/app/db': { content: 'db' },
        'var/lib/app/key.pem': { content: 'key' },
        'var/lib/app': { content: null },
      });
      const bring = (how: { dryRun?: boolean; isRunning: boolean }): void => {
        const { dryRun = false, isRunning } = how;
        restore(
          {
            ...{ paths: ['/var/lib/app' as RawPath], from: undefined, to: ground.running as RawPath, force: false },
            ...{ dryRun, oldRoots: ground.place.directory as RawPath },
          },
          {
            machine: machine(),
            openTarget: (to) => {
              const target = openRestoreTarget(to, { directory: ground.place.outside, patience: 500 });
              target.isRunningRoot = () => isRunning;
              return target;
            },
            progress: () => {},
          },
        );
      };
      const memo = join(ground.place.directory, '.ebb/restored.json');
      bring({ dryRun: true, isRunning: true });
      bring({ isRunning: false });
      assert.ok(!existsSync(memo));
      renameSync(join(ground.running, 'var'), join(ground.running, 'gone'));
      bring({ isRunning: true });
      // Nothing more was made.
      bring({ isRunning: true });
      const { told, evidence } = ground.ask('/var/lib/app', '/var/lib/app/db');
      assert.deepEqual(Object.fromEntries(told), { '/var/lib/app': ['restored state'], '/var/lib/app/db': ['-', '-'] });
      assert.match(evidence[0]?.detail ?? '', /^restored from an old root by somebody on \d{4}-/);
    });

    test('what somebody brought back is shown, also where its name says that nobody loses it', async () => {
      const ground = new Ground(kind.make());
      ground.make([19], () => ({
        'etc/other': {},
        'var/lib/app/x.pid': {},
        'var/lib/app/y.pid': {},
        'var/lib/app/db': {},
      }));
      mkdirSync(join(ground.place.directory, '.ebb'), { mode: 0o700 });
      const marks = [{ path: '/var/lib/app/x.pid' as RawPath, times: 1, at: booted(19) }];
      writeFileSync(join(ground.place.directory, '.ebb/restored.json'), restoredText(marks));
      const host = machine({ runningRoot: ground.running, bootedAt: booted(NOW) });
      host.witnesses = () => [ground.witness()];
      const request = { paths: ['/var' as RawPath], against: { kind: 'nothing' }, all: false } as const;
      const others = { categories: undefined, kinds: undefined, depth: undefined, noSync: true };
      const { changes } = await diff(
        { root: '/' as RawPath, ...request, ...others },
        { machine: host, progress: () => {} },
      );
      const told = changes.map(({ path, category, verdict }) => `${path} ${category} → ${verdict}`);
      assert.deepEqual(told, ['/var/lib/app state → persist', '/var/lib/app/x.pid state → persist']);
    });

    test('an old root that cannot be read, and a directory that is none, are a warning', () => {
      const ground = new Ground(kind.make());
      ground.make([18, 19], () => ({ 'etc/a': {} }));
      const root = machine({ runningRoot: ground.running }).openRoot('/' as RawPath);
      const witness = new HistoryWitness({
        calls: systemCalls,
        oldRootsOf: () => {
          throw new Error('the disk does not answer');
        },
        bootedAt: () => 0,
        bootId: () => '',
      });
      const asked = { path: '/etc/a' as RawPath, type: 'file', category: 'unknown' } as const;
      const { evidence, warnings } = witness.evidence(root, [asked]);
      root.close();
      assert.equal(evidence.size, 0);
      assert.deepEqual(
        warnings.map(({ code }) => code),
        ['evidence'],
      );
    });
  });
}
