/** `ebb.declarations/1`: what a document has stays, and nothing is declared in it twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noDeclarations, withDeclared } from '../../src/core/declarations-document.ts';
import { diffDeclarations } from '../../src/render/declarations.ts';
import { change, designChanges, diffReport, everyKind, rawChange } from '../support/sample-reports.ts';

test('what is declared already, or lies in a directory that is, is not declared again', () => {
  const colord = { directory: '/var/lib/colord', user: 'colord', mode: '0750' };
  const document = {
    persistence: {
      '/persist': {
        hideMounts: true,
        directories: ['/var/lib/a/', colord],
        files: [{ file: '/etc/x', method: 'symlink' }],
      },
    },
    ignore: ['/tmp/*'],
  };
  const added = withDeclared(document, '/persist', [
    {
      user: undefined,
      directories: ['/var/lib/a', '/var/lib/colord/icc', '/var/lib/a-b'],
      files: ['/etc/x', '/etc/y', '/var/lib/a/z'],
    },
    { user: 'ann', directories: ['.ssh'], files: [] },
  ]);
  assert.deepEqual(added, {
    persistence: {
      '/persist': {
        hideMounts: true,
        directories: ['/var/lib/a/', colord, '/var/lib/a-b'],
        files: [{ file: '/etc/x', method: 'symlink' }, '/etc/y'],
        users: { ann: { directories: ['.ssh'], files: [] } },
      },
    },
    ignore: ['/tmp/*'],
  });
  // Once more, it is the same.
  assert.deepEqual(
    withDeclared(added, '/persist', [{ user: 'ann', directories: ['.ssh/keys'], files: ['.ssh/x'] }]),
    added,
  );
  assert.deepEqual(Object.keys(withDeclared(added, '/other', []).persistence), ['/persist', '/other']);
});

test('the document of the example has what is to be persisted, and says what it leaves out', () => {
  const { text, warnings } = diffDeclarations(
    diffReport([
      ...designChanges,
      ...everyKind,
      change('/home/ann/.ssh', { type: 'directory', category: 'home' }),
      rawChange('/srv/\xff'),
    ]),
    noDeclarations,
  );
  assert.deepEqual(JSON.parse(text), {
    schema: 'ebb.declarations/1',
    persistence: {
      '/persist': {
        directories: ['/home/josh', '/var/lib/forgejo'],
        files: ['/etc/ssh/ssh_host_ed25519_key'],
        users: { ann: { directories: ['.ssh'], files: [] } },
      },
    },
    ignore: [],
  });
  assert.deepEqual(
    warnings.map(({ message }) => message),
    [
      '/srv/\xff is left out: JSON holds no name that is not UTF-8; declare it in Nix',
      '6 paths are left out, being still to be decided',
    ],
  );
});
