import { EntryType } from '../../core/change.ts';
import type { Listing } from '../../core/listing.ts';
import { type ManifestNode, NO_NODE, PackageManifest, ROOT_NODE } from '../../core/package-manifest.ts';
import { componentsOf, covers, type RawName, type RawPath, rebase } from '../../core/rawpath.ts';
import { Judgement, type MissingEntry, type Reference, type ReferenceDirectory } from '../../core/reference.ts';
import type { OwnedFiles } from '../../ports/packages.ts';
import type { RootFiles } from '../../ports/root-files.ts';
import { fnmatchPattern } from './fnmatch.ts';

/** A reference that also says how it came to know. */
export interface PackageReference extends Reference {
  /** Files whose content had to be read, because their times did not clear them. */
  readonly hashed: number;
  /** Files whose content should have been read and could not be: judged by their mtime. */
  readonly unverified: number;
}

/** The packages' state of the root as what it is compared with; usable in any thread that was handed the data. */
export function referenceFrom(owned: OwnedFiles, files: RootFiles): PackageReference {
  return new OwnedReference(owned, files);
}

/** The package that put this path there; undefined where none did. */
export function packageOf({ manifest: data, packages }: OwnedFiles, path: RawPath): string | undefined {
  const manifest = new PackageManifest(data);
  let node: ManifestNode = ROOT_NODE;
  for (const component of componentsOf(path)) {
    node = manifest.findName(node, component);
    if (node === NO_NODE) return undefined;
  }
  return manifest.owned(node) ? packages[manifest.owner(node)] : undefined;
}

class OwnedReference implements PackageReference {
  readonly owned: OwnedFiles;
  readonly files: RootFiles;
  readonly manifest: PackageManifest;
  hashed = 0;
  unverified = 0;
  private filters: readonly { readonly include: boolean; readonly matches: RegExp }[] | undefined;

  constructor(owned: OwnedFiles, files: RootFiles) {
    this.owned = owned;
    this.files = files;
    this.manifest = new PackageManifest(owned.manifest);
  }

  directory(path: RawPath): ReferenceDirectory | undefined {
    let at: OwnedDirectory | undefined = new OwnedDirectory(this, ROOT_NODE);
    for (const component of componentsOf(path)) at = at?.child(component);
    return at;
  }

  close(): void {}

  /** Compares the content with what the package shipped. */
  judgeContent(node: ManifestNode, listing: Listing, i: number): Judgement {
    let digest: string | undefined;
    try {
      digest = this.files.digest(this.manifest.path(node) as RawPath, this.owned.digest);
    } catch {
      // Unreadable for this user. Written since is evidence too; no evidence is no change.
      this.unverified++;
      const since = this.owned.times.installedAt[this.manifest.owner(node)];
      return mtimeOf(listing, i) > since ? Judgement.modified : Judgement.unchanged;
    }
    if (digest === undefined) return Judgement.vanished;
    this.hashed++;
    return digest === this.manifest.digest(node) ? Judgement.unchanged : Judgement.modified;
  }

  /** The packages insist on it: it is theirs, not optional, and was not left out on request. */
  required(node: ManifestNode): boolean {
    return (
      this.manifest.owned(node) && !this.manifest.loose(node) && !this.leftOut(this.manifest.path(node) as RawPath)
    );
  }

  private leftOut(path: RawPath): boolean {
    this.filters ??= this.owned.filters.map(({ include, pattern }) => ({ include, matches: fnmatchPattern(pattern) }));
    if (this.filters.length === 0) return false;
    const spellings = [path];
    for (const { from, to } of this.owned.aliases) if (covers(to, path)) spellings.push(rebase(path, to, from));
    const last = this.filters.findLast(({ matches }) => spellings.some((spelling) => matches.test(spelling)));
    return last !== undefined && !last.include;
  }
}

class OwnedDirectory implements ReferenceDirectory {
  readonly knowsMissing = true;
  private readonly reference: OwnedReference;
  private readonly node: ManifestNode;
  private readonly met = new Set<ManifestNode>();

  constructor(reference: OwnedReference, node: ManifestNode) {
    this.reference = reference;
    this.node = node;
  }

