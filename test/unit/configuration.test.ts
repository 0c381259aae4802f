import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Failure } from '../../src/core/failure.ts';
import { type RawPath, rawFromText } from '../../src/core/rawpath.ts';
import { configurationOf, Mistake, readConfiguration } from '../../src/linux/configuration.ts';
import type { RootFiles } from '../../src/ports/root-files.ts';

describe('the configuration', () => {
  it('of the design is understood', () => {
    const configuration = configurationOf(`
      [root]
      filesystem = "btrfs"
      device = "/dev/disk/by-label/nixos"
      subvolume = "@root"
      old_roots = "@snapshots/old_roots"
      [retention]
      recent = 5
      weekly = 4
      monthly = "all"
      [persistence."/persist"]
      hide_mounts = true
      directories = ["/var/log", { directory = "/var/lib/colord", user = "colord", group = "colord", mode = "0750" }]
      files = ["/etc/machine-id"]
      [persistence."/persist".users.josh]
      directories = [".ssh", "projects"]
      [ignore]
      paths = ["/etc/.pwd.lock", "/var/cache/*"]
    `);
    assert.deepEqual(configuration.root, {
      ...{ filesystem: 'btrfs', subvolume: '@root' },
      device: '/dev/disk/by-label/nixos',
      blank: undefined,
      oldRoots: '@snapshots/old_roots',
      onFailure: 'boot',
    });
    assert.equal(configuration.atShutdown, 'warn');
    assert.deepEqual(configuration.retention, { recent: 5, weekly: 4, monthly: 'all' });
    assert.deepEqual(configuration.storages, ['/persist']);
    assert.deepEqual(
      configuration.declared.map(({ path, kind, storage }) => `${kind} ${path} in ${storage}`),
      [
        'directory /var/log in /persist',
        'directory /var/lib/colord in /persist',
        'file /etc/machine-id in /persist',
        'directory /home/josh/.ssh in /persist',
        'directory /home/josh/projects in /persist',
      ],
    );
    assert.deepEqual(configuration.ignored, ['/etc/.pwd.lock', '/var/cache/*']);
  });

  it('takes the size of a capture as a number of bytes, or with a unit', () => {
    const sizeOf = (size: string): number | undefined => configurationOf(`[capture]\nmax_size = ${size}`).maxCapture;
    assert.equal(configurationOf('').maxCapture, undefined);
    assert.equal(sizeOf('4096'), 4096);
    assert.equal(sizeOf('"1.5 GiB"'), 1.5 * 2 ** 30);
    assert.throws(() => sizeOf('"much"'), /capture\.max_size: much is not a size/);
    assert.throws(() => sizeOf('-1'), Mistake);
  });

  it('says what is done at a shutdown, in the older way too, and not two things', () => {
    const at = (text: string): string => configurationOf(`[check]\n${text}`).atShutdown;
    assert.deepEqual(
      ['', 'block = false', 'block = true', 'at_shutdown = "nothing"', 'block = true\nat_shutdown = "block"'].map(at),
      ['warn', 'warn', 'block', 'nothing', 'block'],
    );
    assert.throws(() => at('block = true\nat_shutdown = "warn"'), /check\.block says another thing/);
    assert.throws(() => at('at_shutdown = "stop"'), /line 2: check\.at_shutdown: expected .*, found "stop"/);
  });

  it('takes homes from where they are said to be, root’s from /root, and paths of any bytes', () => {
    const { declared } = configurationOf(
      `
      [persistence."/persist/"]
      directories = ["/srv/ä/", { directory_base64 = "L3Nydi/__w==" }]
      [persistence."/persist/".users.root]
      files = [".bash_history"]
      [persistence."/persist/".users.ann]
      home = "/data/ann"
      files = ["/absolute", "../x"]
    `.replace('L3Nydi/__w==', 'L3Nydi///w=='),
    );
    assert.deepEqual(
      declared.map(({ path, storage }) => [path, storage]),
      ['/srv/ä', '/srv/\xff\xff', '/root/.bash_history', '/absolute', '/data/x'].map((path) => [
        path.includes('ä') ? rawFromText(path) : path,
        '/persist',
      ]),
    );
  });

  it('says where each path is declared, and what declarations are for', () => {
    const read = (declaredBy: string) =>
      configurationOf(`
        [persistence."/persist"]
        ${declaredBy}
        directories = ["/a", { directory = "/b", method = "link", declared_by = "the sets of ebb" }]
        [persistence."/persist".users.ann]
        declared_by = "home.persistence"
        files = [".x"]
        [persistence."/other"]
        files = ["/etc/y"]
      `);
    const told = read('declared_by = "preservation"');
    assert.deepEqual(
      told.declared.map(({ path, declaredIn }) => [path, declaredIn]),
      [
        ['/a', 'preservation'],
        ['/b', 'the sets of ebb'],
        ['/home/ann/.x', 'home.persistence'],
        ['/etc/y', '/etc/ebb/config.toml'],
      ],
    );
    assert.equal(told.module, 'preservation');
    assert.equal(read('declared_by = "environment.persistence"').module, 'impermanence');
    assert.equal(read('').module, 'impermanence');
    const both = configurationOf(
      '[persistence."/a"]\ndeclared_by = "preservation"\n[persistence."/b"]\ndeclared_by = "environment.persistence"',
    );
    assert.equal(both.module, 'impermanence');
    assert.deepEqual(configurationOf('[persistence."/a"]\ndeclared_by = "preservation.preserveAt"').storages, ['/a']);
  });

  it('takes modes as mkdir and tmpfiles do, and tells of one that is none', () => {
    const modeOf = (mode: string) =>
      configurationOf(`[persistence."/p"]\ndirectories = [{ directory = "/a", mode = "${mode}" }]`).declared[0]?.owner
        .mode;
    assert.deepEqual(
      ['0750', '700', '02755', '~0755', ':1777', 'u=rwx,g=rx,o=', 'u=rwx,go=', 'g-w,o-rwx', 'u=rwX,g=u,o='].map(modeOf),
      ['0750', '0700', '2755', '0755', '1777', '0750', '0700', '0750', '0770'],
    );
    for (const mode of ['', '0888', 'u=q', 'rwxr-x---', '077777', '$(x)'])
      assert.throws(() => modeOf(mode), /directory \/a: .*is no mode/, mode);
  });

  const wrong: [what: string, text: string, says: RegExp][] = [
    ['is no TOML', 'root = [', /^line 1: /],
    [
      'has a key that nobody knows',
      '[root]\nfilesystem = "btrfs"\nsubvolum = "@root"',
      /^line 3: there is no key subvolum here$/,
    ],
    [
      'has a key that nobody knows in a path',
      '[persistence."/p"]\nfiles = [\n  { file = "/a", owner = "b" },\n]',
      /^line 3: there is no key owner here$/,
    ],
    [
      'has a value of the wrong kind',
      '[persistence."/persist"]\ndirectories = "/var/log"',
      /^line 2: persistence\.\/persist\.directories: expected Array, found "\/var\/log"$/,
    ],
    ['has an empty path', '[persistence."/persist"]\ndirectories = [""]', /empty path/],
    ['has a pattern that is none', '[ignore]\npaths = ["relative"]', /must begin with/],
    ...['/', '/*', '/**', '**/*', '/**/*/**'].map((all): [string, string, RegExp] => [
      `ignores all by ${all}`,
      `[ignore]\npaths = ["/var/log", "${all}"]`,
      /ignore\.paths: pattern ".*" is everything there is/,
    ]),
    [
      'names a filesystem that nobody knows',
      '[root]\nfilesystem = "zfs"',
      /^line 2: root\.filesystem: expected .*btrfs/,
    ],
  ];
  for (const [what, text, says] of wrong) {
    it(`that ${what} is refused, with what is wrong, in which file, and where it is described`, () => {
      assert.throws(
        () => configurationOf(text),
        (error) => error instanceof Mistake && says.test(error.message),
      );
      assert.throws(
        () => readConfiguration(filesWith(Buffer.from(text)), '/mnt' as RawPath),
        (error) =>
          error instanceof Failure &&
          error.message.startsWith('/mnt/etc/ebb/config.toml: ') &&
          says.test(error.message.replace('/mnt/etc/ebb/config.toml: ', '')) &&
          /docs/.test(error.hint ?? ''),
      );
    });
  }

  it('may be absent, and must be UTF-8', () => {
    assert.equal(readConfiguration(filesWith(undefined)).file, undefined);
    assert.throws(
      () => readConfiguration(filesWith(Uint8Array.of(0xff))),
      (error) => error instanceof Failure && error.message === '/etc/ebb/config.toml: it is not UTF-8',
    );
  });
});

/** A root with this configuration, and nothing else. */
function filesWith(content: Uint8Array | undefined): RootFiles {
  return {
    ...{
      readFile: () => content,
      listNames: () => undefined,
      listEntries: () => undefined,
      beginning: () => undefined,
      lstat: () => undefined,
      readLink: () => undefined,
    },
    ...{ digest: () => undefined, fingerprint: () => undefined },
    recognize: () => undefined,
    mayLook: () => true,
  };
}
