import { entryTypeName } from '../core/change.ts';
import { Failure } from '../core/failure.ts';
import { compareOldRoots, type OldRoot } from '../core/old-root.ts';
import { isHalfDeleted } from '../core/old-root-name.ts';
import { covers, nameOf, type RawName, type RawPath, ROOT, rebase } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import { extentOf, planRestore, RECORDS, type RestoreStep } from '../core/restore-plan.ts';
import type { RestoredPath, RestoreProblem, RestoreReport } from '../core/restore-report.ts';
import { parseRestored, rememberable, restoredText, withRestored } from '../core/restored.ts';
import type { Machine } from '../ports/machine.ts';
import type { OldRoots, OpenOldRoot } from '../ports/old-roots.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import type { RestoreOutcome, RestoreTarget } from '../ports/restore.ts';
import { absentOldRoot } from './absent-old-root.ts';
import { locate } from './locate.ts';

export interface RestoreRequest {
  readonly paths: readonly RawPath[];
  /** undefined: for each path the newest old root that has it. */
  readonly from: RawName | undefined;
  /** Paths are restored below it. */
  readonly to: RawPath;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly oldRoots: RawPath | undefined;
}

export interface RestorePorts {
  readonly machine: Machine;
  readonly openTarget: (directory: RawPath) => RestoreTarget;
  readonly progress: (entries: number) => void;
}

/** Brings paths back from old roots. @throws Failure where no old root has one of them: then none is restored. */
export function restore(request: RestoreRequest, ports: RestorePorts): RestoreReport {
  const oldRoots = ports.machine.oldRoots(request.oldRoots);
  const opened: OpenOldRoot[] = [];
  let target: RestoreTarget | undefined;
  try {
    target = ports.openTarget(request.to);
    refuseRecords(request, target);
    // What is planned is what is there until the plan is carried out.
    if (!request.dryRun) target.lock();
    const parts = [];
    for (const [oldRoot, paths] of holders(request, oldRoots, target, opened)) {
      parts.push(restoreFrom(oldRoot, paths, target, request, ports));
    }
    const paths = parts.flatMap((part) => part.paths);
    if (!request.dryRun && target.isRunningRoot()) remember(request, paths, oldRoots, ports.machine.now());
    return {
      target: request.to,
      dryRun: request.dryRun,
      paths,
      failures: parts.flatMap((part) => part.failures),
      moreFailures: parts.reduce((sum, part) => sum + part.moreFailures, 0),
      leftOut: parts.flatMap((part) => part.leftOut),
      stopped: parts.find((part) => part.stopped !== undefined)?.stopped,
      entries: paths.reduce((sum, { entries }) => sum + entries, 0),
      bytes: paths.reduce((sum, { bytes }) => sum + bytes, 0),
      warnings: losses(request, ports.machine, paths),
    };
  } finally {
    for (const { close } of opened) close();
    target?.close();
    oldRoots.close();
  }
}

/** What somebody brings back was missed: it is to be kept, as history tells later. */
function remember(
  { paths: asked }: RestoreRequest,
  paths: readonly RestoredPath[],
  oldRoots: OldRoots,
  now: number,
): void {
  const made = paths.filter(({ action }) => action === 'create' || action === 'replace').map(({ path }) => path);
  const worth = rememberable(asked, made);
  if (worth.length === 0) return;
  const marks = parseRestored(oldRoots.memo('restored'));
  oldRoots.writeMemo('restored', restoredText(withRestored(marks, worth, now)), { durable: true });
}

/** What a root says of its own boot is used to tell what the next reboot loses, and to sort it among the old roots. */
function refuseRecords({ paths, to }: RestoreRequest, target: RestoreTarget): void {
  for (const path of paths) {
    const isRecord = covers(RECORDS, path) && target.isRunningRoot();
    if (!isRecord && !covers(RECORDS, rebase(path, ROOT, to))) continue;
    throw new Failure(
      'usage',
      `${RECORDS} is what the running root records of its own boot: nothing of another boot goes there`,
      'to look at that of an old root, restore it to another place: --to DIR',
    );
  }
}

/** The old roots that are restored from, each with its paths; they are opened, for the caller to close. */
function holders(
  request: RestoreRequest,
  oldRoots: OldRoots,
  target: RestoreTarget,
  opened: OpenOldRoot[],
): Map<OpenOldRoot, RawPath[]> {
  const found = new Map<OpenOldRoot, RawPath[]>();
  const missing = new Set(request.paths);
  for (const name of candidates(request, oldRoots)) {
    if (missing.size === 0) break;
    const oldRoot = open(oldRoots, name, request.from !== undefined);
    if (oldRoot === undefined) continue;
    const source = target.sourceOf(oldRoot);
    const here = [...missing].filter((path) => source.look(path) !== undefined);
    if (here.length === 0) {
      oldRoot.close();
      continue;
    }
    opened.push(oldRoot);
    found.set(oldRoot, here);
    for (const path of here) missing.delete(path);
  }
  const [first] = missing;
  if (first !== undefined) throw absent(first, request, oldRoots);
  return found;
}

function candidates({ from }: RestoreRequest, oldRoots: OldRoots): readonly RawName[] {
  if (from !== undefined) return [from];
  const whole = oldRoots.list().filter(({ name }: OldRoot) => !isHalfDeleted(name));
  return whole.toSorted((a, b) => compareOldRoots(b, a)).map(({ name }) => name);
}

