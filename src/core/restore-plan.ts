import { EntryType } from './change.ts';
import { compareRaw, covers, join, nameOf, parentOf, type RawName, type RawPath, ROOT } from './rawpath.ts';

/** What is at a path, as far as a restore has to know. */
export interface RestoreEntry {
  /** An `EntryType`. */
  readonly type: number;
  /** `st_mode` with its type bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeSec: number;
  readonly mtimeNsec: number;
  readonly links: number;
  /** Of a device node: major and minor in one number. */
  readonly device: number;
  /** What a symlink holds. */
  readonly target: string | undefined;
}

export interface RestoreListing {
  /** Which directory it is of all that the machine has now; empty where it is none. */
  readonly identity: string;
  readonly entries: ReadonlyMap<RawName, RestoreEntry>;
}

/** One of the two trees. Paths are absolute in it; no symlink on the way is followed. */
export interface RestoreSide {
  /** undefined where there is nothing, or something on the way is no directory. */
  look(path: RawPath): RestoreEntry | undefined;
  /** What the directory holds. */
  list(path: RawPath): RestoreListing;
  /** The extended attributes, ACLs among them, in a form that is equal where they are. */
  attributes(path: RawPath): string;
  /** A digest of the file's content, the same for all of one size that hold the same. */
  content(path: RawPath): string;
}

export type Newer = 'old-root' | 'target' | 'neither';

export type RestoreStep = { readonly path: RawPath; readonly type: number } & (
  | {
      /**
       * - `parent`: a directory above, made empty with its owner and mode
       * - `create`: with everything below it, where it is a directory
       * - `same`: is there already
       */
      readonly action: 'parent' | 'create' | 'same';
      readonly entry: RestoreEntry;
    }
  | {
      /**
       * - `replace`: is there and differs, and is asked to be replaced
       * - `skip`: is there and differs
       */
      readonly action: 'replace' | 'skip';
      readonly entry: RestoreEntry;
      readonly newer: Newer;
    }
  | {
      /** A directory on both sides; what is in it has steps of its own. */
      readonly action: 'merge';
      readonly entry: RestoreEntry;
      /** Of the directory that is there: nothing is done to another one that takes its place. */
      readonly identity: string;
      /** It gets the owner, mode, attributes and times that it had. */
      readonly setAttributes: boolean;
    }
  /** A socket: nobody listens on it any more. */
  | { readonly action: 'leave-out' }
  /** `obstacle`: what is in the way, the path or one above it. */
  | {
      readonly action: 'blocked';
      readonly obstacle: RawPath;
      readonly reason: 'symlink' | 'not-a-directory' | 'directory';
    }
);

export interface RestoreOptions {
  /** Replace what is there and differs. */
  readonly force: boolean;
}

/** The root's own records, which belong to that boot. */
export const RECORDS = '/.ebb' as RawPath;

/**
 * What has to be done so that `paths` are in the target as they were in the old root, which has them all. Steps come in
 * the order in which they can be carried out: a directory before what is in it.
 */
export function planRestore(
  paths: readonly RawPath[],
  source: RestoreSide,
  target: RestoreSide,
  options: RestoreOptions,
): RestoreStep[] {
  const steps: RestoreStep[] = [];
  const made = new Set<RawPath>();
  for (const path of outermost(paths)) {
    const entry = source.look(path);
    if (entry === undefined) continue;
    const blocked = parents(path, source, target, made, steps);
    if (blocked !== undefined) {
      steps.push({ action: 'blocked', path, type: entry.type, ...blocked });
      continue;
    }
    const there = made.has(parentOf(path)) ? undefined : target.look(path);
    visit({ path, entry, there }, { source, target, options, steps });
  }
  return steps;
}

/** Those that do not lie below another one, in their order. */
function outermost(paths: readonly RawPath[]): RawPath[] {
  const unique = [...new Set(paths)].sort(compareRaw);
  return unique.filter((path) => !unique.some((other) => other !== path && covers(other, path)));
}

interface Obstacle {
  readonly obstacle: RawPath;
  readonly reason: 'symlink' | 'not-a-directory';
}

/** Plans the missing directories above `path`; gives what is in their way. */
function parents(
  path: RawPath,
  source: RestoreSide,
  target: RestoreSide,
  made: Set<RawPath>,
  steps: RestoreStep[],
): Obstacle | undefined {
  for (const above of ancestors(path)) {
    if (made.has(above)) continue;
    const there = made.has(parentOf(above)) ? undefined : target.look(above);
    if (there?.type === EntryType.directory) continue;
    if (there !== undefined) {
      return { obstacle: above, reason: there.type === EntryType.symlink ? 'symlink' : 'not-a-directory' };
    }
    const entry = source.look(above);
    if (entry === undefined) continue;
    made.add(above);
    steps.push({ action: 'parent', path: above, type: entry.type, entry });
  }
  return undefined;
}

