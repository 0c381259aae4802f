/** What a survey reads of others' files: real forms, and whatever else may lie there. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { componentsOf, join, type RawName, type RawPath } from '../../src/core/rawpath.ts';
import type { Rule } from '../../src/core/rule.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { usersWithPasswords } from '../../src/core/survey/accounts.ts';
import {
  dataRootOf,
  graphRootOf,
  readContainersJson,
  readDockerConfig,
  readNixosContainer,
  readNspawnFile,
  readOciMounts,
} from '../../src/core/survey/container-files.ts';
import { databaseAmong, isSqlite, mayBeSqlite } from '../../src/core/survey/database-file.ts';
import {
  isDiskKeyName,
  keysOfCommandLine,
  keysOfCrypttab,
  keysOfNixConfiguration,
} from '../../src/core/survey/disk-keys.ts';
import { keyKindOf } from '../../src/core/survey/key-kind.ts';
import { rulesBelow } from '../../src/core/survey/rules-below.ts';
import { readSshPublicKey } from '../../src/core/survey/ssh-key.ts';
import { sha256 } from '../../src/linux/system/sha256.ts';

const volumes = '/var/lib/containers/storage/volumes' as RawPath;
const pathsOf = (keys: readonly { readonly path: RawPath }[]): string[] => keys.map(({ path }) => path);

describe('containers', () => {
  test('of containers.json: names, images, and nothing that leads elsewhere', () => {
    const text = JSON.stringify([
      { id: 'abc', names: ['web'], image: 'sha', metadata: '{"image-name":"nginx:1"}' },
      { id: '0123456789abcdef', names: null, metadata: 'no json' },
      { id: '../../etc', names: ['evil'] },
      'nonsense',
      null,
    ]);
    assert.deepEqual(readContainersJson(text), [
      { id: 'abc', name: 'web', image: 'nginx:1' },
      { id: '0123456789abcdef', name: '0123456789ab', image: undefined },
    ]);
    assert.equal(readContainersJson('{}'), undefined);
    assert.equal(readContainersJson('[{'), undefined);
  });

  test('of config.json: binds and volumes, not what the engine mounts', () => {
    const text = JSON.stringify({
      mounts: [
        { type: 'bind', source: `${volumes}/a b/_data`, destination: '/data', options: ['rw'] },
        { type: 'bind', source: `${volumes}/a/other`, destination: '/x', options: ['ro', 'rbind'] },
        { type: 'bind', source: '/run/x/abc/userdata/hosts', destination: '/etc/hosts' },
        { type: 'tmpfs', source: 'tmpfs', destination: '/tmp' },
        { type: 'bind', source: 'relative', destination: '/y' },
        7,
      ],
    });
    assert.deepEqual(readOciMounts(text, volumes, 'abc'), [
      { kind: 'volume', name: 'a b', source: `${volumes}/a b/_data`, destination: '/data', readOnly: false },
      { kind: 'bind', name: undefined, source: `${volumes}/a/other`, destination: '/x', readOnly: true },
    ]);
    assert.equal(readOciMounts('{"mounts":{}}', volumes, 'abc'), undefined);
  });

  test('of docker: its name without the slash, mounts by what they are', () => {
    const read = readDockerConfig(
      JSON.stringify({
        ID: 'f00',
        Name: '/db',
        Config: { Image: 'postgres:17' },
        MountPoints: {
          '/v': { Type: 'volume', Name: 'v', Source: '/var/lib/docker/volumes/v/_data', Destination: '/v', RW: true },
          '/b': { Type: 'bind', Source: '/srv/../srv/b', Destination: '/b', RW: false },
          '/t': { Type: 'tmpfs', Destination: '/t' },
        },
      }),
    );
    assert.deepEqual([read?.name, read?.image], ['db', 'postgres:17']);
    assert.deepEqual(
      read?.mounts.map(({ kind, name, source, readOnly }) => [kind, name, source, readOnly]),
      [
        ['volume', 'v', '/var/lib/docker/volumes/v/_data', false],
        ['bind', undefined, '/srv/b', true],
      ],
    );
    assert.equal(readDockerConfig('{"Name":"x"}'), undefined);
  });

  test('where engines keep what is theirs', () => {
    assert.equal(dataRootOf('{"data-root": "/data/docker"}'), '/data/docker');
    assert.equal(dataRootOf('{"graph": "/old/"}'), '/old');
    assert.equal(dataRootOf('{}'), undefined);
    assert.equal(graphRootOf('[storage]\n driver = "overlay"\n graphroot = "/data/pods"\n'), '/data/pods');
    assert.equal(graphRootOf('# graphroot = "/no"\nrootless_storage_path = "$HOME"\n'), undefined);
  });

  test('of NixOS and systemd-nspawn: what is bound', () => {
    const nixos = readNixosContainer('AUTO_START=1\nEXTRA_NSPAWN_FLAGS=" --bind=/srv/a:/b --bind-ro=/c  --x"\n');
    assert.deepEqual(
      nixos.map(({ source, destination, readOnly }) => [source, destination, readOnly]),
      [
        ['/srv/a', '/b', false],
        ['/c', '/c', true],
      ],
    );
    const nspawn = readNspawnFile('[Files]\nBind=/srv/a\\:b:/x:norbind\nBindReadOnly = -/opt\nBind=+/in/it\nBind=\n');
    assert.deepEqual(
      nspawn.map(({ source, destination, readOnly }) => [source, destination, readOnly]),
      [
        ['/srv/a:b', '/x', false],
        ['/opt', '/opt', true],
      ],
    );
  });
});

describe('keys of disks', () => {
  test('of crypttab: files, and not swap, passphrases or devices', () => {
    const text =
      '# comment\ndata UUID=1 /boot/keyfile luks,discard\nswap /dev/sda3 /dev/urandom swap\nhome /dev/sdb none\nusb /dev/sdc /key\\040file:UUID=77 luks\nshort\n';
    assert.deepEqual(keysOfCrypttab(text), [
      { path: '/boot/keyfile', opens: 'data' },
      { path: '/key file', opens: 'usb' },
    ]);
  });

  test('of the kernel command line', () => {
    const line =
      'quiet rd.luks.key=aaaa-bbbb=/etc/k1 luks.key=/k2:LABEL=x cryptkey=rootfs:/k3 cryptkey=/dev/sda:1:2 ro';
    assert.deepEqual(pathsOf(keysOfCommandLine(line)), ['/etc/k1', '/k2', '/k3']);
    assert.deepEqual(pathsOf(keysOfCommandLine('GRUB_CMDLINE_LINUX="rd.luks.key=/k"')), ['/k']);
  });

  test('of a NixOS configuration, as far as it is written out', () => {
    const text = `
      boot.initrd.luks.devices.root.keyFile = "/boot/keyfile_nvme0n1p1";
      # keyFile = "/no";
      fileSystems."/x".encrypted.keyFile = "/dev/zero";
      boot.initrd.luks.devices.b = { keyFile = lib.mkDefault "/root/b.key"; };
      boot.initrd.secrets = { "/crypto_keyfile.bin" = null; "/k/luks.key" = /etc/secrets/luks.key; };
      keyFile = "/a/\${name}";`;
    assert.deepEqual(pathsOf(keysOfNixConfiguration(text)), [
      '/boot/keyfile_nvme0n1p1',
      '/root/b.key',
      '/crypto_keyfile.bin',
      '/etc/secrets/luks.key',
    ]);
  });

  test('by their names', () => {
    for (const name of ['keyfile_nvme0n1p1', 'crypto_keyfile.bin', 'luks-keyfile', 'data.keyfile', 'luks.key']) {
      assert.ok(isDiskKeyName(name), name);
    }
    for (const name of ['vmlinuz', 'keymap', 'grub', 'initrd.img', 'keyboard']) assert.ok(!isDiskKeyName(name), name);
  });
});

test('accounts: who has a password, and never a hash', () => {
  const shadow =
    'root:$y$j9T$a$b:1::::::\nold:abcdefghijklm:1::::::\ndes:_J9..rasmBYk8r9AiWNc:1::::::\nlocked:!$6$a$b:1::::::\nnone:*:1::::::\nempty::1::::::\nx:!!:1::::::\n:\n';
  assert.deepEqual(usersWithPasswords(shadow), ['root', 'old', 'des']);
});

test('databases by their files', () => {
  assert.equal(databaseAmong(['PG_VERSION', 'base']), 'PostgreSQL');
  assert.equal(databaseAmong(['ibdata1', 'mysql']), 'MariaDB or MySQL');
  assert.equal(databaseAmong(['CURRENT', 'MANIFEST-000004', '000003.log']), 'LevelDB or RocksDB');
  assert.equal(databaseAmong(['CURRENT', 'x']), undefined);
  assert.ok(mayBeSqlite('a.db') && mayBeSqlite('a.SQLITE3') && !mayBeSqlite('a.db-wal'));
  assert.ok(isSqlite(Buffer.from('SQLite format 3\0')) && !isSqlite(Buffer.from('SQLite format 2\0')));
});

test('keys: kinds, and the fingerprint that ssh-keygen shows', () => {
  const kind = (name: string, text = ''): string => keyKindOf(name as RawName, text, undefined);
  assert.equal(kind('ssh_host_rsa_key'), 'SSH host key');
  assert.equal(kind('wg0.conf', '[Interface]\nPrivateKey = x\n'), 'WireGuard key');
  assert.equal(kind('tls.pem', '-----BEGIN CERTIFICATE-----'), 'certificate');
  assert.equal(kind('tls.pem', '-----BEGIN EC PRIVATE KEY-----'), 'private key');
  assert.equal(kind('password'), 'secret');
  // Of a key of github.com, which publishes it with its fingerprint.
  const github = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n';
  const key = readSshPublicKey(github);
  assert.equal(key?.type, 'ssh-ed25519');
  assert.equal(sha256(key?.blob ?? new Uint8Array()), '+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
  for (const text of ['', 'ssh-ed25519', 'ssh-rsa !!!! x', '-----BEGIN', 'ssh-ed25519 A']) {
    assert.equal(readSshPublicKey(text), undefined, text);
  }
});

test('nothing that lies in any of these files makes a parser fail', () => {
  const json = fc.json({ maxDepth: 4 });
  const shaped = fc.record({
    ID: fc.string(),
    MountPoints: fc.jsonValue(),
    mounts: fc.jsonValue(),
    Config: fc.jsonValue(),
  });
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    json,
    shaped.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, (input) => {
      readContainersJson(input);
      readContainersJson(`[${input}]`);
      readOciMounts(input, volumes, 'abc');
      readDockerConfig(input);
      dataRootOf(input);
      graphRootOf(input);
      readNixosContainer(input);
      readNspawnFile(input);
      keysOfCrypttab(input);
      keysOfCommandLine(input);
      keysOfNixConfiguration(input);
      usersWithPasswords(input);
      readSshPublicKey(input);
    }),
  );
});

describe('rules below a directory', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'home', 'root');
  const component = fc.oneof(name, fc.constantFrom('*', '**', '?', '[ab]', 'h*'));
  const pattern = fc
    .tuple(fc.constantFrom('/', '~/', '**/'), fc.array(component, { minLength: 1, maxLength: 4 }))
    .map(([start, components]) => start + components.join('/'));
  const rule = fc.record({ pattern, exact: fc.boolean() }).map(
    ({ pattern: of, exact }): Rule => ({
      ...{ pattern: of, exact, category: 'state', types: undefined, why: '', file: '', kind: 'general' },
    }),
  );
  const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => `/${names.join('/')}` as RawPath);

  test('say of each path what the rules say of it from the root', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 8 }), path, path, (rules, directory, below) => {
        const moved = rulesBelow(rules, directory);
        const whole = componentsOf(below).reduce((at, each) => join(at, each), directory);
        const expected = rules[new RuleSet(rules).matchPath(whole, 8)];
        assert.equal(moved.originals[new RuleSet(moved.rules).matchPath(below, 8)], expected);
      }),
      { numRuns: 500 },
    );
  });
});
