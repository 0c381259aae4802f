import { EntryType } from '../core/change.ts';
import { componentsOf, join, type RawName, type RawPath, rawFromBytes } from '../core/rawpath.ts';
import type { RootFiles } from '../ports/root-files.ts';

/** Larger files are none that a survey reads. */
const LARGEST = 16 * 1024 * 1024;

/** The file as a byte string; undefined where there is none, or this user may not read it. */
export function contentOf(files: RootFiles, path: RawPath, largest = LARGEST): string | undefined {
  try {
    const bytes = files.readFile(path, largest);
    return bytes && rawFromBytes(bytes);
  } catch (error) {
    if (typeof (error as { errno?: unknown }).errno !== 'number') throw error;
    return undefined;
  }
}

/** In byte order; nothing where there is no such directory. */
export function namesIn(files: RootFiles, path: RawPath): RawName[] {
  try {
    return (files.listNames(path) ?? []).sort();
  } catch (error) {
    if (typeof (error as { errno?: unknown }).errno !== 'number') throw error;
    return [];
  }
}

export function isDirectory(files: RootFiles, path: RawPath): boolean {
  return files.lstat(path)?.type === EntryType.directory;
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
