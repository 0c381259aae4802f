/** In the machine, with both disks: makes the old roots that one-disk.ts looks for, in the directory it is given. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawPath } from '../../../src/core/rawpath.ts';
import { makeOldRoot } from '../../support/restore-host.ts';
import { bcachefsSubvolumes } from '../../support/subvolumes.ts';
import { machine } from '../../support/test-host.ts';

const [top = ''] = process.argv.slice(2);
mkdirSync(join(top, 'old_roots'));
const level = machine().topLevel(top as RawPath);
for (const sequence of [1, 2]) {
  level.create('/@root' as RawPath);
  makeOldRoot(top, sequence, '@root');
  mkdirSync(join(top, '@root/etc'));
  writeFileSync(join(top, '@root/etc/secret'), `of boot ${sequence}\n`.repeat(50_000), { mode: 0o600 });
  bcachefsSubvolumes.create(join(top, '@root/machines'));
  writeFileSync(join(top, '@root/machines/file'), `in a subvolume of boot ${sequence}`);
  level.move('/@root' as RawPath, `/old_roots/2026-01-0${sequence}_12-00-00` as RawPath);
}
level.close();
