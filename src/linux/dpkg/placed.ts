import type { ManifestBuilder } from '../../core/manifest-builder.ts';
import { bytesOf, type RawPath } from '../../core/rawpath.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { latin1 } from './database.ts';
import { placeRaw } from './package.ts';

/** What `install_from_default` of the maintainer scripts copies: where to, and from which packaged file. */
const copies: readonly (readonly [to: string, from: string])[] = [
  ['/etc/inputrc', '/usr/share/readline/inputrc'],
  ['/etc/motd', '/usr/share/base-files/motd'],
  ['/etc/nsswitch.conf', '/usr/share/libc-bin/nsswitch.conf'],
  ['/etc/profile', '/usr/share/base-files/profile'],
  ['/root/.bashrc', '/usr/share/base-files/dot.bashrc'],
  ['/root/.profile', '/usr/share/base-files/dot.profile'],
];

const ucf = '/var/lib/ucf';

/**
 * Files that are in no package's list, and of which it is known what the package put there: as long as they are that,
 * they are the package's. Nobody insists on them. Lists and hashes of all packages have been entered before.
 */
export function addPlaced(
  files: RootFiles,
  builder: ManifestBuilder,
  packages: readonly { readonly name: string }[],
): void {
  for (const [to, from] of copies) {
    const template = bytesOf(from);
    const shipped = builder.find(template, 0, template.length);
    const owner = shipped === 0 ? undefined : builder.owner(shipped);
    const node = owner === undefined ? undefined : unowned(builder, to);
    if (owner === undefined || node === undefined) continue;
    builder.own(node, owner, true);
    builder.judgeByContent(node);
    builder.copyDigest(shipped, node);
  }
  // ucf(1) notes the hash of what the maintainer shipped last, and whose it is.
  const owners = new Map<string, number>();
  const numbers = new Map(packages.map(({ name }, number) => [name, number]));
  for (const [name = '', path = ''] of fieldsOf(files, 'registry')) {
    const number = numbers.get(name);
    if (number !== undefined) owners.set(path, number);
  }
  for (const [hash = '', path = ''] of fieldsOf(files, 'hashfile')) {
    const owner = owners.get(path);
    if (owner === undefined || !/^[\da-f]{32}$/.test(hash)) continue;
    const node = unowned(builder, path);
    if (node === undefined) continue;
    builder.own(node, owner, true);
    builder.judgeByContent(node);
    builder.setDigest(node, bytesOf(hash), 0);
  }
}

/** The node of a path that no package has; undefined where one does. */
function unowned(builder: ManifestBuilder, path: string): number | undefined {
  const node = placeRaw(builder, path);
  return builder.owner(node) === undefined ? node : undefined;
}

/** Of each line that names an absolute path: what stands before it, and the path. */
function fieldsOf(files: RootFiles, name: string): string[][] {
  const bytes = files.readFile(`${ucf}/${name}` as RawPath);
  if (bytes === undefined) return [];
  return [...latin1(bytes).matchAll(/^(\S+)[ \t]+(\/[^\n]*)$/gm)].map((match) => match.slice(1));
}
