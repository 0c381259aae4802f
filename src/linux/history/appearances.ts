import { createRequire } from 'node:module';
import { EntryType } from '../../core/change.ts';
import type { Appearance } from '../../core/history.ts';
import type { Listing } from '../../core/listing.ts';
import { join, nameOf, parentOf, type RawPath } from '../../core/rawpath.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import type { Tree } from '../../ports/tree.ts';

const require = createRequire(import.meta.url);

/** Entries of a directory that are looked at, with what is below it. */
const MOST_ENTRIES = 64;
/** So small a file is read whenever it is looked at. */
const SMALL = 64 * 1024;
/** Larger ones are never read. */
const LARGEST = 8 * 1024 * 1024;
/** Of a directory, all files together. */
const LARGEST_DIRECTORY = 1024 * 1024;

/** A root, old or not, as it is looked at. */
export interface LookedAt {
  readonly tree: Tree;
  readonly files: RootFiles;
}

/**
 * How the paths are in the root, with what small files and links hold where `read` says so; what cannot be told is left
 * out. Sockets and devices are `absent`: they hold nothing.
 */
export function appearancesIn(
  root: LookedAt,
  paths: readonly RawPath[],
  read: boolean,
): Map<RawPath, Appearance | 'absent'> {
  const found = new Map<RawPath, Appearance | 'absent'>();
  for (const [directory, members] of Map.groupBy(paths, parentOf)) {
    const here: { path: RawPath; entry: Appearance }[] = [];
    const outcome = root.tree.look(directory, members.map(nameOf), (listing) => {
      for (let i = 0; i < listing.count; i++) {
        const entry = entryOf(listing, i);
        if (entry !== undefined) here.push({ path: join(directory, listing.name(i)), entry });
      }
    });
    if (outcome === 'denied' || outcome === 'boundary') continue;
    for (const path of members) found.set(path, 'absent');
    for (const { path, entry } of here) {
      if (entry.type === EntryType.directory) found.set(path, directoryAt(root.tree, path, entry));
      else if (read && entry.type === EntryType.file && entry.size <= SMALL) {
        found.set(path, { ...entry, content: contentOf(root.files, path, entry) });
      } else found.set(path, entry);
    }
  }
  return found;
}

function entryOf(listing: Listing, i: number): Appearance | undefined {
  if (!listing.stat(i)) return undefined;
  const type = listing.type[i] as number;
  if (type !== EntryType.file && type !== EntryType.directory && type !== EntryType.symlink) return undefined;
  const mtime = (listing.mtimeSec[i] as number) + (listing.mtimeNsec[i] as number) / 1e9;
  const isFile = type === EntryType.file;
  return {
    type,
    mode: (listing.mode[i] as number) & 0o7777,
    size: isFile ? (listing.size[i] as number) : 0,
    ...{ oldest: mtime, newest: mtime, whole: true, shape: '' },
    content: type === EntryType.symlink ? listing.readLink(i) : undefined,
  };
}

/** What a file or directory holds; undefined where it is too much, or cannot be read. */
export function contentOf(files: RootFiles, path: RawPath, was: Appearance, tree?: Tree): string | undefined {
  if (was.content !== undefined) return was.content;
  try {
    if (was.type === EntryType.file) return was.size > LARGEST ? undefined : short(files.fingerprint(path));
    return was.type === EntryType.directory && tree !== undefined ? contentOfAll(tree, files, path, was) : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).errno === undefined) throw error;
    return undefined;
  }
}

function contentOfAll(tree: Tree, files: RootFiles, path: RawPath, was: Appearance): string | undefined {
  if (!was.whole) return undefined;
  const seen = below(tree, path);
  let bytes = 0;
  let all = '';
  for (const { at, entry } of seen.entries) {
    if (entry.type === EntryType.file) bytes += entry.size;
    if (bytes > LARGEST_DIRECTORY) return undefined;
    const content = entry.type === EntryType.directory ? '' : contentOf(files, at, entry);
    if (content === undefined) return undefined;
    all += `${at}\0${content}\0`;
  }
  return digest(all);
}

/** With what lies in it: of a large directory the beginning. */
function directoryAt(tree: Tree, path: RawPath, own: Appearance): Appearance {
  const { entries, whole } = below(tree, path);
  // Its own time moves with each entry, and is that of an empty one.
  const times = [own.newest, ...entries.map(({ entry }) => entry.newest)];
  const shape = entries.map(({ at, entry }) => `${at}\0${entry.type} ${entry.mode} ${entry.size}`).join('\0');
  return {
    ...{ type: own.type, mode: own.mode, size: entries.length, whole, content: undefined },
    oldest: Math.min(...times),
    newest: Math.max(...times),
    shape: entries.length === 0 ? '' : digest(shape),
  };
}

interface Below {
  /** In byte order. */
  readonly entries: readonly { readonly at: RawPath; readonly entry: Appearance }[];
  readonly whole: boolean;
}

/** Thrown out of a listing that has more: it may be of a million files. */
const enough = new Error('enough was listed');

/** Breadth first, so that of a large directory the same levels are seen each time. */
function below(tree: Tree, path: RawPath): Below {
  const entries: { at: RawPath; entry: Appearance }[] = [];
  const pending = [path];
  const take = (directory: RawPath, listing: Listing): void => {
    for (let i = 0; i < listing.count; i++) {
      const entry = entryOf(listing, i);
      if (entry === undefined) continue;
      if (entries.length === MOST_ENTRIES) throw enough;
      const at = join(directory, listing.name(i));
      entries.push({ at, entry });
      if (entry.type === EntryType.directory) pending.push(at);
    }
  };
  let whole = true;
  try {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const directory = next;
      if (tree.list(directory, (listing) => take(directory, listing)) !== 'read') whole = false;
    }
  } catch (error) {
    if (error !== enough) throw error;
    whole = false;
  }
  entries.sort((a, b) => (a.at < b.at ? -1 : 1));
  return { entries, whole };
}

function short(fingerprint: string | undefined): string | undefined {
  return fingerprint?.slice(0, 24);
}

function digest(text: string): string {
  // Loaded when something is hashed: it costs a third of ebb's start.
  const { hash } = require('node:crypto') as typeof import('node:crypto');
  return hash('sha256', Buffer.from(text, 'latin1'), 'base64').slice(0, 24);
}
