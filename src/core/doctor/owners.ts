import { compareRaw, type RawName, type RawPath } from '../rawpath.ts';
import type { DoctorFinding, Remedy, Severity } from './doctor-report.ts';
import { type Accounts, isPassingNumber } from './names.ts';
import { command, plainFinding } from './remedies.ts';

/** Whose an entry is. */
export interface Owned {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

/** A directory of the root that is another's than it was, or has another mode. */
export interface ChangedDirectory {
  readonly path: RawPath;
  readonly now: Owned;
  readonly before: Owned;
  readonly oldRoot: RawName;
}

/** A kept path, with whose it is and who the declaration says. */
export interface KeptPath {
  readonly path: RawPath;
  readonly owner: Owned;
  readonly declared: { readonly user: string; readonly group: string | undefined };
  /** Numbers of what lies right in it. */
  readonly below: readonly Owned[];
}

export interface OwnerFacts {
  readonly now: Accounts;
  /** Of the last boot; undefined where there is none to be asked. */
  readonly before: Accounts | undefined;
  readonly kept: readonly KeptPath[];
  readonly changed: readonly ChangedDirectory[];
  /** Users are known elsewhere too, as in LDAP: one without a name here may have one there. */
  readonly hasOtherSources: boolean;
}

const MOST = 20;

/** By names: of a user whose number changed, the directory is still theirs by another finding. */
export function changedDirectories(facts: OwnerFacts): DoctorFinding[] {
  const { now, before, changed } = facts;
  if (before === undefined) return [];
  const others = changed.filter(({ now: is, before: was }) => {
    const isSameUser = now.users.shown(is.uid) === before.users.shown(was.uid);
    const isSameGroup = now.groups.shown(is.gid) === before.groups.shown(was.gid);
    return !isSameUser || !isSameGroup || is.mode !== was.mode;
  });
  return others.slice(0, MOST).map(({ path, now: is, before: was, oldRoot }) => {
    const [owner, had] = [ownerText(is, now), ownerText(was, before)];
    const remedies: Remedy[] = [];
    const user = before.users.shown(was.uid);
    const group = before.groups.shown(was.gid);
    if (owner.names !== had.names) remedies.push(command('chown', `${user}:${group}`, path));
    if (is.mode !== was.mode) remedies.push(command('chmod', modeText(was.mode), path));
    return plainFinding({
      ...{ kind: 'owner', severity: 'risk', path, type: 'directory', remedies },
      what: 'a directory on the way to what is kept is not as it was',
      evidence: [`it belongs to ${owner.text}; in the old root ${oldRoot}, to ${had.text}`],
    });
  });
}

/** What is kept and belongs to numbers that mean somebody else now, or nobody. */
export function driftedOwners(facts: OwnerFacts): DoctorFinding[] {
  const findings = new Map<string, { draft: Drift; paths: RawPath[] }>();
  for (const kept of facts.kept) {
    for (const drift of driftsOf(kept, facts)) {
      const key = `${drift.isGroup} ${drift.number} ${drift.name ?? ''}`;
      const known = findings.get(key);
      if (known === undefined) findings.set(key, { draft: drift, paths: [kept.path] });
      else known.paths.push(kept.path);
    }
  }
  return [...findings.values()].slice(0, MOST).map(({ draft, paths }) => driftFinding(draft, paths.sort(compareRaw)));
}

interface Drift {
  readonly isGroup: boolean;
  readonly number: number;
  /** Whose it should be: who had the number at the last boot, or whom the declaration names. */
  readonly name: string | undefined;
  /** Who has the number now. */
  readonly holder: string | undefined;
  readonly why: string;
}

function driftsOf({ owner, below, declared }: KeptPath, facts: OwnerFacts): Drift[] {
  const { now, before, hasOtherSources } = facts;
  const drifts: Drift[] = [];
  const look = (isGroup: boolean, numbers: ReadonlySet<number>, own: number, wanted: string | undefined): void => {
    const [names, earlier] = isGroup ? [now.groups, before?.groups] : [now.users, before?.users];
    for (const number of numbers) {
      if (number === 0 || isPassingNumber(number)) continue;
      const holder = names.nameOf(number);
      const had = earlier?.nameOf(number);
      if (had !== undefined && had !== holder && names.numberOf(had) !== undefined) {
        drifts.push({ isGroup, number, name: had, holder, why: `${had} had the number ${number} at the last boot` });
      } else if (holder === undefined && !(hasOtherSources && number >= 1000)) {
        drifts.push({ isGroup, number, name: undefined, holder, why: 'no one has that number' });
      }
    }
    const expected = wanted === undefined ? undefined : names.numberOf(wanted);
    const isKnown = drifts.some((drift) => drift.isGroup === isGroup && drift.number === own);
    if (wanted === undefined || expected === undefined || expected === own || isKnown) return;
    const why = `it is declared as ${wanted}'s, which is ${expected}`;
    drifts.push({ isGroup, number: own, name: wanted, holder: names.nameOf(own), why });
  };
  // What is declared without an owner is root's, and nobody minds whose it is in truth.
  const user = declared.user === 'root' ? undefined : declared.user;
  look(false, new Set([owner.uid, ...below.map(({ uid }) => uid)]), owner.uid, user);
  look(true, new Set([owner.gid, ...below.map(({ gid }) => gid)]), owner.gid, declared.group);
  return drifts;
}

function driftFinding({ isGroup, number, name, holder, why }: Drift, paths: readonly RawPath[]): DoctorFinding {
  const kind = isGroup ? 'group' : 'user';
  const severity: Severity = name === undefined ? 'risk' : 'broken';
  const whose = holder === undefined ? `the ${kind} ${number}, which has no name` : `the ${kind} ${holder} (${number})`;
  const should = name === undefined ? '' : `, and should be ${name}'s`;
  const from = isGroup ? `:${number}` : String(number);
  const to = isGroup ? `:${name}` : String(name);
  const remedies =
    name === undefined ? [] : paths.slice(0, 5).map((path) => command('chown', '-R', `--from=${from}`, to, path));
  return plainFinding({
    ...{ kind: 'owner', severity, path: paths[0], paths: paths.slice(1, 11), remedies },
    what: `what is kept belongs to ${whose}${should}`,
    evidence: [why],
  });
}

function ownerText({ uid, gid, mode }: Owned, { users, groups }: Accounts): { names: string; text: string } {
  const names = `${users.shown(uid)}:${groups.shown(gid)}`;
  return { names, text: `${names}, mode ${modeText(mode)}` };
}

function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
