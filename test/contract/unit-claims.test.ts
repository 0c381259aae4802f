/** What units say of paths, on roots of literal files. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Claim } from '../../src/core/evidence.ts';
import { checkPattern } from '../../src/core/pattern.ts';
import { claimsOfUnitFiles } from '../../src/linux/systemd/unit-source.ts';
import { filesOf, type Tree, told, writeTree } from '../support/claims.ts';
import { Workplace } from '../support/workplace.ts';

const workplace = new Workplace();
after(() => workplace.close());

const passwd = `root:x:0:0::/root:/bin/bash
forgejo:x:990:990::/var/lib/forgejo:/usr/sbin/nologin
backup:x:34:34::/var/backups:/usr/sbin/nologin
josh:x:1000:1000::/home/josh:/bin/bash
ann:x:1001:1001::/data/ann:/bin/zsh
`;

function claimsIn(tree: Tree, prepare: (root: string) => void = () => {}): readonly Claim[] {
  const root = workplace.make('root');
  writeTree(root, { 'etc/passwd': passwd, ...tree });
  prepare(root);
  const claims = claimsOfUnitFiles(filesOf(root));
  for (const { pattern } of claims) checkPattern(pattern, 'test');
  return claims;
}

/** What one service says. */
const ofService = (text: string, more: Tree = {}): string[] =>
  told(claimsIn({ 'etc/systemd/system/a.service': `[Service]\n${text}\n`, ...more }));

