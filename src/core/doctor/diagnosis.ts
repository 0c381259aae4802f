import { parentOf, type RawPath } from '../rawpath.ts';
import { type DoctorFinding, type DoctorKind, type Severity, severities, type Was } from './doctor-report.ts';
import { type Draft, Drafts, noteOccurrence } from './draft.ts';
import { findingOf } from './finding-of-draft.ts';
import type { Words } from './last-words.ts';
import type { Occurrence } from './occurrences.ts';
import type { PathFacts } from './path-facts.ts';
import type { Place } from './remedies.ts';

/** A unit that does not run as it should. */
export interface BrokenUnit {
  readonly unit: string;
  readonly isUserUnit: boolean;
  /** `dependency`: it was not started, as what it needs failed. */
  readonly state: 'failed' | 'dependency';
  /** `exit-code`, `timeout`…; undefined where nothing tells. A byte string. */
  readonly result: string | undefined;
}

export interface Symptom {
  readonly occurrence: Occurrence;
  /** What it is about. */
  readonly paths: readonly PathFacts[];
}

export interface DiagnosisInput {
  readonly symptoms: readonly Symptom[];
  readonly broken: readonly BrokenUnit[];
  /** What a unit keeps. */
  readonly pathsOf: (unit: string) => readonly PathFacts[];
  /** What a unit said last. */
  readonly lastWords: (unit: string) => readonly Words[];
  /** There are old roots, and they were looked into. */
  readonly hasPast: boolean;
  readonly place: Place;
}

/** As the message of systemd about it means. */
const FAILED = 'it failed';

/** What the messages of a journal and the units that failed come to. */
export function diagnose(input: DiagnosisInput): DoctorFinding[] {
  const failed = new Map(input.broken.filter(({ state }) => state === 'failed').map((unit) => [unit.unit, unit]));
  const drafts = new Drafts();
  for (const symptom of input.symptoms) takeSymptom(symptom, drafts, failed, input.hasPast);
  for (const unit of failed.values()) takeFailed(unit, drafts, input);
  takeWaiting(input.broken, drafts);
  return siblingsTogether(withoutEchoes(drafts)).map((draft) => findingOf(draft, failed, input.place));
}

function takeSymptom(symptom: Symptom, drafts: Drafts, failed: ReadonlyMap<string, unknown>, hasPast: boolean): void {
  const { occurrence } = symptom;
  const { kind, title } = occurrence.pattern;
  const isFailed = occurrence.unit !== undefined && failed.has(occurrence.unit);
  switch (kind) {
    case 'missing':
      takeMissing(symptom, drafts, isFailed);
      break;
    case 'first-run':
    case 'identity':
      takeSetUp(symptom, drafts, kind, hasPast);
      break;
    case 'denied':
      add(drafts, 'denied', isFailed || title !== undefined ? 'broken' : 'note', symptom, symptom.paths[0]);
      break;
    case 'owner':
      add(drafts, 'owner', 'risk', symptom, symptom.paths[0]);
      break;
    case 'failed-start':
      // Of a unit that runs by now it tells nothing.
      if (isFailed) add(drafts, 'failed', 'broken', symptom, undefined);
      else if (title !== 'systemd') takeMissing(symptom, drafts, false);
      break;
    case 'harmless':
      break;
  }
}

/** A path was missed: it is lost where an old root has it, and no news where it is there by now. */
function takeMissing(symptom: Symptom, drafts: Drafts, isFailed: boolean): void {
  const { occurrence, paths } = symptom;
  const gone = paths.filter(isGone);
  for (const facts of gone) addLost(drafts, symptom, facts, facts.missingFrom ?? facts.path, facts.was as Was, false);
  if (gone.length > 0) return;
  const isThere = paths.length > 0 && paths.every(({ now, isHollow }) => now !== undefined && !isHollow);
  // Of what a unit needs, the one thing that is not there must be meant.
  const absent = paths.filter(({ missingFrom }) => missingFrom !== undefined);
  const named = occurrence.file !== undefined ? paths[0] : absent.length === 1 ? absent[0] : undefined;
  add(drafts, 'missing', isFailed && !isThere ? 'broken' : 'note', symptom, named);
}

/** It set itself up anew: what it had before is lost, where an old root has something of it. */
function takeSetUp(symptom: Symptom, drafts: Drafts, kind: 'first-run' | 'identity', hasPast: boolean): void {
  const { paths } = symptom;
  const had = paths.filter(({ keepWas }) => keepWas !== undefined);
  for (const facts of had) {
    addLost(drafts, symptom, facts, facts.keep.path, facts.keepWas as Was, facts.now !== undefined);
  }
  if (had.length > 0) return;
  const isKept = paths.length > 0 && paths.every((facts) => facts.isKept);
  // What old roots know nothing of was never there: it began now, and may be kept from now on.
  add(drafts, kind, hasPast || isKept ? 'note' : 'risk', symptom, paths[0]);
}

