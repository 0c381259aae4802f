import type { Category } from '../category.ts';
import type { EntryTypeName } from '../change.ts';
import { covers, type RawPath, ROOT, resolveLexically } from '../rawpath.ts';
import type { Was } from './doctor-report.ts';

/** What is known of a path that a message is about, now and in earlier boots. */
export interface PathFacts {
  readonly path: RawPath;
  /** What lies there now; undefined: nothing. */
  readonly now: EntryTypeName | undefined;
  /** Nothing is in it: an empty directory or file, as a mount that is missing leaves one. */
  readonly isHollow: boolean;
  /**
   * The topmost directory on its way that is not there, but for such as hold what is everybody's; or the path itself;
   * undefined where it is there.
   */
  readonly missingFrom: RawPath | undefined;
  /** What is written there survives a reboot. */
  readonly isKept: boolean;
  /** Why, in words: `it lies on the root itself (btrfs @root)`. A byte string. */
  readonly place: string;
  readonly category: Category;
  /** What to declare, so that it is kept. */
  readonly keep: KeepAs;
  /** Of `missingFrom`, or the path itself where it is there. */
  readonly was: Was | undefined;
  /** Of `keep.path`. */
  readonly keepWas: Was | undefined;
}

export interface KeepAs {
  readonly path: RawPath;
  readonly type: 'directory' | 'file';
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly mode: string | undefined;
}

/** Made anew by every boot, or the kernel's: nobody loses what is missing there. */
const passing: readonly string[] = ['/proc', '/sys', '/dev', '/run', '/tmp', '/var/run', '/var/tmp', '/nix/store'];

export function isPassing(path: RawPath): boolean {
  return passing.some((place) => covers(place, path));
}

/** Too much lies in these to be brought back as a whole for the sake of one path. */
const sweeping =
  /^\/(etc|usr|usr\/local|opt|srv|mnt|media|boot|home|home\/[^/]+|root|var|var\/(lib|log|cache|spool|db|opt|www)|var\/lib\/private)$/s;

export function isSweeping(path: RawPath): boolean {
  return sweeping.test(path);
}

/** Where systemd puts the paths of a unit's own namespace. */
const UNIT_ROOT = '/run/systemd/unit-root';
const LONGEST_PATH = 4095;
const LONGEST_NAME = 255;

/** The path that a message names, as the root has it; undefined where there can be none. */
export function pathNamed(file: string, directory: RawPath = ROOT): RawPath | undefined {
  const path = resolveLexically(directory, covers(UNIT_ROOT, file) ? file.slice(UNIT_ROOT.length) || '/' : file);
  if (path === ROOT || path.length > LONGEST_PATH || path.includes('\0')) return undefined;
  return path.split('/').some((name) => name.length > LONGEST_NAME) ? undefined : path;
}
