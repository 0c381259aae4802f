/** File names are bytes: whatever the kernel takes as a name is told as it is. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Stage } from '../support/stage.ts';
import { told } from '../support/told.ts';

const awkward: readonly string[] = [
  'new\nline',
  'invalid\xff\xfe\x80utf8',
  '\xc3\xa4 in UTF-8',
  '\x1b[31mred\x1b[0m',
  '\x1b]0;title\x07',
  "single'quote",
  'double"quote',
  '${HOME} $(reboot) `id`',
  "''${nix}",
  'back\\slash\\n',
  ' leading and trailing ',
  '\ttab',
  '-rf',
  '*',
  '...',
  '\x01',
  '\x7f',
  'x'.repeat(255),
  '\xff'.repeat(255),
];

export function casesOfNames(make: () => Stage): void {
  it('tells files of awkward names byte for byte, new, changed and deleted', async () => {
    const stage = make();
    for (const name of awkward) {
      stage.file(`/srv/changed/${name}`, 'x');
      stage.file(`/srv/deleted/${name}`, 'x');
      stage.file(`/srv/unchanged/${name}`, 'x');
    }
    stage.file('/srv/added/known', 'x');
    await stage.record();
    for (const name of awkward) {
      stage.chmod(`/srv/changed/${name}`, 0o600);
      stage.remove(`/srv/deleted/${name}`);
      stage.file(`/srv/added/${name}`, 'x');
    }
    const lines = [
      ...awkward.map((name) => `added state /srv/added/${name}`),
      ...awkward.map((name) => `modified state /srv/changed/${name}`),
      ...awkward.map((name) => `deleted state /srv/deleted/${name}`),
    ];
    assert.deepEqual(told(await stage.diff('baseline')).sort(), lines.sort());
  });

  it('walks into directories of awkward names, and finds again what they held', async () => {
    const stage = make();
    for (const name of awkward) stage.file(`/srv/${name}/${name}/file`, 'x');
    await stage.record();
    for (const name of awkward) {
      stage.chmod(`/srv/${name}/${name}/file`, 0o600);
      stage.file(`/srv/${name}/new`, 'x');
    }
    const lines = awkward.flatMap((name) => [
      `modified state /srv/${name}/${name}/file`,
      `added state /srv/${name}/new`,
    ]);
    assert.deepEqual(told(await stage.diff('baseline')).sort(), lines.sort());
  });
}
