/** What is noted of a boot while it runs: its baseline, without Node; that it ended in order; that its reset failed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseBoot } from '../../src/core/old-root.ts';
import { ebb } from '../support/cli-program.ts';
import { run as command, needsRoot, Workplace } from '../support/workplace.ts';

const boot = fileURLToPath(new URL('../../boot/', import.meta.url));
const LINE = '{"schema":"ebb.boot/1","sequence":7,"bootedAt":"2026-01-09T12:00:00Z","bootId":"x"}\n';

describe('the notes of a boot', { skip: needsRoot }, () => {
  let workplace: Workplace;
  before(() => {
    workplace = new Workplace();
  });
  after(() => workplace.close());

  function rootWith(boot: string | undefined = LINE): string {
    const root = workplace.make('root');
    mkdirSync(join(root, '.ebb'), { mode: 0o700 });
    if (boot !== undefined) writeFileSync(join(root, '.ebb/boot.json'), boot);
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'etc/a name\nwith signs'), 'x');
    return root;
  }

  /** Runs a script of `boot/` on it; `failure`: of the reset, as the initrd left it. */
  function run(
    script: string,
    root: string,
    failure?: string,
  ): { status: number | null; said: string; runtime: string } {
    const runtime = workplace.make('run');
    if (failure !== undefined) {
      mkdirSync(join(runtime, 'ebb'));
      writeFileSync(join(runtime, 'ebb/reset-failed'), failure);
    }
    const env = { PATH: `${process.env['PATH']}:/sbin:/usr/sbin`, EBB_LIVE_ROOT: root, EBB_RUN: runtime };
    const { status, stdout, stderr } = spawnSync(join(boot, script), { env, encoding: 'utf8' });
    return { status, said: stdout + stderr, runtime };
  }

  const factsOf = (root: string) => {
    const reading = parseBoot(JSON.parse(readFileSync(join(root, '.ebb/boot.json'), 'utf8')));
    return 'facts' in reading ? reading.facts : assert.fail(reading.problem);
  };

  test('the baseline is what ebb reads, for root alone, and is recorded once', () => {
    const root = rootWith();
    assert.deepEqual(run('boot-begins', root).said, '');
    assert.equal(statSync(join(root, '.ebb/baseline')).mode & 0o777, 0o600);
    writeFileSync(join(root, 'etc/new'), 'x');
    assert.equal(run('boot-begins', root).status, 0);
    const { changes, baseline } = JSON.parse(ebb(['diff', '--root', root, '--all', '--json']).stdout);
    assert.deepEqual([baseline.kind, changes.map(({ path }: { path: string }) => path)], ['baseline', ['/etc/new']]);
  });

  test('a boot that ended in order is marked so, and the next one that lives in the same root begins without the mark', () => {
    for (const text of [LINE, LINE.trimEnd(), LINE.replaceAll(',', ',\n  ').replace('}\n', '\n}\n\n')]) {
      const root = rootWith(text);
      assert.equal(factsOf(root).endedClean, undefined);
      for (let i = 0; i < 2; i++) assert.equal(run('boot-ends', root).status, 0);
      assert.deepEqual([factsOf(root).endedClean, factsOf(root).sequence], [true, 7]);
      assert.equal(run('boot-begins', root).status, 0);
      assert.deepEqual([factsOf(root).endedClean, factsOf(root).sequence], [false, 7]);
    }
  });

  test('a root without a boot.json gets none, and neither does what a link leads to', () => {
    const plain = rootWith('');
    assert.equal(run('boot-ends', plain).status, 0);
    assert.equal(readFileSync(join(plain, '.ebb/boot.json'), 'utf8'), '');
    const root = workplace.make('root');
    const victim = rootWith();
    symlinkSync(join(victim, '.ebb'), join(root, '.ebb'));
    for (const script of ['boot-begins', 'boot-ends']) assert.equal(run(script, root).status, 0);
    assert.ok(!existsSync(join(victim, '.ebb/baseline')));
    assert.equal(factsOf(victim).endedClean, undefined);
  });

  test('a reset that failed is told to who logs in, in the journal, and is noted in the root', () => {
    const root = rootWith();
    const { said, runtime } = run('boot-begins', root, '/dev/x cannot be mounted\n');
    assert.match(said, /^<2>ebb: the root was not reset at this boot: \/dev\/x cannot be mounted$/m);
    assert.match(
      readFileSync(join(runtime, 'motd.d/ebb'), 'utf8'),
      /was not reset at this boot: \/dev\/x cannot be mounted/,
    );
    assert.equal(readFileSync(join(root, '.ebb/reset-failed'), 'utf8'), '/dev/x cannot be mounted\n');
    run('boot-begins', root);
    assert.ok(!existsSync(join(root, '.ebb/reset-failed')));
  });

  test('on btrfs, the baseline tells the generation that all of the root is written out in', () => {
    const top = workplace.make('top');
    workplace.mount([workplace.image('mkfs.btrfs', 120)], top);
    const subvolume = join(top, '@root');
    command('btrfs', ['-q', 'subvolume', 'create', subvolume]);
    const root = workplace.make('root');
    workplace.mount(['--bind', subvolume], root);
    writeFileSync(join(root, 'file'), 'x');
    assert.equal(run('boot-begins', root).said, '');
    const [, generation, id] =
      / generation=(\d+) subvolume=(\d+)\0/.exec(readFileSync(join(root, '.ebb/baseline'), 'latin1')) ?? [];
    const shown = command('btrfs', ['subvolume', 'show', root]);
    assert.match(shown, new RegExp(`Subvolume ID:\\s+${id}\\n`));
    assert.match(shown, new RegExp(`\\n\\s*Generation:\\s+${generation}\\n`));
    const { changes, view } = JSON.parse(ebb(['diff', '--root', root, '--all', '--json']).stdout);
    assert.deepEqual([changes, view.search], [[], 'tree-search']);
  });

  test('5,000 entries take no longer than find does', (t) => {
    const root = rootWith();
    for (let i = 0; i < 50; i++) {
      mkdirSync(join(root, `etc/d${i}`));
      for (let j = 0; j < 100; j++) writeFileSync(join(root, `etc/d${i}/${j}`), '');
    }
    const begin = performance.now();
    assert.equal(run('boot-begins', root).status, 0);
    t.diagnostic(`${Math.round(performance.now() - begin)} ms`);
    assert.ok(statSync(join(root, '.ebb/baseline')).size > 5000 * 40);
  });
});
