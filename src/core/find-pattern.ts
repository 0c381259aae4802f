import { ANY_DEPTH, Glob, problemOf, spellingsOf } from './pattern.ts';
import { type RawPath, ROOT, resolveLexically } from './rawpath.ts';

/** What a component of a pattern has to be: a name, a glob, or any number of components. */
type Part = string | Glob | typeof anyDepth;
const anyDepth = Symbol('**');

/** A spelling of a pattern, component by component. */
type Route = readonly Part[];

/** Where a walk stands in the routes: for each of them the parts that come next, `**` with what comes behind it. */
export interface WalkState {
  readonly places: readonly { readonly route: Route; readonly at: number }[];
  /** The directory's own path matches. */
  readonly matches: boolean;
  /** Something below it may match. */
  readonly leadsOn: boolean;
  /** Only these names can lead on; undefined: others can, too. */
  readonly names: readonly string[] | undefined;
}

/**
 * What `ebb find` is asked for, a byte string:
 * - `/etc/hosts`: this path
 * - `hosts`, `*.conf`: what has such a name, wherever it is; so with `nginx/*.conf`
 * - `/etc/*.conf`, `~/.ssh/*`: a glob, as the catalogue's patterns are (pattern.ts)
 */
export class FindPattern {
  /** The paths that it names as it is spelled: no walk is needed for these. A glob may be a name that holds such signs. */
  readonly exact: readonly RawPath[];
  /** Where a walk for the others begins; undefined where there are none. */
  readonly start: WalkState | undefined;

  /** @throws RangeError where it is no pattern: the problem, as it follows the pattern in a sentence. */
  constructor(typed: string) {
    const trimmed = typed.replace(/(?<=.)\/+$/s, '');
    const collapsed = trimmed.replace(/\/\/+/g, '/');
    const pattern = /^(\/|~\/|\*\*\/)/.test(collapsed) ? collapsed : `**/${collapsed}`;
    // An absolute path without a glob in it may be spelled as paths are, with `..` and all.
    const plain =
      collapsed.startsWith('/') && !/[*?[\\]/.test(collapsed) ? resolveLexically(ROOT, collapsed) : undefined;
    const problem = plain === undefined ? problemOf(pattern) : undefined;
    const asTyped = plain ?? (collapsed === resolveLexically(ROOT, collapsed) ? (collapsed as RawPath) : undefined);
    // A path may have a bracket or a backslash in it.
    if (problem !== undefined && asTyped === undefined) throw new RangeError(problem);
    const routes = plain === undefined && problem === undefined ? spellingsOf(pattern).map(routeOf) : [];
    const literal = routes.filter(isLiteral).map((route): RawPath => `/${route.join('/')}` as RawPath);
    this.exact = [...new Set([...(asTyped === undefined ? [] : [asTyped]), ...literal])];
    const globs = routes.filter((route) => !isLiteral(route));
    this.start = globs.length === 0 ? undefined : stateOf(globs.map((route) => ({ route, at: 0 })));
  }
}

/** Whether the entry, whose name is the bytes `names[start, end)`, may match or lead to what does. */
export function step(state: WalkState, names: Uint8Array, start: number, end: number): WalkState | undefined {
  const next: { route: Route; at: number }[] = [];
  for (const place of state.places) {
    const part = place.route[place.at];
    if (part === undefined) continue;
    if (part === anyDepth) next.push(place);
    else if (typeof part === 'string' ? isName(part, names, start, end) : part.matches(names, start, end)) {
      next.push({ route: place.route, at: place.at + 1 });
    }
  }
  return next.length === 0 ? undefined : stateOf(next);
}

function stateOf(places: readonly { route: Route; at: number }[]): WalkState {
  const closed = new Map<Route, Set<number>>();
  for (const { route, at } of places) {
    const set = closed.get(route) ?? new Set<number>();
    closed.set(route, set.add(at));
    // `**` stands for nothing, too.
    if (route[at] === anyDepth) set.add(at + 1);
  }
  const all = Array.from(closed, ([route, set]) => Array.from(set, (at) => ({ route, at }))).flat();
  const nexts = all.flatMap(({ route, at }) => (at < route.length ? [route[at]] : []));
  const names = nexts.every((part) => typeof part === 'string') ? [...new Set(nexts as string[])] : undefined;
  const matches = all.some(({ route, at }) => at === route.length);
  return { places: all, matches, leadsOn: nexts.length > 0, names };
}

function routeOf(spelling: string): Route {
  const components = spelling === '/' ? [] : spelling.slice(1).split('/');
  return components.map((component) => {
    if (component === ANY_DEPTH) return anyDepth;
    return hasGlob(component) ? new Glob(component) : component.replace(/\\(.)/gs, '$1');
  });
}

function isLiteral(route: Route): boolean {
  return route.every((part) => typeof part === 'string');
}

/** A backslash takes the glob from what it stands before. */
function hasGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern.replace(/\\./gs, ''));
}

function isName(part: string, names: Uint8Array, start: number, end: number): boolean {
  if (end - start !== part.length) return false;
  for (let i = 0; i < part.length; i++) if (names[start + i] !== part.charCodeAt(i)) return false;
  return true;
}
