import { compareVerdicts, hiddenCategories, verdictOf } from './category.ts';
import { entryTypeName } from './change.ts';
import { type ClassCode, categoryOf, differsInCategoryOnly, isIgnored, isShadowed } from './class-code.ts';
import { summedUp } from './fold.ts';
import { compareRaw, componentsOf, join, type RawPath, ROOT } from './rawpath.ts';
import type { Change, Evidence } from './report.ts';
import type { DirectoryRow, Gathered, LoneRow, SharedBytes } from './rollup.ts';
import type { Rule } from './rules.ts';

/** A row that is not final yet: a directory above may still take it up. */
interface Row {
  directory: DirectoryRow | undefined;
  lone: LoneRow | undefined;
  code: ClassCode;
  entries: number;
  bytes: number;
  mtime: number;
  apart: number;
}

/**
 * The rows of a whole examination: each wholly new directory takes up the directories below it that share its class;
 * one of which nothing is known, and whose content is all of one class, becomes of that class.
 */
export function changesOf(parts: readonly Gathered[], rules: readonly Rule[]): Change[] {
  const rows = new Map(parts.flatMap((part) => part.directories).map((row) => [row.id, row]));
  const pathOf = pathsOf(rows);
  shareBytes(parts, pathOf);
  const directories = merged(parts);
  const below = new Map<number, Row[]>();
  const addBelow = (parent: number, rows: readonly Row[]): void => {
    const known = below.get(parent);
    if (known === undefined) below.set(parent, [...rows]);
    else for (const row of rows) known.push(row);
  };
  for (const part of parts) for (const lone of part.lone) addBelow(lone.directory, [rowOfLone(lone)]);

  const done: Row[] = [];
  for (const directory of deepestFirst(directories.values())) {
    const apart = below.get(directory.id) ?? [];
    below.delete(directory.id);
    if (directory.row === undefined) {
      for (const row of apart) done.push(row);
      continue;
    }
    const row = rowOfDirectory(directory, apart);
    const parent = directories.get(directory.parent);
    if (parent?.row !== undefined && directory.row.kind === 'added' && row.code === parent.row.code) {
      parent.entries += row.entries;
      parent.bytes += row.bytes;
      parent.mtime = Math.max(parent.mtime, row.mtime);
      addBelow(parent.id, row.apart === 0 ? [] : apart);
    } else {
      // A directory with nothing of its own is named by what is in it.
      const bare = directory.mountPoint ? row.entries === 0 : row.entries === 1 && row.apart > 0;
      const rows = row.apart === 0 ? [] : apart;
      addBelow(directory.parent, bare && directory.row.kind === 'added' ? rows : [row, ...rows]);
    }
  }
  for (const rows of below.values()) for (const row of rows) done.push(row);

  return done.map((row) => changeOf(row, pathOf, rules));
}

/** A file with several hard links counts once: in the row with the first path, whoever met which of them when. */
function shareBytes(parts: readonly Gathered[], pathOf: (id: number) => RawPath): void {
  const pathOfRow = (row: SharedBytes['target']): RawPath =>
    'id' in row ? pathOf(row.id) : join(pathOf(row.directory), row.name);
  const first = new Map<number, Map<number, { shared: SharedBytes; path: RawPath }>>();
  for (const shared of parts.flatMap((part) => part.shared)) {
    let inodes = first.get(shared.device);
    if (inodes === undefined) {
      inodes = new Map();
      first.set(shared.device, inodes);
    }
    const path = pathOfRow(shared.target);
    const known = inodes.get(shared.inode);
    if (known === undefined || path < known.path) inodes.set(shared.inode, { shared, path });
  }
  for (const inodes of first.values()) for (const { shared } of inodes.values()) shared.target.bytes += shared.bytes;
}

function merged(parts: readonly Gathered[]): Map<number, DirectoryRow> {
  const all = new Map<number, DirectoryRow>();
  for (const part of parts) {
    for (const row of part.directories) {
      const known = all.get(row.id);
      if (known === undefined) all.set(row.id, row);
      else {
        known.entries += row.entries;
        known.bytes += row.bytes;
        known.mtime = Math.max(known.mtime, row.mtime);
      }
    }
  }
  return all;
}

function deepestFirst(rows: Iterable<DirectoryRow>): DirectoryRow[] {
  return [...rows].sort((a, b) => b.depth - a.depth);
}

function rowOfLone(lone: LoneRow): Row {
  const { code, entries, bytes, mtime } = lone;
  return { directory: undefined, lone, code, entries, bytes, mtime, apart: 0 };
}

