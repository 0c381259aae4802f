import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EntryType } from '../../src/core/change.ts';
import { withClaims } from '../../src/core/claims.ts';
import { type Claim, type EvidenceKind, weights } from '../../src/core/evidence.ts';
import { type PackedRules, packRules, unpackRules } from '../../src/core/packed-rules.ts';
import { checkPattern } from '../../src/core/pattern.ts';
import { bytesOf, type RawName, type RawPath, rawFromText } from '../../src/core/rawpath.ts';
import type { Rule } from '../../src/core/rule.ts';
import { RuleSet } from '../../src/core/rules.ts';

const { file, directory, socket, symlink } = EntryType;

function rule(pattern: string, options: Partial<Omit<Rule, 'pattern'>> = {}): Rule {
  return {
    pattern,
    category: 'state',
    exact: false,
    types: undefined,
    why: 'test',
    file: 'test.toml',
    kind: 'general',
    ...options,
  };
}

/** The pattern of the rule that wins for `path`; undefined where none matches. */
function winner(rules: readonly (Rule | string)[], path: string, type: number = file): string | undefined {
  const set = new RuleSet(rules.map((each) => (typeof each === 'string' ? rule(each) : each)));
  return set.rules[set.matchPath(rawFromText(path) as RawPath, type)]?.pattern;
}

function matches(pattern: string, path: string, type?: number): boolean {
  return winner([pattern], path, type) !== undefined;
}

test('a rule covers its path and everything below it', () => {
  assert.ok(matches('/var/lib/a', '/var/lib/a', directory));
  assert.ok(matches('/var/lib/a', '/var/lib/a/b/c'));
});

test('a rule covers neither what is above it nor a name that goes on', () => {
  assert.ok(!matches('/var/lib/a', '/var/lib', directory));
  assert.ok(!matches('/var/lib/a', '/var/lib/a-old'));
  assert.ok(!matches('/var/lib/a', '/var/lib/a-old/b'));
  assert.ok(!matches('/var/lib/a', '/lib/a'));
});

test('an exact rule covers its path only', () => {
  const rules = [rule('/var', { exact: true })];
  assert.equal(winner(rules, '/var', directory), '/var');
  assert.equal(winner(rules, '/var/x'), undefined);
});

test('the first rule that matches wins, wherever it matched', () => {
  assert.equal(winner(['/var/cache', '**/*.pem'], '/var/cache/a/x.pem'), '/var/cache');
  assert.equal(winner(['**/*.pem', '/var/cache'], '/var/cache/a/x.pem'), '**/*.pem');
  assert.equal(winner(['/a/*', '/a/b/c', '/a/b'], '/a/b/c'), '/a/*');
  assert.equal(winner(['/a/b/c', '/a/*'], '/a/b/c'), '/a/b/c');
  assert.equal(winner(['/a/b/c', '/a/*'], '/a/b/d'), '/a/*');
});

test('types judge the entry itself, not what lies above it', () => {
  const rules = [rule('/**', { types: [socket] }), rule('/var/lib', { types: [directory, file] })];
  assert.equal(winner(rules, '/var/lib/a/s', socket), '/**');
  assert.equal(winner(rules, '/var/lib/a/f', file), '/var/lib');
  assert.equal(winner(rules, '/var/lib/a/l', symlink), undefined);
  assert.equal(winner(rules, '/var/lib/a/?', EntryType.unknown), undefined);
});

test('* and ? stand for bytes of one component', () => {
  assert.ok(matches('/a/*', '/a/.hidden'));
  assert.ok(!matches('/a/*', '/a', directory));
  assert.ok(matches('/a/x*', '/a/x'));
  assert.ok(matches('/a/x*y', '/a/xy'));
  assert.ok(!matches('/a/xy*yx', '/a/xyx'));
  assert.ok(matches('/a/*b*', '/a/abc'));
  assert.ok(matches('/a/*ab*c', '/a/aabxabc'));
  assert.ok(!matches('/a/*ab*c', '/a/abcd'));
  assert.ok(!matches('/a*d', '/a/d'));
  assert.ok(matches('/a/?b', '/a/xb'));
  assert.ok(!matches('/a/?b', '/a/b'));
  assert.ok(matches(rawFromText('/a/??'), '/a/é'));
  assert.ok(!matches('/a/?', '/a/é'));
});

