/** Which backend a filesystem gets. */
import assert from 'node:assert/strict';
import { closeSync, constants, openSync } from 'node:fs';
import { test } from 'node:test';
import { backendOf } from '../../src/backends/choose.ts';
import { Syscalls } from '../../src/linux/system/syscalls.ts';

const calls = Syscalls.load();

test('roots on bcachefs are directories where the kernel does not tell its subvolumes apart', {
  skip: calls === undefined ? 'no system calls here' : false,
}, () => {
  if (calls === undefined) return;
  // Of this one no kernel tells a subvolume, as those before Linux 6.10 do of none.
  const fd = openSync('/proc', constants.O_DIRECTORY);
  try {
    const { name, supports } = backendOf('bcachefs', fd, calls);
    assert.equal(name, 'directory');
    assert.deepEqual(supports, { snapshots: false, exclusiveBytes: false });
  } finally {
    closeSync(fd);
  }
});
