import type { DeclaredPath, Owner } from './configuration.ts';
import { covers, parentOf, type RawPath, ROOT } from './rawpath.ts';

const ROOTS: Owner = { user: 'root', group: undefined, mode: '0755' };

/** Directories that are made with another mode wherever they are missing. */
const modes: Readonly<Record<string, string>> = {
  ...{ '/root': '0700', '/tmp': '1777', '/var/tmp': '1777' },
  ...{ '/var/lib/private': '0700', '/var/cache/private': '0700', '/var/log/private': '0700' },
};

/**
 * What `boot/persist-paths` reads: a line for each declared path, and before it one for each directory above it that may
 * be missing in the storage or on the root. A directory that is declared itself is made as that says.
 */
export function persistedTable(declared: readonly DeclaredPath[]): string {
  const lines = new Map<string, string>();
  const owners = new Map(declared.filter(({ kind }) => kind === 'directory').map((one) => [keyOf(one), one.owner]));
  // Shorter ones first: a directory is bound before what is declared below it.
  const ordered = declared.toSorted((a, b) => depthOf(a.path) - depthOf(b.path));
  for (const one of ordered) {
    const { storage, path, home, kind, method, hidden, owner } = one;
    for (const above of ancestorsOf(path)) {
      const key = keyOf({ storage, path: above });
      if (!lines.has(key)) lines.set(key, line('parent', owners.get(key) ?? ownerAbove(above, home), storage, above));
    }
    const word = kind === 'directory' ? 'directory' : method === 'link' ? 'link' : 'file';
    lines.set(keyOf(one), line(`${word}${hidden && word !== 'link' ? '+hidden' : ''}`, owner, storage, path));
  }
  return [...lines.values()].join('');
}

function keyOf({ storage, path }: Pick<DeclaredPath, 'storage' | 'path'>): string {
  return `${storage}\0${path}`;
}

function depthOf(path: RawPath): number {
  return path.split('/').length;
}

/** From the top down, without the root itself. */
function ancestorsOf(path: RawPath): RawPath[] {
  const above: RawPath[] = [];
  for (let at = parentOf(path); at !== ROOT; at = parentOf(at)) above.unshift(at);
  return above;
}

function ownerAbove(path: RawPath, home: DeclaredPath['home']): Owner {
  if (home !== undefined && covers(home.path, path)) {
    const { user } = home;
    return { user, group: undefined, mode: path === home.path ? '0700' : '0755' };
  }
  return { ...ROOTS, mode: modes[path] ?? ROOTS.mode };
}

function line(kind: string, { user, group, mode }: Owner, storage: RawPath, path: RawPath): string {
  return `${kind} ${mode} ${user} ${group ?? '-'} ${word(storage)} ${word(path)}\n`;
}

/** One word for `read -r`, which `printf %b` makes the path of again. */
function word(path: RawPath): string {
  return path.replace(/[^\w@%+=:,./-]/g, (byte) => `\\0${byte.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
