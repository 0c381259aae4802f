/** The units of the boot, as systemd reads them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { has, Workplace } from '../support/workplace.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const units = join(repository, 'boot/units');

test('systemd finds nothing wrong with the units', {
  skip: has('systemd-analyze') ? false : 'systemd-analyze is not installed',
}, () => {
  const workplace = new Workplace();
  try {
    for (const kind of ['initrd', 'system']) {
      const directory = workplace.make(kind);
      const names = readdirSync(join(units, kind)).filter((name) => !name.endsWith('.d'));
      for (const name of names) {
        // It looks for the programs too, which are not installed here.
        const text = readFileSync(join(units, kind, name), 'utf8')
          .replaceAll('/usr/lib/ebb/', join(repository, 'boot/'))
          .replaceAll('=ebb ', `=${join(repository, 'ebb')} `);
        writeFileSync(join(directory, name), text);
      }
      const files = names.map((name) => join(directory, name));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8' });
      const about = stderr.split('\n').filter((line) => /ebb-|\bebb\b/.test(line));
      assert.deepEqual([status, about], [0, []], stderr);
    }
  } finally {
    workplace.close();
  }
});

const generator = ['/usr/lib/systemd', '/lib/systemd']
  .map((directory) => `${directory}/system-generators/systemd-fstab-generator`)
  .find(existsSync);

test('the root is reset when its filesystem has been checked, and before it is mounted', {
  skip: generator === undefined ? 'systemd is not installed' : false,
}, () => {
  const workplace = new Workplace();
  try {
    const directory = workplace.make('initrd');
    // What systemd makes in the initrd of a root that fsck(8) looks at.
    spawnSync(generator as string, [directory, directory, directory], {
      env: {
        SYSTEMD_IN_INITRD: '1',
        SYSTEMD_SYSROOT_FSTAB: '/dev/null',
        SYSTEMD_PROC_CMDLINE: 'root=/dev/disk/by-label/nixos rootfstype=ext4 rw',
      },
    });
    const words = (file: string, key: string): string[] =>
      [...readFileSync(file, 'utf8').matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].flatMap(([, value = '']) =>
        value.split(' '),
      );
    const mount = join(directory, 'sysroot.mount');
    const checks = words(mount, 'After').filter((name) => existsSync(join(directory, name)));
    assert.deepEqual(checks, ['systemd-fsck-root.service']);
    const reset = join(units, 'initrd/ebb-reset.service');
    assert.deepEqual(
      checks.filter((check) => !words(reset, 'After').includes(check)),
      [],
    );
    assert.ok(words(reset, 'Before').includes('sysroot.mount'));
  } finally {
    workplace.close();
  }
});
