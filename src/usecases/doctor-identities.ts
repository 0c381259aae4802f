import { EntryType } from '../core/change.ts';
import type { DoctorFinding } from '../core/doctor/doctor-report.ts';
import { changedIdentities, type Identity } from '../core/doctor/identities.ts';
import type { Place } from '../core/doctor/remedies.ts';
import { join, type RawPath, ROOT, rawFromText, resolveLexically } from '../core/rawpath.ts';
import { readSshPublicKey } from '../core/survey/ssh-key.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import type { RootFiles } from '../ports/root-files.ts';
import type { DoctorPast } from './doctor-past.ts';
import { locate } from './locate.ts';
import { contentOf, namesIn } from './survey-files.ts';
import type { Digest } from './survey-keys.ts';

const at = (path: string): RawPath => path as RawPath;
const LARGEST = 64 * 1024;
const MOST_KEYS = 20;
const MACHINE_ID = at('/etc/machine-id');
const SSH = at('/etc/ssh');

/** Keys and numbers by which others know the machine, compared with those of the last boot. */
export function identityFindings(
  root: OpenRoot,
  past: DoctorPast | undefined,
  sha256: Digest,
  place: Place,
): DoctorFinding[] {
  const { files } = root;
  const journals = namesIn(files, at('/var/log/journal')).filter((name) => /^[0-9a-f]{32}$/.test(name)).length;
  return (
    past?.withNewest((opened, oldRoot, resetAt) =>
      changedIdentities({
        ...{ now: identitiesIn(files, sha256), before: identitiesIn(opened.files, sha256), oldRoot, resetAt },
        isKept: (path) => isKept(root, path),
        ...{ journals, place, sshUnit: sshUnitOf(files) },
      }),
    ) ?? []
  );
}

function isKept(root: OpenRoot, path: RawPath): boolean {
  const { fate } = locate(root, path);
  return fate === 'persistent' || !root.facts.ephemeral.value;
}

/** What is kept elsewhere by a mount or a link leaves nothing in an old root, and is none of it. */
function identitiesIn(files: RootFiles, sha256: Digest): Identity[] {
  const keys = hostKeysOf(files).flatMap((path) => identityAt(files, path, 'host-key', sha256));
  const id = identityAt(files, MACHINE_ID, 'machine-id', sha256).filter(() => isMachineId(files));
  return [...keys, ...id, ...identityAt(files, at('/etc/hostid'), 'hostid', sha256)];
}

/** Not `uninitialized`, as a system has it that never ran. */
function isMachineId(files: RootFiles): boolean {
  return /^[0-9a-f]{32}\s*$/.test(contentOf(files, MACHINE_ID, LARGEST) ?? '');
}

function hostKeysOf(files: RootFiles): RawPath[] {
  const usual = namesIn(files, SSH).filter((name) => /^ssh_host_\w+_key$/.test(name));
  const configurations = namesIn(files, join(SSH, 'sshd_config.d')).map((name) => join(SSH, `sshd_config.d/${name}`));
  const named = [join(SSH, 'sshd_config'), ...configurations.slice(0, MOST_KEYS)].flatMap((file) =>
    Array.from(
      (contentOf(files, file, LARGEST) ?? '').matchAll(/^[ \t]*HostKey[ \t]+"?(\/[^\s"]+)/gim),
      ([, path = '']) => resolveLexically(ROOT, path),
    ),
  );
  return [...new Set([...usual.map((name) => join(SSH, name)), ...named])].slice(0, MOST_KEYS);
}

function identityAt(files: RootFiles, path: RawPath, kind: Identity['kind'], sha256: Digest): Identity[] {
  const facts = files.lstat(path);
  if (facts?.type !== EntryType.file || facts.size === 0 || facts.size > LARGEST) return [];
  const digest = digestAt(files, path);
  if (digest === undefined) return [];
  const text = kind === 'host-key' ? contentOf(files, at(`${path}.pub`), LARGEST) : undefined;
  const key = text === undefined ? undefined : readSshPublicKey(text);
  const fingerprint = key && `SHA256:${rawFromText(sha256(key.blob))}`;
  return [{ path, kind, digest, fingerprint, bytes: facts.size, hasPublic: text !== undefined }];
}

/** undefined where this user may not read it. */
function digestAt(files: RootFiles, path: RawPath): string | undefined {
  try {
    return files.digest(path, 'sha256');
  } catch (error) {
    if (typeof (error as { errno?: unknown }).errno !== 'number') throw error;
    return undefined;
  }
}

/** Debian calls it otherwise than everybody else. */
function sshUnitOf(files: RootFiles): string {
  const places = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
  const isThere = (name: string): boolean => places.some((place) => files.lstat(at(`${place}/${name}`)) !== undefined);
  return isThere('ssh.service') && !isThere('sshd.service') ? 'ssh.service' : 'sshd.service';
}
