import { EntryType } from './change.ts';
import type { Finding } from './finding.ts';
import type { MissingEntry } from './reference.ts';

interface Deleted {
  readonly finding: Finding;
  readonly entry: MissingEntry;
}

/**
 * What is missing, by what it was: an entry with all below it that was of its class; below it what was not, by itself,
 * its name being the path from the same directory. So `/srv`, which every machine has, does not hide what was in it.
 * `judge` tells what a descendant was. `singly`: each entry by itself.
 */
export function* deletedTree(
  entry: MissingEntry,
  finding: Finding,
  judge: (below: string, type: number) => Finding,
  singly: boolean,
): Iterable<Deleted> {
  if (entry.entries === 1) {
    yield { finding, entry };
    return;
  }
  const { mtime } = entry;
  const named = (name: string, type: number, entries: number): MissingEntry => ({
    ...{ name: name as MissingEntry['name'], type, entries, mtime },
    descendants: () => [],
  });
  if (singly) {
    yield { finding, entry: named(entry.name, entry.type, 1) };
    for (const { path, type } of entry.descendants()) {
      yield { finding: judge(path, type), entry: named(`${entry.name}/${path}`, type, 1) };
    }
    return;
  }
  const rows = [{ finding, name: entry.name as string, type: entry.type, entries: 1 }];
  const rowOf = new Map<string, number>([['', 0]]);
  for (const { path, type } of entry.descendants()) {
    const own = judge(path, type);
    const above = rowOf.get(path.slice(0, Math.max(0, path.lastIndexOf('/')))) ?? 0;
    const row = rows[above];
    let number = above;
    if (row !== undefined && row.finding.code === own.code) row.entries++;
    else number = rows.push({ finding: own, name: `${entry.name}/${path}`, type, entries: 1 }) - 1;
    if (type === EntryType.directory) rowOf.set(path, number);
  }
  for (const { finding: own, name, type, entries } of rows) yield { finding: own, entry: named(name, type, entries) };
}
