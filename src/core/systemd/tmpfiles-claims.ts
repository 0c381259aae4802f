import type { Category } from '../category.ts';
import { EntryType } from '../change.ts';
import type { Claim } from '../evidence.ts';
import { Glob, literalPattern } from '../pattern.ts';
import { bytesOf, compareRaw, componentsOf, covers, join, parentOf, type RawName, type RawPath } from '../rawpath.ts';
import { patternOf, shownPath } from './open-path.ts';
import { isTooGeneral, matchesShared } from './places.ts';
import { patternsOfGlob } from './tmpfiles-glob.ts';
import { isGlobbing, type TmpfilesLine } from './tmpfiles-line.ts';

/** How things are in the root that is asked about. */
export interface TmpfilesFacts {
  /** An `EntryType`; undefined where there is nothing. No link is followed. */
  typeOf(path: RawPath): number | undefined;
  linkOf(path: RawPath): string | undefined;
  /** As a byte string; undefined where it is no file, or a large one. */
  contentOf(path: RawPath): string | undefined;
  /** Names in the directory, at most that many. */
  namesOf(path: RawPath, atMost: number): readonly RawName[] | undefined;
  /** Whether the user and the group are known before services start. */
  isKnownUser(user: string): boolean;
  isKnownGroup(group: string): boolean;
}

/** Places that are empty at each boot, or that nobody writes to: what is made there needs no claim. */
const volatile = ['/dev', '/proc', '/run', '/sys', '/tmp', '/var/run', '/var/lock', '/nix/store', '/etc/static'];

const DIRECTORIES = 'dDvqQ';
const OWNING = 'fFdDvqQpLcbCweXxrR';

/**
 * What lines of tmpfiles.d say of paths, in the order in which systemd takes them. With a category only where it is sure
 * that a reset loses nothing: what is made anew at boot just as it is now, and what is removed at boot anyway.
 */
export function claimsOfTmpfiles(lines: readonly TmpfilesLine[], facts: TmpfilesFacts): Claim[] {
  return new TmpfilesClaims(lines, facts).all();
}

/**
 * What the lines that a user has for the own session say. They are carried out at login, if the user's manager is told to:
 * nothing of it is sure, and nothing speaks for a category.
 */
export function claimsOfUserTmpfiles(lines: readonly TmpfilesLine[]): Claim[] {
  return lines.flatMap(({ type, modifiers, path, file }): Claim[] => {
    const isMade = !isGlobbing(type) && OWNING.includes(type);
    if (!isMade || volatile.some((place) => covers(place, path)) || isTooGeneral(path, NOBODY)) return [];
    const detail = shownPath(`${type}${modifiers} ${path} in ${file}: made at login where it is missing`);
    return [{ pattern: patternOf(path), exact: true, evidence: { source: 'tmpfiles', detail } }];
  });
}

class TmpfilesClaims {
  readonly #lines: readonly TmpfilesLine[];
  readonly #facts: TmpfilesFacts;
  readonly #claims: Claim[] = [];
  /** The line that counts for each path that is made. */
  readonly #made = new Map<RawPath, TmpfilesLine>();
  /** Paths that several lines make in ways that exclude each other. */
  readonly #disputed = new Set<RawPath>();
  readonly #disputedGlobs = new Set<RawPath>();
  /** What is wholly made anew: no directory in which there is anything else. */
  readonly #whole = new Set<RawPath>();
  /** How many of these lie in a directory. */
  readonly #wholeIn = new Map<RawPath, number>();
  readonly #mentioned: Mentioned;

