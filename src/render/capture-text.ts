import type { CaptureReport } from '../core/capture.ts';
import { display } from './escape.ts';
import { documentText, type JsonObject, path as named, warningObject } from './json.ts';
import { painter } from './style.ts';
import { bytesText, counted } from './units.ts';

const LISTED = 10;

/** What `ebb capture` did, or would do. */
export function captureText(report: CaptureReport, { colour }: { readonly colour: boolean }): string {
  const paint = painter(colour);
  const { name, directory, dryRun, replaced, changes, entries, bytes, leftOut } = report;
  const what = dryRun ? counted(changes, 'path') : `${counted(entries, 'entry', 'entries')}, ${bytesText(bytes)},`;
  const as = `as ${paint('strong', display(name))} in ${display(directory)}`;
  const lines = [`${dryRun ? 'would capture' : 'captured'} ${what} ${as}`];
  if (replaced) lines.push(paint('faint', '  in the place of the earlier capture of this boot'));
  for (const path of leftOut.slice(0, LISTED)) lines.push(paint('faint', `  left out ${display(path)} (a socket)`));
  if (leftOut.length > LISTED) lines.push(paint('faint', `  … and ${counted(leftOut.length - LISTED, 'socket')}`));
  if (!dryRun) lines.push(`  next: ebb diff ${display(name)}   ·   ebb ls`);
  return `${lines.join('\n')}\n`;
}

/** What could not be captured, for stderr. Empty where all was. */
export function captureProblemsText({ failures }: CaptureReport): string {
  const shown = failures.slice(0, 100).map(({ path, problem }) => `ebb: ${display(path)}: ${display(problem)}\n`);
  const more = failures.length - shown.length;
  return more > 0 ? `${shown.join('')}ebb: … and ${counted(more, 'more failure')}\n` : shown.join('');
}

/** `ebb.capture/1`; what holds of all documents is said in json.ts. */
export function captureJson(report: CaptureReport): string {
  const { dryRun, replaced, changes, entries, bytes } = report;
  return documentText({
    schema: 'ebb.capture/1',
    ...named('root', report.root),
    ...named('directory', report.directory),
    ...named('name', report.name),
    ...{ dryRun, replaced, changes, entries, bytes },
    leftOut: report.leftOut.map((path): JsonObject => named('path', path)),
    failures: report.failures.map(({ path, problem }) => ({ ...named('path', path), problem: display(problem) })),
    warnings: report.warnings.map(warningObject),
  });
}
