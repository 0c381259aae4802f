import { EntryType } from '../../core/change.ts';
import type { Claim, Evidence } from '../../core/evidence.ts';
import { literalPattern } from '../../core/pattern.ts';
import { componentsOf, type RawPath, rawFromBytes } from '../../core/rawpath.ts';
import type { ClaimSource } from '../../ports/evidence.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import type { RootFiles } from '../../ports/root-files.ts';

const path = (text: string): RawPath => text as RawPath;

/**
 * NixOS makes /etc of links into the store at each activation. Where a file needs a mode of its own it is copied, and
 * `/etc/.clean` lists those (nixpkgs: nixos/modules/system/etc/setup-etc.pl). Whatever else is there was written since:
 * by a program, or by hand.
 */
export const nixosEtcSource: ClaimSource = {
  name: 'nixos',
  claims: ({ files }: Pick<OpenRoot, 'files'>) => ({ claims: isNixos(files) ? claimsOf(files) : [], warnings: [] }),
};

function isNixos(files: RootFiles): boolean {
  return files.lstat(path('/etc/static'))?.type === EntryType.symlink || files.lstat(path('/etc/NIXOS')) !== undefined;
}

function claimsOf(files: RootFiles): Claim[] {
  const copied = copiedFiles(files).map((pattern) => ({
    pattern,
    evidence: madeAgain('activation copies it (/etc/.clean)'),
  }));
  const usual = usuallyMade.map(({ pattern, detail }) => ({ pattern, evidence: madeAgain(detail) }));
  const claims = [...copied, ...usual].map((claim): Claim => ({ ...claim, exact: false }));
  return [...claims, { pattern: '/etc/*', exact: false, types: written, evidence }];
}

/** Whoever made a link knows where it leads: not always to what NixOS made. */
const written = [EntryType.file, EntryType.directory];

const evidence: Evidence = {
  ...{ source: 'nixos', kind: 'distribution', category: 'state' },
  detail: '/etc is made of links: what is none was written by a program or by hand',
};

function madeAgain(detail: string): Evidence {
  return { source: 'nixos', kind: 'recreated', category: 'generated', detail };
}

/** What is copied, or written by a service from the configuration, also where `/etc/.clean` does not say so. */
const usuallyMade = [
  { pattern: '/etc/sudoers', detail: 'activation copies it: security.sudo' },
  { pattern: '/etc/ssh/authorized_keys.d', detail: 'activation copies it: users.users.*.openssh.authorizedKeys' },
  { pattern: '/etc/printcap', detail: 'cupsd writes it from its printers' },
];

/** As patterns. A name that leads out of /etc is nobody's. */
function copiedFiles(files: RootFiles): string[] {
  const bytes = files.readFile(path('/etc/.clean'));
  if (bytes === undefined) return [];
  const names = rawFromBytes(bytes).split('\n');
  return names.flatMap((name) => {
    const components = componentsOf(name);
    const isPlain = components.length > 0 && components.every((part) => part !== '' && part !== '.' && part !== '..');
    return isPlain ? [literalPattern(`/etc/${components.join('/')}`)] : [];
  });
}
