import type { RawPath } from './rawpath.ts';
import type { InitrdTarget } from './setup.ts';
import type { Wanted } from './setup-files.ts';

/** What is at a path of the machine. */
export type Present =
  | { readonly kind: 'absent' | 'directory' | 'other' }
  | { readonly kind: 'file'; readonly digest: string; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string };

/** What an earlier `init` put on the machine, by its path: the digest of a file, or where a link leads. */
export interface Installed {
  readonly target: InitrdTarget;
  readonly entries: ReadonlyMap<RawPath, InstalledEntry>;
  /** What it copied into persistent storage: until the first reset, the root has the newer ones. */
  readonly copied: ReadonlySet<RawPath>;
}

export interface InstalledEntry {
  readonly part: Wanted['part'];
  readonly digest?: string;
  readonly link?: string;
}

export interface InstallStep {
  readonly wanted: Wanted;
  /** `conflict`: something is there that ebb did not put there, and that differs. */
  readonly action: 'create' | 'replace' | 'same' | 'conflict';
}

/** `digestOf`: of content, as `Present` has it. */
export function planInstallation(
  wanted: readonly Wanted[],
  present: (path: RawPath) => Present,
  installed: Installed | undefined,
  digestOf: (content: string) => string,
): InstallStep[] {
  return wanted.map((one) => {
    const there = present(one.path);
    if (there.kind === 'absent') return { wanted: one, action: 'create' };
    if (isSame(entryOf(one, digestOf), there)) {
      const isWhole = one.kind !== 'file' || (there.kind === 'file' && there.mode === one.mode);
      return { wanted: one, action: isWhole ? 'same' : 'replace' };
    }
    const own = installed?.entries.get(one.path);
    return { wanted: one, action: own !== undefined && isSame(own, there) ? 'replace' : 'conflict' };
  });
}

export function entryOf(wanted: Wanted, digestOf: (content: string) => string): InstalledEntry {
  const { part } = wanted;
  return wanted.kind === 'file' ? { part, digest: digestOf(wanted.content) } : { part, link: wanted.target };
}

function isSame({ digest, link }: InstalledEntry, there: Present): boolean {
  return there.kind === 'file' ? there.digest === digest : there.kind === 'link' && there.target === link;
}

export interface RemovalStep {
  readonly path: RawPath;
  /** `gone`: it is not there. `changed`: somebody made it something else; it stays. `needed`: it serves persisted paths. */
  readonly action: 'remove' | 'gone' | 'changed' | 'needed';
}

/** `keepsPersistence`: paths are declared whose data lies in persistent storage. */
export function planRemoval(
  installed: Installed,
  present: (path: RawPath) => Present,
  keepsPersistence: boolean,
): RemovalStep[] {
  return [...installed.entries].map(([path, entry]) => {
    const there = present(path);
    if (there.kind === 'absent') return { path, action: 'gone' };
    if (keepsPersistence && entry.part === 'persistence') return { path, action: 'needed' };
    return { path, action: isSame(entry, there) ? 'remove' : 'changed' };
  });
}
