import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const repository = join(import.meta.dirname, '../..');
const textOf = (path: string) => readFileSync(join(repository, path), 'utf8');

test('`npm test` after `./ebb` installs what tests need: what it looks for comes with nothing that ebb runs on', () => {
  const [, marker] = /\[ ! -d (node_modules\/[^ ]+) \]/.exec(textOf('scripts/test.sh')) ?? [];
  assert.ok(marker !== undefined);
  const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, { dev?: boolean }> };
  assert.equal(packages[marker]?.dev, true, marker);
});
