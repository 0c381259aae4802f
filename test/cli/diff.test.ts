/** `ebb diff` on small roots: what it shows, and each of its options. */

import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { diffDocument, documentOf } from '../support/cli-documents.ts';
import { assertStatus, ebb, lines, pathsOf, text } from '../support/cli-program.ts';
import {
  bind,
  btrfsRoot,
  buildTree,
  directoryRoot,
  link,
  noBtrfs,
  noMounts,
  run,
  tmpfsRoot,
} from '../support/cli-roots.ts';

const machine = {
  'etc/ssh/ssh_host_ed25519_key': 'key',
  'etc/static-link': link('/nix/store/abc/etc/static-link'),
  'home/josh/projects/plan.txt': 'plan',
  'run/app.pid': '1',
  'srv/notes.txt': 'notes',
  'tmp/': null,
  'usr/lib/': null,
  'var/cache/nginx/page': 'page',
  'var/lib/forgejo/data/db': 'db',
  'var/log/syslog': 'line',
};

/** The paths of the changes, sorted. */
function changed(args: readonly string[]): string[] {
  const outcome = ebb(['diff', '--json', ...args]);
  assertStatus(outcome, 0);
  return documentOf(diffDocument, text(outcome.stdout))
    .changes.map(({ path }) => path)
    .sort();
}

test('shows what an ephemeral root loses, what to keep of it, and what to do next', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, machine);
  const outcome = ebb(['diff', '--root', root]);
  assertStatus(outcome, 0);
  assert.equal(outcome.stderr, '');
  assert.deepEqual(lines(outcome.stdout), [
    `${root} is ephemeral: tmpfs, empty at every boot · compared with an empty root`,
    '',
    '  lost when it boots next                                      entries    size  newest',
    '  secret   /etc/ssh/ssh_host_ed25519_key   sshd.service              1  4.1 kB  just now  → persist',
    '  home     /home/josh/                                               3  4.1 kB  just now  → persist',
    '  state    /var/lib/forgejo/               forgejo.service           3  4.1 kB  just now  → persist',
    '  unknown  /srv/notes.txt                                            1  4.1 kB  just now  → decide',
    '  cache    /var/cache/nginx/               nginx.service             2  4.1 kB  just now',
    '  log      /var/log/syslog                                           1  4.1 kB  just now',
    '',
    '  4 to decide · hidden: 10 generated at boot, 1 runtime (--all)',
    `  next: ebb diff --root ${root} --format nix`,
  ]);
});

test('says of a root that is not ephemeral that it is not, and what an ephemeral one would lose', (t) => {
  const root = directoryRoot(t, machine);
  const { stdout } = ebb(['diff', '--root', root]);
  const [heading = ''] = lines(stdout);
  if (!heading.includes('tmpfs')) {
    assert.match(heading, /is not ephemeral/);
    assert.match(text(stdout), /^ {2}an ephemeral root would lose/m);
  }
});

test('says that nothing would be lost where nothing would', (t) => {
  const root = directoryRoot(t, { 'tmp/': null });
  const outcome = ebb(['diff', '--root', root, '--exit-code']);
  assert.match(text(outcome.stdout), /^ {2}nothing would be lost /m);
  assertStatus(outcome, 0);
});

test('--json prints one document of the form that is documented', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, machine);
  const outcome = ebb(['diff', '--root', root, '--json']);
  assertStatus(outcome, 0);
  assert.ok(outcome.stdout.endsWith('}\n'));
  const document = documentOf(diffDocument, text(outcome.stdout));
  assert.equal(document.root.mount, root);
  assert.deepEqual([document.root.filesystem, document.root.ephemeral], ['tmpfs', true]);
  assert.deepEqual(
    document.changes.map(({ path, kind, type, category, verdict, entries }) =>
      [verdict, category, kind, type, entries, path].join(' '),
    ),
    [
      'persist secret added file 1 /etc/ssh/ssh_host_ed25519_key',
      'persist home added directory 3 /home/josh',
      'persist state added directory 3 /var/lib/forgejo',
      'decide unknown added file 1 /srv/notes.txt',
      'ignore cache added directory 2 /var/cache/nginx',
      'ignore log added file 1 /var/log/syslog',
    ],
  );
  assert.deepEqual(document.summary.hidden, { generated: 10, runtime: 1, ignored: 0 });
  const entries = document.changes.reduce((sum, change) => sum + change.entries, 0);
  assert.equal(document.summary.entries, entries);
});

