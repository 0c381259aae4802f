import type { Claim } from '../../core/evidence.ts';
import type { RawPath } from '../../core/rawpath.ts';
import { type Account, homesOfPeople, parseAccounts } from '../../core/systemd/accounts.ts';
import { machineSpecifiers, systemSpecifiers, unitSpecifiers } from '../../core/systemd/specifiers.ts';
import { type ClaimContext, claimsOfUnit } from '../../core/systemd/unit-claims.ts';
import { factsOfSettings } from '../../core/systemd/unit-facts.ts';
import type { ClaimSource } from '../../ports/evidence.ts';
import type { OpenRoot } from '../../ports/machine.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { claimsLeniently } from './claims-leniently.ts';
import { machineFactsOf } from './machine-facts.ts';
import { systemUnitDirectories, withoutTwins } from './unit-directories.ts';
import { latin1, UnitTree } from './unit-tree.ts';
import { claimsOfUserUnits } from './user-units.ts';

/** Larger lists of accounts are none. */
const LARGEST_PASSWD = 16 * 1024 * 1024;

/** What the units of a root say of paths, by their files. */
export const unitSource: ClaimSource = {
  name: 'unit',
  claims: ({ files }: Pick<OpenRoot, 'files'>) => claimsLeniently(files, 'units', claimsOfUnitFiles),
};

/** `warn` hears, in whole sentences, of what is left out. */
export function claimsOfUnitFiles(files: RootFiles, warn: (message: string) => void = () => {}): Claim[] {
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
  claims.add(claimsOfUserUnits(files, machine, context, warn));
  return claims.all();
}

/** Units that run now, instances among them that nothing else names; none in a root that is not running. */
function runningUnits(files: RootFiles): string[] {
  const links = files.listNames('/run/systemd/units' as RawPath) ?? [];
  return links.flatMap((name) => /^invocation:(.*)$/s.exec(name)?.[1] ?? []);
}

function accountsOf(files: RootFiles): Map<string, Account> {
  const passwd = files.readFile('/etc/passwd' as RawPath, LARGEST_PASSWD);
  return passwd === undefined ? new Map() : parseAccounts(latin1(passwd));
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
