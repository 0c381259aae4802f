import { type Category, categories, hiddenCategories } from '../core/category.ts';
import { type ChangeKind, changeKinds } from '../core/change.ts';
import type { Configuration } from '../core/configuration.ts';
import { Failure } from '../core/failure.ts';
import type { Output } from '../core/output.ts';
import type { RawName, RawPath } from '../core/rawpath.ts';
import type { BaselineFacts, Change, DiffReport, DiffSummary, Totals, Warning } from '../core/report.ts';
import { changesOf, collapsed, isHidden, sorted } from '../core/rows.ts';
import type { Rule } from '../core/rule.ts';
import type { Machine } from '../ports/machine.ts';
import type { ExaminationOutcome, OpenRoot } from '../ports/open-root.ts';
import type { Against, PreparedReference } from '../ports/prepared-reference.ts';
import { bestReference } from './best-reference.ts';
import { uncovered, untold } from './coverage.ts';
import { insistedOn, judgedBy, type Knowledge, knowledgeOf, testimonies } from './evidence.ts';
import { absoluteOf, locate } from './locate.ts';
import { storageOf } from './storage.ts';

export interface DiffRequest {
  /** Where the root is mounted. */
  readonly root: RawPath;
  /** Paths in the root; empty: all of it. */
  readonly paths: readonly RawPath[];
  /** undefined: the best that the root offers. */
  readonly against: Against | undefined;
  readonly categories: ReadonlySet<Category> | undefined;
  readonly kinds: ReadonlySet<ChangeKind> | undefined;
  /** Hidden categories and ignored paths, too. */
  readonly all: boolean;
  readonly depth: number | undefined;
  readonly noSync: boolean;
  /** `root` is the old root of this name. */
  readonly oldRoot?: RawName | undefined;
  /** What it is compared with is the old root of this name. */
  readonly againstOldRoot?: RawName | undefined;
}

export interface DiffPorts {
  readonly machine: Machine;
  readonly progress: (entries: number) => void;
}

/** What the next reboot would wash away. */
export function diff(request: DiffRequest, ports: DiffPorts): Promise<DiffReport> {
  return withRoot(request, ports, (opened) => diffOf(opened, request, ports));
}

/** The same of a root that is open already, and stays the caller's. */
export async function diffOf(opened: Opened, request: DiffRequest, ports: DiffPorts): Promise<DiffReport> {
  const { root, reference, configuration } = opened;
  const outcome = await examine(opened, request, ports, { kind: 'rows' }, () => {});
  const { shown, summary, warnings } = chosen(
    changesOf(outcome.gathered, opened.knowledge.rules),
    request,
    opened,
    ports,
  );
  const changes = sorted(request.depth === undefined ? shown : collapsed(shown, request.depth));
  const now = ports.machine.now();
  return {
    host: ports.machine.hostname,
    now,
    uptime: now - ports.machine.bootedAt(),
    root: request.oldRoot === undefined ? root.facts : { ...root.facts, oldRoot: request.oldRoot },
    baseline: baselineFacts(reference, request),
    view: {
      method: root.method,
      search: outcome.search,
      seesShadowed: root.seesShadowed,
      unreadable: outcome.unreadable.count,
    },
    selective: request.paths.length > 0 || request.categories !== undefined || request.kinds !== undefined,
    storage: storageOf(root, configuration),
    module: configuration.module,
    changes,
    summary,
    warnings: [...opened.warnings, ...warningsOf(opened, request, outcome), ...warnings],
  };
}

/** The same as paths, each by itself, as they are found. */
export async function diffPaths(
  request: DiffRequest,
  nul: boolean,
  ports: DiffPorts,
  write: (bytes: Uint8Array) => void,
): Promise<readonly Warning[]> {
  const wanted =
    request.categories ?? new Set(categories.filter((category) => request.all || !hiddenCategories.has(category)));
  const kinds = [...(request.kinds ?? changeKinds)];
  const output: Output = { kind: 'paths', nul, categories: [...wanted], kinds, ignored: request.all };
  return withRoot(request, ports, async (opened) => {
    const outcome = await examine(opened, request, ports, output, write);
    return [...opened.warnings, ...warningsOf(opened, request, outcome)];
  });
}

function baselineFacts({ facts }: PreparedReference, { against, againstOldRoot }: DiffRequest): BaselineFacts {
  return {
    ...facts,
    ...(against?.kind === 'directory' ? { contents: against.checksum } : {}),
    ...(againstOldRoot === undefined ? {} : { oldRoot: againstOldRoot }),
  };
}

