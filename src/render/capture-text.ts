import type { CaptureReport, EarlierCapture, Excluded } from '../core/capture.ts';
import { categories } from '../core/category.ts';
import { display } from './escape.ts';
import { documentText, type JsonObject, path as named, warningObject } from './json.ts';
import { nextSteps } from './next-steps.ts';
import { shellQuote } from './shell-quote.ts';
import { painter } from './style.ts';
import { bytesText, counted } from './units.ts';

const LISTED = 10;

/** What `ebb capture` did, or would do. */
export function captureText(
  report: CaptureReport,
  { width, colour }: { readonly width: number | undefined; readonly colour: boolean },
): string {
  const paint = painter(colour);
  const inner = width === undefined ? undefined : width - 2;
  const { name, directory, dryRun, entries, bytes, deletions, shared, earlier, leftOut } = report;
  const what = [
    `${counted(entries, 'entry', 'entries')} (${bytesText(bytes)})`,
    ...(deletions === 0 ? [] : [counted(deletions, 'deletion')]),
  ].join(' and ');
  const as = `as ${paint('strong', display(name))} in ${display(directory)}`;
  const notes = [
    ...(shared.files === 0 || earlier?.outcome === 'unchanged'
      ? []
      : [`${counted(shared.files, 'file')} (${bytesText(shared.bytes)}) did not change since the last capture`]),
    ...(earlier === undefined || earlier.outcome === 'unchanged' ? [] : [earlierText(earlier)]),
    ...leftOut.slice(0, LISTED).map((path) => `left out ${display(path)} (a socket)`),
    ...(leftOut.length > LISTED ? [`… and ${counted(leftOut.length - LISTED, 'socket')}`] : []),
    ...excludedText(report.excluded),
  ];
  const lines = [
    earlier?.outcome === 'unchanged'
      ? `nothing changed since ${paint('strong', display(name))} in ${display(directory)}: no other capture was made`
      : `${dryRun ? 'would capture' : 'captured'} ${what} ${as}`,
    ...notes.map((note) => paint('faint', `  ${note}`)),
    ...(dryRun ? [] : nextSteps(commandsFor(report), inner, paint).map((line) => `  ${line}`)),
  ];
  return `${lines.join('\n')}\n`;
}

function earlierText(earlier: EarlierCapture): string {
  const name = display(earlier.name);
  if (earlier.outcome !== 'kept') return `in the place of ${name}, of which it holds all`;
  switch (earlier.because) {
    case 'lacking':
      return `${name} stays: it holds ${display(earlier.lacking)}, which this one has not as it was`;
    case 'pinned':
      return `${name} stays: it is pinned`;
    case 'unreadable':
      return `${name} stays: its notes cannot be read, and may pin it`;
    case 'in use':
      return `${name} stays: it is in use`;
  }
}

function excludedText(excluded: Excluded): string[] {
  const parts = ([...categories, 'ignored'] as const).flatMap((key) => {
    const totals = excluded[key];
    return totals === undefined ? [] : [`${key} ${counted(totals.entries, 'entry', 'entries')}`];
  });
  return parts.length === 0 ? [] : [`left out: ${parts.join(', ')} (ebb diff --all)`];
}

function commandsFor({ name, directory, directoryGiven }: CaptureReport): string[] {
  const place = directoryGiven ? ` --old-roots ${shellQuote(directory)}` : '';
  return [`ebb diff ${name}${place}`, `ebb ls${place}`];
}

/** What could not be captured, for stderr. Empty where all was. */
export function captureProblemsText({ failures }: CaptureReport): string {
  const shown = failures.slice(0, 100).map(({ path, problem }) => `ebb: ${display(path)}: ${display(problem)}\n`);
  const more = failures.length - shown.length;
  return more > 0 ? `${shown.join('')}ebb: … and ${counted(more, 'more failure')}\n` : shown.join('');
}

/** `ebb.capture/1`; what holds of all documents is said in json.ts. */
export function captureJson(report: CaptureReport): string {
  const { dryRun, entries, bytes, deletions, shared, earlier, excluded } = report;
  return documentText({
    schema: 'ebb.capture/1',
    ...named('root', report.root),
    ...named('directory', report.directory),
    ...named('name', report.name),
    ...{ dryRun, entries, bytes, deletions, shared: { ...shared } },
    earlier: earlier === undefined ? null : earlierObject(earlier),
    leftOut: report.leftOut.map((path): JsonObject => named('path', path)),
    excluded: Object.fromEntries(Object.entries(excluded).map(([key, totals]) => [key, { ...totals }])),
    failures: report.failures.map(({ path, problem }) => ({ ...named('path', path), problem: display(problem) })),
    warnings: report.warnings.map(warningObject),
  });
}

function earlierObject(earlier: EarlierCapture): JsonObject {
  const { name, outcome } = earlier;
  const because = outcome === 'kept' ? earlier.because : null;
  return {
    ...named('name', name),
    ...{ outcome, because },
    ...(outcome === 'kept' && earlier.because === 'lacking' ? named('lacking', earlier.lacking) : {}),
  };
}
