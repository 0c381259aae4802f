import { EntryType, type EntryTypeName } from '../core/change.ts';
import { compareRaw, covers, join, nameOf, type RawPath } from '../core/rawpath.ts';
import { databaseAmong, isSqlite, mayBeSqlite, SQLITE_BEGINNING } from '../core/survey/database-file.ts';
import type { Owners, SurveyRow } from '../core/survey/groups.ts';
import type { SurveyDatabase, SurveyFate, SurveyVolume } from '../core/survey/report.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { beginningOf, isDirectory, namesIn, typeAt } from './survey-files.ts';

/** Directories that are looked into for databases that nobody knows. */
const MOST_DIRECTORIES = 400;
/** How far below a row: `/var/lib/NAME/data/db`. */
const DEPTH = 3;
/** In one directory. */
const MOST_NAMES = 2000;

/** What needs a dump, or its service stopped, for a copy that is good: as the catalogue knows, and as files look. */
export function databasesIn(
  root: OpenRoot,
  rows: readonly SurveyRow[],
  volumes: readonly SurveyVolume[],
  owners: Owners,
): SurveyDatabase[] {
  const wanted = rows.filter(({ change }) => change.verdict !== 'ignore' && change.kind !== 'deleted');
  const known = knownDatabases(wanted, owners);
  const search = new DatabaseSearch(root);
  for (const { path, engine, usedBy, fate } of volumes) {
    const service = usedBy[0] === undefined ? undefined : `${usedBy[0]} in ${engine}`;
    if (fate !== 'volatile' && fate !== 'absent') search.look(path, 'directory', { service, fate });
  }
  for (const { change, fate } of wanted) {
    if (known.some(({ path }) => covers(path, change.path))) continue;
    search.look(change.path, change.type, { service: owners.ownerOf(change)?.title, fate });
  }
  return [...known, ...search.found].sort((a, b) => compareRaw(a.path, b.path));
}

/** Once for each path of the catalogue that has rows. */
function knownDatabases(rows: readonly SurveyRow[], owners: Owners): SurveyDatabase[] {
  const found = new Map<string, SurveyDatabase>();
  for (const { change, fate } of rows) {
    const known = owners.knownOf(change);
    if (known === undefined || (known.dump === undefined && known.stop.length === 0)) continue;
    const service = owners.ownerOf(change)?.title;
    const { dump, stop } = known;
    const key = [service, dump, ...stop, fate].join('\0');
    const before = found.get(key);
    // The outermost stands for the others.
    if (before !== undefined && compareRaw(before.path, change.path) <= 0) continue;
    found.set(key, { path: change.path, service, kind: 'catalogue', dump, stop, fate });
  }
  return [...found.values()];
}

interface Whose {
  readonly service: string | undefined;
  readonly fate: SurveyFate;
}

class DatabaseSearch {
  readonly found: SurveyDatabase[] = [];
  readonly #root: OpenRoot;
  readonly #looked = new Set<RawPath>();
  #left = MOST_DIRECTORIES;

  constructor(root: OpenRoot) {
    this.#root = root;
  }

  look(path: RawPath, type: EntryTypeName, whose: Whose): void {
    if (type === 'file') this.#file(path, whose);
    else if (type === 'directory') this.#directory(path, whose, DEPTH);
  }

  #directory(path: RawPath, whose: Whose, depth: number): void {
    if (this.#left-- <= 0 || this.#looked.has(path)) return;
    this.#looked.add(path);
    const names = namesIn(this.#root.files, path).slice(0, MOST_NAMES);
    const kind = databaseAmong(names);
    if (kind !== undefined) {
      this.found.push({ path, ...whose, kind, dump: undefined, stop: [] });
      return;
    }
    const seen = this.found.length;
    for (const name of names) if (mayBeSqlite(name)) this.#file(join(path, name), whose);
    if (depth === 1 || this.found.length > seen) return;
    for (const name of names) {
      const below = join(path, name);
      if (this.#left > 0 && isDirectory(this.#root.files, below)) {
        this.#directory(below, whose, depth - 1);
      }
    }
  }

  #file(path: RawPath, whose: Whose): void {
    if (!mayBeSqlite(nameOf(path))) return;
    const { files } = this.#root;
    if (typeAt(files, path) !== EntryType.file) return;
    const beginning = beginningOf(files, path, SQLITE_BEGINNING);
    if (beginning === undefined || !isSqlite(beginning)) return;
    // A word that a shell takes as it stands.
    const dump = /^[\w@%+=:,./-]+$/.test(path) ? `sqlite3 ${path} '.backup COPY'` : undefined;
    this.found.push({ path, ...whose, kind: 'SQLite', dump, stop: [] });
  }
}
