import { compareRaw } from '../rawpath.ts';
import type { DoctorFinding, Quotation, Remedy } from './doctor-report.ts';
import type { Draft } from './draft.ts';
import type { Words } from './last-words.ts';
import type { Occurrence } from './occurrences.ts';
import { declaring, type Place, restoring, systemctl } from './remedies.ts';

const MOST_PATHS = 10;
const MOST_MESSAGES = 4;
const MOST_UNITS = 3;
/** Messages that say the same of several paths. */
const MOST_ALIKE = 2;

/** `failed`: the units that failed. */
export function findingOf(draft: Draft, failed: ReadonlyMap<string, unknown>, place: Place): DoctorFinding {
  const { kind, severity, what, units, container, facts, path, was, paths, messages, words } = draft;
  const names = [...units.keys()].sort(compareRaw);
  const ordered = messages
    .toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)) || a.first - b.first)
    .filter(({ pattern }, at, all) => all.slice(0, at).filter((one) => one.pattern === pattern).length < MOST_ALIKE);
  return {
    ...{ kind, severity, what, container, path, was, units: names },
    failed: names.filter((unit) => failed.has(unit)),
    type: was?.type ?? facts?.now,
    paths: [...paths].sort(compareRaw).slice(0, MOST_PATHS),
    messages: [...words.map(lastWordOf), ...ordered.map(quotationOf)].slice(0, MOST_MESSAGES),
    count: messages.reduce((sum, { count }) => sum + count, 0),
    evidence: facts === undefined ? [] : [facts.place],
    remedies: remediesOf(draft, failed, place),
  };
}

function remediesOf(draft: Draft, failed: ReadonlyMap<string, unknown>, place: Place): Remedy[] {
  const { kind, units, facts, path, was, also, isReplaced } = draft;
  const startable = [...units]
    .filter(([unit]) => /\.(service|socket|mount|timer|path)$/.test(unit))
    .slice(0, MOST_UNITS);
  if (kind === 'failed') return startable.map(([unit, isUserUnit]) => systemctl('status', unit, isUserUnit));
  // What runs would go on with what it has made, and write it over what is restored.
  const isStopped = (unit: string): boolean => isReplaced && !failed.has(unit);
  const mending: Remedy[] = [];
  if (path !== undefined && was !== undefined && (kind === 'lost' || facts?.missingFrom !== undefined)) {
    for (const [unit, isUserUnit] of startable) {
      if (isStopped(unit)) mending.push(systemctl('stop', unit, isUserUnit));
    }
    mending.push(restoring([path, ...also], was, place, isReplaced));
  }
  const isDeclared = facts === undefined || facts.isKept || !isState(draft);
  const keeping = isDeclared ? [] : [declaring(facts.keep, place)];
  const isRestarted = mending.length > 0 || startable.some(([unit]) => failed.has(unit));
  const restarting = startable.map(([unit, isUserUnit]) => {
    return systemctl(isStopped(unit) && mending.length > 0 ? 'start' : 'restart', unit, isUserUnit);
  });
  return [...mending, ...(isRestarted ? restarting : []), ...keeping];
}

/** What nobody ever had is not kept for the sake of a permission. */
function isState({ kind, facts }: Draft): boolean {
  if (kind === 'denied' && facts?.keepWas === undefined) return false;
  const category = facts?.category;
  if (category === 'state' || category === 'secret' || category === 'home') return true;
  return kind === 'lost' && category === 'unknown';
}

/** Said by whom it is about, and not by systemd about it. */
function isOwn({ pattern }: Occurrence): boolean {
  return pattern.title !== 'systemd';
}

function lastWordOf({ message, identifier, program, at }: Words): Quotation {
  return { text: message, by: identifier ?? program, count: 1, first: at, last: at };
}

function quotationOf({ text, identifier, count, first, last }: Occurrence): Quotation {
  return { text, by: identifier, count, first, last };
}
