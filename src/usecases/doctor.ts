import { EntryType } from '../core/change.ts';
import { type BrokenUnit, diagnose, type Symptom } from '../core/doctor/diagnosis.ts';
import type { DoctorFinding, DoctorReport } from '../core/doctor/doctor-report.ts';
import { LastWords } from '../core/doctor/last-words.ts';
import { merged } from '../core/doctor/merging.ts';
import { type MessagePattern, MessagePatterns } from '../core/doctor/message-pattern.ts';
import { Occurrences } from '../core/doctor/occurrences.ts';
import { mendedAt } from '../core/doctor/other-root.ts';
import { ranked } from '../core/doctor/ranking.ts';
import type { Place } from '../core/doctor/remedies.ts';
import { subjectsOf } from '../core/doctor/subjects.ts';
import { UnitPaths } from '../core/doctor/unit-paths.ts';
import { UnitStates } from '../core/doctor/unit-states.ts';
import { Failure } from '../core/failure.ts';
import { type RawPath, ROOT } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import type { Journal, JournalSource } from '../ports/journal.ts';
import type { Machine } from '../ports/machine.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import type { Services } from '../ports/services.ts';
import { containerFindings } from './doctor-containers.ts';
import { identityFindings } from './doctor-identities.ts';
import { mountFindings } from './doctor-mounts.ts';
import { ownerFindings } from './doctor-owners.ts';
import { DoctorPast } from './doctor-past.ts';
import { DoctorPaths } from './doctor-paths.ts';
import { knowledgeOf } from './evidence.ts';
import { isNixos } from './is-nixos.ts';
import { absoluteOf, locate } from './locate.ts';
import { storageOf } from './storage.ts';
import type { Digest } from './survey-keys.ts';

export interface DoctorRequest {
  readonly root: RawPath;
  /** As `journalctl --boot` takes it. */
  readonly boot: string;
  /** Where the journal is, on this machine; neither: that of the root. */
  readonly directory: RawPath | undefined;
  readonly files: readonly RawPath[];
  /** undefined: those of the root, where there are any. */
  readonly oldRoots: RawPath | undefined;
  /** With notes. */
  readonly all: boolean;
}

export interface DoctorPorts {
  readonly machine: Machine;
  readonly journal: Journal;
  readonly services: Services;
  readonly patterns: readonly MessagePattern[];
  readonly sha256: Digest;
  readonly progress: (entries: number) => void;
}

const JOURNAL = '/var/log/journal' as RawPath;

/** What is wrong since the reboot: what its journal says, matched with what earlier boots had. */
export async function doctor(request: DoctorRequest, ports: DoctorPorts): Promise<DoctorReport> {
  const { machine } = ports;
  const root = machine.openRoot(request.root);
  let past: DoctorPast | undefined;
  try {
    const warnings: Warning[] = [...root.warnings];
    const heard = await listen(root, request, ports, warnings);
    past = pastOf(root, request, machine, warnings);
    const knowledge = knowledgeOf(root, machine);
    const entries = machine.entries();
    const units = new UnitPaths(knowledge.claims.claims, entries);
    const paths = new DoctorPaths(root, knowledge, entries, past);
    const broken = brokenUnits(root, request, heard.states, ports.services, warnings);
    const place = { oldRoots: request.oldRoots, storage: storageOf(root, root.configuration) };
    const told = diagnosed(heard, broken, units, paths, past, place);
    // What is there now tells nothing of an earlier boot.
    const found = request.boot === '0' ? lookedAt(root, ports, told, paths, past, place) : [];
    const findings = ranked(merged(told, found)).map((finding) => mendedAt(finding, root.facts.mount));
    const shown = findings.filter(({ severity }) => request.all || severity !== 'note');
    return {
      host: machine.hostname,
      now: machine.now(),
      root: root.facts,
      isNixos: isNixos(root.files),
      module: root.configuration.module,
      journal: heard.journal,
      oldRoots: past && {
        directory: past.directory,
        given: request.oldRoots !== undefined,
        searched: past.searched,
        failed: past.failed,
      },
      findings: shown,
      hidden: findings.length - shown.length,
      warnings: [...warnings, ...knowledge.warnings, ...(past?.warnings ?? [])],
    };
  } finally {
    past?.close();
    root.close();
  }
}

interface Heard {
  readonly occurrences: Occurrences;
  readonly states: UnitStates;
  readonly words: LastWords;
  readonly journal: DoctorReport['journal'];
}

