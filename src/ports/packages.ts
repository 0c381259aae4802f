import type { PackageManifestData } from '../core/package-manifest.ts';
import type { RawPath } from '../core/rawpath.ts';

/** Until when a package's files are as it shipped them, by their own times alone: seconds since 1970. */
export interface PackageTimes {
  /** When it was unpacked last. */
  readonly installedAt: Float64Array;
  /** A file whose ctime is not later than this, */
  readonly ctimeUntil: Float64Array;
  /** and whose mtime is not later than this, was not written since: no need to read it. */
  readonly mtimeUntil: Float64Array;
}

/** A path that the package manager was told not to install, or to install after all: the last that matches counts. */
export interface InstallFilter {
  readonly include: boolean;
  /** A glob(7) pattern as fnmatch(3) without FNM_PATHNAME takes it: `*` crosses slashes. A byte string. */
  readonly pattern: string;
}

/**
 * What a package manager put on the root that is examined: plain data and shared memory, so it can be posted to a
 * worker thread, and made once for all of them. dpkg fills it; rpm and pacman can.
 *
 * It tells no more than the package manager wrote down. A path that it does not have is not the packages', whoever
 * made it; one that is `loose` (`NodeFlag`) may be absent or changed without anybody having lost something.
 */
export interface OwnedFiles {
  /** `dpkg`. */
  readonly manager: string;
  /** Where its database is: `/var/lib/dpkg`. */
  readonly database: RawPath;
  /** Paths are where they really are: aliased directories (`/bin` → `usr/bin`) resolved, diversions applied. */
  readonly manifest: PackageManifestData;
  readonly digest: 'md5' | 'sha256';
  /** Names of the packages (byte strings), by their number in the manifest. */
  readonly packages: readonly string[];
  readonly times: PackageTimes;
  readonly filters: readonly InstallFilter[];
  /** Directories that are links to others: a filter may spell a path either way. */
  readonly aliases: readonly { readonly from: RawPath; readonly to: RawPath }[];
  /** What of the database could not be used, and what follows from that: byte strings, for a person to read. */
  readonly warnings: readonly string[];
}
