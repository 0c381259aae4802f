import type { Category } from '../category.ts';
import { EntryType } from '../change.ts';
import type { Claim, EvidenceKind } from '../evidence.ts';
import { covers, type RawPath, rebase } from '../rawpath.ts';
import type { Account } from './accounts.ts';
import { withVariables } from './command-line.ts';
import { type ArgumentPath, pathsOfCommand } from './command-paths.ts';
import { ANY_NAME, isAbsolute, type OpenPath, OWN_HOME, patternOf, shownPath, tidied } from './open-path.ts';
import { categoryByPlace, isNotKept, isTooGeneral } from './places.ts';
import type { DirectorySetting, UnitFacts } from './unit-facts.ts';

/** Whose units they are: the system's, or those of a user, whose state lies in `states` of the home. */
export type UnitScope = 'system' | { readonly states: readonly string[] };

/** What claims depend on beside the units themselves. */
export interface ClaimContext {
  readonly scope: UnitScope;
  /** Of a user by name, or by number as units may have it. */
  readonly accountOf: (user: string) => Account | undefined;
  /** Those of people. */
  readonly homes: ReadonlySet<string>;
  /** Looks at an entry, a link not followed; undefined where it is not there. */
  readonly look: (path: RawPath) => { readonly type: number; readonly mode: number } | undefined;
}

const FILES: readonly number[] = [EntryType.file];
const SYMLINKS: readonly number[] = [EntryType.symlink];
const SOCKETS: readonly number[] = [EntryType.socket, EntryType.fifo];

const categoryOfSetting: Readonly<Record<DirectorySetting, Category>> = {
  StateDirectory: 'state',
  CacheDirectory: 'cache',
  LogsDirectory: 'log',
  ConfigurationDirectory: 'state',
  RuntimeDirectory: 'runtime',
};

/** What a unit says of paths. */
export function claimsOfUnit(facts: UnitFacts, context: ClaimContext): Claim[] {
  return new UnitClaims(facts, context).all();
}

interface Extent {
  readonly exact?: boolean;
  readonly types?: readonly number[] | undefined;
  readonly kind?: EvidenceKind;
}

class UnitClaims {
  readonly #facts: UnitFacts;
  readonly #context: ClaimContext;
  readonly #claims: Claim[] = [];
  readonly #known = new Set<string>();

  constructor(facts: UnitFacts, context: ClaimContext) {
    this.#facts = facts;
    this.#context = context;
  }

  all(): Claim[] {
    this.#directories();
    this.#pathSettings();
    this.#files();
    this.#commands();
    this.#home();
    this.#special();
    return this.#claims;
  }

