/**
 * What a machine gets of ebb's, as files that a person can read: test/nix/golden. EBB_UPDATE_GOLDEN=1 writes them anew. They
 * are the same with both libs, and with the real modules that persist as with their stubs; and they are used: the
 * configuration is read by ebb, the settings of the reset by a shell, the units by systemd.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { configurationOf } from '../../src/linux/configuration.ts';
import { minimalLib, withoutNix } from '../support/nix-evaluation.ts';
import {
  type ExampleHost,
  forEachLibOfHosts,
  golden,
  type HostName,
  hostNames,
  hostsWith,
  type Persisted,
} from '../support/nixos-examples.ts';
import { withoutSystemd } from '../support/systemd-analyze.ts';
import { Workplace } from '../support/workplace.ts';

const repository = join(import.meta.dirname, '../..');

function filesOf({ files, persisted }: ExampleHost): Record<string, string> {
  return { ...files, 'declaration.json': `${JSON.stringify(persisted, null, 2)}\n` };
}

function read(name: HostName): Record<string, string> {
  const directory = join(golden, name);
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(directory.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

function write(name: HostName, files: Record<string, string>): void {
  rmSync(join(golden, name), { recursive: true, force: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(golden, name, file)), { recursive: true });
    writeFileSync(join(golden, name, file), text);
  }
}

if (process.env['EBB_UPDATE_GOLDEN'] === '1' && withoutNix === false) {
  const hosts = hostsWith(minimalLib);
  for (const name of hostNames) write(name, filesOf(hosts[name]));
}

forEachLibOfHosts('each host gets the files of test/nix/golden', (hosts) => {
  const directories = readdirSync(golden, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(directories.map((entry) => entry.name).sort(), [...hostNames].sort());
  for (const name of hostNames) assert.deepEqual(filesOf(hosts[name]), read(name), name);
});

const declared = ({
  kind,
  path,
  storage,
  home,
  hidden,
  method,
}: Omit<Persisted, 'inInitrd' | 'from' | 'group' | 'mode' | 'user'>) =>
  `${kind} ${path} in ${storage} of ${home?.user ?? 'the system'} ${method}${hidden ? ' hidden' : ''}`;

for (const name of hostNames) {
  const files = read(name);

  test(`${name}: ebb reads its configuration, and finds all that is declared`, () => {
    const configuration = configurationOf(files['config.toml'] as string);
    const persisted = JSON.parse(files['declaration.json'] as string) as Persisted[];
    // One storage hides all of its mounts, or none.
    const hiding = new Set(persisted.filter(({ hidden }) => hidden).map(({ storage }) => storage));
    assert.deepEqual(
      configuration.declared.map((one) => declared({ ...one, home: one.home ?? null })).sort(),
      persisted.map((one) => declared({ ...one, hidden: hiding.has(one.storage) })).sort(),
    );
    for (const { path, user } of persisted) {
      const owner = configuration.declared.find((one) => one.path === path)?.owner.user;
      if (user !== null) assert.equal(owner, user, path);
    }
  });
}

/** What is read in the initrd, by name; undefined where nothing is reset there. */
const settings: Readonly<Record<HostName, Readonly<Record<string, string>> | undefined>> = {
  btrfs: { DEVICE: '/dev/mapper/root', FILESYSTEM: 'btrfs', OPTIONS: 'compress=zstd,noatime' },
  ext4: { DEVICE: '/dev/disk/by-label/nixos', FILESYSTEM: 'directory', TYPE: 'ext4', OPTIONS: '' },
  h001: { DEVICE: '/dev/disk/by-label/nixos', FILESYSTEM: 'btrfs', OPTIONS: 'compress=zstd,noatime' },
  h002: undefined,
  h003: { DEVICE: '/dev/mapper/cryptroot', FILESYSTEM: 'btrfs', OPTIONS: 'compress=zstd,noatime' },
  juni: {
    DEVICE: [
      'nvme-Samsung_SSD_990_PRO_2TB_S7KHNX0W100001-part2',
      'nvme-Samsung_SSD_990_PRO_2TB_S7KHNX0W100002',
      'ata-ST8000VN004-3CP101_WRQ00001',
      'ata-ST8000VN004-3CP101_WRQ00002',
      'ata-ST8000VN004-3CP101_WRQ00003',
    ]
      .map((device) => `/dev/disk/by-id/${device}`)
      .join(':'),
    FILESYSTEM: 'bcachefs',
    OPTIONS: 'degraded',
  },
  l001: { DEVICE: '/dev/disk/by-label/nixos', FILESYSTEM: 'btrfs', OPTIONS: 'compress=zstd,noatime' },
  o001: {
    DEVICE: '/dev/disk/by-label/nixos',
    FILESYSTEM: 'btrfs',
    OPTIONS: 'compress=zstd,noatime',
    ON_FAILURE: 'halt',
  },
  tmpfs: undefined,
};
const usual = {
  BLANK: '',
  NIX: '@nix',
  OLD_ROOTS: '@snapshots/old_roots',
  ON_FAILURE: 'boot',
  ROOT: '@root',
  STORAGE: '@persist',
};