test('brackets stand for one byte of a set', () => {
  assert.ok(matches('/rc[0-6S].d', '/rc3.d'));
  assert.ok(matches('/rc[0-6S].d', '/rcS.d'));
  assert.ok(!matches('/rc[0-6S].d', '/rc7.d'));
  assert.ok(matches('/x[!ab]', '/xc'));
  assert.ok(!matches('/x[!ab]', '/xa'));
  assert.ok(matches('/x[]-]', '/x-'));
  assert.ok(matches('/x[]-]', '/x]'));
});

test('a backslash takes the next byte as it is', () => {
  assert.ok(matches('/a\\*', '/a*'));
  assert.ok(!matches('/a\\*', '/ab'));
  assert.ok(matches('/a\\\\', '/a\\'));
  assert.ok(matches('/\\[x]', '/[x]'));
  assert.ok(matches('/x[\\]]', '/x]'));
  assert.ok(!matches('/\\*\\*/x', '/a/x'));
});

test('** stands for any number of components, none too', () => {
  for (const path of ['/x', '/a/x', '/a/b/x', '/x/y']) assert.ok(matches('**/x', path), path);
  for (const path of ['/a/b', '/a/c/b', '/a/c/d/b', '/a/b/b']) assert.ok(matches('/a/**/b', path), path);
  assert.ok(!matches('/a/**/b', '/b'));
  assert.ok(!matches('/a/**/b', '/a/bb'));
  assert.ok(matches('**/a/**/b/c', '/x/a/a/y/b/b/c'));
  assert.ok(matches('/a/**/**/b', '/a/b'));
});

test('a ** at the end is the path and all below it, even in an exact rule', () => {
  const rules = [rule('/a/**', { exact: true })];
  assert.equal(winner(rules, '/a', directory), '/a/**');
  assert.equal(winner(rules, '/a/b/c'), '/a/**');
  assert.equal(winner(rules, '/ab'), undefined);
});

test('~/ is the home of root or of a user', () => {
  assert.ok(matches('~/.ssh', '/root/.ssh/id'));
  assert.ok(matches('~/.ssh', '/home/ann/.ssh'));
  assert.ok(!matches('~/.ssh', '/home/.ssh/x/y'));
  assert.ok(!matches('~/.ssh', '/srv/ann/.ssh'));
  assert.ok(matches('~/', '/home/ann', directory));
  assert.ok(!matches('~/', '/home', directory));
});

test('~/ is also the home that a flatpak or a snap has within a home', () => {
  const flatpak = '/home/ann/.var/app/org.example.App';
  assert.ok(matches('~/.mozilla/x', `${flatpak}/.mozilla/x`));
  assert.ok(matches('~/.config/x/y', `${flatpak}/config/x/y`));
  assert.ok(matches('~/.local/share/x', `${flatpak}/data/x/y`));
  assert.ok(matches('~/.cache', `${flatpak}/cache`, directory));
  assert.ok(matches('~/.config/**/GPUCache', `${flatpak}/config/a/b/GPUCache/0`));
  assert.ok(matches('~/.config/x', '/root/.var/app/a.b.c/config/x'));
  assert.ok(matches('~/.config/x', '/home/ann/snap/code/common/.config/x'));
  assert.ok(matches('~/.config/x', '/home/ann/snap/code/12/.config/x'));
  assert.ok(!matches('~/.config/x', '/home/ann/config/x'));
  assert.ok(!matches('~/.config/x', '/home/ann/.var/app/config/x'));
  assert.ok(!matches('~/.config/x', '/home/ann/snap/code/.config/x'));
  assert.equal(winner(['~/', '~/.config/x'], `${flatpak}/config/y`), '~/');
  assert.equal(winner(['~/.var/app/*/config/x', '~/.config'], `${flatpak}/config/x`), '~/.var/app/*/config/x');
  assert.equal(winner(['~/.config', '~/.var/app/*/config/x'], `${flatpak}/config/x`), '~/.config');
});

test('the XDG directories of a home are matched as they are spelled', () => {
  assert.ok(matches('~/.config', '/home/ann/.config', directory));
  assert.ok(!matches('~/.config', '/home/ann/.config-old'));
  assert.ok(matches('~/.config-old', '/home/ann/.config-old'));
  assert.ok(matches('~/.local/share/x', '/root/.local/share/x'));
  assert.ok(matches('~/.local/*/x', '/root/.local/share/x'));
  assert.ok(matches('~/**/x', '/root/.config/a/x'));
});

