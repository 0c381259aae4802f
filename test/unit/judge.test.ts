import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Category, categories } from '../../src/core/category.ts';
import { EntryType } from '../../src/core/change.ts';
import { ClaimIndex, withClaims } from '../../src/core/claims.ts';
import { type Claim, type Evidence, type EvidenceKind, weights } from '../../src/core/evidence.ts';
import { judge } from '../../src/core/judge.ts';
import { literalPattern } from '../../src/core/pattern.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { catalogue } from '../support/catalogue.ts';

const added = { kind: 'added', ignored: false, shadowed: false } as const;

function piece(kind: EvidenceKind, category: Category, detail = `${kind} ${category}`): Evidence {
  return { source: 'test', detail, kind, category };
}

test('where nothing speaks for anything, what is known stays', () => {
  const told: Evidence = { source: 'package', detail: 'not as its package installed it' };
  assert.deepEqual(judge('state', [told], added), {
    category: 'state',
    verdict: 'persist',
    evidence: [{ ...told, weight: 0, outweighed: false }],
  });
  assert.equal(judge('unknown', [], added).verdict, 'decide');
});

test('of what knows paths by patterns only the closest counts', () => {
  const { category, evidence } = judge(
    'runtime',
    [
      piece('general', 'runtime'),
      piece('catalogue', 'state'),
      piece('unit-directory', 'state'),
      piece('place', 'state'),
    ],
    added,
  );
  assert.equal(category, 'runtime');
  assert.deepEqual(
    evidence.map(({ weight, outweighed }) => [weight, outweighed]),
    [
      [weights.general, false],
      [0, true],
      [0, true],
      [0, true],
    ],
  );
});

test('a writer makes state of what nobody knows, and not of a cache', () => {
  assert.equal(judge('unknown', [piece('written', 'state')], added).category, 'state');
  assert.equal(judge('cache', [piece('general', 'cache'), piece('written', 'state')], added).category, 'cache');
});

test('what comes back at every boot is generated, whatever its place says', () => {
  const evidence = [piece('place', 'state'), piece('written', 'state'), piece('comes-back', 'generated')];
  assert.deepEqual(judge('state', evidence, added).verdict, 'ignore');
});

test('what a person brought back is kept, whatever else is known', () => {
  const evidence = [piece('exception', 'cache'), piece('restored', 'state')];
  assert.equal(judge('cache', evidence, added).verdict, 'persist');
});

test('one kind is heard once for a category, however many say the same', () => {
  const many = Array.from({ length: 20 }, (_, i) => piece('written', 'state', `unit ${i}`));
  assert.equal(judge('cache', [piece('general', 'cache'), ...many], added).category, 'cache');
});

test('an entry may say that its state need not be kept, or is a matter of taste', () => {
  const state = { ...piece('catalogue', 'state'), persist: 'no' } as const;
  assert.equal(judge('state', [state], added).verdict, 'ignore');
  assert.equal(judge('log', [{ ...piece('exception', 'log'), persist: 'optional' }], added).verdict, 'decide');
  const restored = { ...piece('restored', 'state'), persist: 'yes' } as const;
  assert.equal(judge('state', [state, restored], added).verdict, 'persist');
  assert.equal(judge('state', [{ ...state, kind: 'exception' }, piece('written', 'state')], added).verdict, 'ignore');
  // Said of a category that it did not become.
  assert.equal(judge('state', [state, piece('lost-identity', 'secret')], added).verdict, 'persist');
});

const anyEvidence = fc.array(
  fc
    .tuple(fc.constantFrom(...(Object.keys(weights) as EvidenceKind[])), fc.constantFrom(...categories), fc.nat(3))
    .map(([kind, category, n]) => piece(kind, category, `${n}`)),
  { maxLength: 6 },
);

test('the order in which evidence comes changes no verdict, unless two patterns weigh the same', () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      const distinct = evidence.filter(({ kind }, i) => evidence.findIndex((other) => other.kind === kind) === i);
      const there = judge('unknown', distinct, added);
      const back = judge('unknown', distinct.toReversed(), added);
      assert.deepEqual([there.category, there.verdict], [back.category, back.verdict]);
    }),
  );
});

