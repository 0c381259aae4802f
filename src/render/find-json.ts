import type { FindReport, FoundVersion } from '../core/find-report.ts';
import type { RawPath } from '../core/rawpath.ts';
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
    paths: report.paths.map(({ path, versions, oldRoots }) => ({
      ...named('path', path),
      oldRoots,
      versions: versions.map((version) => versionObject(path, version, report)),
    })),
    warnings: report.warnings.map(warningObject),
  });
}

function versionObject(path: RawPath, version: FoundVersion, report: FindReport): JsonObject {
  const { type, size, mtime, target, digest, certain, now, oldRoots, line } = version;
  return {
    type,
    size,
    mtime: time(mtime),
    ...(target === undefined ? { target: null } : named('target', target)),
    sha256: digest ?? null,
    certain,
    now,
    oldRoots: oldRoots.map((oldRoot) => ({ ...named('name', oldRoot.name), mtime: time(oldRoot.mtime) })),
    line: line === undefined ? null : { number: line.number, text: display(line.text) },
    restore: restoreCommand(path, version, report) ?? null,
  };
}