describe('a unit', () => {
  test('claims its directories, each as what its setting says', () => {
    const claims = claimsIn({
      'usr/lib/systemd/system/forgejo.service': `[Service]
StateDirectory=forgejo "with space"
CacheDirectory=forgejo
LogsDirectory=forgejo
ConfigurationDirectory=forgejo
RuntimeDirectory=forgejo
`,
    });
    assert.deepEqual(told(claims), [
      'cache /var/cache/forgejo',
      'log /var/log/forgejo',
      'runtime /run/forgejo',
      'state /etc/forgejo',
      'state /var/lib/forgejo',
      'state /var/lib/with space',
    ]);
    assert.deepEqual(claims[0]?.evidence, {
      ...{ source: 'unit', kind: 'unit-directory', category: 'state', by: 'forgejo.service' },
      detail: 'StateDirectory=forgejo of forgejo.service',
    });
  });

  test('of a dynamic user keeps them in `private`, and the link to that is made anew', () => {
    assert.deepEqual(ofService('DynamicUser=yes\nStateDirectory=a b/c:old'), [
      ...['generated =/var/lib/a', 'generated =/var/lib/b/c', 'generated =/var/lib/old'],
      ...['state /var/lib/a', 'state /var/lib/b/c', 'state /var/lib/private/a', 'state /var/lib/private/b/c'],
    ]);
  });

  test('claims what it may write, starts in, binds and brings its processes from', () => {
    const text = `ReadWritePaths=-/srv/shared /etc/a
WorkingDirectory=-/opt/a
BindPaths=/data/music:/music:rbind
RequiresMountsFor=/ignored/here
Environment=HOME=/var/lib/a "PATH=/x:/y" DATA_DIR=/srv/data
ExecStart=/usr/bin/a --datadir=/srv/db -D /srv/d2 -C/srv/d3 --config /etc/a/a.conf /music/list
ExecStartPre=/bin/rm -rf /srv/old
ExecStartPre=/bin/sh -c '/usr/bin/x /srv/in-script'
[Unit]
RequiresMountsFor=/srv/needed`;
    assert.deepEqual(ofService(text), [
      '- /etc/a/a.conf',
      ...[
        'state /data/music',
        'state /data/music/list',
        'state /etc/a',
        'state /opt/a',
        'state /srv/d2',
        'state /srv/d3',
      ],
      ...['state /srv/data', 'state /srv/db', 'state /srv/needed', 'state /srv/shared', 'state /var/lib/a'],
    ]);
  });

  test('claims no place that belongs to everybody, nor what nobody keeps', () => {
    const everybody = `/ /etc /home /home/josh /data/ann /root /run /srv /tmp /var /var/lib /var/log /var/lib/private
      /var/lib/systemd /mnt /opt /dev/dri /proc/sys /run/a /usr/share/a /nix/store/x /tmp/x /var/run/x /boot/x`;
    assert.deepEqual(
      ofService(`ReadWritePaths=${everybody.replace(/\s+/g, ' ')}\nStateDirectory=private/x . ../x /x`),
      [],
    );
    assert.deepEqual(
      told(claimsIn({ 'etc/systemd/system/a@.service': '[Service]\nStateDirectory=%i %i/x a-%i a/%I\n' })),
      [...['state /var/lib/*/x', 'state /var/lib/a-*', 'state /var/lib/a/*']],
    );
  });

  test('says by its options and names what an argument is', () => {
    const command = `/usr/bin/a --log-file=/srv/a/out --pid-file /srv/a/a.pid --cache-dir=/srv/a/c --log=/srv/x.log
      --password-file=/etc/a/pw --tls-private-key=/srv/a/tls --socket=/srv/a/a.sock --listen unix:/srv/a/s file:///srv/f
      --log-config=/srv/a/logging.conf`;
    assert.deepEqual(
      ofService(`ExecStart=${command.replace(/\s+/g, ' ')}`),
      [
        ...['cache /srv/a/c', 'log /srv/a/out', 'log =/srv/x.log', 'runtime =/srv/a/a.pid', 'secret =/etc/a/pw'],
        ...['secret =/srv/a/tls', 'state /srv/a/logging.conf', 'state /srv/f'],
      ].sort(),
    );
  });

  test('takes no switch for what the next word is, and leaves temporary places out', () => {
    const command = '/usr/bin/a --no-cache /srv/one --enable-log /srv/two --use-pid /srv/three --tmpdir=/srv/four';
    assert.deepEqual(ofService(`ExecStart=${command}`), ['state /srv/one', 'state /srv/three', 'state /srv/two']);
  });

  test('that runs a container claims the volumes, and nothing that is only in there', () => {
    const command = `/usr/bin/podman run --rm -v /srv/a:/data:rw --volume=/srv/b:/b --mount type=bind,src=/srv/c,dst=/c
      --env-file=/srv/a.env -v named:/x image --datadir=/inside`;
    assert.deepEqual(ofService(`ExecStart=${command.replace(/\s+/g, ' ')}`), [
      ...['state /srv/a', 'state /srv/a.env', 'state /srv/b', 'state /srv/c'],
    ]);
  });

  test('in a root of its own names paths of that root', () => {
    const text =
      'RootDirectory=/srv/jail\nWorkingDirectory=/work\nExecStart=/bin/a --db=/db\nReadWritePaths=+/rw /srv/rw';
    assert.deepEqual(ofService(text), [
      ...['state /srv/jail', 'state /srv/jail/db', 'state /srv/jail/rw', 'state /srv/jail/work', 'state /srv/rw'],
    ]);
  });

  test('claims the home of its user, where that is no person', () => {
    assert.deepEqual(ofService('User=forgejo'), ['state /var/lib/forgejo']);
    assert.deepEqual(ofService('User=990'), ['state /var/lib/forgejo']);
    for (const user of ['josh', 'ann', 'root', 'backup', 'unknown']) assert.deepEqual(ofService(`User=${user}`), []);
  });

  test('reads secrets: credentials, and files of variables that others may not read', () => {
    const files = {
      'etc/a.env': '',
      'etc/default/a': '',
      'etc/open.env': '',
      'etc/credstore/tok': '',
      'srv/keys/': '',
    };
    const text = `EnvironmentFile=/etc/a.env
EnvironmentFile=-/etc/default/a
EnvironmentFile=/etc/open.env
EnvironmentFile=/etc/default/absent
EnvironmentFile=/srv/absent.env
EnvironmentFile=/nix/store/x
LoadCredential=tok none
LoadCredential=tok
LoadCredential=other
LoadCredential=k:/srv/keys
LoadCredentialEncrypted=l:/srv/key`;
    const claims = claimsIn({ 'etc/systemd/system/a.service': `[Service]\n${text}`, ...files }, (root) =>
      chmodSync(join(root, 'etc/a.env'), 0o640),
    );
    assert.deepEqual(told(claims), [
      ...['- =/etc/default/a', '- =/etc/default/absent', '- =/etc/open.env', 'secret /srv/keys', 'secret =/etc/a.env'],
      ...['secret =/etc/credstore/tok', 'secret =/srv/absent.env', 'secret =/srv/key'],
    ]);
  });

  test('writes pid files, logs, sockets and stamps', () => {
    const tree = {
      'etc/systemd/system/a.service': '[Service]\nPIDFile=/var/lib/a/a.pid\nStandardOutput=append:/srv/a.out\n',
      'etc/systemd/system/a.socket': '[Socket]\nListenStream=/var/lib/a/s\nListenStream=/run/s\nListenStream=80\n',
      'etc/systemd/system/a.timer': '[Timer]\nPersistent=true\n',
      'etc/systemd/system/b.timer': '[Timer]\nOnCalendar=daily\n',
      'etc/systemd/system/swap-file.swap': '[Swap]\nWhat=/swap/file\n',
      'etc/systemd/system/mnt-x.mount': '[Mount]\nWhat=/srv/x.img\nWhere=/data/x\n',
    };
    assert.deepEqual(told(claimsIn(tree)), [
      ...['- =/data/x', 'log =/srv/a.out', 'runtime =/swap/file', 'runtime =/var/lib/a/a.pid', 'runtime =/var/lib/a/s'],
      ...['state /srv/x.img', 'state =/var/lib/systemd/timers/stamp-a.timer'],
    ]);
  });
});

