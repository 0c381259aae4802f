import type { WatchReport } from '../core/writers/report.ts';
import type { WrittenRow } from '../core/writers/rows.ts';
import { type Writer, writerText } from '../core/writers/writer.ts';
import { display, escapeJson } from './escape.ts';
import { type JsonObject, path, rootObject, time, warningObject } from './json.ts';

/** `ebb.watch/1`: a document a line, each with what happened. */
export function startedLine(report: WatchReport): string {
  return line('started', report.now, {
    root: rootObject(report.root),
    warnings: report.warnings.map(warningObject),
  });
}

/** What one writer wrote of one category in one directory since the last such line about it. */
export function writesLine(row: WrittenRow, now: number): string {
  const { writer, directory, deep, category, writes, names, hasMore } = row;
  return line('writes', now, {
    writer: writerObject(writer),
    ...path('directory', directory),
    deep,
    category,
    writes,
    files: names.map((name) => path('name', name)),
    moreFiles: hasMore,
  });
}

/** The queue was full: what was written meanwhile follows, its writer not known. */
export function overflowLine(now: number): string {
  return line('overflow', now, {});
}

export function endedLine(report: WatchReport, status: number | undefined): string {
  const { now, since, writes, writers, gone, overflows, hidden, warnings } = report;
  return line('ended', now, {
    since: time(since),
    ...{ writes, writers, gone, overflows },
    hidden: Object.fromEntries(Object.entries(hidden)),
    ...(status === undefined ? {} : { status }),
    warnings: warnings.map(warningObject),
  });
}

function writerObject(writer: Writer): JsonObject {
  const { kind, name, user } = writer;
  return {
    kind,
    ...path('name', name),
    user: user === undefined ? null : display(user),
    label: display(writerText(writer)),
  };
}

function line(event: string, now: number, facts: JsonObject): string {
  return `${escapeJson(JSON.stringify({ schema: 'ebb.watch/1', event, at: time(now), ...facts }))}\n`;
}
