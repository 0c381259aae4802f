/** The documents of the repository, and the blocks of code in them. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');

export interface Document {
  /** From the repository on. */
  readonly file: string;
  readonly text: string;
}

export interface Block {
  readonly language: string;
  readonly text: string;
  /** FILE:LINE, for who has to mend it. */
  readonly place: string;
}

export function documents(pattern = '{README.md,docs/**/*.md}'): Document[] {
  const files = globSync(pattern, { cwd: repository }).sort();
  return files.map((file) => ({ file, text: readFileSync(join(repository, file), 'utf8') }));
}

/** Fenced ones, without the indentation that they have in a list. */
export function blocksOf({ file, text }: Document): Block[] {
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map(
    ({ index, 1: indent = '', 2: language = '', 3: code = '' }) => ({
      language,
      text: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      place: `${file}:${text.slice(0, index).split('\n').length}`,
    }),
  );
}

/** A document without its fenced blocks. */
export function proseOf({ text }: Document): string {
  return text.replaceAll(/^( *)```\w*\n[\s\S]*?^ *```$/gm, '');
}
