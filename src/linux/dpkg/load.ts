import { EntryType } from '../../core/change.ts';
import { ManifestBuilder } from '../../core/manifest-builder.ts';
import { bytesOf, join, type RawPath, ROOT, resolveLexically } from '../../core/rawpath.ts';
import type { OwnedFiles } from '../../ports/packages.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { type InstalledPackage, parseDiversions, parseFilters, parseStatus } from './database.ts';
import { addPackage, type Diverted, database, info, type Listed, MD5_BYTES, placeRaw } from './package.ts';
import { addPlaced } from './placed.ts';

/**
 * dpkg writes a package's `.list` once its files are in place, so a file that it wrote has a ctime before the mtime of
 * the list: of 2,596 files of 12 packages all did, but for the conffiles, which come at configuration. The kernel's
 * clock for both ticks 100 to 1,000 times a second; some filesystems and archives keep whole seconds.
 */
const TICK = 0.02;
const WHOLE_SECOND = 1;

/**
 * A root that was copied (`docker pull`, `cp -a`, a restored backup) has the ctime of the copy on every file, the lists
 * included; that betrays it. The mtime was copied along. So there a file is as shipped where it was not written before
 * the copy (mtime before that of the list, as dpkg keeps the archive's mtime) nor after it (ctime not after that of the
 * list, an hour allowed for the copying). Only who changed a file before the copy and set its mtime back escapes.
 */
const COPIED_AFTER = 60;
const COPY_TAKES = 3600;

/** What dpkg installed on that root; undefined where it has no dpkg database. */
export function loadDpkg(files: RootFiles): OwnedFiles | undefined {
  const found = files.listNames(info);
  const statusBytes = files.readFile(`${database}/status` as RawPath);
  if (found === undefined || statusBytes === undefined) return undefined;
  const names: ReadonlySet<string> = new Set(found);
  const warnings: string[] = [];
  const status = parseStatus(statusBytes);
  if (status.malformed > 0) {
    warnings.push(`${database}/status: ${status.malformed} malformed entries; what those packages own counts as added`);
  }
  const listed = findLists(files, names, status.packages, warnings);
  const builder = new ManifestBuilder(MD5_BYTES);
  const aliases = readAliases(files);
  for (const { from, to } of aliases) builder.alias(bytesOf(from), bytesOf(to));
  const diverted = readDiversions(files, builder, listed, warnings);

  for (const [number, owner] of listed.entries()) addPackage(files, builder, owner, number, diverted, names, warnings);
  addPlaced(files, builder, listed);
  const times = timesOf(listed);
  return {
    manager: 'dpkg',
    database,
    manifest: builder.finish(),
    digest: 'md5',
    packages: listed.map((one) => one.name),
    times,
    filters: readFilters(files),
    aliases,
    warnings,
  };
}

/** In the order in which they were unpacked: where two have one path, the later wrote it. */
function findLists(
  files: RootFiles,
  names: ReadonlySet<string>,
  packages: readonly InstalledPackage[],
  warnings: string[],
): Listed[] {
  const listed: Listed[] = [];
  for (const one of packages) {
    const qualified = `${one.name}:${one.architecture}`;
    const base = names.has(`${qualified}.list`) ? qualified : one.name;
    const facts = files.lstat(join(info, `${base}.list`));
    if (facts === undefined) {
      // dpkg itself then assumes that the package has no files.
      if (!one.removed) warnings.push(`${info}/${base}.list is missing; what ${one.name} owns counts as added`);
      continue;
    }
    listed.push({ ...one, base, installedAt: facts.mtime, listChanged: facts.ctime });
  }
  return listed.sort((a, b) => a.installedAt - b.installedAt);
}

function timesOf(listed: readonly Listed[]): OwnedFiles['times'] {
  const times = {
    installedAt: shared(listed.length),
    ctimeUntil: shared(listed.length),
    mtimeUntil: shared(listed.length),
  };
  listed.forEach(({ installedAt, listChanged }, i) => {
    const exact = installedAt + (Number.isInteger(installedAt) ? WHOLE_SECOND : TICK);
    const copied = listChanged > installedAt + COPIED_AFTER;
    times.installedAt[i] = installedAt;
    times.ctimeUntil[i] = copied ? listChanged + COPY_TAKES : exact;
    times.mtimeUntil[i] = copied ? exact : Number.POSITIVE_INFINITY;
  });
  return times;
}

function shared(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

/** The links of the root, as usr-merge makes them, and the two old names below `/var` that every system has. */
function readAliases(files: RootFiles): { from: RawPath; to: RawPath }[] {
  const top = (files.listNames(ROOT) ?? []).map((name) => join(ROOT, name));
  const aliases: { from: RawPath; to: RawPath }[] = [];
  for (const from of [...top, '/var/run' as RawPath, '/var/lock' as RawPath]) {
    if (files.lstat(from)?.type !== EntryType.symlink) continue;
    const target = files.readLink(from);
    if (target === undefined) continue;
    const to = resolveLexically(from.slice(0, from.lastIndexOf('/')) as RawPath, target);
    if (to !== ROOT) aliases.push({ from, to });
  }
  return aliases;
}

function readDiversions(
  files: RootFiles,
  builder: ManifestBuilder,
  listed: readonly Listed[],
  warnings: string[],
): Diverted {
  const bytes = files.readFile(`${database}/diversions` as RawPath);
  const diversions = bytes === undefined ? [] : parseDiversions(bytes);
  const diverted: Diverted = new Map();
  if (diversions === undefined) {
    warnings.push(`${database}/diversions is malformed; diverted files count as added`);
    return diverted;
  }
  for (const { from, to, by } of diversions) {
    const node = placeRaw(builder, from);
    diverted.set(node, { to: placeRaw(builder, to), by });
    // What takes the place need not be in a list: a maintainer script may make it (dash and /bin/sh).
    const owner = listed.findIndex((one) => one.name === by);
    if (owner >= 0) builder.own(node, owner, true);
  }
  return diverted;
}

/** In dpkg's order: the fragments by name, then the main file. */
function readFilters(files: RootFiles): OwnedFiles['filters'] {
  const directory = '/etc/dpkg/dpkg.cfg.d' as RawPath;
  const fragments = (files.listNames(directory) ?? []).filter((name) => /^[\w-]+$/.test(name)).sort();
  const paths = [...fragments.map((name) => join(directory, name)), '/etc/dpkg/dpkg.cfg' as RawPath];
  return paths.flatMap((path) => parseFilters(files.readFile(path) ?? new Uint8Array(0)));
}
