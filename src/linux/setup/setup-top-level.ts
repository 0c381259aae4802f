import { closeSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { join, type RawPath, ROOT } from '../../core/rawpath.ts';
import type { Backend } from '../../ports/backend.ts';
import type { Copying, SetupTopLevel } from '../../ports/setup.ts';
import { holdVisible } from '../old-roots/held-directory.ts';
import { openRestoreTarget } from '../old-roots/restore-target.ts';
import { HostTopLevel } from '../old-roots/top-level.ts';
import type { Syscalls } from '../system/syscalls.ts';

/** The script that resets the root looks for it. */
const ARMED = '.ebb-armed';

/** The top level of the root's filesystem, mounted at `point` where only this process sees it. */
export class HostSetupTopLevel implements SetupTopLevel {
  readonly #point: RawPath;
  readonly #level: HostTopLevel;

  constructor(calls: Syscalls, point: RawPath, backendOf: (type: string, fd: number, calls: Syscalls) => Backend) {
    this.#point = point;
    this.#level = new HostTopLevel(calls, holdVisible(point), (type, fd) => backendOf(type, fd, calls));
  }

  has(name: string): boolean {
    return lstatSync(join(this.#point, name), { throwIfNoEntry: false }) !== undefined;
  }

  create(name: string): void {
    this.#level.create(join(ROOT, name));
  }

  copyRoot(from: string, to: string): void {
    this.#level.copy(join(ROOT, from), join(ROOT, to));
  }

  copying(from: string, into: string | { readonly mounted: RawPath }): Copying {
    const source = this.#level.hold(join(ROOT, from));
    try {
      const directory = typeof into === 'string' ? join(this.#point, into) : into.mounted;
      return { source, target: openRestoreTarget(directory) };
    } catch (error) {
      source.close();
      throw error;
    }
  }

  arm(oldRoots: string): void {
    const directory = join(this.#point, oldRoots);
    mkdirSync(directory, { mode: 0o700, recursive: true });
    closeSync(openSync(join(directory, ARMED), 'a', 0o600));
  }

  close(): void {
    this.#level.close();
  }
}
