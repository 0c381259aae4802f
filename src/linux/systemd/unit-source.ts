import type { Claim } from '../../core/evidence.ts';
import { type RawPath, ROOT } from '../../core/rawpath.ts';
import { type Account, accountsBy, homesOfPeople, isPerson, parseAccounts } from '../../core/systemd/accounts.ts';
import { machineSpecifiers, systemSpecifiers, unitSpecifiers } from '../../core/systemd/specifiers.ts';
import { type ClaimContext, claimsOfUnit } from '../../core/systemd/unit-claims.ts';
import { factsOfSettings } from '../../core/systemd/unit-facts.ts';
import type { ClaimSource } from '../../ports/evidence.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { claimsLeniently } from './claims-leniently.ts';
import { quadlets, systemQuadlets, withScripts } from './container-units.ts';
import { DistinctClaims } from './distinct-claims.ts';
import { addLoaded } from './loaded-units.ts';
import { machineFactsOf } from './machine-facts.ts';
import type { Systemctl } from './systemctl.ts';
import { systemUnitDirectories, withoutTwins } from './unit-directories.ts';
import { latin1, UnitTree } from './unit-tree.ts';
import { claimsOfUserUnits } from './user-units.ts';

/** Larger lists of accounts are none. */
const LARGEST_PASSWD = 16 * 1024 * 1024;

/** A machine has some thousands: thousands of drop-ins for the units of a type are thousands for each of them. */
const MOST_VALUES = 100_000;

/** Milliseconds: a manager that does not answer by then is busy with worse. */
const PATIENCE = 2000;

/** What the units of a root say of paths: by their files, and where systemd runs it by what that has loaded too. */
export class UnitSource implements ClaimSource {
  readonly name = 'unit';
  readonly #systemctl: Systemctl;

  constructor(systemctl: Systemctl = { program: 'systemctl', patience: PATIENCE }) {
    this.#systemctl = systemctl;
  }

  claims({ files, facts }: Pick<OpenRoot, 'files' | 'facts'>): ReturnType<ClaimSource['claims']> {
    return claimsLeniently(files, 'units', (lenient, warn) => {
      // sd_booted(3)
      const isRunning = facts.mount === ROOT && lenient.lstat('/run/systemd/system' as RawPath) !== undefined;
      return claimsOfUnitFiles(lenient, warn, isRunning ? this.#systemctl : undefined);
    });
  }
}

/**
 * `warn` hears, in whole sentences, of what is left out. `systemctl`: how to ask the systemd that runs this root;
 * undefined where none does.
 */
export function claimsOfUnitFiles(
  files: RootFiles,
  warn: (message: string) => void = () => {},
  systemctl?: Systemctl,
): Claim[] {
  const machine = machineSpecifiers(machineFactsOf(files));
  const accounts = accountsOf(files);
  const look = (path: RawPath) => files.lstat(path);
  const accountOf = accountsBy(accounts);
  const context: ClaimContext = { scope: 'system', accountOf, homes: homesOfPeople(accounts), look };
  const tree = new UnitTree(files, withoutTwins(files, systemUnitDirectories), systemUnitDirectories);
  const loaded = systemctl === undefined ? [] : addLoaded(tree, systemctl, warn);
  const claims = new DistinctClaims();
  let values = 0;
  for (const name of tree.names([...runningUnits(files), ...loaded])) {
    const unit = tree.unit(name);
    if (unit === undefined || unit.settings.size === 0) continue;
    for (const all of unit.settings.values()) values += all.length;
    if (values > MOST_VALUES) {
      warn(`units have more to say than ${MOST_VALUES} settings: those from ${name.full} on were not looked at`);
      break;
    }
    const facts = factsOfSettings(name, unit.settings, unitSpecifiers(name, unit.file, systemSpecifiers(machine)));
    claims.add(claimsOfUnit(withScripts(facts, files), context));
  }
  for (const [name, path, settings] of quadlets(files, systemQuadlets)) {
    const facts = factsOfSettings(name, settings, unitSpecifiers(name, path, systemSpecifiers(machine)));
    claims.add(claimsOfUnit(facts, context));
  }
  claims.add(claimsOfUserUnits(files, machine, [...accounts.values()].filter(isPerson), context, warn));
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
