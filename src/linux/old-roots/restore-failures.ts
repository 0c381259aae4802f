import type { RawPath } from '../../core/rawpath.ts';
import type { RestoreFailure } from '../../ports/restore.ts';
import { EBUSY, EDQUOT, EEXIST, EISDIR, ELOOP, ENOENT, ENOSPC, ENOTDIR, ESTALE } from '../system/errno.ts';
import { SystemError, systemError } from '../system/errors.ts';

const LISTED = 1000;

/** Nothing more can be done. */
export class Stop extends Error {}

/** What went wrong in a restore. One path's failure is not the others', unless the disk is full. */
export class Failures {
  readonly listed: RestoreFailure[] = [];
  /** Beyond those that are listed. */
  more = 0;

  /** @throws Stop where nothing more can be done, and `mayStop` */
  attempt(path: RawPath, act: () => void, mayStop = true): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (mayStop) this.add(path, error);
      else this.#note(path, problemOf(error), false);
    }
  }

  /** @throws Stop */
  add(path: RawPath, error: SystemError): void {
    this.#note(path, problemOf(error), false);
    if (error.errno === ENOSPC || error.errno === EDQUOT) throw new Stop(error.message);
  }

  attribute(path: RawPath, name: string, errno: number): void {
    this.#note(path, `restored without ${name}: ${systemError('setxattr', errno, path).message}`, true);
  }

  #note(path: RawPath, problem: string, onlyAttribute: boolean): void {
    if (this.listed.length < LISTED) this.listed.push({ path, problem, onlyAttribute });
    else this.more++;
  }
}

function problemOf({ errno, call, message }: SystemError): string {
  if (errno === ESTALE && call !== 'read') return 'it was replaced by somebody meanwhile';
  if (call === 'renameat2' && errno === EEXIST) return 'something appeared there meanwhile';
  if (call === 'renameat2' && errno === EISDIR) return 'a directory appeared there meanwhile';
  if (call === 'renameat2' && errno === EBUSY)
    return 'something is mounted there: restore to where that comes from (--to)';
  if (call === 'renameat2' && errno === ENOENT) return 'its directory was changed by somebody meanwhile';
  if (call === 'openat2' && [ENOENT, ENOTDIR, ELOOP].includes(errno)) {
    return 'it, or a directory above it, was replaced or removed meanwhile';
  }
  return message;
}
