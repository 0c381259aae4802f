/** What somebody puts where ebb looks for evidence, so that it fails, takes for ever, or believes what is not so. */
import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ClaimIndex, withClaims } from '../../src/core/claims.ts';
import { checkPattern } from '../../src/core/pattern.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { lenient } from '../../src/linux/system/lenient-files.ts';
import { claimsOfTmpfilesIn } from '../../src/linux/systemd/tmpfiles-source.ts';
import { claimsOfUnitFiles, UnitSource } from '../../src/linux/systemd/unit-source.ts';
import type { OpenRoot } from '../../src/ports/open-root.ts';
import type { RootFiles } from '../../src/ports/root-files.ts';
import { filesOf, type Tree, told, writeTree } from '../support/claims.ts';
import { Workplace } from '../support/workplace.ts';

const workplace = new Workplace();
after(() => workplace.close());

const passwd = `root:x:0:0::/root:/bin/bash
mallory:x:1000:1000::/home/mallory:/bin/bash
ann:x:1001:1001::/data/ann:/bin/zsh
`;
const mallorys = 'home/mallory/.config/systemd/user';

function rootWith(...trees: readonly Tree[]): string {
  const root = workplace.make('root');
  for (const tree of [{ 'etc/passwd': passwd }, ...trees]) writeTree(root, tree);
  return root;
}

/** Not that of this machine, whose systemd is not asked. */
const facts = { mount: '/mnt' as RawPath } as OpenRoot['facts'];
const claimsIn = (...trees: readonly Tree[]) => claimsOfUnitFiles(filesOf(rootWith(...trees)));

describe('the units in a home', () => {
  test('call nothing outside it a cache, a log or what belongs to a running program', () => {
    const unit = `[Service]
ExecStart=/bin/x --cache-dir=/var/lib/db --log-dir=/srv/data --log=/home/mallory2/notes --cache=%h/cache --pid=/etc/a.pid
ExecStartPre=/bin/x /data/ann/.cache/keys /var/cache/them/queue /var/log/them/mail
PIDFile=/srv/accounts.csv
StandardOutput=append:/srv/accounts.log
StandardError=append:/home/mallory/own.log
ReadWritePaths=/srv/shared /home/mallory/shared
EnvironmentFile=/etc/them/secrets
`;
    assert.deepEqual(told(claimsIn({ [`${mallorys}/a.service`]: unit })), [
      ...['cache /home/mallory/cache', 'log =/home/mallory/own.log', 'secret =/etc/them/secrets'],
      ...['state /home/mallory/shared', 'state /srv/shared'],
    ]);
    const swap = { [`${mallorys}/a.swap`]: '[Swap]\nWhat=/srv/archive.tar\n' };
    const socket = { [`${mallorys}/a.socket`]: '[Socket]\nListenFIFO=/srv/pipe\nSymlinks=/srv/link /home/mallory/l\n' };
    assert.deepEqual(told(claimsIn(swap, socket)), ['runtime =/home/mallory/l']);
  });

  test('say the same by a drop-in for a unit that all users have', () => {
    const tree = {
      'usr/lib/systemd/user/a.service': '[Service]\nExecStart=/bin/a\n',
      [`${mallorys}/a.service.d/x.conf`]: '[Service]\nExecStart=/bin/a --cache-dir=/var/lib/db\n',
    };
    assert.deepEqual(told(claimsIn(tree)), []);
  });

  test('say nothing of what is not below it, however its name is spelled', () => {
    const root = rootWith({
      'etc/passwd': 'm:x:1000:1000::/home/m*:/bin/bash\nn:x:1001:1001::/home/n/.:/bin/sh\no:x:1002:1002::/:/bin/sh\n',
      'home/m*/.config/systemd/user/a.service':
        '[Service]\nExecStart=/bin/x --cache-dir=/home/mary/d --cache-dir=%h/c\n',
      'home/n/.config/systemd/user/a.service': '[Service]\nExecStart=/bin/x --cache-dir=/home/n/../mary\n',
      '.config/systemd/user/a.service': '[Service]\nExecStart=/bin/x --cache-dir=/var/lib/db\n',
    });
    const claims = claimsOfUnitFiles(filesOf(root));
    for (const { pattern } of claims) checkPattern(pattern, 'test');
    assert.deepEqual(told(claims), ['cache /home/m\\*/c']);
  });

  test('are read up to a limit, which is told', () => {
    const tree: Record<string, string> = {};
    for (let at = 0; at < 1200; at++)
      tree[`${mallorys}/u${at}.service`] = '[Service]\nExecStart=/bin/x /home/mallory/d%N\n';
    const ann = { 'data/ann/.config/systemd/user/a.service': '[Service]\nExecStart=/bin/x /data/ann/mine\n' };
    const root = rootWith(tree, ann);
    const { claims, warnings } = new UnitSource().claims({ files: filesOf(root), facts });
    assert.equal(claims.length, 1001);
    assert.ok(told(claims).includes('state /data/ann/mine'));
    assert.match(warnings[0]?.message ?? '', /^not all units in \/home\/mallory were looked at/);
  });

  test('of any size are done with soon', () => {
    const root = rootWith();
    const files: Record<string, string> = {
      // An instance of a template for each link, and each names as much as a file can.
      [`${mallorys}/t@.service`]: `[Service]\nExecStart=/bin/x ${'/home/mallory/%i/x '.repeat(20_000)}\n`,
      [`${mallorys}/long.service`]: `[Service]\nExecStart=${'\\\n'.repeat(200_000)}`,
      [`${mallorys}/dashes${'-a'.repeat(120)}.service`]: '[Service]\nUser=x\n',
    };
    for (let at = 0; at < 500; at++) files[`${mallorys}/w.wants/t@${at}.service`] = '->../t@.service';
    for (let at = 0; at < 40; at++) files[`${mallorys}/big${at}.service`] = '';
    writeTree(root, files);
    for (let at = 0; at < 40; at++) truncateSync(join(root, mallorys, `big${at}.service`), 1024 * 1024);
    const start = process.cpuUsage();
    assert.ok(claimsOfUnitFiles(filesOf(root)).length <= 5000);
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 4_000_000, `took ${(user + system) / 1000} ms`);
  });
});