test('--format json is --json', (t) => {
  const root = directoryRoot(t, machine);
  const [a, b] = [['--json'], ['--format', 'json']].map((flags) => ebb(['diff', '--root', root, ...flags]).stdout);
  const [one, other] = [a, b].map((json = '') => documentOf(diffDocument, text(json)).changes);
  assert.deepEqual(one, other);
});

test('--format nix prints a declaration for environment.persistence', (t) => {
  const root = directoryRoot(t, machine);
  const [first, ...rest] = lines(ebb(['diff', '--root', root, '--format', 'nix']).stdout);
  assert.match(first ?? '', /^# Proposed by ebb diff on \S+\. Read it before use\.$/);
  assert.deepEqual(rest, [
    'environment.persistence."/persist" = {',
    '  hideMounts = true;',
    '  directories = [',
    '    "/home/josh"',
    '    "/var/lib/forgejo"',
    '  ];',
    '  files = [',
    '    "/etc/ssh/ssh_host_ed25519_key"',
    '    # to decide:',
    '    # "/srv/notes.txt"  # unknown, 4.1 kB',
    '  ];',
    '};',
  ]);
});

test('--format toml prints a declaration for /etc/ebb/config.toml, which ebb itself reads', (t) => {
  const root = directoryRoot(t, machine);
  const { stdout } = ebb(['diff', '--root', root, '--format', 'toml']);
  assert.deepEqual(lines(stdout).slice(1), [
    '[persistence."/persist"]',
    'hide_mounts = true',
    'directories = [',
    '  "/home/josh",',
    '  "/var/lib/forgejo",',
    ']',
    'files = [',
    '  "/etc/ssh/ssh_host_ed25519_key",',
    '  # to decide:',
    '  # "/srv/notes.txt",  # unknown, 4.1 kB',
    ']',
  ]);
  mkdirSync(join(root, 'etc/ebb'));
  writeFileSync(join(root, 'etc/ebb/config.toml'), stdout);
  const why = ebb(['why', '--root', root, '/var/lib/forgejo']);
  assert.match(text(why.stdout), /declared in \/etc\/ebb\/config\.toml: \/var\/lib\/forgejo, kept in \/persist/);
});

test('--format paths prints every path by itself, -0 the same ended by NUL', (t) => {
  const root = directoryRoot(t, machine);
  const expected = [
    '/etc/ssh/ssh_host_ed25519_key',
    '/home/josh',
    '/home/josh/projects',
    '/home/josh/projects/plan.txt',
    '/srv/notes.txt',
    '/var/cache/nginx',
    '/var/cache/nginx/page',
    '/var/lib/forgejo',
    '/var/lib/forgejo/data',
    '/var/lib/forgejo/data/db',
    '/var/log/syslog',
  ];
  assert.deepEqual(lines(ebb(['diff', '--root', root, '--format', 'paths']).stdout).sort(), expected);
  assert.deepEqual(pathsOf(ebb(['diff', '--root', root, '-0']).stdout), expected);
  assert.deepEqual(pathsOf(ebb(['diff', '--root', root, '--format', 'paths', '--null']).stdout), expected);
});

test('--all shows what is hidden, too, and the paths are then every path of the root', (t) => {
  const root = directoryRoot(t, machine);
  const found = run('find', root, '-mindepth', '1', '-printf', '/%P\n').split('\n').slice(0, -1);
  assert.deepEqual(pathsOf(ebb(['diff', '--root', root, '--all', '-0']).stdout), found.sort());
  const { stdout } = ebb(['diff', '--root', root, '--all']);
  assert.match(text(stdout), /^ {2}runtime +\/run\/app\.pid /m);
  assert.match(text(stdout), /^ {2}generated +\/etc\/ /m);
  assert.doesNotMatch(text(stdout), /hidden:/);
});

test('--category shows these only, hidden ones if they are named', (t) => {
  const root = directoryRoot(t, machine);
  assert.deepEqual(changed(['--root', root, '--category', 'state,secret']), [
    '/etc/ssh/ssh_host_ed25519_key',
    '/var/lib/forgejo',
  ]);
  assert.deepEqual(changed(['--root', root, '--category', 'log', '--category', 'cache']), [
    '/var/cache/nginx',
    '/var/log/syslog',
  ]);
  assert.deepEqual(changed(['--root', root, '--category', 'runtime']), ['/run/app.pid']);
});

test('--depth sums up what is deeper, by category', (t) => {
  const root = directoryRoot(t, machine);
  assert.deepEqual(changed(['--root', root, '--depth', '1']), ['/etc', '/home', '/srv', '/var', '/var', '/var']);
  assert.deepEqual(changed(['--root', root, '--depth', '2', '--category', 'state,home']), ['/home/josh', '/var/lib']);
});

test('a directory that --depth sums up is not called modified where all below it is new', (t) => {
  const root = directoryRoot(t, machine);
  const outcome = ebb(['diff', '--root', root, '--depth', '2', '--against', 'nothing']);
  assert.doesNotMatch(text(outcome.stdout), /modified/);
});

test('a path argument narrows it to what is at or below it, and its neighbour of a longer name is not below it', (t) => {
  const root = directoryRoot(t, { ...machine, 'var/lib/forgejo-old/db': 'x' });
  assert.deepEqual(changed(['--root', root, '/var/lib/forgejo']), ['/var/lib/forgejo']);
  assert.deepEqual(changed(['--root', root, '/var/lib/forgejo/data/db']), ['/var/lib/forgejo/data/db']);
  assert.deepEqual(changed(['--root', root, '/srv', '/home']), ['/home/josh', '/srv/notes.txt']);
  assert.deepEqual(changed(['--root', root, '/var/lib/', '/var/lib/forgejo']), [
    '/var/lib/forgejo',
    '/var/lib/forgejo-old',
  ]);
  assert.deepEqual(pathsOf(ebb(['diff', '--root', root, '-0', '/srv']).stdout), ['/srv/notes.txt']);
});

test('with --root a relative path is seen from that root', (t) => {
  const root = directoryRoot(t, machine);
  assert.deepEqual(changed(['--root', root, 'srv']), ['/srv/notes.txt']);
  assert.deepEqual(changed(['--root', root, './srv/../srv/notes.txt']), ['/srv/notes.txt']);
});

test('a root of a relative name is seen from the working directory', (t) => {
  const root = directoryRoot(t, machine);
  const outcome = ebb(['diff', '--root', '.', '--json', '/srv'], { cwd: root });
  assert.equal(documentOf(diffDocument, text(outcome.stdout)).root.mount, root);
});

test('after --, a path may look like a flag', (t) => {
  const root = directoryRoot(t, { '--all/x': 'x' });
  assert.deepEqual(changed(['--root', root, '--', '--all']), ['/--all']);
});

test('--exit-code ends with 1 where there are changes, in every format, and with 0 where there are none', (t) => {
  const root = directoryRoot(t, machine);
  for (const format of ['text', 'json', 'nix', 'toml', 'paths']) {
    assertStatus(ebb(['diff', '--root', root, '--exit-code', '--format', format]), 1);
    assertStatus(ebb(['diff', '--root', root, '--format', format]), 0);
    assertStatus(ebb(['diff', '--root', root, '--exit-code', '--format', format, '/tmp']), 0);
  }
});

test('--against DIR tells added, modified, deleted and type-changed apart', (t) => {
  const before = directoryRoot(t, {
    'srv/changed.txt': 'before',
    'srv/mode.txt': 'same',
    'srv/gone/deep/file': 'x',
    'srv/gone.txt': 'x',
    'srv/kind': 'a file',
    'srv/link': link('a'),
    'srv/same.txt': 'same',
  });
  const root = directoryRoot(t, {});
  cpSync(before, root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  writeFileSync(join(root, 'srv/changed.txt'), 'afterwards');
  chmodSync(join(root, 'srv/mode.txt'), 0o600);
  for (const gone of ['srv/gone', 'srv/gone.txt', 'srv/kind', 'srv/link'])
    rmSync(join(root, gone), { recursive: true });
  mkdirSync(join(root, 'srv/kind'));
  symlinkSync('b', join(root, 'srv/link'));
  buildTree(root, { 'srv/new.txt': 'new' });

  const compared = ['diff', '--root', root, '--against', before];
  const { changes, baseline } = documentOf(diffDocument, text(ebb([...compared, '--json']).stdout));
  assert.deepEqual([baseline.kind, baseline.detail], ['directory', before]);
  assert.deepEqual(changes.map(({ kind, path, entries }) => `${kind} ${path} ${entries}`).sort(), [
    'added /srv/new.txt 1',
    'deleted /srv/gone 3',
    'deleted /srv/gone.txt 1',
    'modified /srv/changed.txt 1',
    'modified /srv/link 1',
    'modified /srv/mode.txt 1',
    'type-changed /srv/kind 1',
  ]);

  const kinds = (list: string) => changed([...compared.slice(1), '--kind', list]);
  assert.deepEqual(kinds('added'), ['/srv/new.txt']);
  assert.deepEqual(kinds('deleted,type-changed'), ['/srv/gone', '/srv/gone.txt', '/srv/kind']);
  assert.deepEqual(pathsOf(ebb([...compared, '-0', '--kind', 'deleted']).stdout), [
    '/srv/gone',
    '/srv/gone.txt',
    '/srv/gone/deep',
    '/srv/gone/deep/file',
  ]);
  const shown = text(ebb(compared).stdout);
  assert.match(shown, /\/srv\/gone\/ \(deleted\)/);
  assert.match(shown, /\/srv\/kind\/ \(now a directory\)/);
  assert.match(shown, /\/srv\/changed\.txt \(modified\)/);
});

test('--against DIR reads the content where times differ; --checksum reads it always', (t) => {
  const [before, root] = [directoryRoot(t, {}), directoryRoot(t, {})];
  for (const [directory, touched, secret] of [
    [before, 1, 'old'],
    [root, 2, 'new'],
  ] as const) {
    buildTree(directory, { 'srv/touched.txt': 'the same', 'srv/hidden.txt': secret });
    utimesSync(join(directory, 'srv/touched.txt'), touched, touched);
    utimesSync(join(directory, 'srv/hidden.txt'), 5, 5);
  }
  const compared = ['--root', root, '--against', before];
  assert.deepEqual(changed(compared), []);
  assert.deepEqual(changed([...compared, '--checksum']), ['/srv/hidden.txt']);
});

test('--against boot shows what was changed since this machine booted', (t) => {
  const root = directoryRoot(t, { 'srv/now.txt': 'now' });
  const { baseline, changes } = documentOf(
    diffDocument,
    text(ebb(['diff', '--root', root, '--against', 'boot', '--json']).stdout),
  );
  assert.equal(baseline.kind, 'boot');
  assert.ok(baseline.at !== null && Date.parse(baseline.at) <= Date.now());
  assert.deepEqual(
    changes.map(({ path }) => path),
    ['/srv/now.txt'],
  );
});

test('--against packages leaves out what dpkg installed and nobody changed', (t) => {
  const root = directoryRoot(t, {
    'opt/app/bin/app': 'app',
    'opt/app/etc/changed': 'after',
    'opt/own.txt': 'mine',
    'var/lib/dpkg/info/app.list':
      '/.\n/opt\n/opt/app\n/opt/app/bin\n/opt/app/bin/app\n/opt/app/etc\n/opt/app/etc/changed\n/opt/app/gone\n',
    // The sums of `app` and of something else.
    'var/lib/dpkg/info/app.md5sums': [
      'd2a57dc1d883fd21fb9951699df71cc7  opt/app/bin/app',
      '00000000000000000000000000000000  opt/app/etc/changed',
      '00000000000000000000000000000000  opt/app/gone',
      '',
    ].join('\n'),
    'var/lib/dpkg/status': 'Package: app\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n',
  });
  // Installed long before the files were last written.
  utimesSync(join(root, 'var/lib/dpkg/info/app.list'), 1e9, 1e9);
  const { baseline, changes } = documentOf(
    diffDocument,
    text(ebb(['diff', '--root', root, '--against', 'packages', '--json', '/opt']).stdout),
  );
  assert.equal(baseline.detail, 'what dpkg installed');
  assert.deepEqual(changes.map(({ kind, path }) => `${kind} ${path}`).sort(), [
    'added /opt/own.txt',
    'deleted /opt/app/gone',
    'modified /opt/app/etc/changed',
  ]);
});

test('--against nothing shows everything', (t) => {
  const root = directoryRoot(t, machine);
  const args = ['diff', '--root', root, '--against', 'nothing', '--json'];
  const { baseline, changes } = documentOf(diffDocument, text(ebb(args).stdout));
  assert.equal(baseline.kind, 'nothing');
  assert.equal(changes.length, 6);
});

test('what is mounted upon the root is not lost; what the mount hides is', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'data/hidden.txt': 'lost', 'srv/link': link('/data/kept.txt') });
  const kept = directoryRoot(t, { 'kept.txt': 'kept' });
  bind(t, kept, join(root, 'data'));
  const { changes } = documentOf(diffDocument, text(ebb(['diff', '--root', root, '--json']).stdout));
  assert.deepEqual(
    changes.map(({ path, shadowed }) => ({ path, shadowed })),
    [{ path: '/data', shadowed: true }],
  );
  assert.match(text(ebb(['diff', '--root', root]).stdout), /\/data\/ \(hidden under a mount\)/);
});