test('a shell reads the settings of the reset', () => {
  for (const name of hostNames) {
    const file = join(golden, name, 'reset.env');
    const wanted = settings[name];
    if (wanted === undefined) {
      assert.equal(read(name)['reset.env'], undefined, name);
      continue;
    }
    const { stdout } = spawnSync('sh', ['-c', 'set -a; . "$0"; env -0', file], { env: {}, encoding: 'utf8' });
    const values = stdout.split('\0').flatMap((line) => {
      const [, key, value] = /^EBB_(\w+)=(.*)$/s.exec(line) ?? [];
      return key === undefined ? [] : [[key, value] as const];
    });
    assert.deepEqual(Object.fromEntries(values), { ...usual, ...wanted }, name);
  }
});

/** A top level as the examples say to make it, with a root that has something in it. */
function topLevel(workplace: Workplace): string {
  const top = workplace.make('top');
  for (const name of ['@root/etc', '@nix', '@persist/etc', '@snapshots'])
    mkdirSync(join(top, name), { recursive: true });
  return top;
}

function reset(name: HostName, top: string, ...more: string[]): string {
  const { status, stdout, stderr } = spawnSync(
    'sh',
    [join(repository, 'boot/reset-root'), '--root', top, '--boot-id', 'next', ...more],
    { env: { PATH: process.env['PATH'], EBB_ENV: join(golden, name, 'reset.env') }, encoding: 'utf8' },
  );
  assert.equal(status, 0, `${name}: ${stderr}`);
  return stdout.replaceAll(`${top}/`, '');
}

test('the reset does with these settings what it is for', () => {
  const workplace = new Workplace();
  try {
    for (const name of hostNames) {
      const wanted = settings[name];
      if (wanted === undefined) continue;
      const filesystem = wanted['FILESYSTEM'];
      const made = filesystem === 'directory' ? 'mkdir' : `${filesystem} subvolume create`;
      const steps = reset(name, topLevel(workplace), '--dry-run');
      assert.match(steps, new RegExp(`^would: ${made} @root.part$`, 'm'), name);
      assert.match(steps, /^would: mv -T @root @snapshots\/old_roots\/[-0-9_]+$/m, name);
    }
    const top = topLevel(workplace);
    reset('ext4', top);
    assert.deepEqual(readdirSync(join(top, '@root')), ['.ebb']);
    const [old] = readdirSync(join(top, '@snapshots/old_roots'));
    assert.deepEqual(readdirSync(join(top, '@snapshots/old_roots', old as string)).sort(), ['.ebb', 'etc']);
  } finally {
    workplace.close();
  }
});

/** The unit with programs that are there in the place of those of the store. */
function withPrograms(unit: string): string {
  return unit
    .replaceAll(/(\/nix\/store\/e{32}-ebb\/lib|\/etc)\/ebb\/(?=[a-z-]+$)/gm, `${join(repository, 'boot')}/`)
    .replaceAll(/\/nix\/store\/e{32}-ebb\/bin\/ebb/g, join(repository, 'ebb'))
    .replaceAll(/\/nix\/store\/e{32}-coreutils\/bin\//g, '/bin/');
}

test('systemd finds nothing wrong with the units', { skip: withoutSystemd }, () => {
  const workplace = new Workplace();
  try {
    for (const name of hostNames) {
      const files = read(name);
      for (const kind of ['units', 'initrd-units']) {
        const directory = workplace.make(kind);
        const units = Object.keys(files).filter((file) => dirname(file) === kind && basename(file) !== 'links');
        for (const unit of units) writeFileSync(join(directory, basename(unit)), withPrograms(files[unit] as string));
        if (units.length === 0) continue;
        const paths = units.map((unit) => join(directory, basename(unit)));
        const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8' });
        const about = stderr.split('\n').filter((line) => /ebb/.test(line));
        assert.deepEqual([status, about], [0, []], `${name}: ${stderr}`);
      }
    }
  } finally {
    workplace.close();
  }
});

test('what mounts the root waits for the reset, and a halt makes it need it', () => {
  for (const name of hostNames) {
    const { 'initrd-units/links': links } = read(name);
    const wanted = settings[name];
    const need = wanted?.['ON_FAILURE'] === 'halt' ? 'requires' : 'wants';
    assert.equal(links, wanted === undefined ? undefined : `sysroot.mount.${need}/ebb-reset.service\n`, name);
  }
});
