import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { componentsOf, type RawName, type RawPath } from '../../src/core/rawpath.ts';
import type { FileFacts, RootFiles } from '../../src/ports/root-files.ts';

/** The files of the root at `base` with node:fs alone: slow, plain, and right enough for tests. */
export function hostRootFiles(base: string): RootFiles {
  const top = base === '/' ? '' : base;
  const onDisk = (path: string): Buffer => Buffer.from(path === '/' ? base : top + path, 'latin1');

  /** Follows the links on the way inside the root; the last component's too where asked for. */
  const resolve = (path: RawPath, followLast: boolean): string | undefined => {
    // The machine's own root: the kernel follows its links as they are meant.
    if (base === '/') return path;
    const rest = componentsOf(path).map(String);
    const done: string[] = [];
    for (let links = 0; rest.length > 0; ) {
      const component = rest.shift() as string;
      if (component === '.') continue;
      if (component === '..') {
        done.pop();
        continue;
      }
      done.push(component);
      if (rest.length === 0 && !followLast) break;
      const at = onDisk(`/${done.join('/')}`);
      const stats = absent(() => lstatSync(at));
      if (stats === undefined) return undefined;
      if (!stats.isSymbolicLink()) continue;
      if (++links > 40) return undefined;
      const target = readlinkSync(at, { encoding: 'buffer' }).toString('latin1');
      done.pop();
      if (target.startsWith('/')) done.length = 0;
      rest.unshift(...componentsOf(target).map(String));
    }
    return `/${done.join('/')}`;
  };

  const at = <T>(path: RawPath, followLast: boolean, look: (bytes: Buffer) => T): T | undefined => {
    const real = resolve(path, followLast);
    return real === undefined ? undefined : absent(() => look(onDisk(real)));
  };

  return {
    readFile: (path, atMost = Number.POSITIVE_INFINITY) =>
      at(path, true, (bytes) => {
        const stats = statSync(bytes);
        return stats.isFile() && stats.size <= atMost ? readFileSync(bytes) : undefined;
      }),
    listEntries: (path) =>
      at(path, true, (bytes) =>
        readdirSync(bytes, { encoding: 'buffer' }).map((name) => {
          const entry = Buffer.concat([bytes, Buffer.from('/'), name]);
          return { name: name.toString('latin1') as RawName, type: lstatSync(entry).mode >>> 12 };
        }),
      ),
    beginning: (path, length) =>
      at(path, true, (bytes) => (statSync(bytes).isFile() ? readFileSync(bytes).subarray(0, length) : undefined)),
    listNames: (path) =>
      at(path, true, (bytes) =>
        readdirSync(bytes, { encoding: 'buffer' }).map((name) => name.toString('latin1') as RawName),
      ),
    lstat: (path) => at(path, false, (bytes) => factsOf(lstatSync(bytes))),
    mayLook: () => true,
    readLink: (path) => at(path, false, (bytes) => readlinkSync(bytes, { encoding: 'buffer' }).toString('latin1')),
    recognize: (path, known) =>
      at(path, false, (bytes) => {
        const content = readFileSync(bytes);
        const index = known.findIndex((other) => content.equals(other));
        return index < 0 ? content : index;
      }),
    fingerprint: (path) =>
      at(path, false, (bytes) => (lstatSync(bytes).isFile() ? digestOf(bytes, 'sha1') : undefined)),
    digest: (path, algorithm) =>
      at(path, false, (bytes) => (lstatSync(bytes).isFile() ? digestOf(bytes, algorithm) : undefined)),
  };
}

function digestOf(path: Buffer, algorithm: string): string {
  return createHash(algorithm).update(readFileSync(path)).digest('hex');
}

function factsOf(stats: Stats): FileFacts {
  return {
    type: stats.mode >>> 12,
    mode: stats.mode,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    mtime: stats.mtimeMs / 1000,
    ctime: stats.ctimeMs / 1000,
  };
}

function absent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
