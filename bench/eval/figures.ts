/** Precision and recall, of whatever says for each case whether it is to be kept. */
import { categories } from '../../src/core/category.ts';
import type { Case } from './corpus.ts';

export interface Judgement {
  readonly one: Case;
  /** It would have the path kept. */
  readonly keeps: boolean;
}

export interface Figures {
  /** Cases that count: those of `either` do not. */
  readonly cases: number;
  readonly toKeep: number;
  readonly noise: number;
  /** To keep and kept, noise and kept, to keep and not kept. */
  readonly kept: number;
  readonly wronglyKept: number;
  readonly missed: number;
  /** undefined where nothing is to be kept, or nothing is kept. */
  readonly recall: number | undefined;
  readonly precision: number | undefined;
  /** Share of the noise that is not kept; undefined where there is none. */
  readonly leftAlone: number | undefined;
}

export function figuresOf(judgements: readonly Judgement[]): Figures {
  const counting = judgements.filter(({ one }) => one.verdict !== 'either');
  const count = (verdict: Case['verdict'], keeps: boolean): number =>
    counting.filter((judgement) => judgement.one.verdict === verdict && judgement.keeps === keeps).length;
  const [kept, wronglyKept, missed] = [count('persist', true), count('ignore', true), count('persist', false)];
  const toKeep = kept + missed;
  const noise = counting.length - toKeep;
  return {
    ...{ cases: counting.length, toKeep, noise, kept, wronglyKept, missed },
    recall: toKeep === 0 ? undefined : kept / toKeep,
    precision: kept + wronglyKept === 0 ? undefined : kept / (kept + wronglyKept),
    leftAlone: noise === 0 ? undefined : 1 - wronglyKept / noise,
  };
}

/** By the category that the corpus gives a case. */
export function figuresByCategory(judgements: readonly Judgement[]): Map<string, Figures> {
  const byCategory = new Map<string, Figures>();
  for (const category of categories) {
    const figures = figuresOf(judgements.filter(({ one }) => one.category === category));
    if (figures.cases > 0) byCategory.set(category, figures);
  }
  return byCategory;
}

/** What issue 7 of the project asks for. */
export const targets = { recall: 0.97, precision: 0.95, secretsRecall: 1 } as const;
