import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { EntryType } from '../../src/core/change.ts';
import { packRules, unpackRules } from '../../src/core/packed-rules.ts';
import type { RawPath } from '../../src/core/rawpath.ts';
import type { Rules } from '../../src/core/rule.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { loadCatalogue } from '../../src/linux/catalogue.ts';
import { Random } from '../support/random.ts';

const rules = unpackRules(packRules(loadCatalogue(join(import.meta.dirname, '../../catalogue')).rules));

/**
 * Paths that the catalogue's own patterns match, and some below them: no machine has as many that are so far apart, as
 * nearly every pattern is walked to its end.
 */
function pathsOfPatterns(count: number): RawPath[] {
  const random = new Random(7);
  const names = ['data', 'x.db', 'config.xml', 'key.pem', 'index', 'tmp', '.cache', 'share', 'server.log'];
  const patterns = rules.filter(({ pattern }) => pattern !== '/');
  const examples = patterns.map(({ pattern }) =>
    pattern
      .replace(/^~\//, '/home/ann/')
      .replace(/^\*\*/, '/srv/site')
      .replace(/\/\*\*/g, '/deep/er')
      .replace(/\[[^\]]*\]|[*?]/g, 'x')
      .replace(/\\|\/$/g, ''),
  );
  return Array.from({ length: count }, () => {
    const below = Array.from({ length: random.below(4) }, () => random.of(names));
    return [random.of(examples), ...below].join('/') as RawPath;
  });
}

/** Milliseconds of this thread's processor that matching all `paths` takes, at best: others are at work here too. */
function bestOf(runs: number, paths: readonly RawPath[], ruleSet: () => RuleSet): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const set = ruleSet();
    const begun = process.threadCpuUsage();
    for (const path of paths) set.matchPath(path, EntryType.file);
    const { user, system } = process.threadCpuUsage(begun);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

test('10,000 paths are matched against the whole catalogue in 20 ms', (context) => {
  const paths = pathsOfPatterns(10_000);
  const listed = [...paths].sort();
  const set = new RuleSet(rules);
  const warm = bestOf(30, listed, () => set);
  context.diagnostic(`${rules.length} rules; paths as a walk lists them: ${warm.toFixed(1)} ms`);
  context.diagnostic(`in no order: ${bestOf(12, paths, () => set).toFixed(1)} ms`);
  context.diagnostic(
    `listed, asked of a new set of rules: ${bestOf(6, listed, () => new RuleSet(rules)).toFixed(1)} ms`,
  );
  assert.ok(warm <= 20, `${warm} ms`);
});

test('what is packed and sorted is taken by a thread as it is', () => {
  const received = structuredClone<Rules>(rules);
  assert.deepEqual(received.sorted, rules.sorted);
});
