import { EntryType } from './change.ts';
import type { RawName } from './rawpath.ts';

/** A path as it was seen in one place. */
export interface Sighting {
  /** The old root; undefined: the root that runs now. */
  readonly oldRoot: RawName | undefined;
  /** An `EntryType`. */
  readonly type: number;
  /** Bytes of a file; 0 for everything else. */
  readonly size: number;
  /** Seconds since 1970, with a fraction. */
  readonly mtime: number;
  /** What a symlink holds. */
  readonly target: string | undefined;
  /** Stands for what a file holds: equal where that is; undefined where it was not needed, or could not be had. */
  content: string | undefined;
}

/** What is one and the same content, and where it is. */
export interface Version<S extends Sighting = Sighting> {
  /** In the order in which they were seen; at least one. */
  readonly sightings: readonly S[];
  /** False where the content could not be read and another version may be the same. */
  readonly certain: boolean;
}

/**
 * The sightings of one path, sorted into versions by their content: files by size, and by what they hold where sizes agree;
 * symlinks by what they hold; directories, sockets and the rest by being such. The versions come in the order in
 * which they were seen first, so seen newest first they come newest first. A file whose content is needed and not
 * known is a version by itself, and so is a symlink that could not be read.
 */
export function versionsOf<S extends Sighting>(sightings: readonly S[]): Version<S>[] {
  const lacking = new Set<Sighting>(lackingContent(sightings));
  const versions = new Map<unknown, { sightings: S[]; certain: boolean }>();
  for (const sighting of sightings) {
    const isUnreadLink = sighting.type === EntryType.symlink && sighting.target === undefined;
    const isUnknown = isUnreadLink || lacking.has(sighting);
    const key = isUnknown ? sighting : keyOf(sighting);
    const version = versions.get(key);
    if (version === undefined) versions.set(key, { sightings: [sighting], certain: !isUnknown });
    else version.sightings.push(sighting);
  }
  return [...versions.values()];
}

/** The files whose size others have too and whose content is not known. */
export function lackingContent<S extends Sighting>(sightings: readonly S[]): S[] {
  const counts = new Map<number, number>();
  const files = sightings.filter(({ type }) => type === EntryType.file);
  for (const { size } of files) counts.set(size, (counts.get(size) ?? 0) + 1);
  // There is but one empty content.
  return files.filter(({ size, content }) => size > 0 && content === undefined && (counts.get(size) ?? 0) > 1);
}

function keyOf({ type, size, target, content }: Sighting): string {
  switch (type) {
    case EntryType.file:
      return `file ${size} ${content ?? ''}`;
    case EntryType.symlink:
      return `link ${target}`;
    default:
      return `${type}`;
  }
}
