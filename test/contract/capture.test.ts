/** Captures on each filesystem that may keep them: what did not change is stored once, and is as it was. */
import assert from 'node:assert/strict';
import {
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { CaptureReport } from '../../src/core/capture.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { capture } from '../../src/usecases/capture.ts';
import { places } from '../support/old-roots-place.ts';
import { machine } from '../support/test-host.ts';
import { isRoot, run, Workplace } from '../support/workplace.ts';

const MEGABYTE = 1_000_000;

function captureOf(root: string, directory: string): Promise<CaptureReport> {
  const asked = { root: root as RawPath, oldRoots: directory as RawPath, maxSize: undefined };
  return capture({ ...asked, ending: false, dryRun: false }, { machine: machine(), progress: () => {} });
}

function freeOn(directory: string): number {
  run('sync', ['-f', directory]);
  const { bfree, bsize } = statfsSync(directory);
  return bfree * bsize;
}

for (const kind of places) {
  // Captures are for tmpfs roots: these are the filesystems that persistent storage is on.
  if (kind.kind === 'directory') continue;
  describe(`captures on ${kind.kind}`, { skip: isRoot ? (kind.unavailable ?? false) : 'only root may mount' }, () => {
    let workplace: Workplace;
    before(() => {
      workplace = new Workplace();
      kind.open();
    });
    after(() => {
      kind.close();
      workplace.close();
    });

    test('a second one takes no room for what did not change, and has all of it', async () => {
      const root = workplace.make('root');
      workplace.mount(['-t', 'tmpfs', 'tmpfs'], root);
      const { directory } = kind.make();
      mkdirSync(join(root, 'var/lib/app'), { recursive: true });
      const large = join(root, 'var/lib/app/large');
      writeFileSync(large, Buffer.alloc(16 * MEGABYTE, 'x'), { mode: 0o640 });
      chownSync(large, 12, 34);
      run('setfattr', ['-n', 'trusted.of', '-v', 'mine', large]);
      writeFileSync(join(root, 'var/lib/app/one'), 'linked');
      linkSync(join(root, 'var/lib/app/one'), join(root, 'var/lib/app/other'));
      writeFileSync(join(root, 'var/lib/app/gone'), 'gone');
      await pause(150);
      const first = await captureOf(root, directory);
      const free = freeOn(directory);

      rmSync(join(root, 'var/lib/app/gone'));
      const second = await captureOf(root, directory);
      assert.equal(second.earlier?.outcome, 'kept');
      assert.deepEqual(readdirSync(directory).sort(), [first.name, second.name].sort());
      assert.ok(free - freeOn(directory) < 4 * MEGABYTE, `${free - freeOn(directory)} bytes taken`);

      const there = join(directory, second.name, 'var/lib/app');
      assert.ok(readFileSync(join(there, 'large')).equals(readFileSync(large)));
      const { mode, uid, gid, mtimeMs } = statSync(join(there, 'large'));
      const { mtimeMs: then } = statSync(large);
      assert.deepEqual({ mode: mode & 0o7777, uid, gid, mtimeMs }, { mode: 0o640, uid: 12, gid: 34, mtimeMs: then });
      assert.match(run('getfattr', ['-n', 'trusted.of', join(there, 'large')]), /trusted\.of="mine"/);
      assert.equal(statSync(join(there, 'one')).ino, statSync(join(there, 'other')).ino);

      // Without the first one it is as whole as before.
      rmSync(join(root, 'var/lib/app/other'));
      const third = await captureOf(root, directory);
      assert.equal(readFileSync(join(directory, third.name, 'var/lib/app/one'), 'utf8'), 'linked');
    });
  });
}
