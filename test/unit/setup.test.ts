/** What `ebb init` decides: where the root lies, what is to be installed, and what may be taken away again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failure } from '../../src/core/failure.ts';
import { type Installed, type Present, planInstallation, planRemoval } from '../../src/core/installation.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { type LayoutChoices, layoutOf, type SetupFacts } from '../../src/core/setup.ts';
import { configurationText } from '../../src/core/setup-configuration.ts';
import { type SetupOptions, setupFiles, type Wanted } from '../../src/core/setup-files.ts';
import { enablingLinks, mountUnitName } from '../../src/core/systemd-unit.ts';
import { configurationOf } from '../../src/linux/configuration.ts';

const path = (text: string): RawPath => text as RawPath;

const facts: SetupFacts = {
  root: { filesystem: 'btrfs', subtree: path('/@root'), device: '/dev/disk/by-uuid/1-2' },
  commandLine: 'root=UUID=1-2 ro rootflags=subvol=@root quiet',
  ...{
    isNixos: false,
    hasSystemd: true,
    initrdTools: ['dracut'],
    isFresh: false,
    storage: undefined,
    storageMounter: undefined,
    hidesStorage: false,
  },
  ...{ hasBootMount: false, installedEbb: path('/usr/bin/ebb'), launcher: undefined },
};
const choices: LayoutChoices = {
  ...{ target: undefined, device: undefined, oldRoots: '@snapshots/old_roots', blank: '@blank' },
  ...{ storage: path('/persist'), onFailure: 'boot' },
};
const refused = (message: RegExp) => (error: unknown) => error instanceof Failure && message.test(error.message);

test('the layout of a root in a subvolume, and what its initrd is made by', () => {
  const layout = layoutOf(facts, choices);
  assert.deepEqual(
    [layout.filesystem, layout.root, layout.storageAt, layout.mountsStorage, layout.target],
    ['btrfs', '@root', '@persist', true, 'dracut'],
  );
  const mounted = layoutOf(
    { ...facts, storageMounter: 'fstab', storage: { subtree: path('/@keep'), isOnDevice: true } },
    choices,
  );
  assert.deepEqual([mounted.storageAt, mounted.mountsStorage], ['@keep', false]);
  const elsewhere = layoutOf(
    { ...facts, storageMounter: 'unit', storage: { subtree: path('/'), isOnDevice: false } },
    choices,
  );
  const byHand = layoutOf({ ...facts, storage: { subtree: path('/@keep'), isOnDevice: true } }, choices);
  assert.deepEqual([byHand.storageAt, byHand.mountsStorage], ['@keep', true]);
  assert.deepEqual([elsewhere.storageAt, elsewhere.mountsStorage], [undefined, false]);
  const ext4 = { ...facts, root: { ...facts.root, filesystem: 'ext4' }, commandLine: 'quiet' };
  assert.deepEqual([layoutOf(ext4, choices).filesystem, layoutOf(ext4, choices).type], ['directory', 'ext4']);
});

test('what cannot be reset is refused', () => {
  const cases: [Partial<SetupFacts>, RegExp][] = [
    [{ isNixos: true }, /NixOS/],
    [{ hasSystemd: false }, /no systemd/],
    [{ root: { ...facts.root, filesystem: 'tmpfs' } }, /a tmpfs/],
    [{ root: { ...facts.root, subtree: path('/') } }, /top level of its btrfs/],
    [{ commandLine: 'quiet' }, /does not name @root/],
    [{ commandLine: 'rootflags=subvol=@root rootflags=subvol=@other' }, /does not name/],
    [{ commandLine: 'rootflags=subvol=@rootfs' }, /does not name/],
    [{ commandLine: 'rootflags=subvol=@root,subvolid=256' }, /does not name/],
    [{ storage: { subtree: path('/@root/persist'), isOnDevice: true } }, /lies in it/],
    [{ storage: { subtree: path('/'), isOnDevice: true } }, /holds the root/],
    [{ initrdTools: [] }, /not known/],
    [{ storageMounter: 'fstab' }, /nothing is mounted there/],
    [{ storage: { subtree: path('/'), isOnDevice: false } }, /nothing mounts \/persist at boot/],
    [{ hidesStorage: true }, /would be hidden/],
    [{ installedEbb: undefined }, /start ebb/],
    [{ root: { ...facts.root, device: 'overlay' } }, /no device/],
  ];
  for (const [change, message] of cases) {
    assert.throws(() => layoutOf({ ...facts, ...change }, choices), refused(message), String(message));
  }
  layoutOf({ ...facts, commandLine: 'rootflags=noatime,subvol=/@root' }, choices);
});

test('no name gets more into a file than a name', () => {
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(name, name, name, (root, device, blank) => {
      let layout: ReturnType<typeof layoutOf>;
      try {
        const changed = { ...facts, root: { ...facts.root, filesystem: 'ext4', subtree: path(`/${root}`) } };
        layout = layoutOf(changed, { ...choices, device: `/dev/${device}`, blank });
      } catch (error) {
        assert.ok(error instanceof Failure);
        return;
      }
      const files = setupFiles(layout, [], { atShutdown: 'block', ebbLink: undefined, table: '', configuration: '' });
      for (const one of files) {
        const content = one.kind === 'file' ? one.content : one.target;
        assert.match(content, /^[\w\s@:.+/='#,"[\]()-]*$/);
      }
      const settings = files.find(({ path: at }) => at === '/etc/ebb/reset.env');
      assert.ok(settings?.kind === 'file');
      for (const line of settings.content.split('\n').slice(1, -1)) assert.match(line, /^EBB_[A-Z_]+='[^']*'$/);
    }),
  );
});

test('what a shutdown is not asked about is not installed', () => {
  const shipped = [
    'ebb-check-shutdown.service',
    'session-.scope.d/ebb-check-shutdown.conf',
    'ebb-hold-shutdown.service',
  ];
  const installed = (atShutdown: SetupOptions['atShutdown']): number => {
    const files = shipped.map((name) => ({ name: `units/system/${name}`, content: '', isExecutable: false }));
    const options = { atShutdown, ebbLink: undefined, table: '', configuration: undefined };
    return setupFiles(layoutOf(facts, choices), files, options).filter(({ path: at }) => /shutdown/.test(at)).length;
  };
  assert.deepEqual([installed('nothing'), installed('warn'), installed('block')], [0, 2, 3]);
});

test('the configuration that is written is read as it was meant', () => {
  const layout = layoutOf(facts, choices);
  const declared = [
    { path: path('/var/lib/a "b" \\c'), kind: 'directory' as const },
    { path: path('/etc/machine-id'), kind: 'file' as const },
  ];
  const read = configurationOf(configurationText(layout, layout.storage, declared));
  assert.deepEqual(read.root, {
    ...{ filesystem: 'btrfs', device: facts.root.device, subvolume: '@root', oldRoots: '@snapshots/old_roots' },
    ...{ blank: '@blank', onFailure: 'boot' },
  });
  assert.deepEqual(
    read.declared.map(({ path: at, kind }) => ({ path: at, kind })),
    declared,
  );
  for (const name of ['/srv/a\nb', '/srv/\xff', '/srv/\u0000'])
    assert.throws(
      () => configurationText(layout, layout.storage, [{ path: path(name), kind: 'file' }]),
      refused(/no such name/),
    );
});

test('units are enabled as their [Install] sections say', () => {
  assert.deepEqual(
    enablingLinks('a.service', '[Unit]\nWantedBy=x\n[Install]\nWantedBy=b.target c.target\nRequiredBy=d.target\n'),
    [...['b.target.wants/a.service', 'c.target.wants/a.service', 'd.target.requires/a.service']],
  );
  assert.deepEqual(enablingLinks('a.service', '[Unit]\nDescription=none\n'), []);
  // As `systemd-escape --path --suffix=mount` gives them.
  assert.equal(mountUnitName('/persist'), 'persist.mount');
  assert.equal(mountUnitName('/mnt/my-data/@p.x'), 'mnt-my\\x2ddata-\\x40p.x.mount');
});

const digestOf = (content: string): string => `digest of ${content}`;
const wanted: Wanted = { kind: 'file', path: path('/usr/lib/ebb/x'), part: 'reset', content: 'new', mode: 0o644 };
const there = (content: string, mode = 0o644): Present => ({ kind: 'file', digest: digestOf(content), mode });

test('only what ebb put there is replaced', () => {
  const action = (present: Present, installed?: Installed): string | undefined =>
    planInstallation([wanted], () => present, installed, digestOf)[0]?.action;
  const own: Installed = {
    target: 'dracut',
    copied: new Set(),
    entries: new Map([[wanted.path, { part: 'reset', digest: digestOf('old') }]]),
  };
  assert.equal(action({ kind: 'absent' }), 'create');
  assert.equal(action(there('new')), 'same');
  assert.equal(action(there('new', 0o600)), 'replace');
  assert.equal(action(there('old')), 'conflict');
  assert.equal(action(there('old'), own), 'replace');
  assert.equal(action(there('changed'), own), 'conflict');
  for (const kind of ['directory', 'other'] as const) assert.equal(action({ kind }, own), 'conflict');
  assert.equal(action({ kind: 'link', target: 'new' }, own), 'conflict');
});

test('only what ebb put there, and nobody has changed, is taken away; what persisted paths need is not', () => {
  const installed: Installed = {
    target: 'dracut',
    copied: new Set(),
    entries: new Map([
      [path('/a'), { part: 'reset', digest: digestOf('a') }],
      [path('/b'), { part: 'reset', link: '../b' }],
      [path('/c'), { part: 'persistence', digest: digestOf('c') }],
      [path('/d'), { part: 'reset', digest: digestOf('d') }],
    ]),
  };
  const presents: Record<string, Present> = {
    '/a': there('changed'),
    '/b': { kind: 'link', target: '../b' },
    '/c': there('c'),
  };
  const actions = (keeps: boolean): string[] =>
    planRemoval(installed, (at) => presents[at] ?? { kind: 'absent' }, keeps).map(({ action }) => action);
  assert.deepEqual(actions(true), ['changed', 'remove', 'needed', 'gone']);
  assert.deepEqual(actions(false), ['changed', 'remove', 'remove', 'gone']);
});
