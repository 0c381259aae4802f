import { DEFAULT_STORAGE } from '../core/configuration.ts';
import { join, type RawPath } from '../core/rawpath.ts';
import { LOGS_IN_STORAGE, LOGS_WITHOUT_STORAGE } from '../core/writers/log.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { absoluteOf, locate } from './locate.ts';

/** Where on this machine the log of a watch goes: into persistent storage, where there is one that survives a reset. */
export function logDirectory(root: OpenRoot): { readonly directory: RawPath; readonly survives: boolean } {
  const storages = [...root.configuration.storages, DEFAULT_STORAGE, '/nix/persist' as RawPath];
  const storage = storages.find(
    (path) => root.files.lstat(path) !== undefined && locate(root, path).fate === 'persistent',
  );
  if (storage !== undefined) return { directory: absoluteOf(root, join(storage, LOGS_IN_STORAGE)), survives: true };
  return { directory: absoluteOf(root, LOGS_WITHOUT_STORAGE), survives: !root.facts.ephemeral.value };
}
