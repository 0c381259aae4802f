import { type Configuration, DEFAULT_STORAGE } from '../core/configuration.ts';
import { fateOf } from '../core/mount-table.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { rootMount } from './locate.ts';

/** Where persistent storage is: configured, or what most mounts upon the root come from, or the usual place. */
export function storageOf(root: OpenRoot, configuration: Configuration): RawPath {
  const [configured] = configuration.storages;
  if (configured !== undefined) return configured;
  const usual = root.table.mounts.find((mount) => mount.point === DEFAULT_STORAGE || mount.point === '/nix/persist');
  return usual !== undefined && fateOf(usual, rootMount(root)) === 'persistent' ? usual.point : DEFAULT_STORAGE;
}