/** A root with all that an examination of it takes. */
export interface Opened {
  readonly root: OpenRoot;
  readonly configuration: Configuration;
  readonly reference: PreparedReference;
  readonly knowledge: Knowledge;
  readonly ignored: readonly Rule[];
  readonly warnings: Warning[];
}

async function withRoot<T>(request: DiffRequest, ports: DiffPorts, use: (opened: Opened) => Promise<T>): Promise<T> {
  const root = ports.machine.openRoot(request.root);
  try {
    return await use(preparedFor(root, request, ports));
  } finally {
    root.close();
  }
}

/** The root, which is open already and stays the caller's. */
export function preparedFor(root: OpenRoot, request: DiffRequest, ports: DiffPorts): Opened {
  const configuration = configurationOf(root, request, ports);
  const reference = prepare(root, request);
  const ignored = configuration.ignored.map(ignoreRule);
  const missing = request.paths.find((path) => isMissing(root, path) && !root.knows(reference, path));
  if (missing !== undefined) throw new Failure('not-found', `there is no ${missing} in this root`);
  const knowledge = knowledgeOf(root, ports.machine);
  const warnings = [...root.warnings, ...reference.warnings, ...knowledge.warnings].filter(
    // Of an old root, the running one's configuration counts.
    ({ code }) => request.oldRoot === undefined || code !== 'configuration',
  );
  return { root, configuration, reference, knowledge, ignored, warnings };
}

/** That of an old root may be a link to where its machine kept it: what the running root ignores counts too. */
function configurationOf(root: OpenRoot, { oldRoot }: DiffRequest, { machine }: DiffPorts): Configuration {
  const own = root.configuration;
  if (oldRoot === undefined) return own;
  const { ignored, storages, module } = machine.configuration();
  const named = own.storages.length > 0 ? own : { storages, module };
  const { storages: keptIn, module: declaredWith } = named;
  return { ...own, ignored: [...new Set([...own.ignored, ...ignored])], storages: keptIn, module: declaredWith };
}

/** Not there, as far as this user can tell. What lies on another filesystem is there, and warned of. */
function isMissing(root: OpenRoot, path: RawPath): boolean {
  if (root.holds(path)) return false;
  const { fate, denied } = locate(root, path);
  return !denied && (fate === 'root' || root.files.lstat(path) === undefined);
}

/** What is asked for, or the best that there is: the baseline; on an ephemeral root, this boot; else the packages. */
function prepare(root: OpenRoot, { against, oldRoot }: DiffRequest): PreparedReference {
  if (against !== undefined) {
    const prepared = root.prepare(against.kind === 'directory' ? against : { ...against, required: true });
    if (prepared !== undefined) return prepared;
    if (against.kind === 'baseline' && oldRoot !== undefined) {
      const others = 'compare it with another old root (ebb diff OLD_A OLD_B), or with nothing (--against nothing)';
      throw new Failure('not-found', `the old root ${oldRoot} has no baseline (/.ebb/baseline)`, others);
    }
    const hint = 'compare with this boot instead (--against boot), or record one: ebb baseline record';
    if (against.kind === 'baseline') throw new Failure('not-found', 'this root has no baseline (/.ebb/baseline)', hint);
    throw new Failure('not-found', `this root has nothing to compare with: ${against.kind}`);
  }
  return bestReference(root);
}

export function examine(
  { root, reference, knowledge, ignored }: Opened,
  { paths, noSync }: DiffRequest,
  { progress }: DiffPorts,
  output: Output,
  write: (bytes: Uint8Array) => void,
): Promise<ExaminationOutcome> {
  return root.examine({ reference, rules: knowledge.rules, paths, ignored, output, write, noSync, progress });
}

export function ignoreRule(pattern: string): Rule {
  const where = { file: 'config.toml', why: 'named under [ignore]', kind: 'general' } as const;
  return { pattern, category: 'generated', exact: false, types: undefined, ...where };
}

/** How many rows the witnesses are asked about: those that come first. */
const QUESTIONED = 500;

