/** One measurement of a corpus: what ebb says of each case, what the table of patterns says, and how right they are. */
import type { RawPath } from '../../src/core/rawpath.ts';
import type { Machine } from '../../src/ports/machine.ts';
import type { CorpusRoot } from './corpus.ts';
import { type Figures, figuresByCategory, figuresOf, targets } from './figures.ts';
import { type Answer, answersOf } from './judging.ts';
import { seedKeeps } from './seed-table.ts';

/** The figures of one that says what to keep. */
export interface Scores {
  readonly all: Figures;
  readonly byCategory: ReadonlyMap<string, Figures>;
}

export interface Measurement {
  readonly ebb: Scores;
  readonly seed: Scores;
  /** Cases of `either`, which count for nothing. */
  readonly matterOfTaste: number;
  /** Cases that ebb leaves to a person to decide, in the middle of those to keep and of noise. */
  readonly leftToDecide: { readonly toKeep: number; readonly noise: number };
  /** Share of cases of whose category ebb says the same as the corpus. */
  readonly sameCategory: number;
  /** Where ebb is wrong. */
  readonly failures: readonly Answer[];
  readonly unlabelled: readonly { readonly root: string; readonly path: RawPath }[];
  readonly answers: readonly Answer[];
  readonly passes: boolean;
}

export async function measure(corpus: readonly CorpusRoot[], machine: Machine): Promise<Measurement> {
  const answers: Answer[] = [];
  const unlabelled: { root: string; path: RawPath }[] = [];
  for (const root of corpus) {
    const ofRoot = await answersOf(root, machine);
    answers.push(...ofRoot.answers);
    unlabelled.push(...ofRoot.unlabelled.map((path) => ({ root: root.id, path })));
  }
  const ebb = scoresOf(answers, ({ verdict }) => verdict === 'persist');
  const counting = answers.filter(({ one }) => one.verdict !== 'either');
  const decided = counting.filter(({ verdict }) => verdict === 'decide');
  const toKeep = decided.filter(({ one }) => one.verdict === 'persist').length;
  return {
    ebb,
    seed: scoresOf(answers, ({ one, root }) => seedKeeps(one, root)),
    matterOfTaste: answers.length - counting.length,
    leftToDecide: { toKeep, noise: decided.length - toKeep },
    sameCategory: counting.filter(({ one, category }) => one.category === category).length / counting.length,
    failures: counting.filter(({ one, verdict }) => (one.verdict === 'persist') !== (verdict === 'persist')),
    ...{ unlabelled, answers, passes: passes(ebb) },
  };
}

function scoresOf(answers: readonly Answer[], keeps: (answer: Answer) => boolean): Scores {
  const judgements = answers.map((answer) => ({ one: answer.one, keeps: keeps(answer) }));
  return { all: figuresOf(judgements), byCategory: figuresByCategory(judgements) };
}

function passes({ all, byCategory }: Scores): boolean {
  const secrets = byCategory.get('secret')?.recall ?? 1;
  return (
    (all.recall ?? 1) >= targets.recall && (all.precision ?? 1) >= targets.precision && secrets >= targets.secretsRecall
  );
}
