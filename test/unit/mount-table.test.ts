import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fateOf, type Mount, MountTable, parseMountInfo } from '../../src/core/mount-table.ts';
import type { RawPath } from '../../src/core/rawpath.ts';

function mount(id: number, parentId: number, point: string, facts: Partial<Mount> = {}): Mount {
  return {
    ...{ id, parentId, point: point as RawPath, device: '0:20', subtree: '/' as RawPath, filesystem: 'ext4' },
    ...{ source: '/dev/sda1', superOptions: 'rw' },
    ...facts,
  };
}

/** As the kernel writes it: mangle() of fs/proc_namespace.c. */
function escaped(raw: string): string {
  return raw.replace(/[ \t\n\\#]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

describe('the mount table', () => {
  it('is read from lines with and without optional fields', () => {
    const text = [
      '26 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard',
      '36 26 0:32 /@persist /persist rw,noatime shared:7 master:1 - btrfs /dev/sda2 rw,subvolid=257,subvol=/@persist',
      '37 26 0:33 / /nameless rw - tmpfs  rw',
      '',
      'not a line of a mount table',
    ].join('\n');
    const mounts = parseMountInfo(text);
    assert.deepEqual(
      mounts.map(({ point, source }) => `${point} ${source}`),
      ['/ /dev/vda', '/persist /dev/sda2', '/nameless '],
    );
    assert.deepEqual(mounts[1], {
      ...{ id: 36, parentId: 26, device: '0:32', subtree: '/@persist', point: '/persist', filesystem: 'btrfs' },
      ...{ source: '/dev/sda2', superOptions: 'rw,subvolid=257,subvol=/@persist' },
    });
  });

  it('gives back any mount point, subtree and source that the kernel escaped', () => {
    const raw = fc
      .array(fc.oneof(fc.constantFrom(0x20, 0x09, 0x0a, 0x5c, 0x23, 0x2d, 0x30), fc.integer({ min: 1, max: 255 })))
      .map((bytes) => String.fromCharCode(...bytes));
    fc.assert(
      fc.property(raw, raw, raw, (point, subtree, source) => {
        const text = `36 26 0:32 /${escaped(subtree)} /${escaped(point)} rw - tmpfs s${escaped(source)} rw\n`;
        const [read] = parseMountInfo(text);
        assert.deepEqual([read?.point, read?.subtree, read?.source], [`/${point}`, `/${subtree}`, `s${source}`]);
      }),
    );
  });

  it('of this machine has a root, and every mount point lies on the mount that is there', () => {
    const table = new MountTable(parseMountInfo(readFileSync('/proc/self/mountinfo', 'latin1')));
    assert.equal(table.root()?.point, '/');
    assert.ok(table.mounts.length > 1);
  });

  it('finds the mount that a path lies on: the deepest, the last one of a stack, never a prefix of a name', () => {
    const table = new MountTable([
      mount(1, 0, '/'),
      mount(2, 1, '/var/lib'),
      mount(3, 2, '/var/lib/app'),
      mount(4, 1, '/srv'),
      mount(5, 4, '/srv'),
      mount(6, 1, '/tmp'),
    ]);
    const on = (path: string) => table.of(path as RawPath)?.id;
    assert.equal(on('/'), 1);
    assert.equal(on('/var'), 1);
    assert.equal(on('/var/lib'), 2);
    assert.equal(on('/var/lib-old'), 1);
    assert.equal(on('/var/lib/app/x'), 3);
    assert.equal(on('/var/lib/app-old'), 2);
    assert.equal(on('/srv/x'), 5);
    assert.equal(on('/tmpfile'), 1);
  });

  it('does not find a mount that lies below another one that came over it', () => {
    const table = new MountTable([mount(1, 0, '/'), mount(2, 1, '/a/b'), mount(3, 1, '/a')]);
    assert.equal(table.of('/a/b/c' as RawPath)?.id, 3);
  });

  it('takes the topmost of several mounts at / for the root', () => {
    const table = new MountTable([mount(1, 1, '/', { filesystem: 'rootfs' }), mount(2, 1, '/'), mount(3, 2, '/home')]);
    assert.equal(table.root()?.id, 2);
    assert.equal(table.of('/home/x' as RawPath)?.id, 3);
  });
});

describe('the fate of what is written through a mount', () => {
  const root = mount(1, 0, '/', { device: '0:30', subtree: '/@root' as RawPath, filesystem: 'btrfs' });
  const fate = (facts: Partial<Mount>) => fateOf(mount(9, 1, '/x', facts), root);

  it('is that of the root for the root, and for bind mounts and nested subvolumes of it', () => {
    assert.equal(fateOf(root, root), 'root');
    assert.equal(fate({ device: '0:30', filesystem: 'btrfs', subtree: '/@root/var/lib' as RawPath }), 'root');
    assert.equal(fate({ device: '0:30', filesystem: 'btrfs', subtree: '/@root' as RawPath }), 'root');
  });

  it('is persistent on other subvolumes of the same device, however alike their names', () => {
    assert.equal(fate({ device: '0:30', filesystem: 'btrfs', subtree: '/@root-old' as RawPath }), 'persistent');
    assert.equal(fate({ device: '0:30', filesystem: 'btrfs', subtree: '/@persist' as RawPath }), 'persistent');
    assert.equal(fate({ device: '0:31', filesystem: 'ext4' }), 'persistent');
  });

  it('is to be gone with the power in memory, and nobody’s in the kernel’s own filesystems', () => {
    for (const filesystem of ['tmpfs', 'ramfs', 'devtmpfs']) assert.equal(fate({ filesystem }), 'volatile');
    for (const filesystem of ['proc', 'sysfs', 'cgroup2', 'autofs']) assert.equal(fate({ filesystem }), 'kernel');
    assert.equal(
      fate({ filesystem: 'overlay', superOptions: 'rw,lowerdir=/a,upperdir=/run/x,workdir=/w' }),
      'volatile',
    );
    assert.equal(fate({ filesystem: 'overlay', superOptions: 'rw,lowerdir=/a,upperdir=/var/x' }), 'persistent');
  });

  it('is, of an overlay, that of the directory which it is written to, also by the name that the initrd had for it', () => {
    const table = new MountTable([
      root,
      mount(2, 1, '/persist', { device: '0:31' }),
      mount(3, 1, '/srv/mem', { filesystem: 'tmpfs' }),
    ]);
    const fateOn = (options: string) =>
      fateOf(
        mount(9, 1, '/etc', { filesystem: 'overlay', superOptions: `rw,lowerdir=/a::/b,${options}` }),
        root,
        table,
      );
    assert.equal(fateOn('upperdir=/sysroot/.rw-etc/upper,workdir=/sysroot/.rw-etc/work'), 'root');
    assert.equal(fateOn('upperdir=/.rw-etc/upper,workdir=/.rw-etc/work'), 'root');
    assert.equal(fateOn('upperdir=/persist/etc,workdir=/persist/work'), 'persistent');
    assert.equal(fateOn('upperdir=/srv/mem/etc'), 'volatile');
    assert.equal(fateOn('redirect_dir=on'), 'persistent');
  });
});
