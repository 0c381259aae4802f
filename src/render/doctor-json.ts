import type { PersistenceModule } from '../core/configuration.ts';
import type { DoctorFinding, DoctorReport, Remedy } from '../core/doctor/doctor-report.ts';
import { declareNix, declareToml } from './declare-text.ts';
import { display } from './escape.ts';
import { documentText, type JsonObject, path as named, rootObject, time, warningObject } from './json.ts';
import { commandLine } from './shell-quote.ts';

/** `ebb.doctor/1`; what holds of all documents is said in json.ts. */
export function doctorJson(report: DoctorReport): string {
  const { journal, oldRoots } = report;
  return documentText({
    schema: 'ebb.doctor/1',
    host: display(report.host),
    reportedAt: time(report.now),
    root: rootObject(report.root),
    journal: {
      ...named('source', journal.source),
      boot: display(journal.boot),
      entries: journal.entries,
      complete: journal.complete,
      first: optionalTime(journal.first),
      last: optionalTime(journal.last),
    },
    oldRoots:
      oldRoots === undefined
        ? null
        : { ...named('directory', oldRoots.directory), searched: oldRoots.searched, failed: oldRoots.failed },
    findings: report.findings.map((finding) => findingObject(finding, report.module)),
    hidden: report.hidden,
    warnings: report.warnings.map(warningObject),
  });
}

function findingObject(finding: DoctorFinding, module: PersistenceModule): JsonObject {
  const { kind, severity, what, units, failed, container, path, type, paths, messages, count, was } = finding;
  return {
    kind,
    severity,
    what: display(what),
    units: units.map(display),
    failed: failed.map(display),
    container: container === undefined ? null : display(container),
    ...(path === undefined ? { path: null } : named('path', path)),
    type: type ?? null,
    paths: paths.map((one) => named('path', one)),
    messages: messages.map((message) => ({
      text: display(message.text),
      by: message.by === undefined ? null : display(message.by),
      count: message.count,
      first: time(message.first),
      last: time(message.last),
    })),
    count,
    was:
      was === undefined
        ? null
        : {
            ...named('oldRoot', was.oldRoot),
            resetAt: optionalTime(was.resetAt),
            type: was.type,
            files: was.files,
            bytes: was.bytes,
            more: was.more,
          },
    evidence: finding.evidence.map(display),
    commands: finding.remedies.flatMap((remedy) => (remedy.kind === 'command' ? [commandLine(remedy.words)] : [])),
    declare: finding.remedies.flatMap((remedy) => (remedy.kind === 'declare' ? [declareObject(remedy, module)] : [])),
  };
}

function declareObject(remedy: Extract<Remedy, { kind: 'declare' }>, module: PersistenceModule): JsonObject {
  return {
    ...named('storage', remedy.storage),
    ...named('path', remedy.path),
    type: remedy.type,
    nix: declareNix(remedy, module),
    toml: declareToml(remedy),
  };
}

function optionalTime(seconds: number | undefined): string | null {
  return seconds === undefined ? null : time(seconds);
}