describe('a line of tmpfiles.d', () => {
  const systemd: Tree = { 'usr/lib/systemd/systemd': '', 'etc/group': 'root:x:0:\n' };
  const claimsOf = (lines: string, ...trees: readonly Tree[]) =>
    claimsOfTmpfilesIn(filesOf(rootWith(systemd, { 'etc/tmpfiles.d/a.conf': lines }, ...trees)));

  test('that empties what belongs to everybody hides nothing of it', () => {
    const places = ['/', '/var', '/home', '/home/mallory', '/var/lib', '/etc', '/srv', '/root'];
    const globs = [
      '/*',
      '/var/*',
      '/var/lib/*',
      '/var/lib/*/*',
      '/{var,srv}',
      '/v?r/lib',
      '/home/*',
      '/*/lib',
      '/[a-z]*/[a-z]*',
    ];
    const lines = [
      ...places.flatMap((place) => [`D ${place}`, `D! ${place}`]),
      ...[...places, ...globs].flatMap((place) => [`R ${place}`, `R! ${place}`, `r ${place}`]),
    ];
    for (const line of lines) {
      const hidden = told(claimsOf(`${line}\n`)).filter((claim) => claim.startsWith('runtime'));
      assert.deepEqual(hidden, [], line);
    }
    assert.deepEqual(told(claimsOf('R /var/lib/a/*\nD /srv/b\nr /etc/*.lock\n')), [
      ...['generated =/srv/b', 'runtime /srv/b/*', 'runtime /var/lib/a/[!.]*', 'runtime =/etc/[!.]*.lock'],
    ]);
  });

  test('that only lies in /run is none at the next boot, and another one of its name counts again', () => {
    const tree = { 'run/tmpfiles.d/b.conf': 'f+ /srv/a\nR /srv/c\n', 'usr/lib/tmpfiles.d/b.conf': 'f /srv/b\n' };
    assert.deepEqual(told(claimsOf('', tree, { 'srv/a': 'mine', 'srv/b': '' })), ['- =/srv/a', 'generated =/srv/b']);
  });

  test('that makes a directory of which nobody may see what it holds says nothing of it', () => {
    const root = rootWith(systemd, {
      'etc/tmpfiles.d/a.conf': 'd /srv/a\nd /srv/b\nd /srv/c\n',
      'srv/b/': '',
      'srv/c/': '',
    });
    const real = filesOf(root);
    const files = { ...lenient(real, () => {}) };
    files.listNames = (path, atMost) => (path === '/srv/b' ? undefined : real.listNames(path, atMost));
    assert.deepEqual(told(claimsOfTmpfilesIn(files)), ['- =/srv/b', 'generated =/srv/a', 'generated =/srv/c']);
  });
});

describe('lines of tmpfiles.d in a home', () => {
  const directory = 'home/mallory/.config/user-tmpfiles.d';
  const claimsOf = (files: Tree) => claimsOfTmpfilesIn(filesOf(rootWith({ 'usr/lib/systemd/systemd': '', ...files })));

  test('say nothing of what is not theirs, and call nothing generated', () => {
    const lines = 'f+ /home/mallory/a - - - - x\nf+ /var/lib/db/x\nR %h/b\nD %h/c\nL+ %h/../ann/d - - - - x\n';
    assert.deepEqual(told(claimsOf({ [`${directory}/a.conf`]: lines })), [
      ...['- =/home/mallory/a', '- =/home/mallory/c'],
    ]);
  });

  test('are read soon, whatever stands in them', () => {
    const long = 60_000;
    const lines = [
      `d /home/mallory/a - - - ${'1'.repeat(long)}!`,
      `d /home/mallory/a - - - ${'1 '.repeat(long / 2)}!`,
      `d /home/mallory/a${' '.repeat(long)}x`,
      `f~ /home/mallory/a - - - - A${' '.repeat(long)}!`,
      `f~ /home/mallory/a - - - - ${'='.repeat(long)}!`,
      `r /home/mallory/${'['.repeat(long)}`,
      `d /home/mallory/${'{'.repeat(long)}`,
      `d "${'\\'.repeat(long)}`,
    ];
    const files = Object.fromEntries(lines.map((line, at) => [`${directory}/${at}.conf`, line]));
    const many = Array.from({ length: 4000 }, (_, at) => `d /home/mallory/d${at}`).join('\n');
    const start = process.cpuUsage();
    assert.equal(claimsOf({ ...files, [`${directory}/many.conf`]: many.slice(0, 64_000) }).length, 2000);
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 2_000_000, `took ${(user + system) / 1000} ms`);
  });
});

