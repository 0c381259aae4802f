import type { CatalogueEntry } from '../catalogue-entry.ts';
import type { Category } from '../category.ts';
import type { Claim } from '../evidence.ts';
import { Glob } from '../pattern.ts';
import type { RawPath } from '../rawpath.ts';

const kept: ReadonlySet<Category> = new Set(['state', 'secret', 'home']);
/** Paths of one unit that are looked into. */
const MOST = 12;

/** What units keep where, as they say themselves and as the catalogue knows. */
export class UnitPaths {
  readonly #claimed = new Map<string, Map<RawPath, boolean>>();
  readonly #entries: readonly { readonly units: readonly Glob[]; readonly paths: readonly RawPath[] }[];

  constructor(claims: readonly Claim[], entries: readonly CatalogueEntry[]) {
    for (const { pattern, evidence } of claims) {
      const path = literalPath(pattern);
      if (evidence.by === undefined || path === undefined) continue;
      const { kind, category } = evidence;
      if (category !== undefined && !kept.has(category)) continue;
      const known = this.#claimed.get(evidence.by) ?? new Map<RawPath, boolean>();
      known.set(path, known.get(path) === true || kind === 'unit-directory');
      this.#claimed.set(evidence.by, known);
    }
    this.#entries = entries.map(({ units, paths }) => ({
      units: units.map((unit) => new Glob(unit)),
      paths: paths
        .filter(({ persist }) => persist === 'yes')
        .flatMap(({ patterns }) => patterns.flatMap(({ pattern }) => literalPath(pattern) ?? [])),
    }));
  }

  /** What the unit keeps: its own directories first, then what the catalogue has, then what else it names. */
  of(unit: string): RawPath[] {
    const named = [...this.#claimsOf(unit)];
    const own = named.filter(([, isDirectory]) => isDirectory).map(([path]) => path);
    const other = named.filter(([, isDirectory]) => !isDirectory).map(([path]) => path);
    return [...new Set([...own, ...this.#catalogued(unit), ...other])].slice(0, MOST);
  }

  #claimsOf(unit: string): Map<RawPath, boolean> {
    const template = unit.replace(/@.+(\.\w+)$/s, '@$1');
    return new Map([...(this.#claimed.get(template) ?? []), ...(this.#claimed.get(unit) ?? [])]);
  }

  #catalogued(unit: string): RawPath[] {
    const bytes = Uint8Array.from(unit, (byte) => byte.charCodeAt(0));
    const isIts = (glob: Glob): boolean => glob.matches(bytes, 0, bytes.length);
    return this.#entries.flatMap(({ units, paths }) => (units.some(isIts) ? paths : []));
  }
}

/** The one path that a pattern matches; undefined where there may be several. */
function literalPath(pattern: string): RawPath | undefined {
  if (!pattern.startsWith('/') || /(^|[^\\])[*?[]/.test(pattern)) return undefined;
  return pattern.replace(/\\(.)/gs, '$1') as RawPath;
}