  /** `category` undefined: it only tells whom the path belongs to. */
  #add(path: OpenPath, said: string, category: Category | undefined, extent: Extent = {}): void {
    const { exact = false, types, kind = 'unit-path' } = extent;
    const by = this.#facts.name.full;
    const pattern = patternOf(path);
    // The first says it best.
    const key = `${pattern}\n${exact} ${types}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const speaks = category === undefined ? {} : { kind, category };
    const detail = `${shownPath(said)} of ${by}`;
    this.#claims.push({ pattern, exact, types, evidence: { source: 'unit', detail, by, ...speaks } });
  }

  /** A path that is known to matter to the unit, and only its place tells what it is. */
  #named(path: OpenPath | undefined, said: string, category?: Category | undefined): void {
    if (path === undefined || !this.#isSpecific(path)) return;
    this.#add(path, said, category ?? categoryByPlace(path, this.#context.homes));
  }

  #isSpecific(path: OpenPath): boolean {
    return !isNotKept(path) && !isTooGeneral(path, this.#context.homes);
  }

  #directories(): void {
    const { directories, isDynamicUser } = this.#facts;
    for (const { setting, path, links } of directories) {
      const category = categoryOfSetting[setting];
      for (const base of this.#basesOf(setting)) {
        const said = `${setting}=${path}`;
        const hasPrivate = isDynamicUser && this.#context.scope === 'system' && setting !== 'ConfigurationDirectory';
        const place = `${base}/${path}`;
        if (isTooGeneral(place, this.#context.homes)) continue;
        this.#add(place, said, category, { kind: 'unit-directory' });
        if (hasPrivate) {
          this.#add(`${base}/private/${path}`, `${said} with DynamicUser=`, category, { kind: 'unit-directory' });
          this.#link(place, `the link that systemd makes for ${said}`);
        }
        for (const link of links) this.#link(`${base}/${link}`, `the link of ${said}:${link}`);
      }
    }
  }

  /** A link that is made whenever the unit starts. */
  #link(path: OpenPath, said: string): void {
    this.#add(path, said, 'generated', { exact: true, types: SYMLINKS, kind: 'recreated' });
  }

  #basesOf(setting: DirectorySetting): readonly string[] {
    const { scope } = this.#context;
    const user = scope === 'system' ? [] : scope.states;
    const isSystem = scope === 'system';
    switch (setting) {
      case 'StateDirectory':
        return isSystem ? ['/var/lib'] : user.map((states) => `${OWN_HOME}/${states}`);
      case 'LogsDirectory':
        return isSystem ? ['/var/log'] : user.map((states) => `${OWN_HOME}/${states}/log`);
      case 'CacheDirectory':
        return [isSystem ? '/var/cache' : `${OWN_HOME}/.cache`];
      case 'ConfigurationDirectory':
        return [isSystem ? '/etc' : `${OWN_HOME}/.config`];
      case 'RuntimeDirectory':
        return isSystem ? ['/run'] : [];
    }
  }

  /** Where a path of the unit's own root lies; undefined where that is in no directory. */
  #onMachine(path: OpenPath): OpenPath | undefined {
    const { rootDirectory, rootImage, bindPaths } = this.#facts;
    let best: UnitFacts['bindPaths'][number] | undefined;
    for (const bind of bindPaths) {
      const isLonger = best === undefined || bind.destination.length > best.destination.length;
      if (covers(bind.destination, path) && isLonger) best = bind;
    }
    if (best !== undefined) return rebase(path as RawPath, best.destination as RawPath, best.source as RawPath);
    if (rootImage !== undefined && rootImage !== '/') return undefined;
    if (rootDirectory === undefined || rootDirectory === '/' || !path.startsWith('/')) return path;
    return rebase(path as RawPath, '/' as RawPath, rootDirectory as RawPath);
  }

  #pathSettings(): void {
    const { workingDirectory, rootDirectory, rootImage, readWritePaths, bindPaths } = this.#facts;
    if (workingDirectory !== undefined && workingDirectory !== '~') {
      this.#named(this.#onMachine(workingDirectory), `WorkingDirectory=${workingDirectory}`);
    }
    this.#named(rootDirectory, `RootDirectory=${rootDirectory}`);
    this.#named(rootImage, `RootImage=${rootImage}`);
    for (const { path, inRoot } of readWritePaths) {
      const place = inRoot ? this.#onMachine(path) : path;
      // It is written to, wherever it lies.
      const category = place === undefined ? undefined : (categoryByPlace(place, this.#context.homes) ?? 'state');
      this.#named(place, `ReadWritePaths=${path}`, category);
    }
    for (const { source } of bindPaths) this.#named(source, `BindPaths=${source}`);
  }

  #files(): void {
    const { environmentFiles, credentials, outputs, pidFile } = this.#facts;
    for (const path of environmentFiles) this.#environmentFile(path);
    for (const credential of credentials) {
      const said = `LoadCredential=${credential}`;
      if (!isAbsolute(credential)) {
        for (const store of ['/etc/credstore', '/etc/credstore.encrypted']) {
          const place = `${store}/${credential}`;
          if (this.#look(place) !== undefined) this.#add(place, said, 'secret', { exact: true, types: FILES });
        }
      } else if (this.#isSpecific(credential)) {
        const isDirectory = this.#look(credential)?.type === EntryType.directory;
        this.#add(credential, said, 'secret', isDirectory ? {} : { exact: true, types: FILES });
      }
    }
    for (const { setting, path } of outputs) {
      if (this.#isSpecific(path)) this.#add(path, `${setting}=${path}`, 'log', { exact: true, types: FILES });
    }
    if (pidFile !== undefined && !isNotKept(pidFile)) {
      this.#add(pidFile, `PIDFile=${pidFile}`, 'runtime', { exact: true, types: FILES });
    }
  }

  /** Passwords often stand in one: it is a secret where others may not read it, and where nobody can tell. */
  #environmentFile(path: OpenPath): void {
    // Configuration of packages has its place, and each is a pattern there.
    if (!this.#isSpecific(path) || /[*?[]/.test(path)) return;
    const entry = this.#look(path);
    const facts = entry?.type === EntryType.symlink ? undefined : entry;
    const isUsual = /^\/etc\/(default|sysconfig|conf\.d)\//.test(path);
    const isReadable = facts === undefined ? isUsual : (facts.mode & 0o004) !== 0;
    const category = isReadable ? categoryByPlace(path, this.#context.homes) : 'secret';
    this.#add(path, `EnvironmentFile=${path}`, category, { exact: true, types: FILES });
  }

  #look(path: OpenPath): ReturnType<ClaimContext['look']> {
    return path.startsWith('/') ? this.#context.look(path as RawPath) : undefined;
  }

  #commands(): void {
    const { environment, commands } = this.#facts;
    for (const [name, value] of environment) {
      const path = value.includes(':') ? undefined : tidied(value);
      if (path !== undefined) this.#argument({ path, said: `${name}=${value}`, ...UNKNOWN }, 'Environment=');
    }
    for (const { setting, command } of commands) {
      for (const argument of pathsOfCommand(withVariables(command, environment))) {
        this.#argument(argument, `${setting}=`);
      }
    }
  }

  #argument({ path, said, category, isFile }: ArgumentPath, setting: string): void {
    const place = this.#onMachine(path);
    if (place === undefined || !this.#isSpecific(place)) return;
    const extent = isFile ? { exact: true, types: FILES } : {};
    this.#add(place, `${said} in ${setting}`, category ?? categoryByPlace(place, this.#context.homes), extent);
  }

  /** The home of a system's user is where its service keeps what it has; that of a person is everybody's. */
  #home(): void {
    const { user } = this.#facts;
    if (user === undefined || this.#context.scope !== 'system') return;
    const account = this.#context.accountOf(user);
    if (account === undefined) return;
    this.#named(account.home, `the home of User=${user}`);
  }

  #special(): void {
    const { name, isPersistentTimer, listens, symlinks, mount, swap, requiresMountsFor } = this.#facts;
    if (isPersistentTimer) {
      const place = this.#context.scope === 'system' ? '/var/lib' : `${OWN_HOME}/.local/share`;
      const extent = { exact: true, types: FILES, kind: 'unit-directory' } as const;
      const full = name.instance === '' ? `${name.prefix}@${ANY_NAME}.timer` : name.full;
      this.#add(`${place}/systemd/timers/stamp-${full}`, 'the stamp of Persistent=yes', 'state', extent);
    }
    for (const { setting, path } of listens) {
      if (!isNotKept(path)) this.#add(path, `${setting}=${path}`, 'runtime', { exact: true, types: SOCKETS });
    }
    for (const path of symlinks) {
      if (!isNotKept(path)) this.#add(path, `Symlinks=${path}`, 'runtime', { exact: true, types: SYMLINKS });
    }
    if (mount !== undefined) this.#mount(mount);
    for (const path of requiresMountsFor) this.#named(path, `RequiresMountsFor=${path}`);
    const file = swap === undefined ? undefined : tidied(swap);
    if (file !== undefined && this.#isSpecific(file)) {
      this.#add(file, `What=${file}`, 'runtime', { exact: true, types: FILES });
    }
  }

  #mount({ what, where }: NonNullable<UnitFacts['mount']>): void {
    const point = tidied(where);
    if (point !== undefined && this.#isSpecific(point)) this.#add(point, `Where=${point}`, undefined, { exact: true });
    const source = tidied(what);
    if (source !== undefined && this.#isSpecific(source)) this.#add(source, `What=${source}`, 'state');
  }
}

const UNKNOWN = { category: undefined, isFile: false } as const;