test('what is deleted, hidden or ignored is never to be persisted', () => {
  fc.assert(
    fc.property(anyEvidence, (evidence) => {
      for (const change of [{ kind: 'deleted' }, { shadowed: true }, { ignored: true }] as const) {
        assert.notEqual(judge('state', evidence, { ...added, ...change }).verdict, 'persist');
      }
    }),
  );
});

function claim(path: string, evidence: Partial<Evidence> = {}, more: Partial<Claim> = {}): Claim {
  const detail = `says ${path}`;
  return { pattern: literalPattern(path), exact: false, evidence: { source: 'unit', detail, ...evidence }, ...more };
}

test('claims are asked after the catalogue, and before what only the place tells', () => {
  const stated = { kind: 'unit-directory', category: 'state', by: 'a.service' } as const;
  const rules = withClaims(catalogue(), [
    claim('/srv/data', stated),
    claim('/var/lib/a', stated),
    claim('/etc/passwd', stated),
    claim('/run/a', stated),
  ]);
  const set = new RuleSet(rules);
  const found = (path: string) => rules[set.matchPath(path as RawPath, EntryType.file)];
  assert.equal(found('/srv/data/x')?.by, 'a.service');
  assert.equal(found('/var/lib/a/x')?.by, 'a.service');
  assert.equal(found('/var/lib/a/x.key')?.category, 'secret');
  assert.equal(found('/etc/passwd')?.category, 'generated');
  assert.equal(found('/run/a/x')?.category, 'runtime');
  assert.deepEqual(
    rules.map(({ kind }) => weights[kind]),
    rules.map(({ kind }) => weights[kind]).sort((a, b) => b - a),
  );
});

test('a claim that says nothing of a category is no rule', () => {
  assert.equal(withClaims(catalogue(), [claim('/srv/data')]), catalogue());
});

test('of a path are told the claims about it and about what holds it, the closest first', () => {
  const index = new ClaimIndex([claim('/srv'), claim('/srv/a/b'), claim('/srv/a', {}, { exact: true }), claim('/opt')]);
  const details = (path: string, all = false) =>
    index.about(path as RawPath, 'directory', all).map(({ detail }) => detail);
  assert.deepEqual(details('/srv/a/b/c'), ['says /srv/a/b', 'says /srv']);
  assert.deepEqual(details('/srv/a'), ['says /srv/a', 'says /srv']);
  assert.deepEqual(details('/srv/a', true), ['says /srv/a', 'says /srv', 'says /srv/a/b']);
  assert.deepEqual(details('/srv-old'), []);
});

test('a claim about what lies in a directory does not speak for the directory', () => {
  const index = new ClaimIndex([claim('/srv/a/b', { kind: 'unit-path', category: 'state' })]);
  const [found] = index.about('/srv/a' as RawPath, 'directory', true);
  assert.equal(found?.category, undefined);
});

const component = fc.constantFrom('a', 'b', '*', 'a*', '?', '[ab]', '**', '\\*');
const pattern = fc.array(component, { minLength: 1, maxLength: 4 }).map((components) => `/${components.join('/')}`);
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', '*', '**'), { minLength: 1, maxLength: 5 })
  .map((components) => `/${components.join('/')}` as RawPath);

test('a claim is told of just those paths that it would match as a rule', () => {
  fc.assert(
    fc.property(pattern, fc.boolean(), path, (source, exact, asked) => {
      const evidence = { source: 'unit', detail: 'x', kind: 'unit-path', category: 'state' } as const;
      const set = new RuleSet(withClaims([], [{ pattern: source, exact, evidence }]));
      const matched = set.matchPath(asked, EntryType.file) >= 0;
      const told = new ClaimIndex([{ pattern: source, exact, evidence }]).about(asked, 'file', false).length > 0;
      assert.equal(told, matched, `${source} ${asked}`);
    }),
  );
});

test('a link to what is not lost is nobody’s loss, in a unit’s own directory too', () => {
  const link = piece('kept-link', 'generated');
  assert.equal(
    judge('generated', [link, piece('unit-directory', 'state'), piece('grows', 'state')], added).verdict,
    'ignore',
  );
});