/** One that is being deleted is passed over, unless it was named. */
function open(oldRoots: OldRoots, name: RawName, named: boolean): OpenOldRoot | undefined {
  try {
    const oldRoot = oldRoots.open(name);
    if (oldRoot === undefined && named) throw absentOldRoot(oldRoots, name);
    return oldRoot;
  } catch (error) {
    if (error instanceof Failure && error.code === 'locked' && !named) return undefined;
    throw error;
  }
}

function absent(path: RawPath, request: RestoreRequest, oldRoots: OldRoots): Failure {
  const { paths, from } = request;
  const { directory } = oldRoots;
  const where = from === undefined ? `no old root in ${directory} has` : `the old root ${from} does not have`;
  const message = `${where} ${path}`;
  const name = nameOf(path);
  if (from === undefined && oldRoots.list().some((oldRoot) => oldRoot.name === name)) {
    const others = paths.filter((other) => other !== path);
    if (others.length > 0)
      return new Failure('not-found', message, `${name} is an old root`, wordsOf(request, name, others));
    return new Failure('not-found', message, `${name} is an old root: name it with --from, and then what to restore`);
  }
  if (/[*?[]/.test(path)) {
    const find = ['ebb', 'find', path, ...placeWords(request)];
    return new Failure('not-found', message, 'restore takes names, no globs', find);
  }
  return new Failure('not-found', message, 'paths are looked up as they are spelled: no symlink is followed');
}

/** The command that asks for these paths from this old root, and for the rest as it was asked for. */
function wordsOf(request: RestoreRequest, from: RawName, paths: readonly RawPath[]): string[] {
  const { to, force, dryRun } = request;
  return [
    // A word that begins with a dash would be taken for a flag.
    ...['ebb', 'restore', ...(from.startsWith('-') ? [`--from=${from}`] : ['--from', from])],
    ...(to === ROOT ? [] : ['--to', to]),
    ...(force ? ['--force'] : []),
    ...(dryRun ? ['--dry-run'] : []),
    ...placeWords(request),
    ...paths,
  ];
}

function placeWords({ oldRoots }: RestoreRequest): string[] {
  return oldRoots === undefined ? [] : ['--old-roots', oldRoots];
}

interface Part {
  readonly paths: readonly RestoredPath[];
  readonly failures: readonly RestoreProblem[];
  readonly moreFailures: number;
  readonly leftOut: readonly RawPath[];
  readonly stopped: string | undefined;
}

function restoreFrom(
  oldRoot: OpenOldRoot,
  paths: readonly RawPath[],
  target: RestoreTarget,
  { force, dryRun }: RestoreRequest,
  { progress }: RestorePorts,
): Part {
  const source = target.sourceOf(oldRoot);
  const steps = planRestore(paths, source, target, { force });
  const outcome = dryRun ? undefined : target.carryOut(steps, oldRoot, progress);
  const blocked = steps.flatMap((step) =>
    step.action === 'blocked' ? [{ path: step.path, problem: obstacleOf(step) ?? '', onlyAttribute: false }] : [],
  );
  return {
    paths: steps.map((step, index) => ({
      path: step.path,
      type: entryTypeName(step.type),
      action: step.action,
      oldRoot: oldRoot.name,
      newer: 'newer' in step ? step.newer : undefined,
      ...(outcome === undefined ? extentOf(step, source) : (outcome.made.get(index) ?? nothing)),
      obstacle: obstacleOf(step),
    })),
    failures: [...blocked, ...(outcome?.failures ?? [])],
    ...rest(outcome),
  };
}

const nothing = { entries: 0, bytes: 0 };

function rest(outcome: RestoreOutcome | undefined): Pick<Part, 'moreFailures' | 'leftOut' | 'stopped'> {
  const { moreFailures = 0, leftOut = [], stopped } = outcome ?? {};
  return { moreFailures, leftOut, stopped };
}

function obstacleOf(step: RestoreStep): string | undefined {
  if (step.action !== 'blocked') return undefined;
  switch (step.reason) {
    case 'directory':
      return 'a directory is in its place, which --force does not replace: move it away';
    case 'symlink':
      return `${step.obstacle} is a symlink, and ebb follows none: restore to where it leads (--to), or move it away`;
    case 'not-a-directory':
      return `${step.obstacle} is not a directory`;
  }
}

/** That what was restored is lost again at the next reboot. */
function losses({ to, paths: asked }: RestoreRequest, machine: Machine, paths: readonly RestoredPath[]): Warning[] {
  const written = asked.filter((path) =>
    paths.some((made) => covers(path, made.path) && made.action !== 'skip' && made.action !== 'blocked'),
  );
  if (written.length === 0) return [];
  let root: OpenRoot;
  try {
    root = machine.openRoot(ROOT);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [{ code: 'not-kept', message: `whether it is kept cannot be told: ${error.message}` }];
  }
  try {
    return written.flatMap((path): Warning[] => {
      const there = rebase(path, ROOT, to);
      const { fate, mount } = locate(root, there);
      if (fate === 'volatile') {
        const message = `${there} lies on ${mount.filesystem}, in memory: it is lost again at the next reboot`;
        return [{ code: 'not-kept', message }];
      }
      if (fate !== 'root' || !root.facts.ephemeral.value) return [];
      const message = `${there} is not persisted: it is lost again at the next reboot; to keep it, declare it`;
      return [{ code: 'not-kept', message, command: ['ebb', 'diff', '--format', 'nix', there] }];
    });
  } finally {
    root.close();
  }
}