test('a path argument that lies on another filesystem is warned of', { skip: noMounts }, (t) => {
  const root = tmpfsRoot(t, { 'data/': null });
  const kept = directoryRoot(t, { 'kept.txt': 'kept' });
  bind(t, kept, join(root, 'data'));
  const outcome = ebb(['diff', '--root', root, '/data']);
  assert.match(text(outcome.stderr), /^ebb: warning: \/data lies on \S+ \(.*\), not on this root$/m);
});

test('a path that lies below a mount is warned of, too, and not called missing', {
  skip: noMounts,
}, (t) => {
  const root = tmpfsRoot(t, { 'data/': null });
  const kept = directoryRoot(t, { 'kept.txt': 'kept' });
  bind(t, kept, join(root, 'data'));
  const outcome = ebb(['diff', '--root', root, '/data/kept.txt']);
  assert.match(text(outcome.stderr), /^ebb: warning: \/data\/kept\.txt lies on \S+ \(.*\), not on this root$/m);
  assertStatus(outcome, 0);
  assert.deepEqual(changed(['--root', root, '/data/kept.txt']), []);
  assert.equal(ebb(['diff', '--root', root, '-0', '/data/kept.txt']).stdout, '');
  assertStatus(ebb(['diff', '--root', root, '/data/absent.txt']), 10);
});

