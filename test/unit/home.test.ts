import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inHomeOf } from '../../src/core/home.ts';
import type { RawPath } from '../../src/core/rawpath.ts';

const cases: readonly (readonly [string, string, string | undefined])[] = [
  ['/home/ann/.gitconfig', '~/.config/git', '/home/ann/.config/git'],
  ['/root/.gitconfig', '~/.config/git', '/root/.config/git'],
  ['/home/ann/.var/app/a.b.c/config/gtk-3.0/x', '~/.config/gtk-3.0', '/home/ann/.var/app/a.b.c/config/gtk-3.0'],
  ['/home/ann/.var/app/a.b.c/x', '~/.local/share', '/home/ann/.var/app/a.b.c/data'],
  ['/home/ann/.var/app/a.b.c/x', '~/.local/share-old', '/home/ann/.var/app/a.b.c/.local/share-old'],
  ['/home/ann/.var/app/a.b.c', '~/.config', '/home/ann/.config'],
  ['/home/ann/snap/code/12/.config/x', '~/.config', '/home/ann/snap/code/12/.config'],
  ['/srv/ann/.gitconfig', '~/.config/git', undefined],
  ['/home/ann', '~/.config', undefined],
];

test('what stands beside a path in a home is in the same home, also in that of a flatpak or a snap', () => {
  for (const [path, tilde, expected] of cases) assert.equal(inHomeOf(path as RawPath, tilde), expected, path);
});
