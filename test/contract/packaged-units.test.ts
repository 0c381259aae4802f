/** Units of real packages: what they say of paths, beside what the packages' own files and scripts use. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Claim } from '../../src/core/evidence.ts';
import { claimsOfTmpfilesIn } from '../../src/linux/systemd/tmpfiles-source.ts';
import { claimsOfUnitFiles } from '../../src/linux/systemd/unit-source.ts';
import { filesOf, told, writeTree } from '../support/claims.ts';
import { has, run } from '../support/workplace.ts';
import { cached } from '../vm/support/debian.ts';

const packages = [
  ...['redis-server', 'nginx-common', 'postgresql-common', 'mosquitto', 'chrony', 'iwd', 'systemd-journal-remote'],
  'podman',
];

/** The accounts that the packages' scripts make, as they make them. */
const passwd = `root:x:0:0::/root:/bin/bash
redis:x:100:100::/var/lib/redis:/usr/sbin/nologin
postgres:x:101:101::/var/lib/postgresql:/bin/bash
mosquitto:x:103:103::/var/lib/mosquitto:/usr/sbin/nologin
josh:x:1000:1000::/home/josh:/bin/bash
`;

/** A root that has the files of the packages, or why there is none. */
function rootOrReason(): string | { readonly reason: string } {
  if (!has('apt-get') || !has('dpkg-deb')) return { reason: 'this is no Debian' };
  try {
    return cached('packaged-units', (into) => {
      const downloads = mkdtempSync(join(tmpdir(), 'ebb-test-packages-'));
      try {
        run('sh', ['-c', 'cd "$1" && shift && exec apt-get -qq download "$@"', 'sh', downloads, ...packages]);
        for (const file of readdirSync(downloads)) run('dpkg-deb', ['-x', join(downloads, file), into]);
      } finally {
        run('rm', ['-rf', downloads]);
      }
      writeTree(into, { 'etc/passwd': passwd, 'usr/lib/systemd/systemd': '' });
    });
  } catch (error) {
    return { reason: `the packages cannot be had: ${String(error).split('\n', 1)[0]}` };
  }
}

const root = rootOrReason();
let known: readonly Claim[] | undefined;

/** What the units of this name say; the test is skipped where the packages are missing. */
function saidBy(t: TestContext, units: RegExp): string[] | undefined {
  if (typeof root === 'object') {
    t.skip(root.reason);
    return undefined;
  }
  known ??= claimsOfUnitFiles(filesOf(root));
  return [...new Set(told(known.filter(({ evidence }) => units.test(evidence.by ?? ''))))];
}

describe('the units of', () => {
  test('redis name the directories that its configuration has', (t) => {
    const said = saidBy(t, /^redis-server/);
    if (said === undefined) return;
    assert.deepEqual(said, [
      ...['- /etc/redis/redis-*.conf', '- /etc/redis/redis.conf', 'log /var/log/redis', 'runtime /run/redis'],
      ...['runtime /run/redis-*', 'state /etc/redis', 'state /var/lib/redis'],
    ]);
    const configuration = readFileSync(`${root}/etc/redis/redis.conf`, 'latin1');
    assert.equal(/^dir (.*)$/m.exec(configuration)?.[1], '/var/lib/redis');
    assert.match(/^logfile (.*)$/m.exec(configuration)?.[1] ?? '', /^\/var\/log\/redis\//);
  });

  test('postgresql name its clusters, of whatever version they are', (t) => {
    const said = saidBy(t, /^postgresql@/);
    if (said === undefined) return;
    assert.deepEqual(said, ['- /etc/postgresql/*', 'state /var/lib/postgresql/*']);
    assert.deepEqual(saidBy(t, /^pg_dump@/), [...['state /var/backups/postgresql', 'state /var/lib/postgresql']]);
  });

  test('chrony, iwd and the remote journal name their directories', (t) => {
    const said = saidBy(t, /^(chrony|iwd|systemd-journal-(remote|upload))\.service/);
    if (said === undefined) return;
    assert.deepEqual(said, [
      ...['- =/etc/default/chrony', 'generated =/var/lib/systemd/journal-upload', 'log /var/log/chrony'],
      ...['log /var/log/journal/remote', 'runtime /run/chrony', 'state /etc/chrony', 'state /etc/iwd'],
      ...['state /var/lib/chrony', 'state /var/lib/iwd', 'state /var/lib/private/systemd/journal-upload'],
      'state /var/lib/systemd/journal-upload',
    ]);
  });

  // Where they keep it stands in their own configuration: the catalogue knows it.
  test('nginx and mosquitto do not say where their data lies', (t) => {
    const said = saidBy(t, /^(nginx|mosquitto)/);
    if (said === undefined) return;
    assert.deepEqual(said, ['- /etc/mosquitto/mosquitto.conf', 'log /var/log/mosquitto']);
  });

  test('podman have a timer whose stamp is kept, for the system and for each user', (t) => {
    const said = saidBy(t, /^podman/);
    if (said === undefined) return;
    assert.deepEqual(said, [
      ...['state =/var/lib/systemd/timers/stamp-podman-auto-update.timer'],
      'state =~/.local/share/systemd/timers/stamp-podman-auto-update.timer',
    ]);
  });
});

test("podman's lines of tmpfiles.d empty what is only of one boot", (t) => {
  if (typeof root === 'object') return t.skip(root.reason);
  const claims = told(claimsOfTmpfilesIn(filesOf(root))).filter((claim) => claim.includes('/var/lib/'));
  assert.ok(claims.includes('runtime /var/lib/cni/networks/*'), claims.join('\n'));
  assert.ok(!claims.some((claim) => claim === 'runtime /var/lib/containers/storage'));
});
