import type { Appearance, Beginning } from './history.ts';

/** What was seen in an old root, which never changes: looked up once. */
export interface RememberedRoot {
  /** Tells the old root from another one of its name. */
  readonly of: string;
  readonly beginning: Beginning | undefined;
  /** By path. */
  readonly paths: Map<string, Appearance | 'absent'>;
}

const SCHEMA = 'ebb.history/1';
/** Paths that are remembered of each old root: those that are asked about again and again. */
const MOST_PATHS = 500;

/** By the old root's name. Byte strings stand in the JSON as such. The paths that were added last are kept. */
export function historyMemoText(roots: ReadonlyMap<string, RememberedRoot>): string {
  const kept = Array.from(roots, ([name, { of, beginning, paths }]) => {
    const newest = Array.from(paths).slice(-MOST_PATHS);
    return [name, of, beginning === undefined ? null : [beginning.made, beginning.settled], newest.map(written)];
  });
  return `${JSON.stringify({ schema: SCHEMA, roots: kept })}\n`;
}

function written([path, was]: [string, Appearance | 'absent']): unknown[] {
  if (was === 'absent') return [path];
  const { type, mode, size, oldest, newest, whole, shape, content } = was;
  return [path, type, mode, size, oldest, newest, whole ? 1 : 0, shape, content ?? null];
}

/** What cannot be understood is looked up again. */
export function parseHistoryMemo(text: string | undefined): Map<string, RememberedRoot> {
  const roots = new Map<string, RememberedRoot>();
  for (const root of rootsOf(text)) {
    if (!Array.isArray(root)) continue;
    const [name, of, beginning, paths] = root as readonly unknown[];
    if (typeof name !== 'string' || typeof of !== 'string' || !Array.isArray(paths)) continue;
    const known = new Map<string, Appearance | 'absent'>();
    for (const path of paths) {
      const read = readPath(path);
      if (read !== undefined) known.set(...read);
    }
    roots.set(name, { of, beginning: readBeginning(beginning), paths: known });
  }
  return roots;
}

function rootsOf(text: string | undefined): readonly unknown[] {
  try {
    const value = text === undefined ? undefined : (JSON.parse(text) as { schema?: unknown; roots?: unknown } | null);
    return value?.schema === SCHEMA && Array.isArray(value.roots) ? value.roots : [];
  } catch {
    return [];
  }
}

function readBeginning(value: unknown): Beginning | undefined {
  if (!Array.isArray(value)) return undefined;
  const [made, settled] = value as readonly unknown[];
  return typeof made === 'number' && typeof settled === 'number' ? { made, settled } : undefined;
}

function readPath(value: unknown): [string, Appearance | 'absent'] | undefined {
  if (!Array.isArray(value)) return undefined;
  const [path, type, mode, size, oldest, newest, whole, shape, content] = value as readonly unknown[];
  if (typeof path !== 'string') return undefined;
  if (value.length === 1) return [path, 'absent'];
  if (typeof type !== 'number' || typeof mode !== 'number' || typeof size !== 'number') return undefined;
  if (typeof oldest !== 'number' || typeof newest !== 'number' || typeof shape !== 'string') return undefined;
  if (content !== null && typeof content !== 'string') return undefined;
  return [path, { type, mode, size, oldest, newest, whole: whole === 1, shape, content: content ?? undefined }];
}
