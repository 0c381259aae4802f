import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FindPattern, step } from '../../src/core/find-pattern.ts';
import { Glob, spellingsOf } from '../../src/core/pattern.ts';
import { bytesOf, componentsOf } from '../../src/core/rawpath.ts';

/** Whether the walk comes to the path, and takes it there. */
function walksTo(pattern: FindPattern, path: string): boolean {
  let state = pattern.start;
  for (const [i, name] of componentsOf(path).entries()) {
    if (state === undefined || !state.leadsOn) return false;
    if (state.names !== undefined && !state.names.includes(name)) return false;
    state = step(state, bytesOf(`x${name}y`), 1, 1 + name.length);
    if (i === componentsOf(path).length - 1) return state?.matches === true;
  }
  return false;
}

function finds(typed: string, path: string): boolean {
  const pattern = new FindPattern(typed);
  return pattern.exact.some((exact) => exact === path) || walksTo(pattern, path);
}

/** What the words say: component by component, `**` for any number of them. */
function matches(components: readonly string[], parts: readonly string[]): boolean {
  const [part, ...others] = parts;
  if (part === undefined) return components.length === 0;
  if (part === '**') return components.some((_, i) => matches(components.slice(i), others)) || matches([], others);
  const [name, ...below] = components;
  if (name === undefined || !new Glob(part).matches(bytesOf(name), 0, name.length)) return false;
  return matches(below, others);
}

function saysSo(typed: string, path: string): boolean {
  const pattern = /^(\/|~\/)/.test(typed) ? typed : `**/${typed}`;
  if (path === typed) return true;
  return spellingsOf(pattern).some((spelling) => matches(componentsOf(path), componentsOf(spelling)));
}

const name = fc.constantFrom('a', 'b', 'ab', 'home', 'root', 'a.conf', '*', '[a]', '\xff', 'a\\');
const part = fc.constantFrom(
  'a',
  'b',
  '*',
  '**',
  'a*',
  '?',
  '[ab]',
  '[!a]',
  '*.conf',
  '\\*',
  '\\a',
  'home',
  '\xff',
  '\\[a]',
);
const anyPath = fc.array(name, { minLength: 1, maxLength: 5 }).map((names) => `/${names.join('/')}`);
const anyPattern = fc
  .tuple(fc.constantFrom('', '/', '~/', '**/'), fc.array(part, { minLength: 1, maxLength: 5 }))
  .map(([beginning, parts]) => beginning + parts.join('/'));

describe('what ebb find is asked for', () => {
  it('is found by the walk exactly where the pattern says so', () => {
    fc.assert(
      fc.property(anyPattern, anyPath, (typed, path) => {
        assert.equal(finds(typed, path), saysSo(typed, path));
      }),
      { numRuns: 20_000 },
    );
  });

  const cases: readonly [typed: string, yes: readonly string[], no: readonly string[]][] = [
    ['/etc/hosts', ['/etc/hosts'], ['/etc', '/etc/hosts/x', '/srv/etc/hosts']],
    ['hosts', ['/hosts', '/etc/hosts', '/a/b/hosts'], ['/etc/hosts.bak', '/hosts/x']],
    ['nginx/*.conf', ['/etc/nginx/a.conf', '/nginx/.conf'], ['/etc/nginx/x/a.conf', '/a.conf']],
    ['~/.ssh/*', ['/root/.ssh/id', '/home/x/.ssh/id'], ['/home/.ssh/id', '/home/x/y/.ssh/id', '/srv/.ssh/id']],
    ['/home/**', ['/home', '/home/x', '/home/x/y'], ['/homes']],
    ['/srv/[x]', ['/srv/[x]', '/srv/x'], ['/srv/[', '/srv/xx']],
    ['/srv/[', ['/srv/['], ['/srv/x']],
    ['/srv/x\\', ['/srv/x\\'], ['/srv/x']],
    ['\\*', ['/*', '/srv/*'], ['/srv/a', '/srv/\\*']],
    ['caf\xc3\xa9', ['/srv/caf\xc3\xa9'], ['/srv/caf\xe9']],
    ['\xff*', ['/\xff', '/srv/\xff\n'], ['/srv/x']],
    ['two\nlines', ['/srv/two\nlines'], ['/srv/two', '/lines']],
  ];
  for (const [typed, yes, no] of cases) {
    it(`${JSON.stringify(typed)} is in ${JSON.stringify(yes)}, not in ${JSON.stringify(no)}`, () => {
      for (const path of yes) assert.equal(finds(typed, path), true, path);
      for (const path of no) assert.equal(finds(typed, path), false, path);
    });
  }

  it('needs no walk where it is a path, however that is spelled', () => {
    for (const typed of ['/etc/hosts', '/etc//hosts/', '/etc/./x/../hosts']) {
      const { exact, start } = new FindPattern(typed);
      assert.deepEqual([exact, start], [['/etc/hosts'], undefined]);
    }
    const quoted = new FindPattern('/srv/\\[x]');
    assert.deepEqual([quoted.exact, quoted.start], [['/srv/\\[x]', '/srv/[x]'], undefined]);
  });

  it('goes down the leading directories of a glob by their names alone', () => {
    const { start } = new FindPattern('/etc/nginx/*.conf');
    assert.deepEqual(start?.names, ['etc']);
    const below = start && step(start, bytesOf('etc'), 0, 3);
    assert.deepEqual(below?.names, ['nginx']);
    assert.equal(below && step(below, bytesOf('nginx'), 0, 5)?.names, undefined);
    assert.deepEqual(new FindPattern('~/.ssh').start?.names, ['home']);
  });

  it('has as many places as it has parts, however deep the walk is', () => {
    let state = new FindPattern('**/a/**/a/**/a/**/b*').start;
    for (let depth = 0; depth < 200; depth++) state = state && step(state, bytesOf('a'), 0, 1);
    assert.ok(state !== undefined && state.places.length <= 9);
  });

  for (const typed of ['a**', '[a', '/srv/../*', '..', '.', 'a/./b*', 'x\\', '[b-a]', '~/[']) {
    it(`is refused where it is none: ${typed}`, () => {
      assert.throws(() => new FindPattern(typed), RangeError);
    });
  }
});
