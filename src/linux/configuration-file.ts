import { EntryType, entryTypeName } from '../core/change.ts';
import { CONFIGURATION_FILE } from '../core/configuration.ts';
import { parentOf, type RawPath } from '../core/rawpath.ts';
import type { RootFiles } from '../ports/root-files.ts';

/** The configuration as it lies in a root. */
export type ConfigurationFile =
  | { readonly state: 'absent' }
  | { readonly state: 'read'; readonly bytes: Uint8Array }
  /** Something is there that is no configuration: `at`, which is the file or a directory on the way to it. */
  | { readonly state: 'wrong'; readonly at: RawPath; readonly problem: string }
  /** There, and out of reach: a link leads to where this root has nothing, or this user may not look. */
  | { readonly state: 'unreachable' | 'denied'; readonly at: RawPath; readonly problem: string };

/** Nothing that has the configuration's name is taken for none: what is declared in it would silently not count. */
export function readConfigurationFile(files: RootFiles): ConfigurationFile {
  const bytes = files.readFile(CONFIGURATION_FILE);
  if (bytes !== undefined) return { state: 'read', bytes };
  const directory = parentOf(CONFIGURATION_FILE);
  for (const at of [parentOf(directory), directory]) {
    const there = lookAt(files, at);
    if (there.state !== undefined) return there.state === 'absent' ? { state: 'absent' } : { ...there, at };
    if (files.listNames(at) !== undefined || there.type === EntryType.directory) continue;
    return there.type === EntryType.symlink
      ? { state: 'unreachable', at, problem: `${linkTo(files, at)}, where this root has no directory` }
      : { state: 'wrong', at, problem: `it is ${nameOfType(there.type)}, not a directory` };
  }
  const at = CONFIGURATION_FILE;
  const there = lookAt(files, at);
  if (there.state !== undefined) return there.state === 'absent' ? { state: 'absent' } : { ...there, at };
  switch (there.type) {
    case EntryType.file:
      return { state: 'denied', at, problem: 'this user may not read it' };
    case EntryType.symlink:
      return { state: 'unreachable', at, problem: `${linkTo(files, at)}, where this root has no file` };
    default:
      return { state: 'wrong', at, problem: `it is ${nameOfType(there.type)}, not a file` };
  }
}

type Look = { state: undefined; type: number } | { state: 'absent' } | { state: 'denied'; problem: string };

function lookAt(files: RootFiles, path: RawPath): Look {
  const type = files.lstat(path)?.type;
  if (type !== undefined) return { state: undefined, type };
  return files.mayLook(path) ? { state: 'absent' } : { state: 'denied', problem: 'this user may not look there' };
}

function linkTo(files: RootFiles, path: RawPath): string {
  return `it is a link that leads to ${files.readLink(path)}`;
}

function nameOfType(type: number): string {
  const name = entryTypeName(type);
  switch (name) {
    case 'fifo':
      return 'a named pipe';
    case 'block':
    case 'character':
      return `a ${name} device`;
    case 'unknown':
      return 'something else';
    default:
      return `a ${name}`;
  }
}
