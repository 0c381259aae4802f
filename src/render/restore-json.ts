import { textOf } from '../core/rawpath.ts';
import type { RestoredPath, RestoreProblem, RestoreReport } from '../core/restore-report.ts';
import { display, escapeJson } from './escape.ts';
import { warningObject } from './json.ts';

/** `ebb.restore/1`; what holds of all documents is said in json.ts. */
export function restoreJson(report: RestoreReport): string {
  const document = {
    schema: 'ebb.restore/1',
    ...named('target', report.target),
    dryRun: report.dryRun,
    paths: report.paths.map(pathObject),
    failures: report.failures.map(failureObject),
    moreFailures: report.moreFailures,
    leftOut: report.leftOut.map((path) => named('path', path)),
    stopped: report.stopped === undefined ? null : display(report.stopped),
    summary: { entries: report.entries, bytes: report.bytes },
    warnings: report.warnings.map(warningObject),
  };
  return `${JSON.stringify(document, undefined, 2).split('\n').map(escapeJson).join('\n')}\n`;
}

function pathObject({ path, type, action, oldRoot, newer, entries, bytes, obstacle }: RestoredPath): object {
  return {
    ...named('path', path),
    type,
    action,
    ...named('oldRoot', oldRoot),
    newer: newer ?? null,
    entries,
    bytes,
    obstacle: obstacle === undefined ? null : display(obstacle),
  };
}

function failureObject({ path, problem, onlyAttribute }: RestoreProblem): object {
  return { ...named('path', path), problem: display(problem), onlyAttribute };
}

function named(name: string, raw: string): object {
  const text = textOf(raw);
  return text === undefined ? { [name]: display(raw), [`${name}Base64`]: btoa(raw) } : { [name]: text };
}
