/** A measurement for a person, and for programs. */
import { display } from '../../src/render/escape.ts';
import { type Figures, targets } from './figures.ts';
import type { Measurement, Scores } from './measure.ts';

/** As Markdown, so that it can be read here and pasted into the documentation. */
export function measurementText({ ebb, seed, ...rest }: Measurement): string {
  const categories = [...ebb.byCategory.keys()];
  const rows = categories.map((category) => rowOf(category, of(ebb, category), of(seed, category)));
  const { matterOfTaste, leftToDecide, sameCategory } = rest;
  const secrets = ebb.byCategory.get('secret')?.recall;
  const aims = [
    aim('recall of what to keep', ebb.all.recall, targets.recall),
    aim('precision', ebb.all.precision, targets.precision),
    aim('recall of secrets', secrets, targets.secretsRecall),
  ];
  return [
    table([heading, ...rows, rowOf('all', ebb.all, seed.all)]),
    '',
    ...aims,
    '',
    `${ebb.all.cases} cases: ${ebb.all.toKeep} to keep, ${ebb.all.noise} noise; besides ${matterOfTaste} that are a matter of taste`,
    `left to decide: ${leftToDecide.toKeep} of those to keep, ${leftToDecide.noise} of the noise`,
    `category as labelled: ${(100 * sameCategory).toFixed(1)} %`,
    '',
  ].join('\n');
}

const heading = [
  ...['category', 'to keep', 'noise', 'ebb: recall', 'precision', 'noise left alone'],
  ...['patterns: recall', 'precision', 'noise left alone'],
];

function of(scores: Scores, category: string): Figures | undefined {
  return scores.byCategory.get(category);
}

function rowOf(name: string, ebb: Figures | undefined, seed: Figures | undefined): string[] {
  return [name, `${ebb?.toKeep ?? 0}`, `${ebb?.noise ?? 0}`, ...cellsOf(ebb), ...cellsOf(seed)];
}

function cellsOf(figures: Figures | undefined): string[] {
  if (figures === undefined) return ['', '', ''];
  const { recall, precision, leftAlone } = figures;
  return [share(recall), share(precision), share(leftAlone)];
}

function share(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(3);
}

function aim(what: string, value: number | undefined, target: number): string {
  const outcome = value === undefined ? 'no such cases' : value >= target ? 'pass' : 'MISS';
  return `${what}: ${share(value)} (≥ ${target}) ${outcome}`;
}

function table(all: readonly (readonly string[])[]): string {
  const widths = (all[0] ?? []).map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [first = [], ...body] = all;
  return [line(first), rule, ...body.map(line)].join('\n');
}

/** Where ebb is wrong, and rows that it would persist and that nobody has labelled. */
export function failuresText({ failures, unlabelled }: Measurement): string {
  const lines = failures.flatMap(({ root, one, verdict, category, evidence }) => [
    `${one.verdict === 'persist' ? 'missed' : 'wrongly kept'}  ${display(one.path)}  (${root.id}: ${one.category})`,
    `    ebb: ${category} → ${verdict}`,
    ...evidence.map((piece) => `    ${display(piece)}`),
    `    source: ${display(one.source)}${one.note === undefined ? '' : `; ${display(one.note)}`}`,
  ]);
  const rest = unlabelled.map(({ root, path }) => `no label: ${root}: ${display(path)}`);
  return [...lines, ...rest, ''].join('\n');
}

export function measurementJson(measurement: Measurement, corpus: string): string {
  const { ebb, seed, failures, unlabelled, matterOfTaste, leftToDecide, sameCategory, passes } = measurement;
  const scores = ({ all, byCategory }: Scores) => ({ all, byCategory: Object.fromEntries(byCategory) });
  const document = {
    schema: 'ebb.eval/1',
    ...{ corpus, targets, passes, ebb: scores(ebb), patterns: scores(seed) },
    ...{ matterOfTaste, leftToDecide, sameCategory },
    failures: failures.map(({ root, one, verdict, category, evidence }) => ({
      ...{ root: root.id, path: one.path, right: one.verdict, rightCategory: one.category, source: one.source },
      ...{ verdict, category, evidence: evidence.map(display) },
    })),
    unlabelled: unlabelled.map(({ root, path }) => ({ root, path: display(path) })),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
