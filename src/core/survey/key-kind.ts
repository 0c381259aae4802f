import type { RawName } from '../rawpath.ts';

const byName: readonly (readonly [RegExp, string])[] = [
  [/^machine-id$/, 'machine id'],
  [/^hostid$/, 'host id'],
  [/^ssh_host_.*_key$/, 'SSH host key'],
  [/^id_/, 'SSH key'],
  [/\.keytab$/, 'Kerberos keytab'],
  [/\.(p12|pfx)$/i, 'certificate with its key (PKCS #12)'],
  [/\.(jks|keystore)$/i, 'Java keystore'],
  [/\.kdbx$/i, 'password database'],
  [/\.env$/i, 'environment with secrets'],
];

const byContent: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN OPENSSH PRIVATE KEY-----/, 'SSH key'],
  [/-----BEGIN PGP PRIVATE KEY BLOCK-----/, 'OpenPGP key'],
  [/-----BEGIN (\w+ )?ENCRYPTED PRIVATE KEY-----/, 'private key, with a passphrase'],
  [/-----BEGIN ([A-Z0-9 ]+ )?PRIVATE KEY-----/, 'private key'],
  [/AGE-SECRET-KEY-1/, 'age key'],
  [/^\s*PrivateKey\s*=/m, 'WireGuard key'],
  [/-----BEGIN CERTIFICATE-----/, 'certificate'],
];

/** What the key is, in a few words, by its name and the beginning of its content (a byte string); `ssh`: its type. */
export function keyKindOf(name: RawName, beginning: string, ssh: string | undefined): string {
  const named = byName.find(([pattern]) => pattern.test(name))?.[1];
  const kind = named ?? byContent.find(([pattern]) => pattern.test(beginning))?.[1] ?? 'secret';
  return ssh === undefined ? kind : `${kind} (${ssh.replace(/^ssh-/, '')})`;
}