/** Where nothing else tells why it failed, what it keeps may be gone. */
function takeFailed({ unit, isUserUnit, result }: BrokenUnit, drafts: Drafts, input: DiagnosisInput): void {
  const known = drafts.ofUnit(unit);
  if (known.some(({ kind }) => kind === 'lost')) return;
  const gone = input.pathsOf(unit).filter(isGone);
  for (const facts of gone) {
    const path = facts.missingFrom ?? facts.path;
    const what = 'what a unit that failed keeps is gone';
    const draft = drafts.at(`lost ${path}`, { kind: 'lost', severity: 'lost', what, facts, path, was: facts.was });
    draft.units.set(unit, isUserUnit);
    if (facts.path !== path) draft.paths.add(facts.path);
  }
  if (gone.length > 0) return;
  for (const draft of known) if (draft.severity === 'note') draft.severity = 'broken';
  if (known.some(({ kind }) => kind !== 'failed')) return;
  const what = result === undefined ? FAILED : `${FAILED} (${result})`;
  const draft = drafts.at(keyOf('failed', unit, ''), { kind: 'failed', severity: 'broken', what });
  draft.units.set(unit, isUserUnit);
  if (draft.what === FAILED) draft.what = what;
  draft.words = input.lastWords(unit);
}

function takeWaiting(broken: readonly BrokenUnit[], drafts: Drafts): void {
  const what = 'units were not started, as what they need failed';
  for (const { unit, isUserUnit, state } of broken) {
    if (state !== 'dependency') continue;
    drafts.at('waiting', { kind: 'failed', severity: 'note', what }).units.set(unit, isUserUnit);
  }
}

/** That a unit failed is said of it where the reason is told, and not a second time. */
function withoutEchoes(drafts: Drafts): Draft[] {
  return drafts.all().filter((draft) => {
    if (draft.kind !== 'failed' || draft.severity === 'note') return true;
    const reasons = [...draft.units.keys()]
      .flatMap((unit) => drafts.ofUnit(unit))
      .filter(({ kind, severity }) => kind !== 'failed' && severity !== 'note');
    for (const reason of reasons) reason.messages.push(...draft.messages);
    return reasons.length === 0;
  });
}

/** Fewer than that are told one by one. */
const MANY_SIBLINGS = 3;

/** What was lost out of one directory, which is there, and lies in one old root, is brought back by one command. */
function siblingsTogether(drafts: readonly Draft[]): Draft[] {
  const groups = Map.groupBy(drafts, (draft) => {
    const { kind, path, was, what, isReplaced } = draft;
    return kind === 'lost' && path !== undefined && was !== undefined
      ? [parentOf(path), was.oldRoot, what, isReplaced].join('\0')
      : draft;
  });
  return [...groups.values()].flatMap((those) => (those.length < MANY_SIBLINGS ? those : [together(those)]));
}

function together(siblings: readonly Draft[]): Draft {
  const [first, ...others] = siblings as readonly [Draft, ...Draft[]];
  const also = others.flatMap(({ path }) => path ?? []);
  const all = siblings.flatMap(({ was }) => was ?? []);
  const sum = (of: (was: Was) => number): number => all.reduce((total, was) => total + of(was), 0);
  const was = first.was && {
    ...first.was,
    ...{ files: sum(({ files }) => files), bytes: sum(({ bytes }) => bytes), more: all.some(({ more }) => more) },
  };
  return {
    ...{ ...first, was, also },
    units: new Map(siblings.flatMap(({ units }) => [...units])),
    paths: new Set([...siblings.flatMap(({ paths }) => [...paths]), ...also]),
    messages: siblings.flatMap(({ messages }) => messages),
  };
}

function addLost(
  drafts: Drafts,
  { occurrence }: Symptom,
  facts: PathFacts,
  path: RawPath,
  was: Was,
  isReplaced: boolean,
): void {
  const { means, title } = occurrence.pattern;
  const said = { what: means, isSpecific: title !== undefined };
  const draft = drafts.at(`lost ${path}`, { kind: 'lost', severity: 'lost', ...said, facts, path, was, isReplaced });
  noteOccurrence(draft, occurrence);
  if (facts.path !== path) draft.paths.add(facts.path);
}

function add(
  drafts: Drafts,
  kind: DoctorKind,
  severity: Severity,
  { occurrence }: Symptom,
  facts: PathFacts | undefined,
): void {
  const { pattern, unit, identifier, container } = occurrence;
  const whose = unit ?? container ?? identifier ?? '';
  // Of one unit and kind of message one finding, however many paths it is about.
  const key = keyOf(kind, whose, kind === 'failed' ? '' : pattern.id);
  const said = { what: pattern.means, isSpecific: pattern.title !== undefined };
  const was = facts?.missingFrom === undefined && facts?.isHollow !== true ? undefined : facts.was;
  const draft = drafts.at(key, { kind, severity, ...said, container, facts, path: facts?.path, was });
  noteOccurrence(draft, occurrence);
  if (severities.indexOf(severity) < severities.indexOf(draft.severity)) draft.severity = severity;
  if (facts !== undefined && facts.path !== draft.path) draft.paths.add(facts.path);
}

function keyOf(kind: DoctorKind, whose: string, about: string): string {
  return `${kind}\0${whose}\0${about}`;
}

/** An old root has it, and it is not there now. What every boot makes anew is not missed for long. */
function isGone({ was, missingFrom, isHollow, category }: PathFacts): boolean {
  const isState = category === 'state' || category === 'secret' || category === 'home' || category === 'unknown';
  return isState && was !== undefined && (missingFrom !== undefined || isHollow);
}