/** The changes that are asked for. What is hidden is only counted, as it may be most of the root. */
function chosen(
  every: Iterable<Change>,
  request: DiffRequest,
  { root, reference, knowledge }: Opened,
  { machine }: DiffPorts,
): { shown: Change[]; summary: DiffSummary; warnings: readonly Warning[] } {
  const { kinds, categories: wanted, all } = request;
  const byCategory: Partial<Record<Category, Totals>> = {};
  const hidden = { generated: 0, runtime: 0, ignored: 0 };
  const isShown = (change: Change): boolean =>
    wanted === undefined ? all || !isHidden(change) : wanted.has(change.category) && (all || !change.ignored);
  const count = (change: Change): void => {
    byCategory[change.category] = plus(byCategory[change.category] ?? none, change);
  };
  const hide = ({ category, ignored, entries }: Change): void => {
    if (ignored) hidden.ignored += entries;
    else if (category === 'generated' || category === 'runtime') hidden[category] += entries;
  };
  const insisted = insistedOn(root, machine);
  const candidates: Change[] = [];
  for (const change of every) {
    if (kinds !== undefined && !kinds.has(change.kind)) continue;
    // What its rule hides is not asked about: there may be a million of it. A few of these somebody missed once.
    const isMissed = !change.ignored && insisted.has(change.path);
    if (!all && isHidden(change) && !isMissed && !isShown(change)) {
      count(change);
      hide(change);
      continue;
    }
    const standsForAll = change.type === 'directory' && change.kind === 'added';
    const claimed = judgedBy(change, knowledge.claims.about(change.path, change.type, standsForAll));
    candidates.push(withPackage(claimed, reference));
  }
  const missed = candidates.filter((change) => isHidden(change) && insisted.has(change.path));
  const first = new Set([...missed, ...sorted(candidates)].slice(0, QUESTIONED));
  const { evidence, warnings } = testimonies(root, machine, [...first]);
  const shown: Change[] = [];
  let total: Totals = none;
  for (const candidate of candidates) {
    const change = judgedBy(candidate, evidence.get(candidate.path) ?? []);
    count(change);
    if (isShown(change)) {
      shown.push(change);
      total = plus(total, change);
    } else hide(change);
  }
  return { shown, summary: { ...total, byCategory, hidden }, warnings };
}

/** What changed of a package says so. */
function withPackage(change: Change, { facts }: PreparedReference): Change {
  if (facts.kind !== 'packages' || change.kind === 'added') return change;
  const evidence = { source: 'package', detail: 'not as its package installed it' };
  return { ...change, evidence: [...change.evidence, evidence] };
}

const none: Totals = { entries: 0, bytes: 0 };

function plus(totals: Totals, more: Totals): Totals {
  return { entries: totals.entries + more.entries, bytes: totals.bytes + more.bytes };
}

export function warningsOf(
  { root, configuration }: Opened,
  request: DiffRequest,
  outcome: ExaminationOutcome,
): Warning[] {
  const warnings = [...outcome.warnings];
  const { unreadable } = outcome;
  if (unreadable.count > 0) {
    const examples = unreadable.examples.join(', ');
    const directories =
      unreadable.count === 1
        ? '1 directory could not be read whole'
        : `${unreadable.count} directories could not be read whole`;
    const message = `${directories}, so what is missing here is not known to be safe: ${examples}`;
    warnings.push({ code: 'unreadable', message });
  }
  if (root.limitation !== undefined) {
    const message = `what lies hidden under mounts was not seen (${root.limitation})`;
    warnings.push({ code: root.limitation.includes('koffi') ? 'no-koffi' : 'ordinary-user', message });
  }
  for (const point of configuration.ephemeralMounts) {
    const at = absoluteOf(root, point);
    if (!root.table.mounts.some((mount) => mount.point === at)) continue;
    const message = `${point} is thrown away like the root: ebb diff --root ${at} shows what is in it`;
    warnings.push({ code: 'other-filesystem', message });
  }
  // Nothing is mounted upon an old root any more, so that nothing in it is kept.
  const coverage = request.oldRoot === undefined;
  for (const path of coverage ? untold(root, configuration) : []) {
    warnings.push({
      code: 'not-covered',
      message: `whether ${path} is kept cannot be told: this user may not look there`,
    });
  }
  for (const { path, problem } of coverage ? uncovered(root, configuration) : []) {
    warnings.push({ code: 'not-covered', message: `declared, but not kept: ${path}: ${problem}` });
  }
  for (const path of request.paths) {
    const { fate, mount } = locate(root, path);
    if (fate !== 'root') {
      const message = `${path} lies on ${mount.filesystem} (${mount.source}), not on this root`;
      warnings.push({ code: 'other-filesystem', message });
    }
  }
  return warnings;
}
