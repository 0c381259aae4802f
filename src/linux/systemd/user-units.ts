import { persistOf } from '../../core/catalogue-entry.ts';
import type { Claim } from '../../core/evidence.ts';
import { literalPattern } from '../../core/pattern.ts';
import { join, type RawPath } from '../../core/rawpath.ts';
import type { Account } from '../../core/systemd/accounts.ts';
import { type Specifiers, unitSpecifiers, userSpecifiers } from '../../core/systemd/specifiers.ts';
import { type ClaimContext, claimsOfUnit } from '../../core/systemd/unit-claims.ts';
import { factsOfSettings } from '../../core/systemd/unit-facts.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { quadlets } from './container-units.ts';
import { homeUnitDirectories, userUnitDirectories, withoutTwins } from './unit-directories.ts';
import { type UnitFiles, UnitTree } from './unit-tree.ts';
import { systemdVersion, userStateDirectories } from './version.ts';

/** More homes than that are not looked into for units of their own. */
const MOST_HOMES = 1000;
/** Of one home, where anybody may have put what they like: units that are looked at, bytes of these, and what they claim. */
const MOST_UNITS = 1000;
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_CLAIMS = 5000;

/** What the units of users say of paths: those that all have, and those of single homes. */
export function claimsOfUserUnits(
  files: RootFiles,
  machine: Specifiers,
  people: readonly Account[],
  system: ClaimContext,
  warn: (message: string) => void,
): Claim[] {
  const shared = withoutTwins(files, userUnitDirectories);
  const states = userStateDirectories(systemdVersion(files));
  const context: ClaimContext = { ...system, scope: { states } };
  const claimsOf = (
    tree: UnitTree,
    name: ReturnType<UnitTree['names']>[number],
    user: Account | undefined,
  ): Claim[] => {
    const unit = tree.unit(name);
    if (unit === undefined || unit.settings.size === 0) return [];
    const specifiers = unitSpecifiers(name, unit.file, userSpecifiers(machine, states[0] ?? '.config', user));
    return claimsOfUnit(factsOfSettings(name, unit.settings, specifiers), context);
  };
  const sharedTree = new UnitTree(files, shared, userUnitDirectories);
  const ofAll = sharedTree.names().flatMap((name) => claimsOf(sharedTree, name, undefined));
  const claims = [...ofAll];
  for (const account of people.slice(0, MOST_HOMES)) {
    const { home } = account;
    const { first, last } = homeUnitDirectories(home);
    const own = [...first, ...last];
    const isUsual = /^\/(root|home\/[^/]+)$/.test(home);
    if (!isUsual) claims.push(...ofAll.map((claim) => inHome(claim, home)));
    for (const [name, path, settings] of quadlets(files, [join(home, '.config/containers/systemd')])) {
      const specifiers = unitSpecifiers(name, path, userSpecifiers(machine, states[0] ?? '.config', account));
      const found = claimsOfUnit(factsOfSettings(name, settings, specifiers), context);
      claims.push(...found.flatMap((claim) => believed(inHome(claim, home), home)));
    }
    if (!own.some((directory) => files.listNames(directory, 1) !== undefined)) continue;
    const read = upTo(MOST_BYTES, files);
    const tree = new UnitTree(read, [...first, ...shared, ...last], [...own, ...userUnitDirectories]);
    const touched = tree.names().filter((name) => tree.isTouchedBy(name, new Set(own)));
    const found: Claim[] = [];
    for (const name of touched.slice(0, MOST_UNITS)) {
      if (found.length < MOST_CLAIMS) found.push(...claimsOf(tree, name, account));
    }
    claims.push(...found.slice(0, MOST_CLAIMS).flatMap((claim) => believed(inHome(claim, home), home)));
    if (touched.length > MOST_UNITS || found.length > MOST_CLAIMS || read.isSpent()) {
      warn(`not all units in ${home} were looked at: they are too many`);
    }
  }
  return claims;
}

/** The claim for one home, where it is about everybody's; as it is where it is about another place. */
function inHome(claim: Claim, home: RawPath): Claim {
  if (!claim.pattern.startsWith('~/')) return claim;
  return { ...claim, pattern: `${literalPattern(home)}${claim.pattern.slice(1)}` };
}

/** Whoever has a home says what in it is no loss. Of what is not theirs their word only counts for its being kept. */
function believed(claim: Claim, home: RawPath): Claim[] {
  const { category } = claim.evidence;
  const isTheirs = claim.pattern.startsWith(`${literalPattern(home)}/`);
  return isTheirs || category === undefined || persistOf(category) === 'yes' ? [claim] : [];
}

/** The files, of which no more than so many bytes are read. */
function upTo(most: number, files: RootFiles): UnitFiles & { isSpent(): boolean } {
  let left = most;
  return {
    readFile: (path, atMost) => {
      const bytes = left <= 0 ? undefined : files.readFile(path, atMost);
      left -= bytes?.length ?? 0;
      return bytes;
    },
    listNames: (path, atMost) => files.listNames(path, atMost),
    listEntries: (path) => files.listEntries(path),
    readLink: (path) => files.readLink(path),
    isSpent: () => left <= 0,
  };
}
