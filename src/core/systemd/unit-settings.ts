import type { Assignment } from './unit-file.ts';
import type { UnitName, UnitType } from './unit-name.ts';

/** What a unit says once its file and its drop-ins are put together: the values of each setting, in order. */
export type UnitSettings = ReadonlyMap<string, readonly string[]>;

const ofProcesses = [
  ...['StateDirectory', 'CacheDirectory', 'LogsDirectory', 'ConfigurationDirectory', 'RuntimeDirectory', 'DynamicUser'],
  ...['WorkingDirectory', 'RootDirectory', 'RootImage', 'ReadWritePaths', 'ReadWriteDirectories', 'BindPaths', 'User'],
  ...['EnvironmentFile', 'Environment', 'LoadCredential', 'LoadCredentialEncrypted', 'StandardOutput', 'StandardError'],
];

/** By type the section whose settings tell of paths, and these. */
const settingsOfType: Readonly<Partial<Record<UnitType, readonly [section: string, keys: readonly string[]]>>> = {
  service: ['Service', [...ofProcesses, 'ExecStart', 'ExecStartPre', 'ExecStartPost', 'PIDFile']],
  socket: [
    'Socket',
    [
      ...ofProcesses,
      ...['ListenStream', 'ListenDatagram', 'ListenSequentialPacket', 'ListenFIFO', 'ListenSpecial', 'Symlinks'],
    ],
  ],
  mount: ['Mount', [...ofProcesses, 'What', 'Where', 'Type', 'Options']],
  swap: ['Swap', [...ofProcesses, 'What']],
  timer: ['Timer', ['Persistent']],
};

/** Settings of every type, in the section [Unit]. */
const ofUnits = ['RequiresMountsFor'];

/** Of all settings these are read. */
export const wantedSettings: ReadonlySet<string> = new Set([
  ...ofUnits,
  ...Object.values(settingsOfType).flatMap(([, keys]) => keys),
]);

const sections = new Map(
  Object.entries(settingsOfType).map(([type, [section, keys]]) => [type, { section, keys: new Set(keys) }]),
);

/** Whether units of this type tell of paths at all. */
export function tellsOfPaths(type: UnitType): boolean {
  return sections.has(type);
}

/** What the file and the drop-ins of a unit say together, in this order: an empty value takes all earlier ones back. */
export function settingsOf({ type }: UnitName, files: readonly (readonly Assignment[])[]): UnitSettings {
  const settings = new Map<string, string[]>();
  const own = sections.get(type);
  for (const { section, key, value } of files.flat()) {
    const counts = section === 'Unit' ? ofUnits.includes(key) : section === own?.section && own.keys.has(key);
    if (!counts) continue;
    const name = key === 'ReadWriteDirectories' ? 'ReadWritePaths' : key;
    const values = settings.get(name);
    if (value === '') settings.delete(name);
    else if (values === undefined) settings.set(name, [value]);
    else values.push(value);
  }
  return settings;
}
