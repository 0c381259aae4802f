import { getSystemErrorMap } from 'node:util';
import type { RawPath } from '../../core/rawpath.ts';

/** A system call failed in a way that no caller expects. `path` is a byte string, to be displayed by render. */
export class SystemError extends Error {
  readonly call: string;
  readonly errno: number;
  readonly code: string;
  readonly path: RawPath | undefined;

  constructor(call: string, errno: number, path: RawPath | undefined) {
    const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
    super(`${call}: ${text}`);
    this.name = 'SystemError';
    this.call = call;
    this.errno = errno;
    this.code = code;
    this.path = path;
  }
}

export function systemError(call: string, errno: number, path: RawPath | undefined): SystemError {
  return new SystemError(call, errno, path);
}
