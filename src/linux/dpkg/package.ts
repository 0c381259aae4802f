import type { ManifestBuilder } from '../../core/manifest-builder.ts';
import { bytesOf, join, type RawPath } from '../../core/rawpath.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { type Conffile, type InstalledPackage, parseList } from './database.ts';

export const database = '/var/lib/dpkg' as RawPath;
export const info = `${database}/info` as RawPath;
export const MD5_BYTES = 16;

const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;

export interface Listed extends InstalledPackage {
  /** `libc6:amd64` or `bash`: what its files in the info directory are called. */
  readonly base: string;
  readonly installedAt: number;
  readonly listChanged: number;
}

/** By the node that is diverted: where everyone's file went, but that of the package which diverts. */
export type Diverted = Map<number, { readonly to: number; readonly by: string }>;

/** Enters what one package owns, with the hashes that are recorded. */
export function addPackage(
  files: RootFiles,
  builder: ManifestBuilder,
  owner: Listed,
  number: number,
  diverted: Diverted,
  names: ReadonlySet<string>,
  warnings: string[],
): void {
  const place = (node: number): number => {
    const diversion = diverted.get(node);
    return diversion === undefined || diversion.by === owner.name ? node : diversion.to;
  };
  const listPath = join(info, `${owner.base}.list`);
  const bytes = files.readFile(listPath);
  const lines = bytes === undefined ? { problem: 'is unreadable' } : parseList(bytes);
  if (bytes === undefined || 'problem' in lines) {
    warnings.push(`${listPath} ${'problem' in lines ? lines.problem : ''}; what ${owner.name} owns counts as added`);
    return;
  }
  const { starts } = lines;
  const nodes = new Uint32Array(starts.length - 1);
  for (let i = 0; i < nodes.length; i++) {
    nodes[i] = place(builder.place(bytes, starts[i], starts[i + 1] - 1));
    builder.own(nodes[i], number, owner.removed || owner.partial);
  }
  if (!owner.removed && names.has(`${owner.base}.md5sums`)) {
    const find = (sums: Uint8Array, start: number, end: number): number => place(builder.find(sums, start, end));
    addDigests(files, builder, owner, number, { bytes, starts, nodes, cursor: 0, find }, warnings);
  }
  for (const conffile of owner.conffiles) addConffile(builder, conffile, owner, number, place);
}

/** A package's list, to find the paths of its md5sums in: both mostly have one order. */
interface OwnList {
  readonly bytes: Uint8Array;
  readonly starts: readonly number[];
  readonly nodes: Uint32Array;
  /** The line that is probably next. */
  cursor: number;
  /** The way to find what is out of order. */
  readonly find: (sums: Uint8Array, start: number, end: number) => number;
}

/** The line of the list that `sums` has from `start` on, moving the cursor past it; -1 where it is not near. */
function lineAt(list: OwnList, sums: Uint8Array, start: number): number {
  const { bytes, starts, nodes } = list;
  const until = Math.min(nodes.length, list.cursor + 32);
  for (let line = list.cursor; line < until; line++) {
    // A list says `/usr/bin/env`, the sums say `usr/bin/env`.
    const from = starts[line] + 1;
    const length = starts[line + 1] - 1 - from;
    if (sums[start + length] !== NEWLINE) continue;
    let last = length - 1;
    while (last >= 0 && bytes[from + last] === sums[start + last]) last--;
    if (last >= 0) continue;
    list.cursor = line + 1;
    return line;
  }
  return -1;
}

function addDigests(
  files: RootFiles,
  builder: ManifestBuilder,
  owner: Listed,
  number: number,
  list: OwnList,
  warnings: string[],
): void {
  const path = join(info, `${owner.base}.md5sums`);
  const sums = files.readFile(path);
  if (sums === undefined) return;
  for (let start = 0, line = 1; start < sums.length; line++) {
    const pathStart = start + MD5_BYTES * 2 + 2;
    const match = lineAt(list, sums, pathStart);
    let end =
      match < 0 ? Math.min(pathStart, sums.length) : pathStart + list.starts[match + 1] - list.starts[match] - 2;
    while (end < sums.length && sums[end] !== NEWLINE) end++;
    // md5sum(1) marks a name with escapes by a backslash in front; no package has one, and then it has no hash.
    if (sums[start] !== BACKSLASH) {
      const node = match < 0 ? list.find(sums, pathStart, end) : list.nodes[match];
      const theirs = node !== 0 && builder.owner(node) === number;
      if (end <= pathStart || (theirs && !builder.setDigest(node, sums, start))) {
        warnings.push(`${path}, line ${line} is malformed; files from there on cannot be compared by content`);
        return;
      }
    }
    start = end + 1;
  }
}

function addConffile(
  builder: ManifestBuilder,
  conffile: Conffile,
  owner: Listed,
  number: number,
  place: (node: number) => number,
): void {
  const node = place(placeRaw(builder, conffile.path));
  const before = builder.owner(node);
  const loose = conffile.obsolete || owner.removed || owner.partial || conffile.md5 === undefined;
  // One that is obsolete here may have moved to another package, which then knows better.
  if (loose && before !== undefined && before !== number) return;
  builder.own(node, number, loose);
  // An upgrade leaves an edited one alone, and writes the list that its times would be compared with.
  builder.judgeByContent(node);
  if (conffile.md5 !== undefined) builder.setDigest(node, bytesOf(conffile.md5), 0);
}

/** The node of a path that is a byte string. */
export function placeRaw(builder: ManifestBuilder, path: string): number {
  const bytes = bytesOf(path);
  return builder.place(bytes, 0, bytes.length);
}
