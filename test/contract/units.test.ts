/** The units of the boot, as systemd reads them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
