/** The virtual machine itself: what the other tests here rely on. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, Workplace } from '../support/workplace.ts';
import { makeInitramfs } from './support/initramfs.ts';
import { kernelOrReason } from './support/kernel.ts';
import { boot } from './support/machine.ts';

const kernel = kernelOrReason();

test('a power cut loses what was not written out, and nothing else', {
  skip: typeof kernel === 'string' ? kernel : false,
}, async () => {
  if (typeof kernel === 'string') return;
  const workplace = new Workplace();
  try {
    const disk = join(workplace.path, 'disk');
    run('truncate', ['-s', '64M', disk]);
    run('mkfs.ext4', ['-q', disk]);
    const initramfs = join(workplace.path, 'initramfs');
    const script = 'mount /dev/vda /mnt; touch /mnt/kept; sync; touch /mnt/lost; echo now; sleep 600';
    makeInitramfs(initramfs, { kernel, modules: [], script });
    const files = { initramfs, console: join(workplace.path, 'console'), disks: [{ file: disk }] };
    const { console, status } = await boot({ kernel, ...files, seconds: 120, cutAt: 'now' });
    assert.match(console, /now/);
    assert.equal(status, undefined, console);
    const top = workplace.make('top');
    workplace.mount(['-o', 'loop', disk], top);
    assert.deepEqual(readdirSync(top).sort(), ['kept', 'lost+found']);
  } finally {
    workplace.close();
  }
});
