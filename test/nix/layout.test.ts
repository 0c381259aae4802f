/**
 * Every Nix file of the repository: it is Nix, and laid out as nixfmt does it. Where nixfmt is not on the PATH, nor named by
 * EBB_TEST_NIXFMT, the rules of test/support/nix-layout.ts are all that is checked.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { syntaxErrors, withoutNix } from '../support/nix-evaluation.ts';
import { layoutFaults } from '../support/nix-layout.ts';

const repository = join(import.meta.dirname, '../..');
/** What is installed or built; and what `ebb` proposes, which is a part of a file. */
const others = ['node_modules', 'dist', '.git', 'test/unit/golden'];

function nixFilesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (others.includes(relative(repository, path))) return [];
    if (entry.isDirectory()) return nixFilesBelow(path);
    return entry.name.endsWith('.nix') ? [path] : [];
  });
}

const files = nixFilesBelow(repository);

test('every Nix file is Nix', { skip: withoutNix }, () => {
  assert.ok(files.length > 20);
  assert.equal(syntaxErrors(files), undefined);
});

test('every Nix file keeps to the rules of layout', () => {
  const faults = files.flatMap((file) =>
    layoutFaults(readFileSync(file, 'utf8')).map((fault) => `${relative(repository, file)}:${fault}`),
  );
  assert.deepEqual(faults, []);
});

const nixfmt = process.env['EBB_TEST_NIXFMT'] ?? 'nixfmt';
const withoutNixfmt = spawnSync(nixfmt, ['--version']).error === undefined ? false : 'nixfmt is not installed';
test('nixfmt would change nothing', { skip: withoutNixfmt }, () => {
  const { status, stdout, stderr } = spawnSync(nixfmt, ['--check', ...files], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});

const well = `{
  config,
  lib,
  ...
}:

let
  # A comment.
  text = ''
     any   thing, with \${lib.concatStringsSep " " [ "a" ]}
  '';
in
{
  options.a = { inherit config; };
  b = f: if f ? \${text} && true then [ ] else -1 + 2;
  c =
    [
      1
      2
    ]
    ++ [ (x: y@{ z, ... }: "{ \${z} }") ];
}
`;
test('what is laid out well has no fault', () => {
  assert.deepEqual(layoutFaults(well), []);
});

const faulty: Record<string, { source: string; fault: string }> = {
  'no line break at the end': { source: '{ }', fault: '1: the file ends with one line break' },
  'an empty line at the end': { source: '{ }\n\n', fault: '1: the file ends with one line break' },
  'a tab': { source: '{\n\ta = 1;\n}\n', fault: '2: a tab' },
  'blanks at the end of a line': { source: '{ \n}\n', fault: '1: blanks at the end of the line' },
  'indentation of three': { source: '{\n   a = 1;\n}\n', fault: '2: indentation in steps of two' },
  'a leap of four': { source: '{\n    a = 1;\n}\n', fault: '2: more than two further in' },
  'two empty lines': { source: '{\n  a = 1;\n\n\n  b = 1;\n}\n', fault: '4: more than one empty line' },
  'a long line': { source: `{\n  a = ${'b '.repeat(60)};\n}\n`, fault: '2: longer than 120' },
  'with lib': { source: 'with lib;\n{ }\n', fault: '1: `lib.` before a name, rather than `with lib`' },
  rec: { source: 'rec {\n}\n', fault: '1: `let`, rather than `rec`' },
  'an operator at the end of a line': {
    source: '{\n  a = b ++\n    c;\n}\n',
    fault: '2: ++ begins a line, rather than to end it',
  },
  'no blank before =': { source: '{\n  a= 1;\n}\n', fault: '2: one blank before =' },
  'aligned values': { source: '{\n  a   = 1;\n}\n', fault: '2: more than one blank' },
  'a blank before ;': { source: '{\n  a = 1 ;\n}\n', fault: '2: no blank before ;' },
  'a narrow list': { source: '{\n  a = [1];\n}\n', fault: '2: one blank after [' },
  'wide brackets': { source: '{\n  a = ( b);\n}\n', fault: '2: no blank inside ( ) and ${ }' },
  'a let in a line': { source: 'let a = 1; in a\n', fault: '1: `let` ends a line' },
  'two bindings in a line': {
    source: '{ a = 1; b = 2; }\n',
    fault: '1: a set of more than one binding has a line for each',
  },
  'a list in a line': {
    source: '{\n  a = [ 1 2 ];\n}\n',
    fault: '2: a list of more than one element has a line for each',
  },
  'a closing bracket elsewhere': {
    source: '{\n  a = [\n    1\n    ];\n}\n',
    fault: '4: ] stands where the line of its [ begins',
  },
  'a closing bracket behind something': {
    source: '{\n  a = [\n    1 ];\n}\n',
    fault: '3: the ] of a [ at the end of a line begins a line',
  },
};
for (const [name, { source, fault }] of Object.entries(faulty)) {
  test(`a fault of layout is found: ${name}`, () => {
    assert.ok(layoutFaults(source).includes(fault), layoutFaults(source).join('\n'));
  });
}
