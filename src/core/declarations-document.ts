import { covers } from './rawpath.ts';

/** `ebb.declarations/1`, which the option `ebb.declarations` of NixOS takes. Text, not bytes: it is JSON. */
export interface DeclarationsDocument {
  /** By the path of the storage, in the form of `environment.persistence`. */
  readonly persistence: Readonly<Record<string, DeclaredStorage>>;
  readonly ignore: readonly string[];
}

export interface DeclaredPaths {
  readonly directories?: readonly DeclaredElement[] | undefined;
  readonly files?: readonly DeclaredElement[] | undefined;
}

export interface DeclaredStorage extends DeclaredPaths {
  readonly users?: Readonly<Record<string, DeclaredPaths>> | undefined;
}

/** A path, or `{ directory }` or `{ file }` with what else is said of it. */
export type DeclaredElement = string | Readonly<Record<string, unknown>>;

export const DECLARATIONS_SCHEMA = 'ebb.declarations/1';
export const noDeclarations: DeclarationsDocument = { persistence: {}, ignore: [] };

/** Paths of one user, or of the system, to be kept. Those of a user are relative to the home. */
export interface Addition {
  readonly user: string | undefined;
  readonly directories: readonly string[];
  readonly files: readonly string[];
}

/**
 * The document with these, too, behind what it has; what is declared by it already stays as it is. One addition for each
 * user, and for the system.
 */
export function withDeclared(
  document: DeclarationsDocument,
  storage: string,
  additions: readonly Addition[],
): DeclarationsDocument {
  const there = document.persistence[storage] ?? {};
  let own: DeclaredPaths = {};
  const users = new Map(Object.entries(there.users ?? {}));
  for (const { user, ...paths } of additions) {
    if (user === undefined) own = joined(there, paths);
    else users.set(user, { ...users.get(user), ...joined(users.get(user) ?? {}, paths) });
  }
  const all = { ...there, ...own, ...(users.size === 0 ? {} : { users: Object.fromEntries(users) }) };
  return { ...document, persistence: { ...document.persistence, [storage]: all } };
}

function joined(there: DeclaredPaths, { directories, files }: Omit<Addition, 'user'>): DeclaredPaths {
  const kept = (there.directories ?? []).map((one) => pathOf(one, 'directory'));
  const named = new Set((there.files ?? []).map((one) => pathOf(one, 'file')));
  const isNew = (path: string): boolean => !named.has(path) && !kept.some((directory) => covers(directory, path));
  return {
    directories: [...(there.directories ?? []), ...directories.filter(isNew)],
    files: [...(there.files ?? []), ...files.filter(isNew)],
  };
}

function pathOf(element: DeclaredElement, key: 'directory' | 'file'): string {
  const path = typeof element === 'string' ? element : String(element[key]);
  return path.replace(/(?<=.)\/+$/, '');
}
