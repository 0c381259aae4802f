import { categories } from '../core/category.ts';
import type { Evidence } from '../core/evidence.ts';
import type { WeighedEvidence } from '../core/judge.ts';
import { textOf } from '../core/rawpath.ts';
import type {
  BaselineFacts,
  Change,
  CheckReport,
  DiffReport,
  DiffSummary,
  KnownPath,
  RootFacts,
  UncoveredDeclaration,
  ViewFacts,
  Warning,
  WhyReport,
} from '../core/report.ts';
import { display, escapeJson } from './escape.ts';
import { rfc3339 } from './units.ts';
import { messageOf } from './warnings.ts';

/**
 * The JSON documents. What holds of all of them:
 * - A path under `NAME` is its text; where it is not UTF-8 it is a readable form of it (see `display`), and
 *   `NAMEBase64` beside it holds its bytes. Details and messages are readable text always.
 * - Times are RFC 3339 in UTC, to the microsecond; null where there is none or RFC 3339 cannot say it.
 * - What cannot be seen is written `\uXXXX`, so that a document printed on a terminal does nothing to it.
 * - Fields are added without a new version of the schema; none is removed or changes its meaning.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** `ebb.diff/1`, in parts: there may be a hundred thousand changes. */
export function diffJson(report: DiffReport): Iterable<string> {
  return documentParts({ schema: 'ebb.diff/1', ...circumstances(report) }, 'changes', report.changes, {
    summary: summaryObject(report.summary),
    warnings: report.warnings.map(warningObject),
  });
}

/** `ebb.check/1`, in parts. */
export function checkJson(report: CheckReport): Iterable<string> {
  const { passed, failOn, diff, losing } = report;
  return documentParts({ schema: 'ebb.check/1', passed, failOn, ...circumstances(diff) }, 'losing', losing, {
    uncovered: report.uncovered.map(uncoveredObject),
    resetFailed: report.resetFailed === undefined ? null : display(report.resetFailed),
    summary: summaryObject(diff.summary),
    warnings: diff.warnings.map(warningObject),
  });
}

/** `ebb.why/1` */
export function whyJson(report: WhyReport): string {
  const { mount, rule } = report;
  return documentText({
    schema: 'ebb.why/1',
    ...path('path', report.path),
    exists: report.exists,
    type: report.type ?? null,
    ...path('resolved', report.resolved),
    mount: {
      ...path('point', mount.point),
      filesystem: display(mount.filesystem),
      ...path('source', mount.source),
      ...path('subtree', mount.subtree),
    },
    fate: report.fate,
    unchanged: unchangedObject(report.unchanged),
    reasons: report.reasons.map(evidenceObject),
    evidence: report.evidence.map(weighedObject),
    category: report.category,
    verdict: report.verdict,
    rule: rule === undefined ? null : { pattern: display(rule.pattern), file: display(rule.file) },
    known: knownObject(report.known),
    warnings: report.warnings.map(warningObject),
  });
}

function unchangedObject(unchanged: WhyReport['unchanged']): JsonObject | null {
  if (unchanged === undefined) return null;
  const { comesBack, package: owner } = unchanged;
  return { comesBack, package: owner === undefined ? null : display(owner) };
}

function circumstances(report: DiffReport): JsonObject {
  return {
    host: display(report.host),
    reportedAt: time(report.now),
    uptime: Math.round(report.uptime),
    root: rootObject(report.root),
    baseline: baselineObject(report.baseline),
    view: viewObject(report.view),
    selective: report.selective,
    ...path('storage', report.storage),
  };
}

export function rootObject(root: RootFacts): JsonObject {
  return {
    ...path('mount', root.mount),
    filesystem: display(root.filesystem),
    ...(root.subvolume === undefined ? { subvolume: null } : path('subvolume', root.subvolume)),
    ephemeral: root.ephemeral.value,
    ephemeralReason: display(root.ephemeral.reason),
    ...oldRootName(root),
  };
}

