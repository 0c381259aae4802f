import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Examination, wholeTree } from '../../src/core/examination.ts';
import { PathGatherer } from '../../src/core/path-gatherer.ts';
import { PendingPlaces } from '../../src/core/pending-places.ts';
import { rawFromBytes } from '../../src/core/rawpath.ts';
import { nothing } from '../../src/core/reference.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { pathLine } from '../../src/render/paths.ts';
import { MemoryTree } from '../support/memory-tree.ts';

/** What the gatherer writes of a tree of these files, all of it new. */
function written(files: readonly string[], nul: boolean): string {
  const tree = new MemoryTree();
  for (const path of files) tree.put(path, 8, 0o644);
  let text = '';
  const sink = new PathGatherer({
    ...{ nul, wants: () => true, line: pathLine },
    write: (bytes) => {
      text += rawFromBytes(bytes);
    },
  });
  const options = { reference: nothing, rules: new RuleSet([]), ignored: undefined, mountPoints: new Map() };
  const examination = new Examination({ ...options, seesShadowed: true, keptPrefixes: new Set() }, sink);
  const pending = new PendingPlaces();
  pending.add(wholeTree(true));
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    const visit = examination.visit(place, pending);
    tree.list(place.path, (listing) => visit.batch(listing));
    visit.finish(true);
  }
  sink.flush();
  return text;
}

const component = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 8 })
  .map((bytes) => rawFromBytes(Uint8Array.from(bytes)).replaceAll('/', '_'));

describe('paths for other programs', () => {
  it('are the bytes themselves where NUL ends them', () => {
    fc.assert(
      fc.property(fc.array(fc.array(component, { minLength: 2, maxLength: 3 }), { maxLength: 20 }), (trees) => {
        // Directories of two-component paths never meet files of three.
        const files = trees.map((names, i) => `/t${i}/${names.join('/')}`);
        const expected = new Set(files.flatMap((path) => prefixesOf(path)));
        assert.deepEqual(written(files, true).split('\0').slice(0, -1).sort(), [...expected].sort());
      }),
    );
  });

  it('are one line each otherwise, and none holds a control character', () => {
    const files = ['/a/plain', '/a/new\nline', '/a/\x1b[31m', '/a/back\\slash', '/a/\xff', '/a/\xc3\xa4', '/a/\x7f'];
    const lines = written(files, false).split('\n').slice(0, -1);
    assert.equal(lines.length, files.length + 1);
    assert.ok(lines.includes('/a/plain') && lines.includes('/a/\xc3\xa4'), 'printable ones are as they are');
    assert.equal(lines.filter((line) => line.includes('\\')).length, 5, 'others are escaped, which a backslash tells');
    for (const line of lines) assert.doesNotMatch(line, /[\x00-\x1f\x7f]/);
  });

  it('are written whole however many they are, and however long', () => {
    const directory = `/${Array(40).fill('d'.repeat(200)).join('/')}`;
    const files = Array.from({ length: 3000 }, (_, i) => `${directory}/${i}`);
    const paths = written(files, true).split('\0').slice(0, -1);
    assert.equal(paths.length, 3040);
    assert.deepEqual(new Set(paths.slice(40)), new Set(files));
  });
});

function prefixesOf(path: string): string[] {
  const names = path.slice(1).split('/');
  return names.map((_, i) => `/${names.slice(0, i + 1).join('/')}`);
}
