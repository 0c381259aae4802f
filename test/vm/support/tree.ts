/** Files and links, by paths without a slash before: for an initramfs, or a directory. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Archive } from './initramfs.ts';

type Entry =
  | { readonly kind: 'file'; readonly content: Buffer | string; readonly permissions: number }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'directory' };

export class Tree {
  readonly #entries = new Map<string, Entry>();

  has(path: string): boolean {
    return this.#entries.has(path);
  }

  /** Replaces what has the path. Executable where its first line says so, if nothing else is said. */
  file(path: string, content: Buffer | string, permissions?: number): void {
    const isScript = typeof content === 'string' && content.startsWith('#!');
    this.#entries.set(path, { kind: 'file', content, permissions: permissions ?? (isScript ? 0o755 : 0o644) });
  }

  link(path: string, target: string): void {
    this.#entries.set(path, { kind: 'link', target });
  }

  directory(path: string): void {
    this.#entries.set(path, { kind: 'directory' });
  }

  /** All of another one, below a directory. */
  add(directory: string, other: Tree): void {
    for (const [path, entry] of other.#entries) this.#entries.set(`${directory}/${path}`, entry);
  }

  writeTo(archive: Archive): void {
    for (const [path, entry] of this.#entries) {
      if (entry.kind === 'link') archive.link(path, entry.target);
      else if (entry.kind === 'directory') archive.directory(path);
      else archive.file(path, Buffer.from(entry.content), entry.permissions);
    }
  }

  writeInto(directory: string): void {
    for (const [path, entry] of this.#entries) {
      const at = join(directory, path);
      mkdirSync(entry.kind === 'directory' ? at : dirname(at), { recursive: true });
      if (entry.kind === 'link') symlinkSync(entry.target, at);
      if (entry.kind !== 'file') continue;
      writeFileSync(at, entry.content);
      chmodSync(at, entry.permissions);
    }
  }
}
