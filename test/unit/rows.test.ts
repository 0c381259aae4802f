import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EntryType } from '../../src/core/change.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { nothing } from '../../src/core/reference.ts';
import { collapsed, isHidden, sorted } from '../../src/core/rows.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { examined } from '../support/memory-stage.ts';
import { MemoryTree } from '../support/memory-tree.ts';
import { change } from '../support/sample-reports.ts';
import { told } from '../support/told.ts';

function treeOf(...files: string[]): MemoryTree {
  const tree = new MemoryTree();
  for (const path of files) tree.put(path, EntryType.file, 0o644).size = 4096;
  return tree;
}

describe('rows', () => {
  it('are in the order of the verdict, then of the size, then of the path', () => {
    const rows = [
      change('/c', { verdict: 'ignore', bytes: 900 }),
      change('/b', { verdict: 'persist', bytes: 1 }),
      change('/e', { verdict: 'decide', bytes: 500 }),
      change('/a', { verdict: 'persist', bytes: 1 }),
      change('/d', { verdict: 'persist', bytes: 2 }),
    ];
    assert.deepEqual(
      sorted(rows).map(({ path }) => path),
      ['/d', '/a', '/b', '/e', '/c'],
    );
  });

  it('below a depth are summed up by category in the directory at that depth', () => {
    const rows = [
      change('/srv/a/x', { category: 'unknown', verdict: 'decide', entries: 2, bytes: 10, mtime: 5 }),
      change('/srv/a/y/z', { category: 'unknown', verdict: 'decide', entries: 3, bytes: 20, mtime: 9 }),
      change('/srv/a/k', { category: 'secret', entries: 1, bytes: 1, mtime: 1 }),
      change('/srv', { category: 'unknown', verdict: 'decide', entries: 1, bytes: 7, mtime: 2 }),
    ];
    const [a, secret, top] = collapsed(rows, 2);
    assert.deepEqual([a?.path, a?.type, a?.entries, a?.bytes, a?.mtime], ['/srv/a', 'directory', 5, 30, 9]);
    assert.deepEqual([secret?.path, secret?.category, secret?.entries], ['/srv/a', 'secret', 1]);
    assert.deepEqual(top, rows[3]);
  });

  it('are hidden where they are generated, runtime or ignored', () => {
    assert.equal(isHidden(change('/a', { category: 'generated' })), true);
    assert.equal(isHidden(change('/a', { category: 'runtime' })), true);
    assert.equal(isHidden(change('/a', { ignored: true })), true);
    for (const category of ['state', 'secret', 'home', 'unknown', 'cache', 'log'] as const) {
      assert.equal(isHidden(change('/a', { category })), false);
    }
  });

  it('stand by themselves for what is of one category and need not be kept', () => {
    const tree = treeOf('/srv/a/1', '/srv/a/layers/2', '/srv/a/layers/3');
    const rule = { category: 'state', exact: false, types: undefined, why: '', file: '', kind: 'catalogue' } as const;
    const rules = new RuleSet([
      { ...rule, pattern: '/srv/a/layers', persist: 'no' },
      { ...rule, pattern: '/srv/a' },
    ]);
    assert.deepEqual(
      examined(tree, nothing, { rules }).map(({ path, entries, verdict }) => [path, entries, verdict]),
      [
        ['/srv/a', 2, 'persist'],
        ['/srv/a/layers', 3, 'ignore'],
      ],
    );
  });

  it('stand for what the configuration ignores by themselves', () => {
    const tree = treeOf('/srv/a/1', '/srv/a/2', '/srv/a/skip/3', '/srv/a/skip/4');
    const rule = {
      pattern: '/srv/a/skip',
      category: 'generated',
      exact: false,
      types: undefined,
      why: '',
      file: '',
      kind: 'general',
    } as const;
    assert.deepEqual(told(examined(tree, nothing, { ignored: new RuleSet([rule]) })), [
      'added state /srv/a/ ×3 apart 3',
      'added state /srv/a/skip/ ×3 ignored',
    ]);
  });

  it('say what hides under a mount, and nothing of the mount point', () => {
    const tree = treeOf('/srv/site/a', '/srv/site/b', '/srv/other');
    const mountPoints = new Map([['/srv' as RawPath, new Set(['site'])]]);
    assert.deepEqual(told(examined(tree, nothing, { mountPoints })), [
      'added unknown /srv/other',
      'added state /srv/site/ ×2 shadowed',
    ]);
    assert.deepEqual(told(examined(tree, nothing, { mountPoints, seesShadowed: false })), ['added unknown /srv/other']);
  });

  it('of names of one file count its bytes in the first by path, in whatever order they were met', () => {
    const forwards = treeOf('/srv/a', '/srv/z/x');
    forwards.link('/srv/b/x', '/srv/z/x');
    const backwards = treeOf('/srv/a', '/srv/b/x');
    backwards.link('/srv/z/x', '/srv/b/x');
    const bytes = (tree: MemoryTree) =>
      examined(tree, nothing)
        .map(({ path, bytes }) => [path, bytes])
        .sort();
    assert.deepEqual(bytes(forwards), bytes(backwards));
  });
});
