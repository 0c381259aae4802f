import { rawFromBytes } from '../rawpath.ts';

/** What the files of a database are called, in its directory. */
const signs: readonly (readonly [name: RegExp, kind: string])[] = [
  [/^PG_VERSION$/, 'PostgreSQL'],
  [/^ibdata1$/, 'MariaDB or MySQL'],
  [/^WiredTiger(\.wt)?$/, 'MongoDB'],
  [/^(dump\.rdb|appendonlydir)$/, 'Redis or Valkey'],
  [/^data\.mdb$/, 'LMDB'],
  [/^(CURRENT|MANIFEST-\d+)$/, 'LevelDB or RocksDB'],
];

/** The database whose files these names are, a byte string each. */
export function databaseAmong(names: readonly string[]): string | undefined {
  for (const [name, kind] of signs) {
    const found = names.filter((candidate) => name.test(candidate));
    // One file called CURRENT may be anything.
    if (kind.startsWith('LevelDB') ? found.length > 1 : found.length > 0) return kind;
  }
  return undefined;
}

/** Whether a file of this name may be one of SQLite's: its beginning tells. */
export function mayBeSqlite(name: string): boolean {
  return /\.(db|db3|sqlite|sqlite3|s3db|sdb|gnucash)$/i.test(name);
}

/** See https://www.sqlite.org/fileformat.html, 1.3. */
export const SQLITE_BEGINNING = 16;

export function isSqlite(beginning: Uint8Array): boolean {
  return rawFromBytes(beginning).startsWith('SQLite format 3\0');
}
