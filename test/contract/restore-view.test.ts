/** What a plan of a restore sees of a tree that others change meanwhile. */
import assert from 'node:assert/strict';
import { mkdirSync, openSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { RawPath } from '../../src/core/rawpath.ts';
import { BELOW_SOURCE, RestoreView } from '../../src/linux/old-roots/restore-view.ts';
import { Syscalls } from '../../src/linux/system/syscalls.ts';
import { WriteCalls } from '../../src/linux/system/write-calls.ts';
import { Workplace } from '../support/workplace.ts';

const workplace = new Workplace();
after(() => workplace.close());

test('a directory that is deleted between its opening and its reading holds nothing', () => {
  const calls = Syscalls.load();
  const write = WriteCalls.load();
  assert.ok(calls !== undefined && write !== undefined);
  const root = workplace.make();
  mkdirSync(join(root, 'busy'));
  const list = write.list.bind(write);
  write.list = (fd, take) => {
    rmdirSync(join(root, 'busy'));
    return list(fd, take);
  };
  const view = new RestoreView(calls, write, openSync(root, 'r'), BELOW_SOURCE);
  assert.equal(view.list('/busy' as RawPath).entries.size, 0);
});
