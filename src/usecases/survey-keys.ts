import { EntryType } from '../core/change.ts';
import { isKeyContent, LARGEST_KEY } from '../core/key-file.ts';
import { compareRaw, join, nameOf, type RawPath, rawFromBytes } from '../core/rawpath.ts';
import { usersWithPasswords } from '../core/survey/accounts.ts';
import {
  isDiskKeyName,
  keysOfCommandLine,
  keysOfCrypttab,
  keysOfNixConfiguration,
  type NamedDiskKey,
} from '../core/survey/disk-keys.ts';
import type { SurveyRow } from '../core/survey/groups.ts';
import { keyKindOf } from '../core/survey/key-kind.ts';
import type { DiskKey, SurveyKey } from '../core/survey/report.ts';
import { readSshPublicKey } from '../core/survey/ssh-key.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { fateAt } from './survey-fate.ts';
import { beginningOf, contentOf, isDirectory, namesIn, typeAt } from './survey-files.ts';

const MOST_KEYS = 200;
/** Of one directory of secrets. */
const MOST_OF_DIRECTORY = 50;

const at = (path: string): RawPath => path as RawPath;

/** sha256, as base64 without padding. */
export type Digest = (bytes: Uint8Array) => string;

/** Keys and identities: what is known by its place, and what the rows have of secrets. Nothing of a key is told. */
export function keysIn(
  root: OpenRoot,
  homes: readonly RawPath[],
  rows: readonly SurveyRow[],
  sha256: Digest,
): { readonly keys: readonly SurveyKey[]; readonly more: number } {
  const { files } = root;
  const candidates = new Set<RawPath>(['/etc/machine-id', '/var/lib/dbus/machine-id', '/etc/hostid'].map(at));
  for (const name of namesIn(files, at('/etc/ssh')))
    if (/^ssh_host_.*_key$/.test(name)) candidates.add(at(`/etc/ssh/${name}`));
  for (const home of homes) {
    for (const name of namesIn(files, join(home, '.ssh'))) {
      if (/^id_/.test(name) && !name.endsWith('.pub')) candidates.add(join(home, `.ssh/${name}`));
    }
  }
  for (const { change } of rows) {
    if (change.category !== 'secret' || change.kind === 'deleted') continue;
    if (change.type === 'file') candidates.add(change.path);
    if (change.type !== 'directory') continue;
    for (const name of namesIn(files, change.path).slice(0, MOST_OF_DIRECTORY)) candidates.add(join(change.path, name));
  }
  // The public half tells the fingerprint of the other one.
  const found = [...candidates].filter((path) => !path.endsWith('.pub') && isFile(root, path));
  return {
    keys: found
      .sort(compareRaw)
      .slice(0, MOST_KEYS)
      .map((path) => keyAt(root, path, sha256)),
    more: Math.max(0, found.length - MOST_KEYS),
  };
}

function isFile({ files }: OpenRoot, path: RawPath): boolean {
  const type = typeAt(files, path);
  return type === EntryType.file || (type === EntryType.symlink && beginningOf(files, path, 1) !== undefined);
}

function keyAt(root: OpenRoot, path: RawPath, sha256: Digest): SurveyKey {
  const { files } = root;
  const bytes = beginningOf(files, path, LARGEST_KEY + 1) ?? new Uint8Array();
  const ssh = readSshPublicKey(contentOf(files, at(`${path}.pub`), LARGEST_KEY) ?? '');
  const kind = keyKindOf(nameOf(path), rawFromBytes(bytes.subarray(0, 4096)), ssh?.type);
  // Of a password that somebody chose even a digest would tell: of keys alone, which nobody can guess.
  const isUnguessable = kind === 'machine id' || isKeyContent(bytes);
  const digest = ssh !== undefined ? sha256(ssh.blob) : isUnguessable ? sha256(bytes).slice(0, 16) : undefined;
  const fate = fateAt(root, path);
  return {
    path,
    kind,
    fingerprint: digest === undefined ? undefined : `SHA256:${digest}`,
    fate: fate === 'absent' ? 'root' : fate,
  };
}

/** What opens the disks. Without it a machine does not boot, or does not find its data. */
export function diskKeysIn(root: OpenRoot): DiskKey[] {
  const { files } = root;
  const found = new Map<RawPath, DiskKey>();
  const add = (from: string, keys: readonly NamedDiskKey[]): void => {
    for (const { path, opens } of keys) {
      if (!found.has(path)) found.set(path, { path, from, opens, fate: fateAt(root, path) });
    }
  };
  const read = (path: string, parse: (text: string) => readonly NamedDiskKey[]): void => {
    add(path, parse(contentOf(files, at(path)) ?? ''));
  };
  read('/etc/crypttab', keysOfCrypttab);
  for (const path of ['/proc/cmdline', '/etc/kernel/cmdline', '/etc/default/grub']) read(path, keysOfCommandLine);
  for (const name of namesIn(files, at('/etc/nixos'))
    .filter((each) => each.endsWith('.nix'))
    .slice(0, 50)) {
    read(`/etc/nixos/${name}`, keysOfNixConfiguration);
  }
  for (const directory of ['/', '/boot', '/etc', '/root', '/persist', '/nix/persist']) {
    const named = namesIn(files, at(directory)).filter((name) => isDiskKeyName(name));
    const keys = named.map((name) => ({ path: join(at(directory), name), opens: undefined }));
    add(
      'its name',
      keys.filter(({ path }) => isFile(root, path)),
    );
  }
  for (const directory of ['/etc/cryptsetup-keys.d', '/etc/luks-keys', '/etc/keys']) {
    if (!isDirectory(files, at(directory))) continue;
    const keys = namesIn(files, at(directory)).map((name) => ({ path: at(`${directory}/${name}`), opens: undefined }));
    add('its directory', keys);
  }
  return [...found.values()].sort((a, b) => compareRaw(a.path, b.path));
}

/** undefined where this user may not read /etc/shadow. */
export function passwordsIn({ files }: OpenRoot): string[] | undefined {
  const shadow = at('/etc/shadow');
  const text = contentOf(files, shadow);
  if (text !== undefined) return usersWithPasswords(text).sort(compareRaw);
  return files.lstat(shadow) === undefined && files.mayLook(shadow) ? [] : undefined;
}
