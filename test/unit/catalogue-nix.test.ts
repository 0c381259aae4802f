import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'smol-toml';

const directory = join(import.meta.dirname, '../../catalogue');
const skip =
  spawnSync('nix-instantiate', ['--version']).error === undefined ? false : 'nix-instantiate is not installed';

test('Nix reads the files of the catalogue, and in them the same', { skip }, () => {
  const expression = `{ directory }: builtins.mapAttrs
    (name: _: builtins.fromTOML (builtins.readFile (directory + "/\${name}")))
    (builtins.readDir directory)`;
  const { status, stdout, stderr } = spawnSync(
    'nix-instantiate',
    ['--eval', '--strict', '--json', '--store', 'dummy://', '-E', expression, '--argstr', 'directory', directory],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  assert.equal(status, 0, stderr);
  const files = Object.fromEntries(
    readdirSync(directory).map((name) => [name, parse(readFileSync(join(directory, name), 'utf8'))]),
  );
  assert.deepEqual(JSON.parse(stdout), JSON.parse(JSON.stringify(files)));
});