function rowOfDirectory(directory: DirectoryRow, apart: readonly Row[]): Row {
  const { entries, bytes, mtime } = directory;
  const row: Row = { directory, lone: undefined, code: directory.row?.code ?? 0, entries, bytes, mtime, apart: 0 };
  for (const { entries: count } of apart) row.apart += count;
  if (directory.row?.rule !== -1 || entries !== 1 || !isUniform(apart)) return row;
  // It takes their category; whether it is hidden or ignored is its own.
  if (!differsInCategoryOnly(row.code, apart[0]?.code ?? row.code)) return row;
  row.code = apart[0]?.code ?? row.code;
  for (const other of apart) {
    row.entries += other.entries;
    row.bytes += other.bytes;
    row.mtime = Math.max(row.mtime, other.mtime);
  }
  row.apart = 0;
  return row;
}

/** Several rows of one class, all new: one row can stand for them. */
function isUniform(rows: readonly Row[]): boolean {
  const [first, ...others] = rows;
  return (
    first !== undefined && others.length > 0 && rows.every((row) => row.code === first.code && kindOf(row) === 'added')
  );
}

function kindOf(row: Row): Change['kind'] {
  return row.lone?.kind ?? row.directory?.row?.kind ?? 'added';
}

function pathsOf(directories: ReadonlyMap<number, DirectoryRow>): (id: number) => RawPath {
  const known = new Map<number, RawPath>([[0, ROOT]]);
  const pathOf = (id: number): RawPath => {
    // Not recursive: a tree may be deeper than the stack.
    const chain: DirectoryRow[] = [];
    let at = id;
    while (!known.has(at)) {
      const row = directories.get(at);
      if (row === undefined) break;
      chain.push(row);
      at = row.parent;
    }
    let path = known.get(at) ?? ROOT;
    for (const row of chain.reverse()) {
      path = join(path, row.name);
      known.set(row.id, path);
    }
    return path;
  };
  return pathOf;
}

function changeOf(row: Row, pathOf: (id: number) => RawPath, rules: readonly Rule[]): Change {
  const { lone, directory, code, entries, bytes, mtime, apart } = row;
  const kind = kindOf(row);
  const path = lone === undefined ? pathOf(directory?.id ?? 0) : join(pathOf(lone.directory), lone.name);
  const category = categoryOf(code);
  const [ignored, shadowed] = [isIgnored(code), isShadowed(code)];
  const rule = rules[lone?.rule ?? directory?.row?.rule ?? -1];
  const evidence: Evidence[] = [];
  if (rule !== undefined) evidence.push({ source: 'rule', detail: `${rule.pattern}: ${rule.why}` });
  if (lone?.link !== undefined) evidence.push({ source: 'link', detail: `leads to ${lone.link}` });
  if (shadowed) evidence.push({ source: 'mount', detail: 'lies hidden under a mount' });
  if (ignored) evidence.push({ source: 'config', detail: 'named under [ignore]' });
  const verdict = verdictOf(category, { kind, ignored, shadowed });
  const type = lone === undefined ? 'directory' : entryTypeName(lone.type);
  return { path, kind, type, category, verdict, entries, bytes, mtime, apart, folds: 1, shadowed, ignored, evidence };
}

/** Whether a person sees it only when asking for everything. */
export function isHidden(change: Change): boolean {
  return change.ignored || hiddenCategories.has(change.category);
}

/** By verdict, then size; the path settles ties, so that the order is always the same. */
export function sorted(changes: readonly Change[]): Change[] {
  return [...changes].sort(
    (a, b) => compareVerdicts(a.verdict, b.verdict) || b.bytes - a.bytes || compareRaw(a.path, b.path),
  );
}

/** Rows deeper than `depth` components are summed up, by category, in a row of their ancestor at that depth. */
export function collapsed(changes: readonly Change[], depth: number): Change[] {
  const groups = new Map<string, { components: string[]; rows: Change[] }>();
  for (const change of changes) {
    const components = componentsOf(change.path).slice(0, depth);
    const key = [change.category, change.ignored, change.shadowed, ...components].join('/');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { components, rows: [change] });
    else group.rows.push(change);
  }
  return [...groups.values()].map(({ components, rows }) => {
    const [only] = rows;
    const isItself = only !== undefined && rows.length === 1 && componentsOf(only.path).length <= depth;
    return isItself ? only : summedUp(rows, components);
  });
}
