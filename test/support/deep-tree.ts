import { mkdirSync, writeFileSync } from 'node:fs';

/**
 * Makes a chain of `depth` directories of this name below `top`, with a file `leaf` in the last one: a path that no
 * single system call takes. Gives the chain's path relative to `top`.
 */
export function makeDeepTree(top: string, depth: number, name: string): string {
  const before = process.cwd();
  process.chdir(top);
  try {
    for (let i = 0; i < depth; i++) {
      mkdirSync(name);
      process.chdir(name);
    }
    writeFileSync('leaf', 'x');
  } finally {
    process.chdir(before);
  }
  return Array<string>(depth).fill(name).join('/');
}
