import type { Claim } from '../../core/evidence.ts';
import { literalPattern } from '../../core/pattern.ts';
import type { RawPath } from '../../core/rawpath.ts';
import { type Account, homesOfPeople, isPerson, parseAccounts } from '../../core/systemd/accounts.ts';
import {
  machineSpecifiers,
  type Specifiers,
  systemSpecifiers,
  unitSpecifiers,
  userSpecifiers,
} from '../../core/systemd/specifiers.ts';
import { type ClaimContext, claimsOfUnit } from '../../core/systemd/unit-claims.ts';
import { factsOfSettings } from '../../core/systemd/unit-facts.ts';
import type { ClaimSource } from '../../ports/evidence.ts';
import type { OpenRoot } from '../../ports/machine.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { machineFactsOf } from './machine-facts.ts';
import { homeUnitDirectories, systemUnitDirectories, userUnitDirectories, withoutTwins } from './unit-directories.ts';
import { latin1, UnitTree } from './unit-tree.ts';
import { systemdVersion, userStateDirectories } from './version.ts';

/** More homes than that are not looked into for units of their own. */
const MOST_HOMES = 1000;

/** What the units of a root say of paths, by their files. */
export const unitSource: ClaimSource = {
  name: 'unit',
  claims: ({ files }: Pick<OpenRoot, 'files'>) => ({ claims: claimsOfUnitFiles(files), warnings: [] }),
};

export function claimsOfUnitFiles(files: RootFiles): Claim[] {
  const machine = machineSpecifiers(machineFactsOf(files));
  const accounts = accountsOf(files);
  const look = (path: RawPath) => files.lstat(path);
  const context: ClaimContext = { scope: 'system', accounts, homes: homesOfPeople(accounts), look };
  const directories = withoutTwins(files, systemUnitDirectories);
  const tree = new UnitTree(files, directories, systemUnitDirectories);
  const claims = new Claims();
  for (const name of tree.names(runningUnits(files))) {
    const unit = tree.unit(name);
    if (unit === undefined || unit.settings.size === 0) continue;
    const facts = factsOfSettings(name, unit.settings, unitSpecifiers(name, unit.file, systemSpecifiers(machine)));
    claims.add(claimsOfUnit(facts, context));
  }
  addUserUnits(files, machine, context, claims);
  return claims.all();
}

/** Units that run now, instances among them that nothing else names; none in a root that is not running. */
function runningUnits(files: RootFiles): string[] {
  const links = files.listNames('/run/systemd/units' as RawPath) ?? [];
  return links.flatMap((name) => /^invocation:(.*)$/s.exec(name)?.[1] ?? []);
}

function accountsOf(files: RootFiles): Map<string, Account> {
  const passwd = files.readFile('/etc/passwd' as RawPath);
  return passwd === undefined ? new Map() : parseAccounts(latin1(passwd));
}

function addUserUnits(files: RootFiles, machine: Specifiers, system: ClaimContext, claims: Claims): void {
  const people = [...system.accounts.values()].filter(isPerson).slice(0, MOST_HOMES);
  const shared = withoutTwins(files, userUnitDirectories);
  const states = userStateDirectories(systemdVersion(files));
  const context: ClaimContext = { ...system, scope: { states } };
  const claimsIn = (tree: UnitTree, user: Account | undefined, isWanted: (name: string) => boolean): Claim[] => {
    const specifiers = userSpecifiers(machine, states[0] ?? '.config', user);
    return tree.names().flatMap((name) => {
      const unit = isWanted(name.full) ? tree.unit(name) : undefined;
      if (unit === undefined || unit.settings.size === 0) return [];
      const facts = factsOfSettings(name, unit.settings, unitSpecifiers(name, unit.file, specifiers));
      return claimsOfUnit(facts, context);
    });
  };
  const ofAll = claimsIn(new UnitTree(files, shared, userUnitDirectories), undefined, () => true);
  claims.add(ofAll);
  for (const account of people) {
    const { home } = account;
    const { first, last } = homeUnitDirectories(home);
    const own = [...first, ...last];
    const isUsual = /^\/(root|home\/[^/]+)$/.test(home);
    if (!isUsual) claims.add(ofAll.flatMap((claim) => inHome(claim, home)));
    if (!own.some((directory) => files.listNames(directory) !== undefined)) continue;
    const tree = new UnitTree(files, [...first, ...shared, ...last], [...own, ...userUnitDirectories]);
    const ownSet = new Set(own);
    const touched = new Set(tree.names().flatMap((name) => (tree.isTouchedBy(name, ownSet) ? [name.full] : [])));
    claims.add(claimsIn(tree, account, (name) => touched.has(name)).flatMap((claim) => inHome(claim, home)));
  }
}

/** The claim for one home, where it is about everybody's; as it is where it is about another place. */
function inHome(claim: Claim, home: RawPath): Claim[] {
  if (!claim.pattern.startsWith('~/')) return [claim];
  return [{ ...claim, pattern: `${literalPattern(home)}${claim.pattern.slice(1)}` }];
}

/** Claims without those that say the same again. */
class Claims {
  readonly #claims = new Map<string, Claim>();

  add(claims: readonly Claim[]): void {
    for (const claim of claims) {
      const { pattern, exact, types, evidence } = claim;
      const key = `${pattern}\n${exact} ${types} ${evidence.category} ${evidence.kind}\n${evidence.detail}`;
      if (!this.#claims.has(key)) this.#claims.set(key, claim);
    }
  }

  all(): Claim[] {
    return [...this.#claims.values()];
  }
}