test('the root itself is matched by /, /** and nothing else', () => {
  assert.ok(matches('/', '/', directory));
  assert.ok(matches('/', '/a/b'));
  assert.ok(matches('/**', '/', directory));
  assert.ok(!matches('/*', '/', directory));
  assert.ok(!matches('**/*', '/', directory));
  assert.equal(winner([rule('/', { exact: true })], '/a'), undefined);
});

test('names that are not UTF-8 are matched byte by byte', () => {
  const set = new RuleSet([rule('/a/\xff*'), rule('/b/[\x80-\xff]')]);
  assert.equal(set.matchPath('/a/\xff\xfe' as RawPath, file), 0);
  assert.equal(set.matchPath('/a/\xfe\xff' as RawPath, file), -1);
  assert.equal(set.matchPath('/b/\xc3' as RawPath, file), 1);
});

test('a name is matched where it stands in a buffer of names', () => {
  const set = new RuleSet([rule('/etc/*.key')]);
  const names = bytesOf('a.keyb.keyc');
  const state = set.stateOf('/etc' as RawPath);
  assert.equal(set.match(state, names, 0, 5, file), 0);
  assert.equal(set.match(state, names, 5, 10, file), 0);
  assert.equal(set.match(state, names, 10, 11, file), -1);
});

test('directories in which nothing more can match share one state', () => {
  const set = new RuleSet([rule('/var/cache'), rule('**/*.pem'), rule('/var/lib/*')]);
  const state = (path: string) => set.stateOf(path as RawPath);
  assert.equal(state('/var/cache/a'), state('/var/cache/b/c'));
  assert.equal(state('/var/lib/a'), state('/var/lib/b/c/d'));
  assert.equal(state('/srv'), state('/opt/x/y'));
  assert.notEqual(state('/var/cache/a'), state('/srv'));
  assert.equal(set.descend(state('/var'), 'lib' as RawName), state('/var/lib'));
});

test('a pattern that says nothing clear is an error that names it and its file', () => {
  const wrong: readonly [string, RegExp][] = [
    ['var/lib', /must begin with/],
    ['*.pem', /must begin with/],
    ['', /must begin with/],
    ['**', /must begin with/],
    ['~user/x', /must begin with/],
    ['/var/', /component ""/],
    ['/a//b', /component ""/],
    ['/a/../b', /component "\.\."/],
    ['/a/./b', /component "\."/],
    ['/a/**b', /component of its own/],
    ['/a/[b', /without its \]/],
    ['/a/b[', /without its \]/],
    ['/a/[b-', /without its \]/],
    ['/a/[z-a]', /backwards/],
    ['/a\\/b', /backslash/],
  ];
  for (const [pattern, problem] of wrong) {
    assert.throws(
      () => checkPattern(pattern, 'bad.toml'),
      (error) =>
        error instanceof RangeError &&
        error.message.includes(`bad.toml: pattern "${pattern}"`) &&
        problem.test(error.message),
      pattern,
    );
  }
});

// --- properties ---

/** What a pattern means, said once more in the plainest way: one regular expression for whole paths. */
function regexOf({ pattern, exact }: Rule): RegExp {
  const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const components = pattern.replace(/^~\//, '/~/').replace(/^\*\*/, '/**').slice(1).split('/');
  const source = components.map((component, i) => {
    if (component === '') return '';
    if (component === '~' && i === 0) return '/(?:root|home/[^/]+)';
    if (component === '**') return '(?:/[^/]+)*';
    return `/${component.replace(/\*|\?|\[!?[^\]]+\]|\\.|./gs, (token) => {
      if (token === '*') return '[^/]*';
      if (token === '?') return '[^/]';
      if (token.startsWith('[')) return token.replace('[!', '[^/');
      return quote(token.startsWith('\\') ? token.slice(1) : token);
    })}`;
  });
  const below = !exact || components.at(-1) === '**';
  return new RegExp(`^${source.join('')}${below ? '(?:/.*)?' : ''}$`, 's');
}

function referenceMatch(rules: readonly Rule[], path: string, type: number): number {
  return rules.findIndex(
    (each) => (each.types?.includes(type) ?? true) && regexOf(each).test(path === '/' ? '' : path),
  );
}

const someName = fc.oneof(
  fc.constantFrom('a', 'b', 'ab', 'aab', 'a-old', '.a', 'root', 'home', '*', '\xff', 'a\n', '\\'),
  fc
    .string({ unit: fc.constantFrom('a', 'b', '.'), minLength: 1, maxLength: 5 })
    .filter((name) => !/^\.\.?$/.test(name)),
);
const someComponent = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('a', 'b', 'ab', 'root', 'home', '*', '\xff') },
  { weight: 1, arbitrary: fc.constant('**') },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom('a', 'b', '.', '*', '?', '[ab]', '[!a]', '[a-b.]', '\\*', '\\a', '\\\\'), {
        minLength: 1,
        maxLength: 5,
      })
      .map((tokens) => tokens.join('').replace(/(?<!\\)\*\*+/g, '*'))
      .filter((component) => !/^\.\.?$/.test(component) && !component.includes('**')),
  },
);
const somePattern = fc
  .tuple(fc.constantFrom('/', '/', '~/', '**/'), fc.array(someComponent, { minLength: 1, maxLength: 4 }))
  .map(([start, components]) => start + components.join('/'));
