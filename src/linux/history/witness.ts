import { closeSync } from 'node:fs';
import type { Category } from '../../core/category.ts';
import { EntryType } from '../../core/change.ts';
import type { Evidence } from '../../core/evidence.ts';
import { type Appearance, historyEvidence, mayComeBack, type PathHistory, type Restored } from '../../core/history.ts';
import { isKeyContent, LARGEST_KEY } from '../../core/key-file.ts';
import { pastRoots } from '../../core/past-roots.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { Warning } from '../../core/report.ts';
import { parseRestored, restoredAt } from '../../core/restored.ts';
import type { Questioned, Witness } from '../../ports/evidence.ts';
import type { OldRoots } from '../../ports/old-roots.ts';
import type { OpenRoot } from '../../ports/open-root.ts';
import { readBoot } from '../boot-facts.ts';
import { openVisible } from '../system/mount-view.ts';
import { openRootFiles } from '../system/root-files.ts';
import type { Syscalls } from '../system/syscalls.ts';
import { openTree } from '../tree/open-tree.ts';
import { appearancesIn, contentOf, type LookedAt } from './appearances.ts';
import { beginningOf } from './beginning.ts';
import { Past } from './past.ts';

/** The machine, as far as history needs it. */
export interface HistoryHost {
  readonly calls: () => Syscalls;
  /** undefined where nothing says that there are any. @throws Failure where there should be and cannot be had. */
  oldRootsOf(root: OpenRoot): OldRoots | undefined;
  bootedAt(): number;
  bootId(): string;
}

/** Paths that are looked up: what is asked about is what a person looks at. */
const MOST_PATHS = 1000;

/** What became of paths in earlier boots, as the old roots have it. */
export class HistoryWitness implements Witness {
  readonly name = 'history';
  readonly #host: HistoryHost;

  constructor(host: HistoryHost) {
    this.#host = host;
  }

  /** What somebody brought back, they missed, whatever it is called. */
  insists(root: OpenRoot): RawPath[] {
    let oldRoots: OldRoots | undefined;
    try {
      oldRoots = this.#host.oldRootsOf(root);
      return parseRestored(oldRoots?.memo('restored')).map(({ path }) => path);
    } catch {
      // Why they cannot be had is told where they are asked.
      return [];
    } finally {
      oldRoots?.close();
    }
  }

  evidence(root: OpenRoot, paths: readonly Questioned[]): ReturnType<Witness['evidence']> {
    const warnings: Warning[] = [];
    let oldRoots: OldRoots | undefined;
    try {
      oldRoots = paths.length === 0 ? undefined : this.#host.oldRootsOf(root);
      if (oldRoots === undefined) return { evidence: new Map(), warnings };
      return { evidence: this.#ask(oldRoots, root, paths, warnings), warnings };
    } catch (error) {
      const message = `history over old roots is left out: ${(error as Error).message}`;
      return { evidence: new Map(), warnings: [...warnings, { code: 'evidence', message }] };
    } finally {
      oldRoots?.close();
    }
  }

  #ask(
    oldRoots: OldRoots,
    root: OpenRoot,
    questioned: readonly Questioned[],
    warnings: Warning[],
  ): Map<RawPath, Evidence[]> {
    const kept = pastRoots(oldRoots.list(), this.#host.bootId());
    const restored = parseRestored(oldRoots.memo('restored'));
    if (kept.length === 0 && restored.length === 0) return new Map();
    const asked = questioned.filter(({ type }) => type === 'file' || type === 'directory' || type === 'symlink');
    const known = new Map(asked.slice(0, MOST_PATHS).map(({ path, category }) => [path, category]));
    const paths = [...known.keys()];
    const past = new Past(this.#host.calls(), oldRoots, kept);
    past.lookUp(paths);
    const present = paths.filter((path) => past.has(path) || restoredAt(restored, path) !== undefined);
    const evidence = present.length === 0 ? new Map() : this.#judge(present, known, root, past, restored);
    past.remember();
    warnings.push(...past.warnings);
    return evidence;
  }

  #judge(
    paths: readonly RawPath[],
    known: ReadonlyMap<RawPath, Category>,
    root: OpenRoot,
    past: Past,
    restored: readonly Restored[],
  ): Map<RawPath, Evidence[]> {
    const fd = openVisible(root.facts.mount);
    // What is mounted upon the root is none of it, and is not seen.
    const tree = openTree(fd);
    try {
      const now = { tree, files: openRootFiles(fd) };
      const boot = readBoot(now.files);
      const bootedAt = boot !== undefined && 'facts' in boot ? boot.facts.bootedAt : this.#host.bootedAt();
      const beginning = beginningOf(this.#host.calls(), fd, bootedAt);
      const found = appearancesIn(now, paths, false);
      const histories = paths.map((path) => {
        const here = found.get(path);
        const is = here === 'absent' ? undefined : here;
        const category = known.get(path);
        const isPersonal = category === 'secret' || category === 'home';
        return { path, now: is, beginning, past: past.of(path), restored: restoredAt(restored, path), isPersonal };
      });
      past.read(histories.filter(mayComeBack).map(({ path }) => path));
      const evidence = new Map<RawPath, Evidence[]>();
      for (const history of histories) {
        const whole = { ...history, past: past.of(history.path) };
        const said = historyEvidence({ ...whole, now: read(whole, now), looksLikeKey: looksLikeKey(whole, now) });
        if (said.length > 0) evidence.set(history.path, said);
      }
      return evidence;
    } finally {
      tree.close();
      closeSync(fd);
    }
  }
}

type History = Omit<PathHistory, 'looksLikeKey'>;

/** What is there, with what it holds where an old root has the like and what that holds is known. */
function read({ path, now, past }: History, where: LookedAt): Appearance | undefined {
  if (now === undefined) return undefined;
  const isLike = past.some(
    ({ was }) => was !== 'absent' && was.type === now.type && was.size === now.size && was.content !== undefined,
  );
  return isLike ? { ...now, content: contentOf(where.files, path, now, where.tree) } : now;
}

/** Asked only where it would tell something. */
function looksLikeKey({ path, now, past, restored }: History, { files }: LookedAt): boolean {
  if (now?.type !== EntryType.file || now.size > LARGEST_KEY) return false;
  if (restored === undefined && past.filter(({ was }) => was !== 'absent').length < 2) return false;
  try {
    const content = files.recognize(path, []);
    return content instanceof Uint8Array && isKeyContent(content);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
    return false;
  }
}
