import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { NamesOf } from '../../src/linux/fanotify/names-of.ts';

const id = '0123456789abcdef'.repeat(4);
const other = 'fedcba9876543210'.repeat(4);

test('containers are called as their engines wrote it down, and users as in /etc/passwd', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'ebb-names-'));
  t.after(() => rmSync(root, { recursive: true }));
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  write('/etc/passwd', 'root:x:0:0::/root:/bin/sh\njosh:x:1000:1000:Josh:/home/josh:/bin/bash\nbroken\n');
  write(
    '/var/lib/containers/storage/overlay-containers/containers.json',
    JSON.stringify([{ id: other, names: ['db'] }, null, { id, names: ['web'] }]),
  );
  write(
    '/home/josh/.local/share/containers/storage/overlay-containers/containers.json',
    JSON.stringify([{ id, names: ['of-josh'] }]),
  );
  write(`/var/lib/docker/containers/${id}/config.v2.json`, JSON.stringify({ ID: id, Name: '/gitea' }));
  write(`/var/lib/docker/containers/${other}/config.v2.json`, 'not JSON');
  const names = new NamesOf(root);
  assert.equal(names.container('podman', id, undefined), 'web');
  assert.equal(new NamesOf(root).container('podman', id, 1000), 'of-josh');
  assert.equal(names.container('docker', id, undefined), 'gitea');
  assert.equal(names.container('docker', other, undefined), 'fedcba987654');
  assert.equal(names.container('kubernetes', id, undefined), '0123456789ab');
  assert.equal(names.container('machine', 'fedora', undefined), 'fedora');
  assert.deepEqual([names.user(1000), names.user(0), names.user(77)], ['josh', 'root', 'uid 77']);
});
