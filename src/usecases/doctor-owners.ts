import { EntryType } from '../core/change.ts';
import type { DoctorFinding } from '../core/doctor/doctor-report.ts';
import { type Accounts, Names } from '../core/doctor/names.ts';
import {
  type ChangedDirectory,
  changedDirectories,
  driftedOwners,
  type KeptPath,
  type Owned,
  type OwnerFacts,
} from '../core/doctor/owners.ts';
import { declaring, plainFinding } from '../core/doctor/remedies.ts';
import { join, parentOf, type RawPath, ROOT } from '../core/rawpath.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import type { FileFacts, RootFiles } from '../ports/root-files.ts';
import type { DoctorPast } from './doctor-past.ts';
import { locate } from './locate.ts';
import { contentOf, namesIn } from './survey-files.ts';

/** Entries of a kept directory whose owners are looked at, and in all. */
const MOST_BELOW = 100;
const MOST_ENTRIES = 5000;
const at = (path: string): RawPath => path as RawPath;
const NUMBERS = at('/var/lib/nixos');
const sources = /^(passwd|group):.*\b(sss|ldap|winbind|nis|ad)\b/m;

/** Owners that are not who they were, of what is kept and of the directories on the way to `paths`. */
export function ownerFindings(
  root: OpenRoot,
  past: DoctorPast | undefined,
  paths: readonly RawPath[],
  storage: RawPath,
): DoctorFinding[] {
  const { files } = root;
  const ways = new Set([...paths, ...root.configuration.declared.map(({ path }) => path)].flatMap(waysTo));
  const before = past?.withNewest((opened, oldRoot) => ({
    accounts: accountsOf(opened.files),
    changed: [...ways].flatMap((path) => changedIn(root, opened.files, path, oldRoot)),
  }));
  const facts: OwnerFacts = {
    now: accountsOf(files),
    before: before?.accounts.users.isEmpty === false ? before.accounts : undefined,
    kept: keptPaths(root),
    changed: before?.changed ?? [],
    hasOtherSources: sources.test(contentOf(files, at('/etc/nsswitch.conf')) ?? ''),
  };
  // Without users there is nobody to be asked for.
  const drifted = facts.now.users.isEmpty ? [] : driftedOwners(facts);
  return [...drifted, ...changedDirectories(facts), ...unkeptNumbers(root, storage)];
}

function accountsOf(files: RootFiles): Accounts {
  return {
    users: new Names(contentOf(files, at('/etc/passwd')) ?? ''),
    groups: new Names(contentOf(files, at('/etc/group')) ?? ''),
  };
}

/** The directories on the way to a path, without the root itself. */
function waysTo(path: RawPath): RawPath[] {
  const ways: RawPath[] = [];
  for (let way = parentOf(path); way !== ROOT; way = parentOf(way)) ways.push(way);
  return ways;
}

/** What lies on another filesystem is kept as it is: the old root has but the point where it was mounted. */
function changedIn(
  root: OpenRoot,
  earlier: RootFiles,
  path: RawPath,
  oldRoot: ChangedDirectory['oldRoot'],
): ChangedDirectory[] {
  const [is, was] = [root.files.lstat(path), earlier.lstat(path)];
  if (is?.type !== EntryType.directory || was?.type !== EntryType.directory) return [];
  const now = ownedOf(is);
  const before = ownedOf(was);
  if (now.uid === before.uid && now.gid === before.gid && now.mode === before.mode) return [];
  return locate(root, path).fate === 'root' ? [{ path, now, before, oldRoot }] : [];
}

function ownedOf({ uid, gid, mode }: FileFacts): Owned {
  return { uid, gid, mode: mode & 0o7777 };
}

function keptPaths(root: OpenRoot): KeptPath[] {
  let left = MOST_ENTRIES;
  return root.configuration.declared.flatMap(({ path, owner }): KeptPath[] => {
    const { resolved, fate } = locate(root, path);
    const facts = fate === 'persistent' ? root.files.lstat(resolved) : undefined;
    if (facts === undefined) return [];
    const isDirectory = facts.type === EntryType.directory;
    const names = isDirectory ? namesIn(root.files, resolved).slice(0, Math.min(MOST_BELOW, left)) : [];
    left -= names.length;
    const below = names.flatMap((name) => root.files.lstat(join(resolved, name)) ?? []).map(ownedOf);
    return [{ path, owner: ownedOf(facts), declared: owner, below }];
  });
}

/** NixOS writes down there which number it gave to whom; without it each boot may give them anew. */
function unkeptNumbers(root: OpenRoot, storage: RawPath): DoctorFinding[] {
  const { files, facts } = root;
  const isThere = files.lstat(join(NUMBERS, 'uid-map')) !== undefined;
  if (!isThere || !facts.ephemeral.value || locate(root, NUMBERS).fate !== 'root') return [];
  const keep = { path: NUMBERS, type: 'directory', user: undefined, group: undefined, mode: undefined } as const;
  return [
    plainFinding({
      ...{ kind: 'owner', severity: 'risk', path: NUMBERS, type: 'directory' },
      what: 'users and groups may get other numbers at each boot',
      evidence: ['which number NixOS gave to whom is written down there, and is not kept'],
      remedies: [declaring(keep, { oldRoots: undefined, storage })],
    }),
  ];
}
