/** What ebb says of tmpfiles.d: that nothing is lost which it calls made anew or removed. systemd-tmpfiles is the judge. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { withClaims } from '../../src/core/claims.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { claimsOfTmpfilesIn } from '../../src/linux/systemd/tmpfiles-source.ts';
import { filesOf, type Tree, told, writeTree } from '../support/claims.ts';
import { has, isRoot, Workplace } from '../support/workplace.ts';

const workplace = new Workplace();
after(() => workplace.close());
const unavailable = !isRoot
  ? 'only root may give files away'
  : has('systemd-tmpfiles')
    ? false
    : 'systemd-tmpfiles is not installed';

const machine: Tree = {
  'etc/passwd': 'root:x:0:0::/root:/bin/sh\nfoo:x:1234:1234::/:/bin/sh\nbar:x:1235:1235::/:/bin/sh\n',
  'etc/group': 'root:x:0:\nfoo:x:1234:\nbar:x:1235:\n',
  'etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
  'etc/machine-id': '0123456789abcdef0123456789abcdef\n',
  'usr/lib/systemd/systemd': '',
  'usr/share/factory/a': 'factory',
};

function rootWith(...trees: readonly Tree[]): string {
  const root = workplace.make('root');
  for (const tree of [machine, ...trees]) writeTree(root, tree);
  return root;
}

/** As at boot. Where it follows a link out of the root, it finds nothing that it may write to. */
function boot(root: string): void {
  const alone =
    'mount --bind "$1" "$1"; mount -o remount,bind,ro /; exec systemd-tmpfiles --root="$1" --create --remove --boot';
  spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-ec', alone, 'sh', root], { encoding: 'latin1' });
}

/** No link on the way to it leads out of the root, nor is it one: what is written there is written in the root. */
function isWithin(root: string, path: string): boolean {
  let at = root;
  for (const name of path.split('/')) {
    at += `/${name}`;
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink() || stats?.isFIFO()) return false;
  }
  return true;
}

/** What lies at each path: its type with the content of a file and the target of a link. */
function contentsOf(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string): void => {
    for (const name of readdirSync(root + path, 'latin1')) {
      const at = `${path}/${name}`;
      const stats = lstatSync(Buffer.from(root + at, 'latin1'));
      const type = stats.mode >>> 12;
      const more = stats.isFile()
        ? readFileSync(root + at, 'latin1')
        : stats.isSymbolicLink()
          ? readlinkSync(root + at, 'latin1')
          : '';
      found.set(at, `${type} ${more}`);
      if (stats.isDirectory()) visit(at);
    }
  };
  visit('');
  for (const path of found.keys()) if (/^\/(etc|usr)(\/|$)/.test(path)) found.delete(path);
  return found;
}

const categoriesOf = (root: string): ((path: string, what: string) => string | undefined) => {
  const rules = new RuleSet(withClaims([], claimsOfTmpfilesIn(filesOf(root))));
  return (path, what) => rules.rules[rules.matchPath(path as RawPath, Number(what.split(' ')[0]))]?.category;
};

const configuration = (lines: string): Tree => ({ 'etc/tmpfiles.d/a.conf': lines });
const claimsIn = (...trees: readonly Tree[]): string[] => told(claimsOfTmpfilesIn(filesOf(rootWith(...trees))));