  constructor(lines: readonly TmpfilesLine[], facts: TmpfilesFacts) {
    this.#facts = facts;
    this.#lines = lines.filter(({ path }) => !volatile.some((place) => covers(place, path)));
    const globs = new Map<RawPath, TmpfilesLine>();
    for (const line of this.#lines) {
      if (!OWNING.includes(line.type)) continue;
      const [known, disputed] = isGlobbing(line.type)
        ? ([globs, this.#disputedGlobs] as const)
        : ([this.#made, this.#disputed] as const);
      const first = known.get(line.path);
      if (first === undefined) known.set(line.path, line);
      else if (!isSame(first, line)) disputed.add(line.path);
    }
    this.#mentioned = new Mentioned(this.#lines);
  }

  all(): Claim[] {
    // What lies deeper first: a directory is whole if all in it is.
    const made = [...this.#made.values()].sort((a, b) => compareRaw(b.path, a.path));
    for (const line of made.filter(({ type }) => !DIRECTORIES.includes(type))) this.#single(line);
    this.#directories(made.filter(({ type }) => DIRECTORIES.includes(type)));
    for (const line of this.#lines) {
      if (line.type === 'r' || line.type === 'R') this.#removed(line);
      else if (line.type === 'w' || line.type === 'e') this.#context(line);
    }
    return this.#claims;
  }

  #add(pattern: string, line: TmpfilesLine, said: string, more: Partial<Claim> & { category?: Category }): void {
    const { category, exact = true, types } = more;
    const detail = `${line.type}${line.modifiers} ${line.path} in ${line.file}${said}`;
    const speaks = category === undefined ? {} : ({ kind: 'recreated', category } as const);
    this.#claims.push({ pattern, exact, types, evidence: { source: 'tmpfiles', detail, ...speaks } });
  }

  #generated(line: TmpfilesLine, types: readonly number[]): void {
    const directory = parentOf(line.path);
    if (!this.#whole.has(line.path)) this.#wholeIn.set(directory, (this.#wholeIn.get(directory) ?? 0) + 1);
    this.#whole.add(line.path);
    this.#add(literalPattern(line.path), line, ': made at every boot', { category: 'generated', types });
  }

  /** It tells something, and counts for nothing. */
  #context(line: TmpfilesLine, said = ''): void {
    const patterns = isGlobbing(line.type) ? (patternsOfGlob(line.path) ?? []) : [literalPattern(line.path)];
    const cleaned = line.age === undefined ? '' : `: what in it is older than ${line.age} is removed`;
    for (const pattern of patterns) {
      if (!isTooGeneral(pattern, NOBODY)) this.#add(pattern, line, said || cleaned, { exact: line.age === undefined });
    }
  }

  /** Whether systemd makes it, whatever else there is. */
  #isSure(line: TmpfilesLine): boolean {
    const { user, group, path } = line;
    const name = (owner: string | undefined): string | undefined => owner?.replace(/^[:~]*/, '');
    if (this.#disputed.has(path) || !isThereAtBoot(line)) return false;
    if (user !== undefined && !this.#facts.isKnownUser(name(user) ?? '')) return false;
    if (group !== undefined && !this.#facts.isKnownGroup(name(group) ?? '')) return false;
    // Below a link or a file it lies elsewhere or nowhere; systemd goes through no directory in one of somebody else.
    let below: string | undefined;
    for (let at = parentOf(path); at !== '/'; at = parentOf(at)) {
      const above = this.#made.get(at);
      if (above !== undefined && (!DIRECTORIES.includes(above.type) || this.#disputed.has(at))) return false;
      const owner = name(above?.user) ?? 'root';
      if (below !== undefined && owner !== 'root' && owner !== below) return false;
      below = owner;
    }
    return true;
  }

  #single(line: TmpfilesLine): void {
    const types = this.#isSure(line) ? this.#typesMadeAnew(line) : undefined;
    if (types !== undefined) this.#generated(line, types);
    else this.#context(line, missing[line.type] ?? '');
  }

  /** The types of what is made just as it is now; undefined where it is something else. */
  #typesMadeAnew({ type, modifiers, path, argument }: TmpfilesLine): readonly number[] | undefined {
    const always = modifiers.includes('+') || type === 'F';
    const isCopyOf = (content: string | undefined): boolean =>
      content !== undefined && this.#facts.contentOf(path) === content;
    switch (type) {
      case 'f':
      case 'F':
        if (modifiers.includes('^')) return undefined;
        return always || isCopyOf(argument ?? '') ? [EntryType.file] : undefined;
      case 'L': {
        const isThere = this.#facts.typeOf(path) !== undefined;
        const isSame = this.#facts.linkOf(path) === (argument ?? `/usr/share/factory${path}`);
        return always || !isThere || isSame ? [EntryType.symlink] : undefined;
      }
      case 'C':
        return isCopyOf(this.#facts.contentOf((argument ?? `/usr/share/factory${path}`) as RawPath))
          ? [EntryType.file]
          : undefined;
      case 'p':
        return [EntryType.fifo];
      case 'c':
        return argument === undefined ? undefined : [EntryType.character];
      case 'b':
        return argument === undefined ? undefined : [EntryType.block];
      default:
        return undefined;
    }
  }

  /** `lines` with what lies deeper first. */
  #directories(lines: readonly TmpfilesLine[]): void {
    for (const line of lines) {
      const { path, type } = line;
      if (type === 'D') this.#emptied(line);
      // Of these every system knows what they are.
      if (isTooGeneral(path, NOBODY)) continue;
      const isWhole = this.#isSure(line) && this.#holdsNothingElse(path);
      if (isWhole) this.#generated(line, [EntryType.directory]);
      else this.#context(line, line.user === undefined || line.user === 'root' ? '' : `: made for ${line.user}`);
    }
  }

  /** A directory that holds what nobody makes anew is what that is; one that is made anew for itself is no loss. */
  #holdsNothingElse(path: RawPath): boolean {
    const names = this.#facts.namesOf(path, (this.#wholeIn.get(path) ?? 0) + 1);
    // Not there, or this user may not know what is in it.
    if (names === undefined) return this.#facts.typeOf(path) !== EntryType.directory;
    return names.every((name) => this.#whole.has(join(path, name)));
  }

  /** What lies in it is removed at boot; of what other lines are about that is not so in every version. */
  #emptied(line: TmpfilesLine): void {
    if (this.#mentioned.isBelow(line.path) || !this.#isSure(line)) return;
    const pattern = `${literalPattern(line.path)}/*`;
    if (matchesShared(pattern)) return;
    this.#add(pattern, line, ': emptied at every boot', { category: 'runtime', exact: false });
  }

  #removed(line: TmpfilesLine): void {
    if (this.#disputedGlobs.has(line.path) || !isThereAtBoot(line)) return;
    const patterns = patternsOfGlob(line.path) ?? [];
    const isWhole = line.type === 'R';
    if (isWhole && this.#mentioned.isBelow(fixedPart(line.path))) return;
    const types = isWhole ? undefined : NO_DIRECTORIES;
    for (const pattern of patterns.filter((each) => !matchesShared(each))) {
      this.#add(pattern, line, ': removed at every boot', { category: 'runtime', exact: !isWhole, types });
    }
  }
}

/** What other lines are about something in a directory. */
class Mentioned {
  /** In order. */
  readonly #places: readonly RawPath[];
  /** By where they begin to match, the components of patterns; undefined: what it matches cannot be told. */
  readonly #globs = new Map<RawPath, (readonly Glob[] | undefined)[]>();

  constructor(lines: readonly TmpfilesLine[]) {
    const others = lines.filter(({ type }) => type !== 'R');
    this.#places = others.map(({ type, path }) => (isGlobbing(type) ? fixedPart(path) : path)).sort(compareRaw);
    for (const { type, path } of others) {
      const start = isGlobbing(type) ? fixedPart(path) : path;
      if (start === path) continue;
      const patterns = patternsOfGlob(path)?.map((one) => componentsOf(one).map((component) => new Glob(component)));
      this.#globs.set(start, [...(this.#globs.get(start) ?? []), ...(patterns ?? [undefined])]);
    }
  }

  isBelow(directory: RawPath): boolean {
    const names = componentsOf(directory).map(bytesOf);
    for (let at = directory; ; at = parentOf(at)) {
      // One that matches the directory or what lies above it is about what lies in it, too.
      const matches = (globs: readonly Glob[]): boolean =>
        globs.every((glob, depth) => names[depth] === undefined || glob.matches(names[depth], 0, names[depth].length));
      if (this.#globs.get(at)?.some((globs) => globs === undefined || matches(globs))) return true;
      if (at === '/') break;
    }
    const below = directory === '/' ? '/' : `${directory}/`;
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#places[middle] as string) < below) low = middle + 1;
      else high = middle;
    }
    return this.#places[low]?.startsWith(below) === true;
  }
}

/** What is told of a line that makes what is missing, of something that is not as it would make it. */
const missing: Readonly<Record<string, string>> = {
  ...{ f: ': made where it is missing, and changed since', L: ': made a link where it is missing, and changed since' },
  C: ': copied where it is missing, and changed since',
};

/** tmpfiles.d knows no homes. */
const NOBODY: ReadonlySet<string> = new Set();

const NO_DIRECTORIES: readonly number[] = [
  ...[EntryType.file, EntryType.symlink, EntryType.socket, EntryType.fifo, EntryType.block, EntryType.character],
];

/** What lies in /run was put there since, and is gone when the next boot looks. */
function isThereAtBoot({ file }: TmpfilesLine): boolean {
  return !covers('/run', file);
}

function isSame(a: TmpfilesLine, b: TmpfilesLine): boolean {
  return a.type === b.type && a.argument === b.argument && a.modifiers === b.modifiers;
}

/** The components of a glob before the first with anything special in it. */
function fixedPart(glob: string): RawPath {
  const special = glob.search(/[*?[\\{]/);
  return (special < 0 ? glob : glob.slice(0, glob.lastIndexOf('/', special)) || '/') as RawPath;
}
