import { EntryType } from '../core/change.ts';
import { componentsOf, join, type RawName, type RawPath, rawFromBytes } from '../core/rawpath.ts';
import type { RootFiles } from '../ports/root-files.ts';

/** Larger files are none that a survey reads. */
const LARGEST = 16 * 1024 * 1024;

/** The file as a byte string; undefined where there is none, or it cannot be read. */
export function contentOf(files: RootFiles, path: RawPath, largest = LARGEST): string | undefined {
  const bytes = unlessItFails(() => files.readFile(path, largest));
  return bytes && rawFromBytes(bytes);
}

export function beginningOf(files: RootFiles, path: RawPath, length: number): Uint8Array | undefined {
  return unlessItFails(() => files.beginning(path, length));
}

/** In byte order; nothing where there is no such directory. */
export function namesIn(files: RootFiles, path: RawPath): RawName[] {
  return (unlessItFails(() => files.listNames(path)) ?? []).sort();
}

/** An `EntryType`; no link is followed. */
export function typeAt(files: RootFiles, path: RawPath): number | undefined {
  return unlessItFails(() => files.lstat(path)?.type);
}

export function isDirectory(files: RootFiles, path: RawPath): boolean {
  return typeAt(files, path) === EntryType.directory;
}

/**
 * Undefined where the system says that it fails: what lies in homes and volumes is anybody's, a link to a file of /proc that
 * gives nothing, or a filesystem whose program died.
 */
export function unlessItFails<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (typeof (error as { errno?: unknown }).errno !== 'number') throw error;
    return undefined;
  }
}

/** Homes of users, as far as /etc/passwd and the usual places tell. */
export function homesIn(files: RootFiles): RawPath[] {
  const passwd = contentOf(files, '/etc/passwd' as RawPath) ?? '';
  const named = passwd.split('\n').flatMap((line) => {
    const [, , uid = '', , , home = ''] = line.split(':');
    // The homes of daemons are directories of the system, or of services.
    const isPerson = uid === '0' || Number(uid) >= 1000;
    return isPerson && home.startsWith('/') && componentsOf(home).length > 0
      ? [home.replace(/\/+$/, '') as RawPath]
      : [];
  });
  const usual = namesIn(files, '/home' as RawPath).map((name) => join('/home' as RawPath, name));
  return [...new Set(['/root' as RawPath, ...usual, ...named])].filter((home) => isDirectory(files, home));
}