describe('units of a machine', () => {
  const state = (name: string): string => `[Service]\nStateDirectory=${name}\n`;

  test('are those that systemd takes: the first file of a name, with its drop-ins, if it is not masked', () => {
    const tree = {
      'etc/systemd/system/a.service': state('etc'),
      'usr/lib/systemd/system/a.service': state('usr'),
      'usr/lib/systemd/system/a.service.d/x.conf': state('drop-in'),
      'etc/systemd/system/masked.service': '->/dev/null',
      'usr/lib/systemd/system/masked.service': state('masked'),
      'etc/systemd/system/empty.service': '',
      'usr/lib/systemd/system/empty.service': state('empty'),
      'usr/lib/systemd/system/broken.service': '->/nowhere',
      'usr/lib/systemd/system/b.target': state('target'),
      'usr/lib/systemd/system/notes.txt': state('notes'),
    };
    assert.deepEqual(told(claimsIn(tree)), ['state /var/lib/drop-in', 'state /var/lib/etc']);
  });

  test('lie in the store on NixOS', () => {
    const units = 'nix/store/abc-system-units';
    const tree = {
      'etc/static': '->/nix/store/abc-etc/etc',
      'nix/store/abc-etc/etc/systemd/system': '->/nix/store/abc-system-units',
      'etc/systemd/system': '->/etc/static/systemd/system',
      [`${units}/a.service`]: '->/nix/store/abc-unit-a.service/a.service',
      'nix/store/abc-unit-a.service/a.service': state('a'),
      [`${units}/a.service.d/overrides.conf`]: '->/nix/store/abc-unit-x/overrides.conf',
      'nix/store/abc-unit-x/overrides.conf': state('more'),
      [`${units}/alias.service`]: '->a.service',
      [`${units}/alias.service.d/y.conf`]: state('by-alias'),
      [`${units}/multi-user.target.wants/t@one.service`]: '->../t@.service',
      [`${units}/t@.service`]: '->/nix/store/abc-unit-t/t@.service',
      'nix/store/abc-unit-t/t@.service': state('t-%i'),
    };
    const claims = claimsIn(tree);
    assert.deepEqual(told(claims), [
      ...['state /var/lib/a', 'state /var/lib/by-alias', 'state /var/lib/more', 'state /var/lib/t-*'],
      'state /var/lib/t-one',
    ]);
    assert.deepEqual(
      new Set(claims.map(({ evidence }) => evidence.by)),
      new Set(['a.service', 't@.service', 't@one.service']),
    );
  });

  test('have instances that run or that a timer starts', () => {
    const tree = {
      'usr/lib/systemd/system/t@.service': state('t/%i'),
      'run/systemd/units/invocation:t@running.service': '->0123',
      'etc/systemd/system/timers.target.wants/t@nightly.timer': '->/usr/lib/systemd/system/t@.timer',
      'usr/lib/systemd/system/t@.timer': '[Timer]\nPersistent=yes\n',
      'etc/systemd/system/t@dropped.service.d/x.conf': state('dropped'),
    };
    assert.deepEqual(told(claimsIn(tree)), [
      ...['state /var/lib/dropped', 'state /var/lib/t/*', 'state /var/lib/t/dropped', 'state /var/lib/t/nightly'],
      ...['state /var/lib/t/running', 'state =/var/lib/systemd/timers/stamp-t@*.timer'],
      'state =/var/lib/systemd/timers/stamp-t@nightly.timer',
    ]);
  });

  test('run containers by a script on NixOS, or are made by podman of its own files', () => {
    const tree = {
      'etc/systemd/system/podman-a.service':
        '[Service]\nExecStart=/nix/store/abc-unit-script-podman-a-start/bin/podman-a-start \n',
      'nix/store/abc-unit-script-podman-a-start/bin/podman-a-start': `#! /nix/store/x-bash/bin/bash -e
set -e
exec podman \\
  run \\
  --name=a \\
  -v /srv/a:/data \\
  -v '/srv/with space:/b:ro' \\
  -v named:/c \\
  image:tag --dir=/inside
`,
      'etc/containers/systemd/web.container':
        '[Container]\nImage=x\nVolume=/srv/web:/data:Z\nVolume=data.volume:/x\nVolume=%h/y:/y\nEnvironmentFile=/srv/web.env\n',
      'home/josh/.config/containers/systemd/own.container': '[Container]\nVolume=%h/own:/data\n',
    };
    const claims = claimsIn(tree);
    assert.deepEqual(told(claims), [
      ...['secret =/srv/web.env', 'state /home/josh/own', 'state /root/y', 'state /srv/a', 'state /srv/web'],
      'state /srv/with space',
    ]);
    assert.deepEqual(claims[0]?.evidence.detail, '-v /srv/a:/data in ExecStart= of podman-a.service');
  });

  test('of users keep what they have in each home', () => {
    const text =
      '[Service]\nStateDirectory=a\nCacheDirectory=a\nExecStart=/usr/bin/a --db=%h/db\nEnvironmentFile=%E/a.env\n';
    const tree = {
      'usr/lib/systemd/libsystemd-shared-255.so': '',
      'usr/lib/systemd/user/a.service': text,
      'home/josh/.config/systemd/user/own.service': '[Service]\nWorkingDirectory=%h/work\nStateDirectory=own\n',
      'data/ann/.config/systemd/user/a.service.d/x.conf':
        '[Service]\nExecStart=\nExecStart=/usr/bin/a %h/more /srv/all\n',
    };
    assert.deepEqual(told(claimsIn(tree)), [
      ...['cache /data/ann/.cache/a', 'cache ~/.cache/a', 'secret =/data/ann/.config/a.env', 'secret =~/.config/a.env'],
      ...[
        'state /data/ann/.local/state/a',
        'state /data/ann/db',
        'state /data/ann/more',
        'state /home/josh/.local/state/own',
      ],
      ...['state /home/josh/work', 'state /srv/all', 'state ~/.local/state/a', 'state ~/db'],
    ]);
    const before = { 'usr/lib/systemd/libsystemd-shared-252.so': '', 'usr/lib/systemd/user/a.service': text };
    assert.ok(told(claimsIn(before)).includes('state ~/.config/a'));
  });

  test('that are hostile or absent are no trouble', () => {
    assert.deepEqual(told(claimsIn({})), []);
    const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');
    const tree = {
      'etc/systemd/system/a.service': `${bytes}\n[Service]\nStateDirectory=${bytes}\nStateDirectory=a\\xff*[b\n`,
      'etc/systemd/system/\xff.service': state('name'),
      'etc/systemd/system/loop.service': '->loop.service',
      'etc/systemd/system/x.service': '->y.service',
      'etc/systemd/system/y.service': '->x.service',
      'etc/systemd/system/dir.service/x': '',
      'etc/systemd/system/a.service.d': 'no directory',
    };
    assert.deepEqual(told(claimsIn(tree)), ['state /var/lib/a\xff\\*\\[b']);
  });
});