test('nothing is lost of what is told to be made anew or removed', { skip: unavailable }, () => {
  const path = fc.constantFrom(
    '/a',
    '/a/b',
    '/a/b/c',
    '/a/.d',
    '/a/x y',
    '/x',
    '/x/y',
    '/x/%o',
    '/var/lib/s',
    '/a/l/m',
  );
  const glob = fc.constantFrom('/a/*', '/a/?', '/a/[a-c]', '/*/b', '/x/{y,z}', '/a/b*', '/x/[!y]*', '/a/.*', '/a');
  const owner = fc.constantFrom('-', 'root', 'foo', 'bar', 'nobody-knows', '1236', ':foo');
  const argument = fc.constantFrom(
    '',
    '-',
    'text',
    'b',
    '../x',
    '/x',
    '%%a %m',
    'a\\x41\\n',
    '\\q',
    '/usr/share/factory/a',
    'dGV4dA==',
  );
  const quoted = (text: string): string => (text.includes(' ') ? `"${text}"` : text);
  const line = fc.oneof(
    fc
      .tuple(
        fc.constantFrom(...'fFdDvqQpLCfdL'),
        fc.constantFrom('', '', '', '+', '!', '=', '-', '+!', '~'),
        path,
        owner,
        argument,
      )
      .map(([type, modifiers, place, user, text]) => {
        // A directory copied into itself has no end.
        const source = type === 'C' ? '/usr/share/factory/a' : text;
        return `${type}${modifiers} ${quoted(place)} 0755 ${user} ${user} - ${source}`;
      }),
    fc
      .tuple(fc.constantFrom(...'rRweRxXzZ'), fc.constantFrom('', '!', '+'), glob, argument)
      .map(([type, modifiers, place, text]) => `${type}${modifiers} ${place} - - - - ${text}`),
    fc.constantFrom('# d /a', 'd a', 'd', 'd /a 0999', 'd /a/../b', '"d /a', 'd /a - - - soon', 'k /a'),
  );
  const file = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n'));
  const names = [
    'etc/tmpfiles.d/a.conf',
    'usr/lib/tmpfiles.d/a.conf',
    'usr/lib/tmpfiles.d/b.conf',
    'run/tmpfiles.d/c.conf',
  ];
  const files = fc.dictionary(fc.constantFrom(...names), file, { minKeys: 1, noNullPrototype: true });
  const kinds = fc.constantFrom('', 'text', 'b', 'aA\n', '->b', '->../x', '->/x', '->/usr/share/factory/a', 'factory');
  const dirt = fc.array(fc.tuple(fc.oneof(path, fc.constantFrom('/a/b/deep', '/x/z', '/a/b1')), kinds), {
    maxLength: 4,
  });
  const check = fc.property(files, dirt, fc.boolean(), (config, more, isBooted) => {
    const used = rootWith(config);
    if (isBooted) boot(used);
    for (const [place, content] of more) {
      const name = place.replaceAll('%o', 'debian').slice(1);
      // What is in the way stays; to write to a fifo would be to wait for a reader.
      try {
        if (isWithin(used, name)) writeTree(used, { [name]: content });
      } catch {}
    }
    const categoryOf = categoriesOf(used);
    const before = contentsOf(used);
    const fresh = rootWith(config);
    boot(fresh);
    const anew = contentsOf(fresh);
    boot(used);
    const kept = contentsOf(used);
    for (const [at, what] of before) {
      const category = categoryOf(at, what);
      // Made anew as it was, or the same whether it was kept or not.
      const isNoLoss = anew.get(at) === what || anew.get(at) === kept.get(at);
      assert.ok(isNoLoss || category === undefined, `${at} is told to be ${category}: ${what} → ${anew.get(at)}`);
    }
  });
  fc.assert(check, {
    numRuns: Number(process.env['EBB_TEST_RUNS'] ?? 25),
    seed: Number(process.env['EBB_TEST_SEED'] ?? 7),
  });
});

