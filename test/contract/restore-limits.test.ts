/** `ebb restore` of what is very deep, or very large and empty. */
import assert from 'node:assert/strict';
import { closeSync, mkdirSync, openSync, truncateSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RawPath } from '../../src/core/rawpath.ts';
import { openRootFiles } from '../../src/linux/system/root-files.ts';
import { makeDeepTree } from '../support/deep-tree.ts';
import { restored, restoreGround } from '../support/restore-host.ts';
import { needsRoot, run, Workplace } from '../support/workplace.ts';

const child = fileURLToPath(new URL('../support/restore-child.ts', import.meta.url));
const TIB = 2 ** 40;

describe('restore', { skip: needsRoot }, () => {
  let workplace: Workplace;
  before(() => {
    workplace = new Workplace();
  });
  after(() => workplace.close());
  const fresh = () => restoreGround(workplace);

  test('a tree of 6,000 levels, with few descriptors', () => {
    const { oldRoots, root, to } = fresh();
    mkdirSync(join(root, 'deep'));
    makeDeepTree(join(root, 'deep'), 6000, 'd');
    assert.equal(inAnotherProcess(oldRoots, to, 'keep', '/deep'), '');
    const depths = (top: string): string =>
      run('sh', ['-c', `cd ${top} && find deep -printf '%d %m %y %T@\n' | sort -n`]);
    assert.equal(depths(to), depths(root));
  });

  test('a deep tree into one that is there', () => {
    const { oldRoots, root, to } = fresh();
    for (const top of [root, to]) {
      mkdirSync(join(top, 'deep'));
      makeDeepTree(join(top, 'deep'), 1500, 'd');
    }
    assert.equal(inAnotherProcess(oldRoots, to, 'force', '/deep'), '');
  });

  test('many directories into one that is there, with few descriptors', () => {
    const { oldRoots, root, to } = fresh();
    for (const top of [root, to]) mkdirSync(join(top, 'wide'));
    for (let i = 0; i < 1500; i++) {
      mkdirSync(join(root, `wide/d${i}/new`), { recursive: true });
      // Half of them are there: what is missing in each is a directory of its own.
      if (i % 2 === 0) mkdirSync(join(to, `wide/d${i}`));
    }
    assert.equal(inAnotherProcess(oldRoots, to, 'keep', '/wide'), '');
    const found = (top: string): string => run('sh', ['-c', `cd ${top} && find wide | sort`]);
    assert.equal(found(to), found(root));
  });

  test('a file of 1 TiB with a few bytes in it is compared in moments, wherever its holes are', () => {
    const { oldRoots, root, to } = fresh();
    const [from, there] = [join(root, 'huge'), join(to, 'huge')];
    for (const path of [from, there]) {
      writeFileSync(path, '');
      truncateSync(path, TIB);
      write(path, TIB / 2 + 5, 'some bytes');
      utimesSync(path, 7, 7);
    }
    // Zeros that are written, where the other has a hole.
    write(there, TIB / 4 + 77, '\0'.repeat(5000));
    utimesSync(there, 7, 7);
    const actions = (): string[] => restored(['/huge'], { oldRoots, to }).paths.map(({ action }) => action);
    assert.deepEqual(actions(), ['same']);
    write(there, TIB / 4 + 77, 'x');
    utimesSync(there, 7, 7);
    assert.deepEqual(actions(), ['skip']);
  });

  test('files of 1 TiB are told apart by `find`, too', () => {
    const { root } = fresh();
    const print = (name: string): string | undefined => {
      const fd = openSync(root, 'r');
      try {
        return openRootFiles(fd).fingerprint(`/${name}` as RawPath);
      } finally {
        closeSync(fd);
      }
    };
    for (const name of ['a', 'b', 'c']) {
      writeFileSync(join(root, name), '');
      truncateSync(join(root, name), TIB);
    }
    write(join(root, 'b'), 9_000_000, '\0');
    write(join(root, 'c'), 9_000_000, 'x');
    assert.equal(print('a'), print('b'));
    assert.notEqual(print('a'), print('c'));
  });
});

/** With as few descriptors as many systems give a process. */
function inAnotherProcess(oldRoots: string, to: string, mode: string, path: string): string {
  const words = [process.execPath, '--disable-warning=ExperimentalWarning', child, oldRoots, to, to, mode, path];
  return run('sh', ['-c', 'ulimit -n 1024; exec "$@" >&2', 'sh', ...words]);
}

function write(path: string, at: number, text: string): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, text, at);
  closeSync(fd);
}