/** The directories above the path, the root left out, the outermost first. */
function ancestors(path: RawPath): RawPath[] {
  const above: RawPath[] = [];
  if (path === ROOT) return above;
  for (let at = parentOf(path); at !== ROOT; at = parentOf(at)) above.push(at);
  return above.reverse();
}

interface Planning {
  readonly source: RestoreSide;
  readonly target: RestoreSide;
  readonly options: RestoreOptions;
  readonly steps: RestoreStep[];
}

interface Visit {
  readonly path: RawPath;
  readonly entry: RestoreEntry;
  /** What is there now. */
  readonly there: RestoreEntry | undefined;
}

/** Plans a path and, where it is to be merged, what is in it: a tree may be deeper than a stack. */
function visit(first: Visit, { source, target, options, steps }: Planning): void {
  const pending = [first];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const {
      path,
      entry: { type },
      entry,
      there,
    } = next;
    if (type !== EntryType.directory || there?.type !== EntryType.directory) {
      steps.push(stepFor(next, source, target, options));
      continue;
    }
    const { identity, entries: present } = target.list(path);
    steps.push({ action: 'merge', path, type, entry, identity, setAttributes: options.force });
    // The last is taken first.
    for (const [name, entry] of [...source.list(path).entries].sort(([a], [b]) => compareRaw(b, a))) {
      const below = join(path, name);
      if (below !== RECORDS) pending.push({ path: below, entry, there: present.get(name) });
    }
  }
}

function stepFor(
  { path, entry, there }: Visit,
  source: RestoreSide,
  target: RestoreSide,
  { force }: RestoreOptions,
): RestoreStep {
  const { type } = entry;
  if (type === EntryType.socket) return { action: 'leave-out', path, type };
  if (there === undefined) return { action: 'create', path, type, entry };
  if (there.type === EntryType.directory) {
    // All that is in it would have to go, and nobody asked for that.
    return { action: 'blocked', path, type, obstacle: path, reason: 'directory' };
  }
  if (isSame(entry, there) && holdsTheSame(path, type, source, target)) return { action: 'same', path, type, entry };
  return { action: force ? 'replace' : 'skip', path, type, entry, newer: newerOf(entry, there) };
}

/** What looks the same need not be: files of one size are often written in one tick of the clock. */
function holdsTheSame(path: RawPath, type: number, source: RestoreSide, target: RestoreSide): boolean {
  if (source.attributes(path) !== target.attributes(path)) return false;
  return type !== EntryType.file || source.content(path) === target.content(path);
}

/** By everything that costs no reading. */
function isSame(a: RestoreEntry, b: RestoreEntry): boolean {
  if (a.mode !== b.mode || a.uid !== b.uid || a.gid !== b.gid) return false;
  switch (a.type) {
    case EntryType.file:
      return a.size === b.size && newerOf(a, b) === 'neither';
    case EntryType.symlink:
      return a.target === b.target;
    default:
      return a.device === b.device;
  }
}

function newerOf(entry: RestoreEntry, there: RestoreEntry): Newer {
  const difference = entry.mtimeSec - there.mtimeSec || entry.mtimeNsec - there.mtimeNsec;
  return difference === 0 ? 'neither' : difference > 0 ? 'old-root' : 'target';
}

/** How many entries a step stands for, and how many bytes of files; a file with several names counts at each. */
export function extentOf(step: RestoreStep, source: RestoreSide): { readonly entries: number; readonly bytes: number } {
  if (!('entry' in step) || step.action === 'skip' || step.action === 'same') return { entries: 0, bytes: 0 };
  if (step.action === 'merge') return { entries: 0, bytes: 0 };
  if (step.action !== 'create' || step.type !== EntryType.directory) {
    return { entries: 1, bytes: step.type === EntryType.file ? step.entry.size : 0 };
  }
  let entries = 1;
  let bytes = 0;
  const pending = [step.path];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    for (const [name, entry] of source.list(directory).entries) {
      if (entry.type === EntryType.socket) continue;
      entries++;
      if (entry.type === EntryType.file) bytes += entry.size;
      if (entry.type === EntryType.directory) pending.push(join(directory, name));
    }
  }
  return { entries, bytes };
}

/** `.ebb-restore.` */
export const TEMPORARY = '.ebb-restore.';

/**
 * A name that a path is written under before it is put in place, in the same directory. It is the same each time, so
 * that a run finds what an earlier one left; FNV-1a with 64 bits, because the name may be as long as names can be.
 */
export function temporaryNameFor(path: RawPath, suffix = ''): RawName {
  const name = nameOf(path);
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let i = 0; i < name.length; i++) {
    low = (low ^ name.charCodeAt(i)) >>> 0;
    // Times 0x100000001b3, in halves.
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 0x1_0000_0000) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return `${TEMPORARY}${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}${suffix}` as RawName;
}
