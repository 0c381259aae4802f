import type { FindReport, FoundPath, FoundVersion } from '../core/find-report.ts';
import { display } from './escape.ts';
import { restoreCommand } from './find-command.ts';
import { documentText, type JsonObject, path as named, time, warningObject } from './json.ts';

/** `ebb.find/1`; what holds of all documents is said in json.ts. */
export function findJson(report: FindReport): string {
  return documentText({
    schema: 'ebb.find/1',
    ...named('directory', report.directory),
    ...named('pattern', report.pattern),
    ...(report.text === undefined ? { text: null } : named('text', report.text)),
    searched: report.searched,
    failed: report.failed,
    paths: report.paths.map((found) => ({
      ...named('path', found.path),
      oldRoots: found.oldRoots,
      there: found.there,
      versions: found.versions.map((version) => versionObject(found, version, report)),
    })),
    warnings: report.warnings.map(warningObject),
  });
}

function versionObject(found: FoundPath, version: FoundVersion, report: FindReport): JsonObject {
  const { type, size, mtime, target, certain, now, oldRoots, line } = version;
  return {
    type,
    size,
    mtime: time(mtime),
    ...(target === undefined ? { target: null } : named('target', target)),
    certain,
    now,
    oldRoots: oldRoots.map((oldRoot) => ({ ...named('name', oldRoot.name), mtime: time(oldRoot.mtime) })),
    line: line === undefined ? null : { number: line.number, text: display(line.text) },
    restore: restoreCommand(found, version, report) ?? null,
  };
}
