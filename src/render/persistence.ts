import type { RawPath } from '../core/rawpath.ts';
import { compareRaw, componentsOf, parentOf } from '../core/rawpath.ts';
import type { Change, DiffReport } from '../core/report.ts';
import { display } from './escape.ts';
import { insteadOf } from './instead.ts';
import { bytesText, counted } from './units.ts';

/** One path of a declaration. */
export interface Declared {
  /** As the declaration names it: absolute, or relative to the user's home; a byte string. */
  readonly path: string;
  readonly change: Change;
}

/** What a declaration says besides. */
export interface DeclarationNotes {
  /** The command that proposes it: `diff`. */
  readonly command: string;
  /** What a person should know of the path, a byte string: whose it is. */
  readonly noteOf: (path: RawPath) => string | undefined;
}

export const noNotes: DeclarationNotes = { command: 'diff', noteOf: () => undefined };

export interface DeclaredList {
  /** Of verdict `persist`. */
  readonly persist: readonly Declared[];
  /** Of verdict `decide`: shown as comments. */
  readonly decide: readonly Declared[];
}

/** What one `directories` and `files` pair holds: the system's, or a user's. */
export interface DeclaredGroup {
  readonly user: string | undefined;
  readonly directories: DeclaredList;
  readonly files: DeclaredList;
}

/**
 * What a declaration has to name so that the changes survive. Left out: what was deleted, sockets, pipes and devices
 * (whoever uses them makes them anew), and what lies in a directory that is named already.
 */
export function declaredGroups(report: DiffReport): DeclaredGroup[] {
  const changes = distinct(report.changes.map(inItsDirectory))
    .filter(({ kind, type }) => kind !== 'deleted' && (type === 'directory' || type === 'file' || type === 'symlink'))
    .toSorted((a, b) => compareRaw(a.path, b.path));
  const persist = changes.filter(({ verdict }) => verdict === 'persist');
  const persisted = directoriesOf(persist);
  const decide = changes.filter(({ verdict, path }) => verdict === 'decide' && !isBelow(path, persisted));
  const decided = directoriesOf(decide);

  const listed = [
    ...persist.filter(({ path }) => !isBelow(path, persisted)),
    ...decide.filter(({ path }) => !isBelow(path, decided)),
  ];
  const groups = Map.groupBy(listed, ({ path }) => placeOf(path).user);
  return Array.from(groups, ([user, members]) => ({
    user,
    directories: listOf(members.filter(({ type }) => type === 'directory')),
    files: listOf(members.filter(({ type }) => type !== 'directory')),
  }))
    .filter(({ directories, files }) => size(directories) + size(files) > 0)
    .sort((a, b) => compareRaw(a.user ?? '', b.user ?? ''));
}

/** A file that is replaced as a whole is no mount point: the directory that it lies in is kept instead. */
function inItsDirectory(change: Change): Change {
  const directory = insteadOf(change);
  return directory === undefined ? change : { ...change, path: directory, type: 'directory' };
}

/** Of several files that are kept by one directory, that once: the one that is to be persisted. */
function distinct(changes: readonly Change[]): Change[] {
  const byPath = new Map<RawPath, Change>();
  for (const change of changes) {
    if (byPath.get(change.path)?.verdict !== 'persist') byPath.set(change.path, change);
  }
  return [...byPath.values()];
}

export function size({ persist, decide }: DeclaredList): number {
  return persist.length + decide.length;
}

function listOf(changes: readonly Change[]): DeclaredList {
  const of = (verdict: string) =>
    changes
      .filter((change) => change.verdict === verdict)
      .map((change) => ({ path: placeOf(change.path).path, change }));
  return { persist: of('persist'), decide: of('decide') };
}

function directoriesOf(changes: readonly Change[]): ReadonlySet<string> {
  return new Set(changes.filter(({ type }) => type === 'directory').map(({ path }) => path));
}

function isBelow(path: RawPath, directories: ReadonlySet<string>): boolean {
  for (let at = path; at !== '/'; ) {
    at = parentOf(at);
    if (directories.has(at)) return true;
  }
  return false;
}

// `/home/lost+found` and `/home/.snapshots` are nobody's home. An absolute path is right for every name, so this may
// be narrow.
const userName = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** A path below `/home/NAME` belongs to that user, and is relative there; root's home has no user's options. */
export function placeOf(path: RawPath): { readonly user: string | undefined; readonly path: string } {
  const [home, user, ...rest] = componentsOf(path);
  if (home !== 'home' || rest.length === 0 || !userName.test(user)) return { user: undefined, path };
  return { user, path: rest.join('/') };
}

/** Behind a path, as a comment. */
export function noteText({ change }: Declared, { noteOf }: DeclarationNotes): string {
  const note = noteOf(change.path);
  return note === undefined ? '' : `  # ${display(note)}`;
}

/** What a person wants to know of a path that is still to be decided: `unknown, 12 entries, 2.1 kB`. */
export function factsOf({ category, entries, bytes, kind, shadowed }: Change): string {
  return [
    category,
    ...(kind === 'modified' ? ['modified'] : []),
    ...(entries > 1 ? [counted(entries, 'entry', 'entries')] : []),
    bytesText(bytes),
    ...(shadowed ? ['hidden under a mount'] : []),
  ].join(', ');
}