describe('many claims', () => {
  const evidence = (at: number) =>
    ({
      source: 'unit',
      kind: 'unit-path',
      category: 'state',
      detail: `ReadWritePaths=/srv/x of u${at}.service`,
    }) as const;

  test('of one path are told in part, and soon', () => {
    const claims = Array.from({ length: 5000 }, (_, at) => ({
      pattern: '/srv/x',
      exact: false,
      evidence: evidence(at),
    }));
    const start = process.cpuUsage();
    assert.equal(RuleSet.all(withClaims([], claims), '/srv/x/y' as RawPath, 8).length, 32);
    assert.equal(new ClaimIndex(claims).about('/srv/x/y' as RawPath, 'file', false).length, 8);
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 3_000_000, `took ${(user + system) / 1000} ms`);
  });

  test('by patterns cost paths of other beginnings next to nothing', () => {
    const claims = Array.from({ length: 5000 }, (_, at) => {
      return { pattern: `/home/mallory/d${at}-*/a`, exact: false, evidence: evidence(at) };
    });
    const index = new ClaimIndex([...claims, { pattern: '/srv/**/x\\*', exact: true, evidence: evidence(-1) }]);
    const start = process.cpuUsage();
    for (let at = 0; at < 1000; at++) index.about(`/home/mallory/e${at}/a` as RawPath, 'file', false);
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 1_500_000, `took ${(user + system) / 1000} ms`);
    assert.equal(index.about('/home/mallory/d17-q/a/b' as RawPath, 'file', false).length, 1);
    for (const path of ['/srv/x*', '/srv/a/b/x*']) assert.equal(index.about(path as RawPath, 'file', false).length, 1);
    for (const path of ['/srv/xy', '/srv/a/x*/b']) assert.equal(index.about(path as RawPath, 'file', false).length, 0);
  });
});

describe('files', () => {
  test('that the kernel makes up are read up to a limit', () => {
    const root = rootWith({ endless: '->/proc/kallsyms', device: '->/dev/zero', short: '->/proc/self/status' });
    const files = filesOf('/');
    const at = (name: string): RawPath => join(root, name) as RawPath;
    assert.equal(files.readFile(at('endless'), 1000), undefined);
    assert.equal(files.beginning(at('endless'), 100)?.length, 100);
    assert.equal(files.readFile(at('device')), undefined);
    assert.match(String(Buffer.from(files.readFile(at('short')) ?? [])), /^Name:/);
  });

  test('of which the size is a promise cost no more than they hold', () => {
    const root = rootWith({ 'etc/passwd': passwd });
    truncateSync(join(root, 'etc/passwd'), 1024 ** 4);
    assert.equal(filesOf(root).readFile('/etc/passwd' as RawPath), undefined);
    assert.deepEqual(claimsOfUnitFiles(filesOf(root)), []);
  });

  test('that cannot be read say nothing, and one is named', () => {
    const root = rootWith({
      [`${mallorys}/a.service`]: '->/proc/self/mem',
      [`${mallorys}/b.service`]: '[Service]\nExecStart=/bin/x /home/mallory/d\n',
    });
    const broken = (): never => {
      throw Object.assign(new Error('EIO: i/o error, read'), { errno: -5, code: 'EIO' });
    };
    const real = filesOf(root);
    const files: RootFiles = {
      ...lenient(real, () => assert.fail()),
      readFile: (path, atMost) => (path.endsWith('/a.service') ? broken() : real.readFile(path, atMost)),
    };
    const { claims, warnings } = new UnitSource().claims({ files, facts });
    assert.deepEqual(told(claims), ['state /home/mallory/d']);
    assert.deepEqual(
      warnings.map(({ message }) => message),
      ['units that could not be read say nothing: /home/mallory/.config/systemd/user/a.service: EIO: i/o error, read'],
    );
    const failure = new RangeError('a mistake');
    assert.throws(
      () =>
        lenient(
          {
            ...files,
            lstat: () => {
              throw failure;
            },
          },
          () => {},
        ).lstat('/' as RawPath),
      failure,
    );
  });
});
