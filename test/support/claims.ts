/** Roots made of literal files, and what claims say of them. */
import { mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Claim } from '../../src/core/evidence.ts';
import { openRootFiles } from '../../src/linux/system/root-files.ts';
import type { RootFiles } from '../../src/ports/root-files.ts';

/** Files by path: a value that begins with `->` is a link, a path with a slash at its end a directory. */
export type Tree = Readonly<Record<string, string>>;

export function writeTree(base: string, tree: Tree): void {
  for (const [name, content] of Object.entries(tree)) {
    const path = join(base, name);
    mkdirSync(name.endsWith('/') ? path : dirname(path), { recursive: true });
    if (content.startsWith('->')) symlinkSync(content.slice(2), path);
    else if (!name.endsWith('/')) writeFileSync(path, Buffer.from(content, 'latin1'));
  }
}

/** The files of the root at `base`, which stays open until the process ends. */
export function filesOf(base: string): RootFiles {
  return openRootFiles(openSync(base, 'r'));
}

/** `CATEGORY PATTERN` of those with a category, `- PATTERN` of the others; `=` before the pattern where it is exact. */
export function told(claims: readonly Claim[]): string[] {
  return claims
    .map(({ pattern, exact, evidence }) => `${evidence.category ?? '-'} ${exact ? '=' : ''}${pattern}`)
    .sort();
}
