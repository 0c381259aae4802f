/** Links between the documents lead to a file that is there, and to a heading in it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { documents, proseOf } from '../support/documents.ts';

const repository = join(import.meta.dirname, '../..');

/** As forges make it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsIn(file: string): string[] {
  const text = proseOf({ file, text: readFileSync(join(repository, file), 'utf8') });
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));
}

test('no document has a link that leads nowhere', () => {
  const broken: string[] = [];
  let found = 0;
  for (const document of [...documents(), ...documents('CHANGELOG.md')]) {
    for (const [, target = ''] of proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      found++;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document.file : join(dirname(document.file), path);
      if (!existsSync(join(repository, file))) broken.push(`${document.file}: ${target}: there is no ${file}`);
      else if (anchor !== undefined && !anchorsIn(file).includes(anchor))
        broken.push(`${document.file}: ${target}: ${file} has no such heading`);
    }
  }
  assert.deepEqual(broken, []);
  assert.ok(found > 150, `only ${found} links`);
});