test('a root that was made just now and is mounted elsewhere is not called older than this boot', (t) => {
  const root = directoryRoot(t, machine);
  assert.doesNotMatch(text(ebb(['diff', '--root', root]).stdout), /older than this boot/);
});

test('on btrfs, the search of what is newer and the walk give the same rows', { skip: noBtrfs }, (t) => {
  const { root } = btrfsRoot(t, { 'srv/old.txt': 'old', 'srv/gone.txt': 'x', 'var/lib/app/db': 'db' });
  assertStatus(ebb(['baseline', 'record', '--root', root]), 0);
  rmSync(join(root, 'srv/gone.txt'));
  writeFileSync(join(root, 'srv/old.txt'), 'newer');
  buildTree(root, { 'home/josh/new.txt': 'new' });
  run('btrfs', 'subvolume', 'create', join(root, 'var/lib/machines'));
  buildTree(root, { 'var/lib/machines/image': 'x' });

  const report = (...flags: string[]) =>
    documentOf(diffDocument, text(ebb(['diff', '--root', root, '--json', ...flags]).stdout));
  const [searched, walked] = [report(), report('--no-sync')];
  assert.deepEqual([searched.view.search, walked.view.search], ['tree-search', 'walk']);
  assert.deepEqual(searched.changes, walked.changes);
  assert.equal(searched.root.subvolume, '@root');
  assert.deepEqual(searched.changes.map(({ kind, path }) => `${kind} ${path}`).sort(), [
    'added /home/josh',
    'added /var/lib/machines/image',
    'deleted /srv/gone.txt',
    'modified /srv/old.txt',
  ]);
});

