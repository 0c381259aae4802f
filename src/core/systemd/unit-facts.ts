import { type Command, parseCommands } from './command-line.ts';
import { isAbsolute, type OpenPath, tidied } from './open-path.ts';
import { type Specifiers, withSpecifiers } from './specifiers.ts';
import type { UnitName } from './unit-name.ts';
import type { UnitSettings } from './unit-settings.ts';
import { bindWords, colonWords, escapedWords, literalWords, plainWords, type Word, wordAt, wordsOf } from './words.ts';

export const directorySettings = [
  ...(['StateDirectory', 'CacheDirectory', 'LogsDirectory', 'ConfigurationDirectory', 'RuntimeDirectory'] as const),
];
export type DirectorySetting = (typeof directorySettings)[number];

/** What a unit says of paths, with nothing left to be resolved but what an `OpenPath` leaves open. */
export interface UnitFacts {
  readonly name: UnitName;
  /** Relative to where such directories lie; `links` are names in the same place that lead to it. */
  readonly directories: readonly {
    readonly setting: DirectorySetting;
    readonly path: OpenPath;
    readonly links: readonly OpenPath[];
  }[];
  readonly isDynamicUser: boolean;
  readonly user: string | undefined;
  /** `~`: the home of the user. */
  readonly workingDirectory: OpenPath | undefined;
  readonly rootDirectory: OpenPath | undefined;
  readonly rootImage: OpenPath | undefined;
  /** `inRoot`: of the root directory of the unit, not of the machine. */
  readonly readWritePaths: readonly { readonly path: OpenPath; readonly inRoot: boolean }[];
  readonly bindPaths: readonly { readonly source: OpenPath; readonly destination: OpenPath }[];
  readonly environmentFiles: readonly OpenPath[];
  readonly environment: ReadonlyMap<string, string>;
  /** Paths, or names that are looked for in the directories of credentials. */
  readonly credentials: readonly string[];
  readonly commands: readonly { readonly setting: string; readonly command: Command }[];
  readonly outputs: readonly { readonly setting: string; readonly path: OpenPath }[];
  readonly pidFile: OpenPath | undefined;
  readonly isPersistentTimer: boolean;
  readonly listens: readonly { readonly setting: string; readonly path: OpenPath }[];
  readonly symlinks: readonly OpenPath[];
  readonly mount:
    | { readonly what: string; readonly where: string; readonly type: string; readonly options: string }
    | undefined;
  /** What a swap unit swaps to. */
  readonly swap: string | undefined;
  readonly requiresMountsFor: readonly OpenPath[];
}

/** What the settings of a unit say of paths. What cannot be resolved is left out. */
export function factsOfSettings(name: UnitName, settings: UnitSettings, specifiers: Specifiers): UnitFacts {
  const resolve = (value: string): string | undefined => withSpecifiers(value, specifiers);
  const all = (key: string): readonly string[] => settings.get(key) ?? [];
  const last = (key: string): string | undefined => all(key).at(-1);
  const text = (key: string): string | undefined => {
    const value = last(key);
    return value === undefined ? undefined : resolve(value);
  };
  const path = (key: string): OpenPath | undefined => {
    const value = text(key);
    return value === undefined ? undefined : tidied(value);
  };
  const words = (key: string, syntax = literalWords): string[] => {
    return all(key).flatMap((value) => wordsOf(value, syntax).words);
  };
  const resolvedPath = (word: string): OpenPath | undefined => {
    const value = resolve(word);
    return value === undefined ? undefined : tidied(value);
  };
  return {
    name,
    directories: directorySettings.flatMap((setting) => {
      return all(setting).flatMap((value) => directoriesOf(setting, value, resolve));
    }),
    isDynamicUser: isTrue(last('DynamicUser')),
    user: text('User'),
    workingDirectory: workingDirectoryOf(text('WorkingDirectory')),
    rootDirectory: path('RootDirectory'),
    rootImage: path('RootImage'),
    readWritePaths: words('ReadWritePaths').flatMap((word) => {
      const [, marks = '', rest = ''] = /^(-?\+?)(.*)$/s.exec(word) ?? [];
      return found(resolvedPath(rest)).map((one) => ({ path: one, inRoot: marks.includes('+') }));
    }),
    bindPaths: all('BindPaths').flatMap((value) => bindsOf(value, resolvedPath)),
    environmentFiles: all('EnvironmentFile').flatMap((value) => found(resolvedPath(value.replace(/^-/, '')))),
    environment: environmentOf(all('Environment'), resolve),
    credentials: [...all('LoadCredential'), ...all('LoadCredentialEncrypted')].flatMap((value) => {
      return found(credentialOf(value, resolve));
    }),
    commands: ['ExecStartPre', 'ExecStart', 'ExecStartPost'].flatMap((setting) =>
      all(setting).flatMap((value) => parseCommands(value, specifiers).map((command) => ({ setting, command }))),
    ),
    outputs: ['StandardOutput', 'StandardError'].flatMap((setting) => {
      const file = /^(?:file|append|truncate):(\/.*)$/s.exec(last(setting) ?? '')?.[1];
      return file === undefined ? [] : found(resolvedPath(file)).map((one) => ({ setting, path: one }));
    }),
    pidFile: path('PIDFile'),
    isPersistentTimer: name.type === 'timer' && isTrue(last('Persistent')),
    listens: [
      ...['ListenStream', 'ListenDatagram', 'ListenSequentialPacket', 'ListenFIFO', 'ListenSpecial'].flatMap(
        (setting) => all(setting).flatMap((value) => found(resolvedPath(value)).map((one) => ({ setting, path: one }))),
      ),
    ],
    symlinks: words('Symlinks').flatMap((word) => found(resolvedPath(word))),
    mount: name.type === 'mount' ? mountOf(text) : undefined,
    swap: name.type === 'swap' ? text('What') : undefined,
    requiresMountsFor: words('RequiresMountsFor', plainWords).flatMap((word) => found(resolvedPath(word))),
  };
}

