import { readFileSync } from 'node:fs';

/** The mount that an open descriptor is on, by its id: no path is resolved for it. */
export function mountIdOf(fd: number): number {
  const id = /^mnt_id:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
  return id === undefined ? -1 : Number(id);
}
