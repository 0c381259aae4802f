import { isHalfDeleted } from '../core/old-root-name.ts';
import type {
  AdoptReport,
  GcReport,
  JudgedOldRoot,
  OldRootsReport,
  OpenOldRootReport,
  PinReport,
} from '../core/report.ts';
import type { RetentionPolicy } from '../core/retention.ts';
import { display } from './escape.ts';
import { documentText, type JsonObject, path, time, warningObject } from './json.ts';

/** `ebb.ls/1` */
export function lsJson(report: OldRootsReport): string {
  return documentText({
    schema: 'ebb.ls/1',
    ...path('directory', report.directory),
    backend: report.backend,
    supports: { ...report.supports },
    retention: policyObject(report.policy),
    oldRoots: report.oldRoots.map((oldRoot) => ({
      ...oldRootObject(oldRoot),
      keep: oldRoot.decision === 'keep' ? oldRoot.reasons : [],
      entries: oldRoot.size?.entries ?? null,
      bytes: oldRoot.size?.bytes ?? null,
      sharedBytes: oldRoot.space?.shared ?? null,
      exclusiveBytes: oldRoot.space?.exclusive ?? null,
    })),
    total: report.total,
    condemned: report.condemned,
    unsized: report.unsized,
    warnings: report.warnings.map(warningObject),
  });
}

/** `ebb.gc/1` */
export function gcJson(report: GcReport): string {
  return documentText({
    schema: 'ebb.gc/1',
    ...path('directory', report.directory),
    retention: policyObject(report.policy),
    dryRun: report.planned,
    oldRoots: report.oldRoots.map(({ name, decision, reasons, outcome, error }) => ({
      ...path('name', name),
      decision,
      reasons,
      outcome,
      ...(error === undefined ? {} : { error: display(error) }),
    })),
    warnings: report.warnings.map(warningObject),
  });
}

/** `ebb.pin/1` */
export function pinJson({ name, pinned, unchanged }: PinReport): string {
  return documentText({
    schema: 'ebb.pin/1',
    ...path('name', name),
    pinned: pinned !== undefined,
    note: pinned === undefined ? null : pinned.note,
    unchanged,
  });
}

/** `ebb.adopt/1` */
export function adoptJson({ oldRoots, passedOver }: AdoptReport): string {
  return documentText({
    schema: 'ebb.adopt/1',
    oldRoots: oldRoots.map(({ name, outcome, bootedAt, format, error }) => ({
      ...path('name', name),
      outcome,
      bootedAt: bootedAt === undefined ? null : time(bootedAt),
      timeReadAs: format,
      ...(error === undefined ? {} : { error: display(error) }),
    })),
    passedOver: passedOver.map((name) => path('name', name)),
  });
}

/** `ebb.open/1` */
export function openJson({ name, path: at }: OpenOldRootReport): string {
  return documentText({ schema: 'ebb.open/1', ...path('name', name), ...path('path', at) });
}

function oldRootObject(oldRoot: JudgedOldRoot): JsonObject {
  const { name, sequence, bootedAt, endedClean, kernel, generation, pinned, foreign, adopted, inUse, doubt } = oldRoot;
  const { capture } = oldRoot;
  return {
    ...path('name', name),
    sequence: sequence ?? null,
    bootedAt: bootedAt === undefined ? null : time(bootedAt),
    capturedAt: capture === undefined ? null : time(capture.at),
    ended: endedClean === undefined ? null : endedClean ? 'clean' : 'not clean',
    kernel: kernel ?? null,
    generation: generation ?? null,
    pinned: pinned !== undefined,
    note: pinned?.note ?? null,
    foreign: foreign !== false,
    timeReadAs: foreign === false ? null : foreign.format,
    adopted,
    halfDeleted: isHalfDeleted(name),
    inUse: inUse === undefined ? null : display(inUse),
    doubt: doubt === undefined ? null : display(doubt),
  };
}

function policyObject({ recent, weekly, monthly }: RetentionPolicy): JsonObject {
  return { recent, weekly, monthly };
}
