/** How right ebb is about what to keep, on the labelled roots of test/corpus: `npm run eval -- --failures` tells where not. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCorpus } from '../../bench/eval/corpus.ts';
import { targets } from '../../bench/eval/figures.ts';
import { corpusMachine } from '../../bench/eval/judging.ts';
import { measure } from '../../bench/eval/measure.ts';
import { failuresText } from '../../bench/eval/report.ts';

const repository = join(import.meta.dirname, '../..');
const corpus = readCorpus(join(repository, 'test/corpus'));

test('the corpus has at least 500 cases that count, at least half of them noise, and ten whole roots', () => {
  const counting = corpus.flatMap(({ cases }) => cases).filter(({ verdict }) => verdict !== 'either');
  assert.ok(counting.length >= 500);
  assert.ok(counting.filter(({ verdict }) => verdict === 'ignore').length >= counting.length / 2);
  assert.ok(corpus.filter(({ id }) => id.startsWith('roots/')).length >= 10);
});

test('ebb keeps what is to be kept, all secrets among it, leaves noise alone, and beats the table of patterns', async () => {
  const measured = await measure(corpus, corpusMachine(repository));
  const { ebb, seed } = measured;
  const { recall = 0, precision = 0 } = ebb.all;
  const where = failuresText(measured);
  assert.ok(recall >= targets.recall, `recall is ${recall}:\n${where}`);
  assert.ok(precision >= targets.precision, `precision is ${precision}:\n${where}`);
  assert.equal(ebb.byCategory.get('secret')?.recall, targets.secretsRecall, where);
  assert.ok(recall > (seed.all.recall ?? 1) && precision > (seed.all.precision ?? 1));
});
