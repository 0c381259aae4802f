import { changeKinds, entryTypeName } from './change.ts';
import { evidenceOfRule } from './claims.ts';
import { categoryOf, isIgnored, isShadowed, persistIn } from './class-code.ts';
import { startOf } from './columns.ts';
import type { Evidence } from './evidence.ts';
import { type Gathered, RowKind } from './gathered.ts';
import { verdictWith } from './judge.ts';
import { join, type RawPath, ROOT, rawFromBytes } from './rawpath.ts';
import type { Change } from './report.ts';
import type { Rule } from './rule.ts';

/** Makes changes of what was gathered. A row is the number of a directory, or behind all of these that of a lone row. */
export class ChangeMaker {
  readonly #gathered: Gathered;
  readonly #rules: readonly Rule[];
  /** What a rule has to say, which may be the same for thousands of rows. */
  readonly #byRule = new Map<number, Evidence>();
  /** Rows of one directory come together. */
  #lastDirectory = 0;
  #lastPath = ROOT;

  constructor(gathered: Gathered, rules: readonly Rule[]) {
    this.#gathered = gathered;
    this.#rules = rules;
  }

  pathOf(row: number): RawPath {
    const { directories, lone } = this.#gathered;
    if (row < directories.count) {
      if (row === 0) return ROOT;
      const { bytes, ends } = directories.names;
      return join(
        this.#directoryPath(directories.parent[row]),
        rawFromBytes(bytes, startOf(directories.names, row), ends[row]),
      );
    }
    const at = row - directories.count;
    const { bytes, ends } = lone.names;
    return join(
      this.#directoryPath(lone.directory[at]),
      rawFromBytes(bytes, startOf(lone.names, 2 * at), ends[2 * at]),
    );
  }

  /** `apart`: how many entries below it are rows of their own. */
  changeOf(row: number, apart = 0): Change {
    const { directories, lone } = this.#gathered;
    const isLone = row >= directories.count;
    const rows = isLone ? lone : directories;
    const at = isLone ? row - directories.count : row;
    const code = rows.code[at];
    const kind = isLone ? changeKinds[lone.kind[at]] : kindOfDirectory(directories.kind[at]);
    const category = categoryOf(code);
    const [ignored, shadowed] = [isIgnored(code), isShadowed(code)];
    const evidence: Evidence[] = [];
    const ofRule = rows.rule[at] >= 0 ? this.#evidenceOf(rows.rule[at]) : undefined;
    if (ofRule !== undefined) evidence.push(ofRule);
    const link = isLone ? this.#linkOf(at) : '';
    if (link !== '')
      evidence.push({ source: 'link', detail: `leads to ${link}`, kind: 'kept-link', category: 'generated' });
    if (shadowed) evidence.push(hidden);
    if (ignored) evidence.push(named);
    // No spreading: an object that is made in one go takes half the memory.
    return {
      path: this.pathOf(row),
      kind,
      type: isLone ? entryTypeName(lone.type[at]) : 'directory',
      category,
      verdict: verdictWith(category, persistIn(code), { kind, ignored, shadowed }),
      entries: rows.entries[at],
      bytes: rows.bytes[at],
      mtime: rows.mtime[at],
      apart,
      folds: 1,
      shadowed,
      ignored,
      evidence: evidence.length === 0 ? none : evidence,
    };
  }

  #linkOf(lone: number): string {
    const { names } = this.#gathered.lone;
    return rawFromBytes(names.bytes, startOf(names, 2 * lone + 1), names.ends[2 * lone + 1]);
  }

  #evidenceOf(rule: number): Evidence {
    let evidence = this.#byRule.get(rule);
    if (evidence === undefined) {
      evidence = evidenceOfRule(this.#rules[rule]);
      this.#byRule.set(rule, evidence);
    }
    return evidence;
  }

  #directoryPath(directory: number): RawPath {
    if (directory === this.#lastDirectory) return this.#lastPath;
    const { names, parent } = this.#gathered.directories;
    const components: string[] = [];
    for (let at = directory; at > 0; at = parent[at]) {
      components.push(rawFromBytes(names.bytes, startOf(names, at), names.ends[at]));
    }
    this.#lastDirectory = directory;
    this.#lastPath = `/${components.reverse().join('/')}` as RawPath;
    return this.#lastPath;
  }
}

const none: readonly Evidence[] = [];
const hidden: Evidence = { source: 'mount', detail: 'lies hidden under a mount' };
const named: Evidence = { source: 'config', detail: 'named under [ignore]' };

function kindOfDirectory(kind: number): Change['kind'] {
  return kind === RowKind.mountPoint ? 'added' : changeKinds[kind - 1];
}
