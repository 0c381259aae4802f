import { EntryType } from '../../core/change.ts';
import { join, nameOf, parentOf, type RawPath, resolveLexically } from '../../core/rawpath.ts';
import type { LoadedUnit } from '../../core/systemd/loaded-units.ts';
import { type Assignment, parseUnitFile } from '../../core/systemd/unit-file.ts';
import { dropInNames, parseUnitName, templateOf, type UnitName } from '../../core/systemd/unit-name.ts';
import { settingsOf, tellsOfPaths, type UnitSettings, wantedSettings } from '../../core/systemd/unit-settings.ts';
import type { RootFiles } from '../../ports/root-files.ts';

/** No unit file is as large; systemd would refuse its lines. */
const LARGEST = 1024 * 1024;

export type UnitFiles = Pick<RootFiles, 'readFile' | 'listNames' | 'listEntries' | 'readLink'>;

export interface Unit {
  readonly name: UnitName;
  /** Its own file, or that of its template. */
  readonly file: RawPath;
  readonly settings: UnitSettings;
}

/** The unit files and drop-ins of some directories, each read once and only where it is asked for. */
export class UnitTree {
  readonly #files: UnitFiles;
  readonly #directories: readonly { readonly path: RawPath; readonly names: ReadonlyMap<string, number> }[];
  /** All names under which links or files may lie that belong to one: `/lib` and `/usr/lib`. */
  readonly #spellings: ReadonlySet<string>;
  readonly #parsed = new Map<RawPath, readonly Assignment[] | undefined>();
  readonly #listed = new Map<RawPath, readonly RawPath[]>();
  readonly #dropIns = new Map<string, readonly (readonly Assignment[])[]>();
  /** The directories of drop-ins by the name that they are for, the first before all others. */
  readonly #dropInDirectories = new Map<string, { readonly rank: number; readonly path: RawPath }[]>();
  /** By the name of the unit the names that are links to it. */
  readonly #aliases = new Map<string, string[]>();
  readonly #realNames = new Map<string, string>();
  /** Units whose files lie elsewhere, by name. */
  readonly #elsewhere = new Map<string, LoadedUnit>();

