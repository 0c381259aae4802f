import type { CatalogueEntry } from '../core/catalogue-entry.ts';
import type { Category } from '../core/category.ts';
import { EntryType, entryTypeName } from '../core/change.ts';
import { isOfPlace, keepAs } from '../core/doctor/keep.ts';
import { isSweeping, type PathFacts } from '../core/doctor/path-facts.ts';
import { covers, parentOf, type RawPath, ROOT } from '../core/rawpath.ts';
import type { UncoveredDeclaration } from '../core/report.ts';
import { RuleSet } from '../core/rules.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { uncovered } from './coverage.ts';
import { type DoctorPast, isHollow } from './doctor-past.ts';
import type { Knowledge } from './evidence.ts';
import { type Location, locate, pointInRoot } from './locate.ts';

/** Paths that are looked up at most: what a journal names is endless. */
const MOST = 600;

/** Says of paths what is there now, whether it is kept, and where it was. */
export class DoctorPaths {
  readonly #root: OpenRoot;
  readonly rules: RuleSet;
  /** Those that know what a directory is for, and not only what a name means. */
  readonly #places: RuleSet;
  readonly #entries: readonly CatalogueEntry[];
  readonly #past: DoctorPast | undefined;
  readonly #uncovered: readonly UncoveredDeclaration[];
  readonly #known = new Map<RawPath, PathFacts>();
  #left = MOST;

  constructor(root: OpenRoot, knowledge: Knowledge, entries: readonly CatalogueEntry[], past: DoctorPast | undefined) {
    this.#root = root;
    this.rules = new RuleSet(knowledge.rules);
    this.#places = new RuleSet(knowledge.rules.filter(isOfPlace));
    this.#entries = entries;
    this.#past = past;
    this.#uncovered = uncovered(root, root.configuration);
  }

  /** All at once, as each old root is opened for all of them. Beyond a certain number nothing is looked up. */
  lookUp(paths: readonly RawPath[]): void {
    const fresh = [...new Set(paths)].filter((path) => !this.#known.has(path)).slice(0, this.#left);
    this.#left -= fresh.length;
    const present = fresh.map((path) => this.#present(path));
    const asked = present.flatMap(({ at, missingFrom, keep }) => [missingFrom ?? at, keep.path]);
    const was = this.#past?.lookUp([...new Set(asked)]) ?? new Map<RawPath, never>();
    for (const { at, ...facts } of present) {
      const keepWas = was.get(facts.keep.path);
      const isFile = keepWas?.type === 'file' || (facts.keep.path === at && facts.now === 'file');
      const keep = isFile ? { ...facts.keep, type: 'file' as const } : facts.keep;
      this.#known.set(facts.path, { ...facts, keep, keepWas, was: was.get(facts.missingFrom ?? at) });
    }
  }

  /** undefined where it was not looked up. */
  of(path: RawPath): PathFacts | undefined {
    return this.#known.get(path);
  }

  #present(path: RawPath): Omit<PathFacts, 'was' | 'keepWas'> & { readonly at: RawPath } {
    const { files } = this.#root;
    const location = locate(this.#root, path);
    const at = location.resolved;
    const facts = location.loops ? undefined : files.lstat(at);
    const missingFrom = facts === undefined ? topmostMissing(this.#root, at) : undefined;
    const type = facts?.type ?? EntryType.file;
    const rule = this.rules.rules[this.rules.matchPath(at, type)];
    const category: Category = rule?.category ?? 'unknown';
    return {
      ...{ path, at, missingFrom, category },
      now: facts && entryTypeName(facts.type),
      isHollow: facts !== undefined && isHollow(files, at, facts),
      ...this.#coverage(path, location, facts !== undefined),
      keep: keepAs(
        at,
        missingFrom,
        (where, kind) => this.#places.rules[this.#places.matchPath(where, kind)],
        this.#entries,
      ),
    };
  }

  #coverage(path: RawPath, location: Location, isThere: boolean): Pick<PathFacts, 'isKept' | 'place'> {
    const { facts } = this.#root;
    const { fate, mount, resolved } = location;
    const leads = resolved === path ? '' : `leads to ${resolved}, which `;
    const lies = `it ${leads}${isThere ? 'lies' : 'would lie'} on`;
    const failed = this.#uncovered.find((declaration) => covers(declaration.path, path));
    if (failed !== undefined) {
      const { path: declared, declaredIn, problem } = failed;
      return { isKept: false, place: `${declared} is declared in ${declaredIn}, and not kept: ${problem}` };
    }
    const point = pointInRoot(this.#root, mount);
    switch (fate) {
      case 'persistent':
        return { isKept: true, place: `${lies} ${mount.filesystem} at ${point}, which is kept` };
      case 'volatile':
        return {
          isKept: false,
          place: `${lies} ${mount.filesystem} at ${point}, which begins empty at every boot`,
        };
      case 'kernel':
        return { isKept: true, place: `${lies} ${mount.filesystem}, made by the kernel` };
      case 'root': {
        const what = facts.subvolume === undefined ? facts.filesystem : `${facts.filesystem} ${facts.subvolume}`;
        if (!facts.ephemeral.value) return { isKept: true, place: `${lies} the root itself (${what})` };
        return { isKept: false, place: `${lies} the root itself (${what}): nothing keeps it` };
      }
    }
  }
}

/** As `PathFacts.missingFrom` has it. */
function topmostMissing({ files }: OpenRoot, path: RawPath): RawPath {
  let missing = path;
  for (let at = parentOf(path); at !== ROOT; at = parentOf(at)) {
    if (isSweeping(at) || files.lstat(at) !== undefined) break;
    missing = at;
  }
  return missing;
}
