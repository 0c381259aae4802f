import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Document, documents } from '../support/documents.ts';
import { evaluate, withoutNix } from '../support/nix-evaluation.ts';

test('the guide says of each assertion that has a name what to do', { skip: withoutNix }, () => {
  const { text } = documents('docs/guide/nixos-troubleshooting.md')[0] as Document;
  const names = evaluate('builtins.attrNames (import (repository + "/nix/assertions/names.nix"))') as string[];
  const told = [...text.matchAll(/^\| (`[^|]*`) +\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
  );
  assert.ok(names.length > 15, `only ${names.length} assertions`);
  assert.deepEqual(
    names.filter((name) => !told.includes(name)),
    [],
  );
  assert.deepEqual(
    told.filter((name) => !names.includes(name)),
    [],
  );
});
