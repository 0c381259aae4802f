import type { RawPath } from '../../core/rawpath.ts';
import type { RootFiles } from '../../ports/root-files.ts';

/**
 * The files for those who look at what anybody may have put there, as a link to a file of /proc or a filesystem whose
 * program died: what cannot be looked at or read is not there. `failed` hears of it, with the reason.
 */
export function lenient(files: RootFiles, failed: (path: RawPath, reason: string) => void): RootFiles {
  const or = <T>(otherwise: T, path: RawPath, look: () => T): T => {
    try {
      return look();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
      failed(path, (error as Error).message);
      return otherwise;
    }
  };
  return {
    readFile: (path, atMost) => or(undefined, path, () => files.readFile(path, atMost)),
    beginning: (path, length) => or(undefined, path, () => files.beginning(path, length)),
    listNames: (path, atMost) => or(undefined, path, () => files.listNames(path, atMost)),
    listEntries: (path) => or(undefined, path, () => files.listEntries(path)),
    lstat: (path) => or(undefined, path, () => files.lstat(path)),
    readLink: (path) => or(undefined, path, () => files.readLink(path)),
    mayLook: (path) => or(false, path, () => files.mayLook(path)),
    recognize: (path, known) => or(undefined, path, () => files.recognize(path, known)),
    fingerprint: (path) => or(undefined, path, () => files.fingerprint(path)),
    digest: (path, algorithm) => or(undefined, path, () => files.digest(path, algorithm)),
  };
}