  judge(listing: Listing, i: number): Judgement {
    const { manifest } = this.reference;
    const node = manifest.find(this.node, listing.names, listing.nameStart[i], listing.nameEnd[i]);
    if (node === NO_NODE) return Judgement.added;
    this.met.add(node);
    if (!manifest.owned(node)) return Judgement.added;
    let type: number = listing.type[i];
    if (type === EntryType.unknown) {
      if (!listing.stat(i)) return Judgement.vanished;
      type = listing.type[i] || listing.mode[i] >>> 12;
    }
    // A directory has neither content nor a time that means something: entries come and go in it.
    if (manifest.hasChildren(node)) return type === EntryType.directory ? Judgement.unchanged : Judgement.typeChanged;
    if (manifest.hasDigest(node)) {
      if (type !== EntryType.file) return Judgement.typeChanged;
      if (!listing.stat(i)) return Judgement.vanished;
      return this.settled(node, listing, i) ? Judgement.unchanged : this.reference.judgeContent(node, listing, i);
    }
    if (manifest.byContent(node)) return type === EntryType.file ? Judgement.modified : Judgement.typeChanged;
    // Shipped as a link, as an empty directory, or as a file of a package without hashes: nothing says which. Its mtime
    // was the archive's, so a later one says that somebody made it anew.
    if (type === EntryType.directory || manifest.loose(node)) return Judgement.unchanged;
    if (!listing.stat(i)) return Judgement.vanished;
    if (this.settled(node, listing, i)) return Judgement.unchanged;
    const installed = this.reference.owned.times.installedAt[manifest.owner(node)];
    return mtimeOf(listing, i) > installed + 1 ? Judgement.modified : Judgement.unchanged;
  }

  meet(listing: Listing, i: number): boolean {
    const { manifest } = this.reference;
    const node = manifest.find(this.node, listing.names, listing.nameStart[i], listing.nameEnd[i]);
    if (node !== NO_NODE) this.met.add(node);
    return node !== NO_NODE && manifest.owned(node);
  }

  /** One directory further down; undefined where no package owns it. */
  child(name: RawName): OwnedDirectory | undefined {
    const { manifest } = this.reference;
    const node = manifest.findName(this.node, name);
    const known = node !== NO_NODE && manifest.owned(node) && !manifest.hasDigest(node);
    return known ? new OwnedDirectory(this.reference, node) : undefined;
  }

  has(name: RawName): boolean {
    const { manifest } = this.reference;
    const node = manifest.findName(this.node, name);
    return node !== NO_NODE && manifest.owned(node);
  }

  *missing(others?: ReadonlySet<string>): Iterable<MissingEntry> {
    const { manifest, owned } = this.reference;
    for (const node of manifest.children(this.node)) {
      if (this.met.has(node)) continue;
      const name = manifest.name(node) as RawName;
      if (others?.has(name)) continue;
      const below = [...this.below(node, '')];
      if (below.length === 0 && !this.reference.required(node)) continue;
      yield {
        name,
        type: this.shippedType(node),
        entries: 1 + below.length,
        // When it went, and how old it was, nobody wrote down; it was there when its package was unpacked.
        mtime: owned.times.installedAt[manifest.owner(node)],
        descendants: () => below,
      };
    }
  }

  /** The required entries below `node`, and the directories that lead to them, with paths relative to it. */
  private *below(node: ManifestNode, prefix: string): Iterable<{ readonly path: string; readonly type: number }> {
    const { manifest } = this.reference;
    for (const child of manifest.children(node)) {
      const path = `${prefix}${manifest.name(child)}`;
      const inside = [...this.below(child, `${path}/`)];
      if (inside.length > 0 || this.reference.required(child)) yield { path, type: this.shippedType(child) };
      yield* inside;
    }
  }

  private shippedType(node: ManifestNode): number {
    const { manifest } = this.reference;
    if (manifest.hasChildren(node)) return EntryType.directory;
    return manifest.hasDigest(node) ? EntryType.file : EntryType.unknown;
  }

  /** Its times say that it was not written since its package was. */
  private settled(node: ManifestNode, listing: Listing, i: number): boolean {
    const { ctimeUntil, mtimeUntil } = this.reference.owned.times;
    const { manifest } = this.reference;
    if (manifest.byContent(node)) return false;
    const owner = manifest.owner(node);
    return (
      listing.ctimeSec[i] + listing.ctimeNsec[i] / 1e9 <= ctimeUntil[owner] && mtimeOf(listing, i) <= mtimeUntil[owner]
    );
  }
}

function mtimeOf(listing: Listing, i: number): number {
  return listing.mtimeSec[i] + listing.mtimeNsec[i] / 1e9;
}