  /** `directories`: the first before all others; `spellings`: with those that are the same under another name. */
  constructor(files: UnitFiles, directories: readonly RawPath[], spellings: readonly RawPath[]) {
    this.#files = files;
    this.#spellings = new Set(spellings);
    this.#directories = directories.flatMap((path) => {
      const entries = files.listEntries(path);
      if (entries === undefined) return [];
      return [{ path, names: new Map(entries.map(({ name, type }) => [name, type])) }];
    });
    this.#directories.forEach(({ path, names }, rank) => {
      for (const [name, type] of names) {
        if (name.endsWith('.d')) {
          const known = this.#dropInDirectories.get(name.slice(0, -2));
          const directory = { rank, path: join(path, name) };
          if (known === undefined) this.#dropInDirectories.set(name.slice(0, -2), [directory]);
          else known.push(directory);
        } else if (type === EntryType.symlink || type === EntryType.unknown) this.#noteLink(path, name);
      }
    });
    for (const [alias, target] of this.#realNames) {
      const name = this.#realName(target);
      const known = this.#aliases.get(name);
      if (known === undefined) this.#aliases.set(name, [alias]);
      else known.push(alias);
    }
  }

  /** A link to a unit of another name is a name of that unit. */
  #noteLink(directory: RawPath, name: string): void {
    const parsed = parseUnitName(name);
    if (parsed === undefined || !tellsOfPaths(parsed.type) || this.#realNames.has(name)) return;
    if (this.#firstDirectory(name) !== directory) return;
    const target = this.#files.readLink(join(directory, name));
    if (target === undefined) return;
    const path = resolveLexically(directory, target);
    const other = nameOf(path);
    if (other === name || !this.#spellings.has(parentOf(path))) return;
    const real = parseUnitName(other);
    if (real === undefined || real.type !== parsed.type || other === templateOf(parsed)) return;
    this.#realNames.set(name, other);
  }

  #realName(name: string): string {
    let real = name;
    for (let links = 0; links < 8; links++) {
      const next = this.#realNames.get(real);
      if (next === undefined) break;
      real = next;
    }
    return real;
  }

  #firstDirectory(name: string): RawPath | undefined {
    return this.#directories.find(({ names }) => names.has(name))?.path;
  }

  /**
   * The names of all units of which files or drop-ins exist, templates too, and of the instances that other units want.
   * Without those that only tell of no paths.
   */
  names(alsoInstances: readonly string[] = []): UnitName[] {
    const found = new Set<string>();
    const add = (name: string): void => {
      const parsed = parseUnitName(name);
      if (parsed === undefined) return;
      if (parsed.instance !== undefined && parsed.instance !== '' && parsed.type !== 'service') {
        // What such a unit starts.
        const service = `${parsed.prefix}@${parsed.instance}.service`;
        if (this.#firstDirectory(`${parsed.prefix}@.service`) !== undefined) found.add(service);
      }
      if (tellsOfPaths(parsed.type) && !this.#realNames.has(name)) found.add(name);
    };
    for (const { path, names } of this.#directories) {
      for (const name of names.keys()) {
        if (/\.(wants|requires|upholds)$/.test(name)) {
          for (const wanted of this.#files.listNames(join(path, name)) ?? []) if (wanted.includes('@')) add(wanted);
        } else if (name.endsWith('.d')) {
          if (name.includes('@')) add(name.slice(0, -2));
        } else add(name);
      }
    }
    for (const name of alsoInstances) if (name.includes('@')) add(name);
    for (const name of this.#elsewhere.keys()) add(name);
    return [...found].flatMap((name) => parseUnitName(name) ?? []);
  }

  /** Whether the directories have a file for the unit, be it one that masks it. */
  has(name: UnitName): boolean {
    return this.#fileOf(name.full) !== undefined || this.#fileOf(templateOf(name) ?? '') !== undefined;
  }

  /** A unit that systemd has loaded from elsewhere. */
  add(loaded: LoadedUnit): void {
    this.#elsewhere.set(loaded.name, loaded);
  }

  /** undefined where there is no such unit, it is masked, or its file cannot be read. */
  unit(name: UnitName): Unit | undefined {
    const loaded = this.#elsewhere.get(name.full);
    const template = templateOf(name);
    const found = this.#fileOf(name.full) ?? (template === undefined ? undefined : this.#fileOf(template));
    const file = loaded?.file ?? found;
    const own = file === undefined ? undefined : this.#assignments(file);
    if (file === undefined || own === undefined) return undefined;
    if (loaded !== undefined) {
      const dropIns = loaded.dropIns.map((path) => this.#assignments(path) ?? []);
      return { name, file, settings: settingsOf(name, [own, ...dropIns]) };
    }
    return { name, file, settings: settingsOf(name, [own, ...this.#dropInsOf(name)]) };
  }

  /** Whether there is a directory of drop-ins or a file for the unit in one of these directories. */
  isTouchedBy(name: UnitName, directories: ReadonlySet<RawPath>): boolean {
    const names = [...this.#namesOf(name).flatMap((one) => dropInNames(one)), name.type];
    const own = this.#fileOf(name.full) ?? this.#fileOf(templateOf(name) ?? '');
    if (own !== undefined && directories.has(parentOf(own))) return true;
    return names.some((one) => this.#dropInDirectories.get(one)?.some(({ path }) => directories.has(parentOf(path))));
  }

  #fileOf(name: string): RawPath | undefined {
    const directory = this.#firstDirectory(name);
    return directory && join(directory, name);
  }

  /** undefined where the file masks its unit: it is empty, or no file. */
  #assignments(path: RawPath): readonly Assignment[] | undefined {
    if (this.#parsed.has(path)) return this.#parsed.get(path);
    const bytes = this.#files.readFile(path, LARGEST);
    const parsed = bytes === undefined || bytes.length === 0 ? undefined : parseUnitFile(latin1(bytes), wantedSettings);
    this.#parsed.set(path, parsed);
    return parsed;
  }

  #namesOf(name: UnitName): UnitName[] {
    const aliases = this.#aliases.get(name.full) ?? [];
    const template = templateOf(name);
    const ofTemplate = template === undefined ? [] : (this.#aliases.get(template) ?? []);
    const instances = ofTemplate.map((alias) => alias.replace('@.', () => `@${name.instance}.`));
    return [name, ...[...aliases, ...instances].flatMap((alias) => parseUnitName(alias) ?? [])];
  }

  /** In the order in which they count. Of files of one name only the first counts. */
  #dropInsOf(name: UnitName): readonly (readonly Assignment[])[] {
    const directories: RawPath[] = [];
    for (const one of this.#namesOf(name)) {
      const names = dropInNames(one);
      const found = names.flatMap((candidate, at) =>
        (this.#dropInDirectories.get(candidate) ?? []).map(({ rank, path }) => ({ rank, at, path })),
      );
      found.sort((a, b) => a.rank - b.rank || a.at - b.at);
      directories.push(...found.map(({ path }) => path));
    }
    directories.push(...(this.#dropInDirectories.get(name.type) ?? []).map(({ path }) => path));
    if (directories.length === 0) return [];
    const key = directories.join('\n');
    const known = this.#dropIns.get(key);
    if (known !== undefined) return known;
    const byName = new Map<string, RawPath>();
    for (const directory of directories) {
      for (const path of this.#configurations(directory)) {
        const fileName = nameOf(path);
        if (!byName.has(fileName)) byName.set(fileName, path);
      }
    }
    const paths = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
    const dropIns = paths.map(([, path]) => this.#assignments(path) ?? []).filter(({ length }) => length > 0);
    this.#dropIns.set(key, dropIns);
    return dropIns;
  }

  #configurations(directory: RawPath): readonly RawPath[] {
    let listed = this.#listed.get(directory);
    if (listed === undefined) {
      const names = this.#files.listNames(directory) ?? [];
      listed = names
        .filter((name) => name.endsWith('.conf') && !name.startsWith('.'))
        .map((name) => join(directory, name));
      this.#listed.set(directory, listed);
    }
    return listed;
  }
}

export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