function found<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

export function isTrue(value: string | undefined): boolean {
  return value !== undefined && ['1', 'yes', 'y', 'true', 't', 'on'].includes(value.toLowerCase());
}

/** Of `name`, `name:link` and, in newer versions, `name:link:flags`; none after the first that cannot be read. */
function directoriesOf(
  setting: DirectorySetting,
  value: string,
  resolve: (value: string) => string | undefined,
): UnitFacts['directories'] {
  const directories: UnitFacts['directories'][number][] = [];
  for (const word of wordsOf(value, plainWords).words) {
    const first = wordAt(word, 0, colonWords);
    const second = typeof first === 'object' ? wordAt(word, first.end, colonWords) : 'broken';
    if (typeof first !== 'object' || second === 'broken') break;
    const [path, ...links] = [first, ...found(second)].map(({ text }) => {
      const resolved = resolve(text);
      return resolved === undefined ? undefined : relative(resolved);
    });
    if (path === undefined || /^private(\/|$)/.test(path)) continue;
    if (setting === 'ConfigurationDirectory' && links.length > 0) continue;
    const known = links.flatMap(found);
    if (known.length === links.length) directories.push({ setting, path, links: known });
  }
  return directories;
}

/** A path that stays below where it begins. */
function relative(path: string): string | undefined {
  const components = path.split('/').filter((component) => component !== '' && component !== '.');
  if (isAbsolute(path) || components.length === 0 || components.includes('..')) return undefined;
  return components.join('/');
}

export function workingDirectoryOf(value: string | undefined): OpenPath | undefined {
  const path = value?.replace(/^-/, '');
  return path === undefined || path === '~' ? path : tidied(path);
}

/** `source`, `source:destination`, `source:destination:options`. */
function bindsOf(value: string, resolvedPath: (word: string) => OpenPath | undefined): UnitFacts['bindPaths'] {
  const binds: { source: OpenPath; destination: OpenPath }[] = [];
  const endsInColon = ({ end }: Word): boolean => value.charAt(end - 1) === ':';
  for (let at = 0; ; ) {
    const from = wordAt(value, at, bindWords);
    if (from === undefined || from === 'broken') return binds;
    at = from.end;
    const source = resolvedPath(from.text.replace(/^-/, ''));
    if (source === undefined) continue;
    let destination: OpenPath | undefined = source;
    if (endsInColon(from)) {
      const to = wordAt(value, at, bindWords);
      if (to === undefined || to === 'broken') return binds;
      at = to.end;
      destination = resolvedPath(to.text);
      if (destination === undefined) continue;
      const options = endsInColon(to) ? wordAt(value, at, literalWords) : undefined;
      if (options === 'broken') return binds;
      at = options?.end ?? at;
    }
    binds.push({ source, destination });
  }
}

function environmentOf(
  values: readonly string[],
  resolve: (value: string) => string | undefined,
): ReadonlyMap<string, string> {
  const environment = new Map<string, string>();
  for (const word of values.flatMap((value) => wordsOf(value, escapedWords).words)) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(resolve(word) ?? '') ?? [];
    if (name !== undefined && value !== undefined) environment.set(name, value);
  }
  return environment;
}

/** `id:path`, or a name that is both. */
function credentialOf(value: string, resolve: (value: string) => string | undefined): string | undefined {
  const colon = value.indexOf(':');
  const resolved = resolve(colon < 0 ? value : value.slice(colon + 1));
  if (resolved === undefined || resolved === '') return undefined;
  return isAbsolute(resolved) ? tidied(resolved) : resolved.includes('/') ? undefined : resolved;
}

function mountOf(text: (key: string) => string | undefined): UnitFacts['mount'] {
  const [what, where] = [text('What'), text('Where')];
  if (what === undefined || where === undefined) return undefined;
  return { what, where, type: text('Type') ?? '', options: text('Options') ?? '' };
}