export function baselineObject({ kind, at, detail, complete, ...facts }: BaselineFacts): JsonObject {
  return { kind, at: at === undefined ? null : time(at), detail: display(detail), complete, ...oldRootName(facts) };
}

/** There only where it is an old root. */
function oldRootName({ oldRoot }: Pick<RootFacts, 'oldRoot'>): JsonObject {
  return oldRoot === undefined ? {} : path('oldRoot', oldRoot);
}

function viewObject({ method, search, seesShadowed, unreadable }: ViewFacts): JsonObject {
  return { method, search, seesShadowed, unreadable };
}

function changeObject(change: Change): JsonObject {
  return {
    ...path('path', change.path),
    kind: change.kind,
    type: change.type,
    category: change.category,
    verdict: change.verdict,
    entries: change.entries,
    bytes: change.bytes,
    mtime: time(change.mtime),
    apart: change.apart,
    folds: change.folds,
    shadowed: change.shadowed,
    ignored: change.ignored,
    evidence: change.evidence.map(evidenceObject),
  };
}

function summaryObject({ entries, bytes, byCategory, hidden }: DiffSummary): JsonObject {
  const totals = categories.flatMap((category) => {
    const of = byCategory[category];
    return of === undefined ? [] : [[category, { entries: of.entries, bytes: of.bytes }]];
  });
  return {
    entries,
    bytes,
    byCategory: Object.fromEntries(totals),
    hidden: { generated: hidden.generated, runtime: hidden.runtime, ignored: hidden.ignored },
  };
}

function evidenceObject({ source, detail, category, by, instead }: Evidence): JsonObject {
  return {
    source: display(source),
    detail: display(detail),
    ...(category === undefined ? {} : { category }),
    ...(by === undefined ? {} : { by: display(by) }),
    ...(instead === undefined ? {} : { instead: display(instead) }),
  };
}

function weighedObject(evidence: WeighedEvidence): JsonObject {
  const { weight, outweighed } = evidence;
  return { ...evidenceObject(evidence), weight, outweighed };
}

function knownObject(known: KnownPath | undefined): JsonObject | null {
  if (known === undefined) return null;
  const { title, why, breaks, instead, owner, group, mode, stop, dump } = known;
  const text = (bytes: string | undefined): Json => (bytes === undefined ? null : display(bytes));
  return {
    ...{ title: display(title), why: display(why), breaks: text(breaks), instead: text(instead) },
    ...{ owner: text(owner), group: text(group), mode: text(mode), stop: stop.map(display), dump: text(dump) },
  };
}

export function warningObject(warning: Warning): JsonObject {
  return { code: warning.code, message: messageOf(warning) };
}

function uncoveredObject(declaration: UncoveredDeclaration): JsonObject {
  return {
    ...path('path', declaration.path),
    ...path('declaredIn', declaration.declaredIn),
    problem: display(declaration.problem),
  };
}

export function path(name: string, raw: string): JsonObject {
  const text = textOf(raw);
  return text === undefined ? { [name]: display(raw), [`${name}Base64`]: btoa(raw) } : { [name]: text };
}

export function time(seconds: number): string | null {
  return rfc3339(seconds) ?? null;
}

export function documentText(document: JsonObject): string {
  return `${jsonText(document)}\n`;
}

/** What `documentText` gives for the fields before, `changes` under `name`, and the fields after. */
function* documentParts(
  before: JsonObject,
  name: string,
  changes: readonly Change[],
  after: JsonObject,
): Iterable<string> {
  yield `${jsonText(before).slice(0, -'\n}'.length)},\n  "${name}": [`;
  let separator = '';
  for (const change of changes) {
    yield `${separator}\n    ${jsonText(changeObject(change), '    ')}`;
    separator = ',';
  }
  yield `${changes.length === 0 ? '' : '\n  '}],${jsonText(after).slice('{'.length)}\n`;
}

function jsonText(value: JsonObject, indent = ''): string {
  // Line breaks are the only unprintable characters that stand outside of strings.
  return JSON.stringify(value, undefined, 2).split('\n').map(escapeJson).join(`\n${indent}`);
}
