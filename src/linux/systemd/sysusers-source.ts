import { claimsOfSysusers, parseSysusers, type SystemAccount } from '../../core/systemd/sysusers.ts';
import type { ClaimSource } from '../../ports/evidence.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { claimsLeniently } from './claims-leniently.ts';
import { readConfigurations } from './configuration-files.ts';

/** Whose homes there are, by sysusers.d. */
export const sysusersSource: ClaimSource = {
  name: 'sysusers',
  claims: ({ files }: Pick<OpenRoot, 'files'>) =>
    claimsLeniently(files, 'lines of sysusers.d', (lenient) => claimsOfSysusers(systemAccounts(lenient))),
};

/** The users and groups that a root makes at boot where they are missing. */
export function systemAccounts(files: RootFiles): SystemAccount[] {
  return readConfigurations(files, 'sysusers.d', parseSysusers);
}
