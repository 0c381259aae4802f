import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupPathIn, placeOfCgroup, writerText } from '../../src/core/writers/writer.ts';

const id = '0123456789abcdef'.repeat(4);

const places: readonly (readonly [string, ReturnType<typeof placeOfCgroup>])[] = [
  ['/system.slice/forgejo.service', { kind: 'unit', name: 'forgejo.service' }],
  [
    '/system.slice/system-postgresql.slice/postgresql@15-main.service',
    { kind: 'unit', name: 'postgresql@15-main.service' },
  ],
  // A service may make groups of its own below its unit.
  ['/system.slice/systemd-udevd.service/udev', { kind: 'unit', name: 'systemd-udevd.service' }],
  ['/system.slice/dbus-broker.service', { kind: 'unit', name: 'dbus-broker.service' }],
  ['/system.slice/srv-data\\x2dset.mount', { kind: 'unit', name: 'srv-data-set.mount' }],
  ['/system.slice/my\\x2dapp.service', { kind: 'unit', name: 'my-app.service' }],
  [
    '/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service',
    { kind: 'user-unit', name: 'syncthing.service', uid: 1000 },
  ],
  ['/user.slice/user-1000.slice/user@1000.service/init.scope', { kind: 'unit', name: 'user@1000.service' }],
  ['/user.slice/user-1000.slice/session-4.scope', { kind: 'session', uid: 1000 }],
  ['/user.slice/user-0.slice/session-c1.scope', { kind: 'session', uid: 0 }],
  [
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-2211.scope',
    { kind: 'application', name: 'firefox', uid: 1000 },
  ],
  [
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-flatpak-org.mozilla.firefox-3366.scope',
    { kind: 'application', name: 'org.mozilla.firefox', uid: 1000 },
  ],
  [
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.kde.kate-77.scope',
    { kind: 'application', name: 'org.kde.kate', uid: 1000 },
  ],
  [
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Evolution@0b1.service',
    { kind: 'application', name: 'org.gnome.Evolution', uid: 1000 },
  ],
  ['/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-4f0e.scope', { kind: 'session', uid: 1000 }],
  [`/machine.slice/libpod-${id}.scope/container`, { kind: 'container', engine: 'podman', id, uid: undefined }],
  [
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`,
    { kind: 'container', engine: 'podman', id, uid: 1000 },
  ],
  [`/system.slice/docker-${id}.scope`, { kind: 'container', engine: 'docker', id, uid: undefined }],
  [`/docker/${id}`, { kind: 'container', engine: 'docker', id, uid: undefined }],
  // A unit that runs one container is what a person knows it by.
  [`/system.slice/web.service/libpod-payload-${id}`, { kind: 'unit', name: 'web.service' }],
  [
    `/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`,
    { kind: 'container', engine: 'kubernetes', id, uid: undefined },
  ],
  [
    '/machine.slice/machine-fedora.scope/payload/system.slice/nginx.service',
    { kind: 'container', engine: 'machine', id: 'fedora', uid: undefined },
  ],
  [
    '/machine.slice/systemd-nspawn@debian.service/payload',
    { kind: 'container', engine: 'machine', id: 'debian', uid: undefined },
  ],
  [
    '/machine.slice/container@web.service/payload/system.slice/nginx.service',
    { kind: 'container', engine: 'machine', id: 'web', uid: undefined },
  ],
  ['/lxc.payload.mail/init.scope', { kind: 'container', engine: 'lxc', id: 'mail', uid: undefined }],
  ['/init.scope', { kind: 'none' }],
  ['/', { kind: 'none' }],
  ['', { kind: 'none' }],
  ['/something/else', { kind: 'none' }],
];

test('a control group says whose processes are in it, as systemd and the engines of containers name them', () => {
  for (const [path, place] of places) assert.deepEqual(placeOfCgroup(path), place, path);
});

test('/proc/PID/cgroup is read with the unified hierarchy, with the old ones, and with both', () => {
  assert.equal(cgroupPathIn('0::/system.slice/a.service\n'), '/system.slice/a.service');
  const old = '3:cpu,cpuacct:/b\n1:name=systemd:/system.slice/a.service\n';
  assert.equal(cgroupPathIn(old), '/system.slice/a.service');
  assert.equal(cgroupPathIn(`${old}0::/\n`), '/system.slice/a.service');
  assert.equal(cgroupPathIn(`${old}0::/system.slice/c.service\n`), '/system.slice/c.service');
  assert.equal(cgroupPathIn('1:name=systemd:/\n0::/\n'), '/');
  assert.equal(cgroupPathIn('0::/system.slice/a.service (deleted)\n'), '/system.slice/a.service');
  // A colon is nothing special in a name.
  assert.equal(cgroupPathIn('0::/a:b\n'), '/a:b');
  assert.equal(cgroupPathIn('4:memory:/x\n'), undefined);
  assert.equal(cgroupPathIn(''), undefined);
});

test('writers are called as a person knows them', () => {
  const told = (kind: Parameters<typeof writerText>[0]['kind'], name: string, user?: string) =>
    writerText({ kind, name, user });
  assert.equal(told('unit', 'forgejo.service'), 'forgejo.service');
  assert.equal(told('user-unit', 'syncthing.service', 'josh'), 'syncthing.service of josh');
  assert.equal(told('session', 'vim', 'josh'), 'vim (session of josh)');
  assert.equal(told('container', 'web'), 'container web');
  assert.equal(told('process', 'cron'), 'cron (no unit)');
  assert.equal(told('unknown', ''), 'not seen who');
});
