import { Failure } from '../../core/failure.ts';
import type { Appearance, Beginning, PastRoot, PathHistory } from '../../core/history.ts';
import { historyMemoText, parseHistoryMemo } from '../../core/history-memo.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { Warning } from '../../core/report.ts';
import type { KeptOldRoot, OldRoots, OpenOldRoot } from '../../ports/old-roots.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { appearancesIn, contentOf } from './appearances.ts';
import { beginningOf } from './beginning.ts';

/** Milliseconds for what was not looked up before: on a slow disk it takes several runs. */
const PATIENCE = 1500;

/** An old root with what is known of it. */
interface Remembered {
  readonly oldRoot: KeptOldRoot;
  readonly of: string;
  beginning: Beginning | undefined;
  /** It was opened before, so that `beginning` is what can be known. */
  isKnown: boolean;
  readonly paths: Map<string, Appearance | 'absent'>;
}

/** Old roots, each looked into once: what was seen is remembered beside them. */
export class Past {
  readonly warnings: Warning[] = [];
  readonly #calls: Syscalls;
  readonly #oldRoots: OldRoots;
  readonly #roots: readonly Remembered[];
  readonly #until = performance.now() + PATIENCE;
  #changed = false;
  #asked: readonly RawPath[] = [];

  /** `kept`: the newest first. */
  constructor(calls: Syscalls, oldRoots: OldRoots, kept: readonly KeptOldRoot[]) {
    this.#calls = calls;
    this.#oldRoots = oldRoots;
    const memo = kept.length === 0 ? new Map() : parseHistoryMemo(oldRoots.memo('history'));
    this.#roots = kept.map((oldRoot) => {
      const of = identityOf(oldRoot);
      const known = memo.get(oldRoot.name);
      if (known?.of !== of) return { oldRoot, of, beginning: undefined, isKnown: false, paths: new Map() };
      return { oldRoot, of, beginning: known.beginning, isKnown: true, paths: known.paths };
    });
  }

  /** Looks the paths up in each old root, as far as that is not known. */
  lookUp(paths: readonly RawPath[]): void {
    this.#asked = paths;
    let left = 0;
    for (const root of this.#roots) {
      const missing = paths.filter((path) => !root.paths.has(path));
      if (missing.length === 0) continue;
      if (performance.now() > this.#until) left++;
      else this.#in(root, (opened) => this.#look(root, opened, missing));
    }
    if (left === 0) return;
    const message = `history is not complete: ${left} of ${this.#roots.length} old roots were not looked into, as that took too long; the next run goes on`;
    this.warnings.push({ code: 'evidence', message });
  }

  has(path: RawPath): boolean {
    return this.#roots.some(({ paths }) => typeof paths.get(path) === 'object');
  }

  of(path: RawPath): PathHistory['past'] {
    return this.#roots.flatMap((root) => {
      const was = root.paths.get(path);
      return was === undefined ? [] : [{ root: pastRootOf(root), was }];
    });
  }

  /** What the paths hold in each old root, where that was too much to be read at once. */
  read(paths: readonly RawPath[]): void {
    for (const root of this.#roots) {
      const unread = paths.flatMap((path) => {
        const was = root.paths.get(path);
        return typeof was === 'object' && was.content === undefined ? [{ path, was }] : [];
      });
      if (unread.length === 0 || performance.now() > this.#until) continue;
      this.#in(root, ({ tree, files }) => {
        for (const { path, was } of unread) {
          if (performance.now() > this.#until) break;
          const content = contentOf(files, path, was, tree);
          if (content === undefined) continue;
          root.paths.set(path, { ...was, content });
          this.#changed = true;
        }
      });
    }
  }

  /** For the next run, where there is anything new. Where it cannot be written, it is looked up again. */
  remember(): void {
    if (!this.#changed) return;
    for (const { paths } of this.#roots) {
      // Those asked about now come last: what is dropped one day is what nobody asked about for long.
      for (const path of this.#asked) {
        const was = paths.get(path);
        if (was === undefined) continue;
        paths.delete(path);
        paths.set(path, was);
      }
    }
    const known = this.#roots.filter(({ isKnown }) => isKnown);
    const text = historyMemoText(new Map(known.map((root) => [root.oldRoot.name, root])));
    this.#oldRoots.writeMemo('history', text);
  }

  #look(root: Remembered, { tree, files, fd }: OpenOldRoot, missing: readonly RawPath[]): void {
    if (!root.isKnown) {
      // Of what ebb did not make only the name tells a time, and that need not be when it began.
      root.beginning =
        root.oldRoot.sequence === undefined ? undefined : beginningOf(this.#calls, fd, root.oldRoot.bootedAt);
      root.isKnown = true;
    }
    for (const [path, was] of appearancesIn({ tree, files }, missing, true)) root.paths.set(path, was);
    this.#changed = true;
  }

  /** One that is being deleted, or that this user may not look into, says nothing. */
  #in({ oldRoot: { name } }: Remembered, use: (opened: OpenOldRoot) => void): void {
    let opened: OpenOldRoot | undefined;
    try {
      opened = this.#oldRoots.open(name);
      if (opened !== undefined) use(opened);
    } catch (error) {
      if (error instanceof Failure && error.code === 'locked') return;
      this.warnings.push({
        code: 'evidence',
        message: `the old root ${name} says nothing: ${(error as Error).message}`,
      });
    } finally {
      opened?.close();
    }
  }
}

function pastRootOf({ oldRoot: { name, endedClean, capture }, beginning }: Remembered): PastRoot {
  return { name, beginning, endedClean, partial: capture !== undefined };
}

/** Tells it from another one that has its name one day. */
function identityOf({ sequence, bootedAt, capture }: KeptOldRoot): string {
  return JSON.stringify([sequence, bootedAt, capture?.of, capture?.number]);
}
