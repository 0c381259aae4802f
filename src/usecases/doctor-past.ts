import { EntryType, entryTypeName } from '../core/change.ts';
import type { Was } from '../core/doctor/doctor-report.ts';
import { Failure } from '../core/failure.ts';
import { compareOldRoots, parseBoot } from '../core/old-root.ts';
import { isHalfDeleted } from '../core/old-root-name.ts';
import { join, type RawName, type RawPath, rawFromBytes, textOf } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';
import type { Machine } from '../ports/machine.ts';
import type { KeptOldRoot, OldRoots, OpenOldRoot } from '../ports/old-roots.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import type { RootFiles } from '../ports/root-files.ts';

/** So many old roots are looked into: whoever has more has other worries. */
const MOST_ROOTS = 60;
/** Entries that are counted of a directory. */
const MOST_ENTRIES = 20_000;
const BOOT = '/.ebb/boot.json' as RawPath;
const LARGEST_BOOT = 64 * 1024;

/** The old roots, asked for a few paths each. */
export class DoctorPast {
  readonly directory: RawPath;
  readonly warnings: Warning[] = [];
  /** Those that could not be looked into. */
  failed = 0;
  readonly #oldRoots: OldRoots;
  /** The newest first. */
  readonly #kept: readonly KeptOldRoot[];
  readonly #bootedAt: number | undefined;
  readonly #known = new Map<RawPath, Was | undefined>();

  constructor(oldRoots: OldRoots, root: OpenRoot, machine: Machine) {
    this.directory = oldRoots.directory;
    this.#oldRoots = oldRoots;
    this.#bootedAt = bootOf(root, machine);
    const bootId = machine.bootId();
    const isPast = ({ name, capture }: KeptOldRoot): boolean =>
      !isHalfDeleted(name) &&
      capture?.of.startsWith(`${bootId} `) !== true &&
      join(oldRoots.directory, name) !== root.facts.mount;
    const past = oldRoots.list().filter(isPast);
    this.#kept = past.toSorted((a, b) => compareOldRoots(b, a)).slice(0, MOST_ROOTS);
  }

  get searched(): number {
    return this.#kept.length - this.failed;
  }

  /** Where each path was last; those that no old root has are left out. Mount points of what was kept count for nothing. */
  lookUp(paths: readonly RawPath[]): ReadonlyMap<RawPath, Was> {
    const missing = new Set(paths.filter((path) => !this.#known.has(path)));
    for (const [i, oldRoot] of this.#kept.entries()) {
      if (missing.size === 0) break;
      this.#in(oldRoot, (opened) => {
        for (const path of missing) {
          const was = wasIn(opened, path);
          if (was === undefined) continue;
          this.#known.set(path, { oldRoot: oldRoot.name, resetAt: this.#resetAt(i), ...was });
          missing.delete(path);
        }
      });
    }
    for (const path of missing) this.#known.set(path, undefined);
    const found = paths.flatMap((path) => {
      const was = this.#known.get(path);
      return was === undefined ? [] : [[path, was] as const];
    });
    return new Map(found);
  }

  /** The root of the last boot; undefined where there is none, or it cannot be looked into. */
  withNewest<T>(use: (opened: OpenOldRoot, name: RawName, resetAt: number | undefined) => T): T | undefined {
    const [newest] = this.#kept;
    let result: T | undefined;
    if (newest !== undefined) {
      this.#in(newest, (opened) => {
        result = use(opened, newest.name, this.#resetAt(0));
      });
    }
    return result;
  }

  close(): void {
    this.#oldRoots.close();
  }

  /** When the boot after it began, which reset it. */
  #resetAt(index: number): number | undefined {
    const { sequence, capture } = this.#kept[index] as KeptOldRoot;
    for (let i = index - 1; i >= 0; i--) {
      const newer = this.#kept[i] as KeptOldRoot;
      // Of one boot there may be several captures.
      const isSame = capture !== undefined && newer.capture?.of === capture.of;
      if (!isSame && (sequence === undefined || newer.sequence !== sequence)) return newer.bootedAt;
    }
    return this.#bootedAt;
  }

  #in({ name }: KeptOldRoot, use: (opened: OpenOldRoot) => void): void {
    let opened: OpenOldRoot | undefined;
    try {
      opened = this.#oldRoots.open(name);
      if (opened !== undefined) use(opened);
    } catch (error) {
      const isSystem = typeof (error as { errno?: unknown }).errno === 'number';
      if (!(error instanceof Failure) && !isSystem) throw error;
      // What is being deleted is no longer there to be asked.
      if (error instanceof Failure && error.code === 'locked') return;
      this.failed++;
      this.warnings.push({
        code: 'old-root',
        message: `${name} was not looked into: ${(error as Error).message}`,
      });
    } finally {
      opened?.close();
    }
  }
}

/** When the root's boot began; undefined where nothing tells. */
function bootOf({ files, facts }: OpenRoot, machine: Machine): number | undefined {
  const content = files.readFile(BOOT, LARGEST_BOOT);
  const text = content && textOf(rawFromBytes(content));
  if (text !== undefined) {
    try {
      const reading = parseBoot(JSON.parse(text));
      if ('facts' in reading) return reading.facts.bootedAt;
    } catch {
      // No JSON: nothing tells.
    }
  }
  return facts.mount === '/' ? machine.bootedAt() : undefined;
}

function wasIn({ files, tree }: OpenOldRoot, path: RawPath): Omit<Was, 'oldRoot' | 'resetAt'> | undefined {
  const facts = files.lstat(path);
  if (facts === undefined || isHollow(files, path, facts)) return undefined;
  const type = entryTypeName(facts.type);
  if (facts.type === EntryType.file) return { type, files: 1, bytes: facts.size, more: false };
  if (facts.type !== EntryType.directory) return undefined;
  const totals = { files: 0, bytes: 0, more: false };
  let entries = 0;
  const pending = [path];
  for (let at = pending.pop(); at !== undefined && !totals.more; at = pending.pop()) {
    const directory = at;
    tree.list(directory, (listing) => {
      for (let i = 0; i < listing.count; i++) {
        if (++entries > MOST_ENTRIES) totals.more = true;
        if (totals.more) return;
        if (listing.type[i] === EntryType.directory) pending.push(join(directory, listing.name(i)));
        else if (listing.type[i] === EntryType.file && listing.stat(i)) {
          totals.files++;
          totals.bytes += listing.size[i] as number;
        }
      }
    });
  }
  // Nothing but mount points and links.
  return totals.files === 0 ? undefined : { type, ...totals };
}

/** Nothing lies there but what something is mounted on. */
export function isHollow(files: RootFiles, path: RawPath, { type, size }: { type: number; size: number }): boolean {
  if (type === EntryType.directory) return files.listNames(path)?.length === 0;
  return type === EntryType.file && size === 0;
}