describe('tmpfiles.d', () => {
  test('makes directories, links and files anew that are as it makes them', { skip: unavailable }, () => {
    const lines = `d /var/lib/a 0750 foo foo
d /var/lib/a/b
f /var/lib/a/f 0644 foo foo - one\\x20two
L /var/lib/a/link - - - - ../target
f+ /srv/always - - - - text
L+ /srv/link - - - - /nowhere
p /srv/fifo
C /srv/copy - - - - /usr/share/factory/a
`;
    const all = [
      ...['generated =/srv/always', 'generated =/srv/copy', 'generated =/srv/fifo', 'generated =/srv/link'],
      ...['generated =/var/lib/a', 'generated =/var/lib/a/b', 'generated =/var/lib/a/f', 'generated =/var/lib/a/link'],
    ];
    const root = rootWith(configuration(lines));
    boot(root);
    assert.deepEqual(told(claimsOfTmpfilesIn(filesOf(root))), all);
  });

  test('loses what was changed, and then says only what it would make', () => {
    const lines =
      'd /var/lib/a\nf /var/lib/a/f - - - - text\nL /var/lib/a/l - - - - /x\nf^ /etc/cred - - - - id\nd /srv/b - - - 10d\n';
    const changed = { 'var/lib/a/f': 'other', 'var/lib/a/l': '->/y', 'srv/b/file': '' };
    assert.deepEqual(claimsIn(configuration(lines), changed), [
      ...['- /srv/b', '- =/etc/cred', '- =/var/lib/a', '- =/var/lib/a/f', '- =/var/lib/a/l'],
    ]);
  });

  test('removes at boot', () => {
    const lines =
      'D /srv/a\nr! /srv/*.lock\nR /srv/old*\nR /srv/{x,y}\nD /srv/kept\nx /srv/kept/this\nr /opt/[[:alpha:]]\n';
    assert.deepEqual(
      claimsIn(configuration(lines)).filter((claim) => claim.startsWith('runtime')),
      [...['runtime /srv/a/*', 'runtime =/srv/[!.]*.lock']],
    );
    const alone = claimsIn(configuration('R /srv/old*\nR /opt/{x,y}\nR /data/one\n'));
    assert.deepEqual(alone, ['runtime /data/one', 'runtime /opt/x', 'runtime /opt/y', 'runtime /srv/old*']);
  });

  test('is taken from the first file of a name, in the order of the names', () => {
    const tree = {
      'etc/tmpfiles.d/b.conf': 'f /srv/b - - - - etc\n',
      'usr/lib/tmpfiles.d/b.conf': 'f /srv/c - - - - usr\n',
      'usr/lib/tmpfiles.d/a.conf': 'f /srv/b - - - - first\n',
      'etc/tmpfiles.d/masked.conf': '->/dev/null',
      'usr/lib/tmpfiles.d/masked.conf': 'd /srv/masked\n',
      'srv/b': 'first',
    };
    // Two lines that do not agree.
    assert.deepEqual(claimsIn(tree), ['- =/srv/b']);
    assert.deepEqual(claimsIn({ ...tree, 'etc/tmpfiles.d/b.conf': '' }), ['generated =/srv/b']);
  });

  test('is nothing without systemd, or where that does not heed it', () => {
    const lines = configuration('d /srv/a\n');
    const programs = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`usr/bin/program${at}`, '']));
    const bare = workplace.make('bare');
    writeTree(bare, { ...lines, ...programs });
    assert.deepEqual(claimsOfTmpfilesIn(filesOf(bare)), []);
    // Where no programs are to be seen at all, systemd may be among them.
    const unseen = workplace.make('unseen');
    writeTree(unseen, { ...lines, 'usr/bin/env': '' });
    assert.equal(claimsOfTmpfilesIn(filesOf(unseen)).length, 1);
    assert.deepEqual(claimsIn(lines, { 'etc/systemd/system/systemd-tmpfiles-setup.service': '->/dev/null' }), []);
  });

  test('of users tells what it would make, in each home', () => {
    const tree = {
      'etc/passwd': `${machine['etc/passwd']}josh:x:1000:1000::/home/josh:/bin/bash\n`,
      'usr/share/user-tmpfiles.d/a.conf': 'd %h/.cache/a\nR %h/x\nd %t/y\nd %h/.config\n',
      'home/josh/.config/user-tmpfiles.d/own.conf': 'L+ %h/link - - - - target\nd %S/own\n',
    };
    assert.deepEqual(claimsIn(tree), ['- =/home/josh/.config/own', '- =/home/josh/link', '- =~/.cache/a']);
  });

  test('may hold any bytes', () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    assert.deepEqual(claimsIn(configuration(`${bytes}\nd /srv/${bytes}\nd /srv/\\xff*\nd "/srv/a\\x0ab"\n`)), [
      'generated =/srv/\xff\\*',
    ]);
  });

  test('of ten thousand lines is no trouble', () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, at) => `${at % 2 === 0 ? 'D' : 'd'} /srv/d${at % 100}/x${at}`,
    ).join('\n');
    const root = rootWith(configuration(lines));
    const files = filesOf(root);
    const start = process.cpuUsage();
    assert.equal(claimsOfTmpfilesIn(files).length, 15_000);
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 2_000_000, `took ${(user + system) / 1000} ms`);
  });
});