const someType = fc.constantFrom(file, directory, socket);
const someRule = fc
  .record({
    pattern: fc.oneof({ weight: 20, arbitrary: somePattern }, { weight: 1, arbitrary: fc.constantFrom('/', '~/') }),
    exact: fc.boolean(),
    types: fc.option(fc.uniqueArray(someType, { minLength: 1 }), { nil: undefined }),
  })
  .map(({ pattern, ...rest }) => rule(pattern, rest));
const somePath = fc.array(someName, { maxLength: 5 }).map((names) => `/${names.join('/')}` as RawPath);

test('any rules agree with one regular expression each', () => {
  fc.assert(
    fc.property(
      fc.array(someRule, { maxLength: 8 }),
      fc.array(fc.tuple(somePath, someType), { minLength: 1, maxLength: 20 }),
      (rules, paths) => {
        const set = new RuleSet(rules);
        for (const [path, type] of paths) {
          assert.equal(set.matchPath(path, type), referenceMatch(rules, path, type), path);
        }
      },
    ),
    { numRuns: 3000 },
  );
});

test('rules that the build packed answer as they did before, with claims put between them', () => {
  const someKind = fc.constantFrom<EvidenceKind>('exception', 'general', 'catalogue', 'place');
  const packable = someRule
    .filter(({ pattern }) => !/\*\*\/\*\*(\/|$)/.test(pattern))
    .chain((each) => someKind.map((kind) => ({ ...each, kind })));
  const someClaim = fc.tuple(somePattern, fc.constantFrom<EvidenceKind>('unit-directory', 'recreated', 'written'));
  fc.assert(
    fc.property(
      fc.array(packable, { maxLength: 12 }),
      fc.array(someClaim, { maxLength: 3 }),
      fc.array(fc.tuple(somePath, someType), { minLength: 1, maxLength: 20 }),
      (given, claims, paths) => {
        const rules = given.sort((a, b) => weights[b.kind] - weights[a.kind]);
        const claimed = claims.map(([pattern, kind]): Claim => {
          return { pattern, exact: false, evidence: { source: 'unit', detail: pattern, kind, category: 'cache' } };
        });
        const plain = withClaims(rules, claimed);
        const packed = withClaims(unpackRules(JSON.parse(JSON.stringify(packRules(rules))) as PackedRules), claimed);
        assert.deepEqual(
          packed.map(({ pattern, category, kind }) => [pattern, category, kind]),
          plain.map(({ pattern, category, kind }) => [pattern, category, kind]),
        );
        const [before, after] = [new RuleSet(plain), new RuleSet(structuredClone(packed))];
        for (const [path, type] of paths) {
          assert.equal(after.matchPath(path, type), before.matchPath(path, type), path);
          const [first] = RuleSet.all(plain, path, type);
          assert.equal(
            first && plain.indexOf(first),
            plain[before.matchPath(path, type)] && before.matchPath(path, type),
          );
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test('a rule for a plain path P never covers P with something appended to its name', () => {
  const plain = fc.string({ unit: fc.constantFrom('a', 'b', '-', '\xff'), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.array(plain, { minLength: 1, maxLength: 4 }),
      plain,
      fc.array(plain, { maxLength: 2 }),
      (components, appended, below) => {
        const path = `/${components.join('/')}`;
        const set = new RuleSet([rule(path)]);
        assert.equal(set.matchPath([path, ...below].join('/') as RawPath, file), 0);
        assert.equal(set.matchPath([path + appended, ...below].join('/') as RawPath, file), -1);
      },
    ),
  );
});
