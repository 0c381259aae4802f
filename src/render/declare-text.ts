import type { PersistenceModule } from '../core/configuration.ts';
import type { Remedy } from '../core/doctor/doctor-report.ts';
import { textOf } from '../core/rawpath.ts';
import { display } from './escape.ts';
import { attributeName, nixElement, nixString, storageOption } from './nix.ts';
import { placeOf } from './persistence.ts';
import { tomlString } from './toml.ts';

type Declaration = Extract<Remedy, { kind: 'declare' }>;

/** One line of Nix that declares the path, for the module that the machine has. */
export function declareNix({ storage, path, type, user, group, mode }: Declaration, module: PersistenceModule): string {
  const place = placeOf(path);
  const whose = place.user === undefined ? '' : `.users.${attributeName(place.user)}`;
  const owner = place.user === undefined && type !== 'file' ? ownerOf({ user, group, mode }) : [];
  const settings = owner.map(([key, value]) => `${key} = ${nixString(value)};`);
  const one = nixElement(place.path, type, module, settings);
  return shown(`${storageOption(storage, module)}${whose}.${listOf(type)} = [ ${one} ];`);
}

/** A table and a line of `/etc/ebb/config.toml` that declare the path. */
export function declareToml({ storage, path, type, user, group, mode }: Declaration): string {
  const place = placeOf(path);
  const whose =
    place.user === undefined ? '' : `.users.${/^[\w-]+$/.test(place.user) ? place.user : tomlText(place.user)}`;
  const owner = place.user === undefined ? ownerOf({ user, group, mode }) : [];
  const name = textOf(place.path);
  const settings = owner.map(([key, value]) => `${key} = ${tomlText(value)}`);
  const named = name === undefined ? `${type}_base64 = "${btoa(place.path)}"` : `${type} = ${tomlString(name)}`;
  const isPlain = name !== undefined && (owner.length === 0 || type === 'file');
  const one = isPlain ? tomlString(name) : `{ ${[named, ...(type === 'file' ? [] : settings)].join(', ')} }`;
  return `[persistence.${tomlText(storage)}${whose}] ${listOf(type)} = [${one}]`;
}

function listOf(type: 'directory' | 'file'): string {
  return type === 'directory' ? 'directories' : 'files';
}

function ownerOf({ user, group, mode }: Pick<Declaration, 'user' | 'group' | 'mode'>): [string, string][] {
  const settings: [string, string | undefined][] = [
    ['user', user],
    ['group', group],
    ['mode', mode],
  ];
  return settings.filter((pair): pair is [string, string] => pair[1] !== undefined);
}

function tomlText(raw: string): string {
  return tomlString(textOf(raw) ?? display(raw));
}

/** All that cannot be seen was escaped, but for bytes that are no text. */
function shown(raw: string): string {
  return textOf(raw) ?? display(raw);
}
