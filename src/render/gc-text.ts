import type { CollectedOldRoot, GcReport } from '../core/report.ts';
import { flow } from './columns.ts';
import { display } from './escape.ts';
import { momentText, policyText, verdictText } from './ls-text.ts';
import { painter, type Tone } from './style.ts';
import { type TableColumn, table } from './table.ts';
import { counted, countText } from './units.ts';

export interface GcTextOptions {
  readonly width: number | undefined;
  readonly colour: boolean;
  /** Say what came of it in a line: what would be done was printed before. */
  readonly summaryOnly?: boolean;
}

/** What `ebb gc` prints: each old root with what becomes of it and why, and the sum of it. */
export function gcText(report: GcReport, options: GcTextOptions): string {
  const { width } = options;
  const paint = painter(options.colour);
  const inner = width === undefined ? undefined : width - 2;
  const blocks: string[][] = [];
  if (options.summaryOnly !== true) {
    const heading = [`old roots in ${display(report.directory)}`, `keeping ${policyText(report.policy)}`];
    blocks.push(flow(heading, inner).map((line, i) => (i === 0 ? line : `  ${line}`)));
    if (report.oldRoots.length > 0) blocks.push(table(report.oldRoots, columns, { width, paint }));
  }
  const failed = report.oldRoots.filter(({ outcome }) => outcome === 'failed' || outcome === 'left');
  const problems = failed.flatMap(({ error = '', outcome }) => {
    const what = `${paint(outcome === 'failed' ? 'alarm' : 'care', outcome === 'failed' ? 'failed:' : 'left:')} ${display(error)}`;
    return `  ${what}`;
  });
  if (problems.length > 0) blocks.push(problems);
  blocks.push(flow(summaryOf(report), inner).map((line) => `  ${line}`));
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

const words: Readonly<Record<CollectedOldRoot['outcome'], string>> = {
  kept: 'keep',
  'to-delete': 'delete',
  deleted: 'deleted',
  left: 'left',
  failed: 'failed',
};
const tones: Readonly<Record<CollectedOldRoot['outcome'], Tone>> = {
  kept: 'good',
  'to-delete': 'care',
  deleted: 'faint',
  left: 'care',
  failed: 'alarm',
};

const columns: readonly TableColumn<CollectedOldRoot>[] = [
  { title: '', text: ({ outcome }) => words[outcome], tone: ({ outcome }) => tones[outcome] },
  { title: 'name', text: ({ name }) => display(name) },
  { title: 'booted (UTC)', text: ({ bootedAt }) => momentText(bootedAt), dispensable: 1 },
  {
    title: 'why',
    text: (oldRoot) => (oldRoot.decision === 'delete' ? oldRoot.reasons.join(', ') : verdictText(oldRoot)),
    tone: ({ decision }) => (decision === 'delete' ? 'faint' : 'plain'),
  },
];

function summaryOf({ oldRoots, planned }: GcReport): string[] {
  const count = (outcome: CollectedOldRoot['outcome']): number =>
    oldRoots.filter((oldRoot) => oldRoot.outcome === outcome).length;
  const toDelete = count('to-delete');
  const deleted = count('deleted');
  const failed = count('failed');
  const left = count('left');
  if (planned) {
    if (toDelete === 0) return [`nothing to delete: ${counted(oldRoots.length, 'old root')} kept`];
    return [`would delete ${counted(toDelete, 'old root')} and keep ${countText(oldRoots.length - toDelete)}`];
  }
  if (deleted + failed + left === 0) return [`nothing to delete: ${counted(oldRoots.length, 'old root')} kept`];
  return [
    `deleted ${counted(deleted, 'old root')}, kept ${countText(count('kept') + left)}`,
    ...(left > 0 ? [`${countText(left)} in use, left for the next time`] : []),
    ...(failed > 0 ? [`${countText(failed)} could not be deleted`] : []),
  ];
}