/** Reads the journal once. */
async function listen(
  root: OpenRoot,
  request: DoctorRequest,
  { journal, patterns, progress }: DoctorPorts,
  warnings: Warning[],
): Promise<Heard> {
  const occurrences = new Occurrences(new MessagePatterns(patterns));
  const states = new UnitStates();
  const words = new LastWords();
  const source = sourceOf(root, request);
  let first: number | undefined;
  let last: number | undefined;
  const none = { entries: 0, complete: false, warnings: [] };
  const outcome =
    source === undefined
      ? none
      : await journal.read({ source, boot: request.boot, progress }, (entry) => {
          first ??= entry.at;
          last = entry.at;
          states.take(entry);
          words.take(entry);
          occurrences.take(entry);
        });
  if (source === undefined) {
    warnings.push({ code: 'journal', message: `the root has no journal (${absoluteOf(root, JOURNAL)})` });
  }
  if (source !== undefined && outcome.entries === 0 && outcome.complete) {
    warnings.push({ code: 'journal', message: 'the journal has no message of that boot' });
  }
  if (occurrences.dropped > 0) {
    const message = `${occurrences.dropped} more messages of missing paths and the like are too many to be told apart`;
    warnings.push({ code: 'journal', message });
  }
  warnings.push(...outcome.warnings);
  const { entries, complete } = outcome;
  const read = { source: sourceText(source), boot: request.boot, entries, complete, first, last };
  return { occurrences, states, words, journal: read };
}

function sourceOf(root: OpenRoot, { directory, files }: DoctorRequest): JournalSource | undefined {
  if (files.length > 0) return { kind: 'files', paths: files };
  if (directory !== undefined) return { kind: 'directory', path: directory };
  if (root.facts.mount === ROOT) return { kind: 'running' };
  const { resolved, loops } = locate(root, JOURNAL);
  const isThere = !loops && root.files.lstat(resolved)?.type === EntryType.directory;
  return isThere ? { kind: 'directory', path: absoluteOf(root, resolved) } : undefined;
}

function sourceText(source: JournalSource | undefined): string {
  switch (source?.kind) {
    case 'running':
      return 'running';
    case 'directory':
      return source.path;
    case 'files':
      return source.paths.join(' ');
    default:
      return 'none';
  }
}

/** Where nobody named them, a root without old roots is no failure. */
function pastOf(
  root: OpenRoot,
  { oldRoots: given }: DoctorRequest,
  machine: Machine,
  warnings: Warning[],
): DoctorPast | undefined {
  try {
    const oldRoots = given === undefined ? machine.oldRootsOf(root) : machine.oldRoots(given);
    return oldRoots && new DoctorPast(oldRoots, root, machine);
  } catch (error) {
    if (!(error instanceof Failure) || given !== undefined) throw error;
    warnings.push({ code: 'old-root', message: `the old roots were not asked: ${error.message}` });
    return undefined;
  }
}

/** Systemd knows best what has failed, where it is this boot that is asked about; else its messages do. */
function brokenUnits(
  root: OpenRoot,
  request: DoctorRequest,
  states: UnitStates,
  services: Services,
  warnings: Warning[],
): BrokenUnit[] {
  const told = states.broken().map(({ unit, isUserUnit, state, result }): BrokenUnit => {
    return { unit, isUserUnit, state: state === 'dependency' ? state : 'failed', result };
  });
  const isNow = root.facts.mount === ROOT && request.boot === '0' && request.files.length === 0;
  if (!isNow || request.directory !== undefined) return told;
  const { units, warnings: noticed } = services.failed();
  warnings.push(...noticed);
  if (units === undefined) return told;
  const failed = units.map(({ unit, result }): BrokenUnit => ({ unit, isUserUnit: false, state: 'failed', result }));
  return [...failed, ...told.filter(({ isUserUnit, state }) => isUserUnit || state === 'dependency')];
}

function diagnosed(
  { occurrences, words }: Heard,
  broken: readonly BrokenUnit[],
  units: UnitPaths,
  paths: DoctorPaths,
  past: DoctorPast | undefined,
  place: Place,
): DoctorFinding[] {
  const told = occurrences.all().map((occurrence) => ({ occurrence, about: subjectsOf(occurrence, units) }));
  const failed = broken.filter(({ state }) => state === 'failed').map(({ unit }) => unit);
  paths.lookUp([...failed.flatMap((unit) => units.of(unit)), ...told.flatMap(({ about }) => about)]);
  const known = (those: readonly RawPath[]) => those.flatMap((path) => paths.of(path) ?? []);
  const symptoms = told.map(({ occurrence, about }): Symptom => ({ occurrence, paths: known(about) }));
  return diagnose({
    ...{ symptoms, broken, place },
    pathsOf: (unit) => known(units.of(unit)),
    lastWords: (unit) => words.of(unit),
    hasPast: past !== undefined && past.searched > 0,
  });
}

/** What is wrong with the root whatever anybody says of it. */
function lookedAt(
  root: OpenRoot,
  { sha256 }: DoctorPorts,
  told: readonly DoctorFinding[],
  paths: DoctorPaths,
  past: DoctorPast | undefined,
  place: Place,
): DoctorFinding[] {
  const denied = told.flatMap(({ kind, path, paths: others }) => {
    return kind === 'denied' && path !== undefined ? [path, ...others] : [];
  });
  return [
    ...identityFindings(root, past, sha256, place),
    ...mountFindings(root, paths.rules),
    ...ownerFindings(root, past, denied, place.storage),
    ...containerFindings(root, place),
  ];
}
