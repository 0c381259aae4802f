/** A disk that does not give a file back: btrfs finds that its checksum is wrong, and reading ends with EIO. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assertStatus, ebb, text } from '../support/cli-program.ts';
import { noBtrfs, run, temporaryDirectory, undoAfter } from '../support/cli-roots.ts';

const names = ['2026-01-05_10-00-00', '2026-01-06_10-00-00'] as const;

/** Old roots on btrfs, of which the newest has a file that cannot be read. */
function damaged(t: TestContext): string {
  const home = temporaryDirectory(t);
  const [image, top] = [join(home, 'image'), join(home, 'top')];
  mkdirSync(top);
  run('truncate', '-s', '128M', image);
  run('mkfs.btrfs', '-q', '-d', 'single', image);
  run('mount', '-o', 'loop', image, top);
  for (const name of names) {
    const oldRoot = join(top, 'old_roots', name);
    for (const directory of ['proc', 'srv']) mkdirSync(join(oldRoot, directory), { recursive: true });
    writeFileSync(join(oldRoot, 'srv/whole'), 'whole');
    writeFileSync(join(oldRoot, 'srv/broken'), `${name} `.repeat(1000));
  }
  run('umount', top);
  spoil(image, `${names[1]} `.repeat(20));
  run('mount', '-o', 'loop', image, top);
  undoAfter(t, () => run('umount', top));
  assert.throws(() => readFileSync(join(top, 'old_roots', names[1], 'srv/broken')), { code: 'EIO' });
  return join(top, 'old_roots');
}

/** Changes one byte of the first place that holds the text. */
function spoil(image: string, wanted: string): void {
  const fd = openSync(image, 'r+');
  const buffer = Buffer.alloc(1 << 20);
  for (let at = 0; ; at += buffer.length - wanted.length) {
    const length = readSync(fd, buffer, 0, buffer.length, at);
    assert.ok(length > 0, 'the content is in the image');
    const found = buffer.subarray(0, length).indexOf(wanted, 'latin1');
    if (found < 0) continue;
    writeSync(fd, 'X', at + found);
    return;
  }
}

test('restore brings the rest, names the file and ends with 3; from the one before, it brings all', {
  skip: noBtrfs,
}, (t) => {
  const directory = damaged(t);
  const to = temporaryDirectory(t);
  const outcome = ebb(['restore', '--old-roots', directory, '--to', to, '/srv']);
  assertStatus(outcome, 3);
  assert.match(text(outcome.stderr), /^ebb: \/srv\/broken: .*i\/o error$/m);
  assert.equal(readFileSync(join(to, 'srv/whole'), 'utf8'), 'whole');
  assert.ok(!existsSync(join(to, 'srv/broken')));
  assertStatus(ebb(['restore', '--old-roots', directory, '--to', to, '--from', names[0], '/srv/broken']), 0);
  assert.equal(readFileSync(join(to, 'srv/broken'), 'latin1'), `${names[0]} `.repeat(1000));
});

test('find calls no version the same that it could not read', { skip: noBtrfs }, (t) => {
  const directory = damaged(t);
  const outcome = ebb(['find', '--old-roots', directory, '--json', '/srv/broken']);
  const [{ versions }] = JSON.parse(outcome.stdout).paths;
  assert.equal(versions.length, 2);
  assert.ok(versions.some(({ certain }: { certain: boolean }) => !certain));
  assert.match(text(outcome.stderr), /could not be read/);
});

test('gc deletes what cannot be read', { skip: noBtrfs }, (t) => {
  const directory = damaged(t);
  assertStatus(ebb(['adopt', '--old-roots', directory, '--all']), 0);
  assertStatus(ebb(['gc', '-y', '--old-roots', directory, '--recent', '0', '--weekly', '0', '--monthly', '0']), 0);
  assert.ok(!existsSync(join(directory, names[0])));
});
