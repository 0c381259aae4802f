import { statSync } from 'node:fs';

/** Which block device the path leads to; undefined where it leads to none. */
export function deviceNumber(path: string): number | undefined {
  if (!path.startsWith('/')) return undefined;
  const facts = statSync(Buffer.from(path, 'latin1'), { throwIfNoEntry: false });
  return facts?.isBlockDevice() === true ? facts.rdev : undefined;
}
