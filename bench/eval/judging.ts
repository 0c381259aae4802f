/** What ebb says of the paths of a corpus: `ebb diff --all --against nothing` on the root that holds them. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendOf } from '../../src/backends/choose.ts';
import type { Category, Verdict } from '../../src/core/category.ts';
import { covers, type RawPath, rawFromText } from '../../src/core/rawpath.ts';
import type { Change, Warning } from '../../src/core/report.ts';
import { loadCatalogue } from '../../src/linux/catalogue.ts';
import { Host } from '../../src/linux/host.ts';
import type { Machine } from '../../src/ports/machine.ts';
import { pathLine } from '../../src/render/paths.ts';
import { diff } from '../../src/usecases/diff.ts';
import type { Case, CorpusRoot } from './corpus.ts';
import { makeRoot } from './stage.ts';

export interface Answer {
  readonly root: CorpusRoot;
  readonly one: Case;
  readonly verdict: Verdict;
  readonly category: Category;
  /** What it was told by. Byte strings. */
  readonly evidence: readonly string[];
}

export interface AnswersOfRoot {
  readonly answers: readonly Answer[];
  /** Rows that ebb would persist and that are no case, nor at or below one, nor above one: what nobody has labelled. */
  readonly unlabelled: readonly RawPath[];
  readonly warnings: readonly Warning[];
}

/** This machine, with the catalogue of the repository and not the one that a build compiled. */
export function corpusMachine(repository: string): Machine {
  const { rules, entries } = loadCatalogue(join(repository, 'catalogue'));
  return new Host({
    line: pathLine,
    threadScript: undefined,
    resetScript: join(repository, 'boot/reset-root'),
    rules: () => rules,
    entries: () => entries,
    backendOf,
  });
}

export async function answersOf(root: CorpusRoot, machine: Machine): Promise<AnswersOfRoot> {
  const place = mkdtempSync(join(tmpdir(), 'ebb-eval-'));
  try {
    const directory = join(place, 'root');
    mkdirSync(directory);
    makeRoot(root, directory);
    const request = {
      ...{ root: rawFromText(directory) as RawPath, paths: [], against: { kind: 'nothing' } as const, all: true },
      ...{ categories: undefined, kinds: undefined, depth: undefined, noSync: true },
    };
    const { changes, warnings } = await diff(request, { machine, progress: () => {} });
    const rows = new Rows(changes);
    const answers = root.cases.map((one) => ({ root, one, ...answerOf(one, rows, root.cases) }));
    return { answers, unlabelled: unlabelled(changes, root), warnings };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

type Told = Pick<Answer, 'verdict' | 'category' | 'evidence'>;

/** Of a path counts the row that covers it; a directory counts as what is in it where that says more than its own row. */
function answerOf(one: Case, rows: Rows, cases: readonly Case[]): Told {
  const path = rawFromText(one.path) as RawPath;
  const own = rows.covering(path);
  const told = own === undefined ? nothing : toldBy(own);
  if (one.kind !== 'directory' || told.verdict === 'persist') return told;
  const others = cases
    .filter((other) => other !== one && covers(one.path, other.path))
    .map((other) => rawFromText(other.path));
  const below = rows
    .below(path)
    .filter((row) => !others.some((other) => covers(other, row.path) || covers(row.path, other)))
    .filter(({ verdict }) => verdict !== 'ignore');
  const persisted = below.find(({ verdict }) => verdict === 'persist');
  if (persisted === undefined) return told;
  // Of something to be kept all must be; of noise nothing.
  return one.verdict === 'ignore' || below.every(({ verdict }) => verdict === 'persist') ? toldBy(persisted) : told;
}

const nothing: Told = { verdict: 'ignore', category: 'unknown', evidence: ['no row of the answer covers it'] };

function toldBy({ path, verdict, category, evidence }: Change): Told {
  return {
    verdict,
    category,
    evidence: [`row ${path}`, ...evidence.map(({ source, detail }) => `${source}: ${detail}`)],
  };
}

class Rows {
  readonly #changes: readonly Change[];
  readonly #byPath: ReadonlyMap<RawPath, Change>;

  constructor(changes: readonly Change[]) {
    this.#changes = changes;
    this.#byPath = new Map(changes.map((change) => [change.path, change]));
  }

  /** The row of the path, or of the nearest directory above it that has one. */
  covering(path: RawPath): Change | undefined {
    for (let at: string = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const change = this.#byPath.get(at as RawPath);
      if (change !== undefined) return change;
    }
    return this.#byPath.get('/' as RawPath);
  }

  below(path: RawPath): Change[] {
    return this.#changes.filter((change) => change.path !== path && covers(path, change.path));
  }
}

function unlabelled(changes: readonly Change[], { cases }: CorpusRoot): RawPath[] {
  const labelled = cases.map(({ path }) => rawFromText(path));
  return changes
    .filter(({ verdict }) => verdict === 'persist')
    .map(({ path }) => path)
    .filter((path) => !labelled.some((one) => covers(one, path) || covers(path, one)));
}