const boot = '{"schema":"ebb.boot/1","sequence":7,"bootedAt":"2026-01-09T12:00:00Z","later":[1]}';

test('/.ebb/boot.json says that a root is reset at boot only where a boot may have written it', (t) => {
  const root = directoryRoot(t, { '.ebb/boot.json': boot, 'srv/notes.txt': 'x' });
  const look = () => {
    const { stdout, stderr, status } = ebb(['diff', '--json', '--root', root]);
    assert.equal(status, 0, stderr);
    return { ephemeral: documentOf(diffDocument, text(stdout)).root.ephemeral, stderr: text(stderr) };
  };
  const whole = look();
  if (process.getuid?.() === 0) assert.deepEqual(whole, { ephemeral: true, stderr: '' });
  const file = join(root, '.ebb/boot.json');
  for (const [make, problem] of [
    [() => run('mkfifo', file), /is no file, but of type fifo/],
    [() => mkdirSync(file), /is no file, but of type directory/],
    [() => symlinkSync('../boot.json', file), /is no file, but of type symlink/],
    [() => writeFileSync(file, ''), /is not JSON/],
    [() => writeFileSync(file, '{}'), /schema is missing/],
    [() => writeFileSync(file, boot.replace('7', '-1')), /sequence is -1/],
    [() => writeFileSync(file, `${boot}${' '.repeat(70_000)}`), /is too large/],
    [() => writeFileSync(file, '"\x1b[31m"'), /is not JSON/],
  ] as const) {
    rmSync(file, { recursive: true });
    make();
    const { ephemeral, stderr } = look();
    assert.match(stderr, problem);
    assert.match(stderr, /^ebb: warning: \/\.ebb\/boot\.json .* it is not counted/m);
    if (!isInMemory(root)) assert.equal(ephemeral, false);
  }
});

/** Where temporary directories are in memory, so is a root among them. */
function isInMemory(directory: string): boolean {
  return ['tmpfs', 'ramfs'].includes(run('stat', '-fc', '%T', directory).trim());
}
