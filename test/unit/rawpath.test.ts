import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isBelowAny } from '../../src/core/ancestors.ts';
import {
  bytesOf,
  compareRaw,
  componentsOf,
  covers,
  join,
  nameOf,
  parentOf,
  type RawPath,
  rawFromBytes,
  rawFromText,
  rebase,
  resolveLexically,
  textOf,
} from '../../src/core/rawpath.ts';
import { anyText } from '../support/arbitrary-names.ts';

const name = fc
  .array(fc.oneof(fc.constantFrom(0x61, 0x2e, 0x2d), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 5 })
  .map((bytes) => rawFromBytes(Uint8Array.from(bytes)).replaceAll('/', '_'))
  .filter((raw) => raw !== '.' && raw !== '..');
const path = fc.array(name, { maxLength: 5 }).map((names) => `/${names.join('/')}` as RawPath);

describe('raw paths', () => {
  it('hold any bytes, of any length', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.deepEqual(bytesOf(rawFromBytes(bytes)), bytes)));
    const large = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    assert.deepEqual(bytesOf(rawFromBytes(large)), large);
    assert.equal(rawFromBytes(Uint8Array.of(1, 2, 3, 4), 1, 3), '\x02\x03');
  });

  it('are text exactly where they are UTF-8', () => {
    fc.assert(fc.property(anyText, (text) => assert.equal(textOf(rawFromText(text)), text.toWellFormed())));
    for (const raw of ['\xff', '\xc3', '\xc0\xaf', '\xed\xa0\x80', 'a\x80']) assert.equal(textOf(raw), undefined);
    assert.equal(textOf('\xef\xbb\xbfx'), '\ufeffx');
  });

  it('are taken apart and put together', () => {
    fc.assert(
      fc.property(path, name, (directory, last) => {
        const joined = join(directory, last);
        assert.equal(parentOf(joined), directory);
        assert.equal(nameOf(joined), last);
        assert.deepEqual(componentsOf(joined), [...componentsOf(directory), last]);
        assert.equal(`/${componentsOf(joined).join('/')}`, joined);
      }),
    );
    assert.equal(parentOf('/' as RawPath), '/');
    assert.equal(nameOf('/' as RawPath), '');
  });

  it('cover themselves and what is below, component by component', () => {
    fc.assert(
      fc.property(path, path, (prefix, other) => {
        const [a, b] = [componentsOf(prefix), componentsOf(other)];
        assert.equal(
          covers(prefix, other),
          a.every((component, i) => component === b[i]),
        );
        assert.equal(isBelowAny(new Set([prefix]), other), covers(prefix, other));
      }),
    );
    assert.equal(covers('/var/lib/a', '/var/lib/a-old'), false);
    assert.equal(covers('/var/lib/a', '/var/lib/a/b'), true);
    assert.equal(isBelowAny(new Set(['/srv', '/var/lib/a']), '/var/lib/a-old/b'), false);
  });

  it('are moved from one directory to another, and back', () => {
    fc.assert(
      fc.property(path, path, path, (from, to, rest) => {
        const whole = rest === '/' ? from : ((from === '/' ? rest : from + rest) as RawPath);
        const moved = rebase(whole, from, to);
        assert.equal(covers(to, moved), true);
        assert.equal(rebase(moved, to, from), whole);
      }),
    );
  });

  it('are resolved by their spelling', () => {
    const cases: [directory: string, target: string, result: string][] = [
      ['/etc', 'static/x', '/etc/static/x'],
      ['/etc', '/nix/store/x', '/nix/store/x'],
      ['/etc/a', '../../nix//store/./x/', '/nix/store/x'],
      ['/', '../../x', '/x'],
      ['/etc', '.', '/etc'],
      ['/etc', '..', '/'],
      ['/etc', '...', '/etc/...'],
    ];
    for (const [directory, target, result] of cases) {
      assert.equal(resolveLexically(directory as RawPath, target), result);
    }
  });

  it('are in the order of their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        assert.equal(compareRaw(rawFromBytes(a), rawFromBytes(b)), Math.sign(Buffer.compare(a, b)));
      }),
    );
  });
});
