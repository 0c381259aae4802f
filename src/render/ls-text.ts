import { isForeign } from '../core/old-root.ts';
import { isHalfDeleted } from '../core/old-root-name.ts';
import { rawFromText } from '../core/rawpath.ts';
import type { JudgedOldRoot, ListedOldRoot, OldRootsReport } from '../core/report.ts';
import type { RetentionPolicy } from '../core/retention.ts';
import { flow, shortenText } from './columns.ts';
import { display } from './escape.ts';
import { nextSteps } from './next-steps.ts';
import { type Paint, painter } from './style.ts';
import { type TableColumn, table } from './table.ts';
import { ageText, bytesText, counted, countText, rfc3339 } from './units.ts';

export interface LsTextOptions {
  readonly width: number | undefined;
  readonly colour: boolean;
}

/** What `ebb ls` prints. */
export function lsText(report: OldRootsReport, options: LsTextOptions): string {
  const { width } = options;
  const paint = painter(options.colour);
  const inner = width === undefined ? undefined : width - 2;
  const { own, foreign, halfDeleted } = partsOf(report.oldRoots);
  const heading = [
    `old roots in ${display(report.directory)}`,
    report.backend,
    `gc keeps ${policyText(report.policy)}`,
  ];
  const blocks = [flow(heading, inner).map((line, i) => (i === 0 ? line : `  ${line}`))];
  if (own.length > 0) blocks.push(table(own, ownColumns(report.now), { width, paint }));
  if (foreign.length > 0) {
    blocks.push([
      ...notice(
        'foreign (not made by ebb, copied or renamed): left alone until adopted (ebb adopt NAME)',
        inner,
        paint,
      ),
      ...table(foreign, foreignColumns(report.now), { width, paint }),
    ]);
  }
  if (halfDeleted.length > 0) blocks.push(halfDeletedLines(halfDeleted, inner, paint));
  blocks.push([
    ...flow(footerOf(report), inner).map((line) => `  ${line}`),
    ...nextSteps(stepsOf(report, own), inner, paint).map((line) => `  ${line}`),
  ]);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

export interface Parts<R> {
  /** Made by ebb, or adopted. */
  readonly own: readonly R[];
  readonly foreign: readonly R[];
  readonly halfDeleted: readonly R[];
}

export function partsOf<R extends JudgedOldRoot>(oldRoots: readonly R[]): Parts<R> {
  const halfDeleted = oldRoots.filter(({ name }) => isHalfDeleted(name));
  const whole = oldRoots.filter(({ name }) => !isHalfDeleted(name));
  return { halfDeleted, foreign: whole.filter(isForeign), own: whole.filter((oldRoot) => !isForeign(oldRoot)) };
}

/** `the newest 5, one a week (4 weeks) and one a month`. */
export function policyText({ recent, weekly, monthly }: RetentionPolicy): string {
  const parts = [
    ...(recent > 0 ? [`the newest ${countText(recent)}`] : ['the newest']),
    ...(weekly > 0 ? [`one a week (${counted(weekly, 'week')})`] : []),
    ...(monthly === 'all' ? ['one a month'] : monthly > 0 ? [`one a month (${counted(monthly, 'month')})`] : []),
  ];
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

/** `2026-11-24 10:00` in UTC, as names are. */
export function momentText(seconds: number | undefined): string {
  return seconds === undefined ? '' : (rfc3339(Math.floor(seconds))?.slice(0, 16).replace('T', ' ') ?? '');
}

/** Why it is kept, or that it goes. */
export function verdictText({ decision, reasons, pinned, inUse }: JudgedOldRoot): string {
  if (decision === 'delete') return 'delete';
  return reasons
    .map((reason) => {
      if (reason === 'pinned' && pinned !== undefined && pinned.note !== '')
        return `pinned (${display(rawFromText(pinned.note))})`;
      return reason === 'in use' && inUse !== undefined ? `in use (${display(inUse)})` : reason;
    })
    .join(', ');
}

function ownColumns(now: number): TableColumn<ListedOldRoot>[] {
  const quiet = ({ decision }: ListedOldRoot) => (decision === 'delete' ? 'faint' : 'plain');
  return [
    { title: 'name', text: ({ name }) => display(name), tone: quiet },
    { title: 'booted (UTC)', text: ({ bootedAt }) => momentText(bootedAt), tone: quiet, dispensable: 4 },
    {
      title: 'age',
      text: ({ bootedAt, capture }) => (bootedAt === undefined ? 'unknown' : ageText(now, capture?.at ?? bootedAt)),
      tone: quiet,
    },
    { title: 'ended', text: endedText, tone: quiet, dispensable: 3 },
    {
      title: 'generation',
      text: ({ generation }) => display(rawFromText(generation ?? '')),
      tone: quiet,
      dispensable: 2,
    },
    { title: 'kernel', text: ({ kernel }) => display(rawFromText(kernel ?? '')), tone: quiet, dispensable: 1 },
    {
      title: 'entries',
      text: ({ size }) => (size === undefined ? '' : countText(size.entries)),
      numeric: true,
      tone: quiet,
      dispensable: 5,
    },
    {
      title: 'left behind',
      text: ({ size }) => (size === undefined ? '' : bytesText(size.bytes)),
      numeric: true,
      tone: quiet,
    },
    {
      title: 'frees',
      text: ({ space }) => (space === undefined ? '' : bytesText(space.exclusive)),
      numeric: true,
      tone: quiet,
      dispensable: 6,
    },
    {
      title: 'gc',
      text: (oldRoot) =>
        `${oldRoot.adopted ? 'adopted, ' : ''}${oldRoot.decision === 'delete' ? 'delete' : `keep: ${verdictText(oldRoot)}`}`,
      tone: ({ decision }) => (decision === 'delete' ? 'care' : 'good'),
    },
  ];
}

function endedText({ endedClean, capture }: ListedOldRoot): string {
  if (capture !== undefined && endedClean !== true) return 'captured';
  return endedClean === undefined ? '' : endedClean ? 'clean' : 'not clean';
}

function foreignColumns(now: number): TableColumn<ListedOldRoot>[] {
  return [
    { title: 'name', text: ({ name }) => display(name) },
    { title: 'time (UTC)', text: ({ bootedAt }) => momentText(bootedAt), dispensable: 1 },
    { title: 'age', text: ({ bootedAt }) => (bootedAt === undefined ? 'unknown' : ageText(now, bootedAt)) },
    { title: 'time read as', text: ({ foreign }) => (foreign === false ? '' : foreign.format), tone: () => 'faint' },
  ];
}

function halfDeletedLines(halfDeleted: readonly ListedOldRoot[], inner: number | undefined, paint: Paint): string[] {
  return [
    ...notice('half deleted: nothing to be had from them, ebb gc finishes them', inner, paint),
    ...halfDeleted.map(({ name }) => `  ${inner === undefined ? display(name) : shortenText(display(name), inner)}`),
  ];
}

function notice(text: string, inner: number | undefined, paint: Paint): string[] {
  return flow([text], inner).map((line) => `  ${paint('faint', line)}`);
}

function footerOf({ oldRoots, total, condemned, unsized }: OldRootsReport): string[] {
  const shown = oldRoots.length;
  return [
    shown === total ? counted(total, 'old root') : `${countText(shown)} of ${counted(total, 'old root')}`,
    ...(total === 0 ? [] : [condemned === 0 ? 'gc would delete none' : `gc would delete ${countText(condemned)}`]),
    ...(unsized === 0 ? [] : [`${counted(unsized, 'size')} not worked out yet (--sizes)`]),
  ];
}

/** A word that a shell takes as it stands, and that leaves room for the other command. */
const typeable = /^(?!-)[\w@%+:,./-]{1,96}$/;

function stepsOf({ directory, directoryGiven, condemned }: OldRootsReport, own: readonly ListedOldRoot[]): string[] {
  if (directoryGiven && !typeable.test(directory)) return [];
  const place = directoryGiven ? ` --old-roots ${directory}` : '';
  // Without a baseline nothing tells what was lost with it.
  const example = own.find(({ name, hasBaseline }) => hasBaseline && typeable.test(name));
  return [
    ...(example === undefined ? [] : [`ebb diff ${example.name}${place}`]),
    ...(condemned > 0 ? [`ebb gc --dry-run${place}`] : []),
  ];
}
