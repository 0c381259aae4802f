import type { CatalogueEntry } from '../core/catalogue-entry.ts';
import type { Configuration } from '../core/configuration.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { ResetReport } from '../core/report.ts';
import type { Rules } from '../core/rule.ts';
import type { Captures } from './capture.ts';
import type { ClaimSource, Witness } from './evidence.ts';
import type { OldRoots } from './old-roots.ts';
import type { OpenRoot } from './open-root.ts';
import type { RootFiles } from './root-files.ts';
import type { TopLevel } from './top-level.ts';

/** The machine that ebb runs on. */
export interface Machine {
  readonly hostname: string;
  /** Seconds since 1970. */
  now(): number;
  /** Seconds since 1970, as the clock tells it now. */
  bootedAt(): number;
  /** The configuration of the running root. @throws Failure where it is there and wrong. */
  configuration(): Configuration;
  /** From here on the disk serves this process after every other, where the kernel's scheduler heeds that. */
  yieldDisk(): void;
  /**
   * Runs the user's shell in the directory, with nothing there to be written to, until it ends.
   * @throws Failure where that cannot be had.
   */
  readOnlyShell(directory: RawPath): void;
  /** The rules that give paths their categories. */
  catalogue(): Rules;
  /** What the catalogue says of services and programs, with more than rules need. */
  entries(): readonly CatalogueEntry[];
  /** What knows of paths before anybody has looked at them. */
  claimSources(): readonly ClaimSource[];
  /** What can be asked about paths once these are known. */
  witnesses(): readonly Witness[];
  /**
   * Opens the root filesystem that is mounted at `directory` (any directory will do: it is then examined as a root).
   * @throws Failure where it is no directory, or its configuration is wrong.
   */
  openRoot(directory: RawPath): OpenRoot;
  /** What is mounted of the filesystem whose top level is mounted at `top`: paths from the top level. */
  usesOf(top: RawPath): readonly { readonly path: RawPath; readonly how: string }[];
  /** Runs the script that resets the root, on a top level that is mounted; undefined: that of the running root. */
  resetRoot(
    top: RawPath | undefined,
    settings: ResetSettings,
    how: { readonly dryRun: boolean; readonly arm: boolean },
  ): Pick<ResetReport, 'outcome' | 'lines'>;
  /** Where captures are kept: `directory`, or what the configuration names, or the usual one in persistent storage. */
  captures(directory: RawPath | undefined): Captures;
  /** A number that no other boot of any machine has. */
  bootId(): string;
  kernel(): string;
  /** The top level of a filesystem, which is mounted at `directory`. @throws Failure where there is none. */
  topLevel(directory: RawPath): TopLevel;
  /**
   * The files of the root that is mounted at `directory`, with what is mounted upon them, and nothing else that
   * `openRoot` looks into. @throws Failure where it is no directory.
   */
  openFiles(directory: RawPath): { readonly path: RawPath; readonly files: RootFiles; close(): void };
  /**
   * Where old roots are kept: `directory`, or what the configuration of the running root names.
   * @throws Failure where there is none, or it cannot be told.
   */
  oldRoots(directory: RawPath | undefined): OldRoots;
  /**
   * Those of the root: of the running one as configured, of another one those beside it; undefined where nothing says that
   * there are any. @throws Failure where there should be, and they cannot be had.
   */
  oldRootsOf(root: OpenRoot): OldRoots | undefined;
}

/** Names are byte strings, from the top level. */
export interface ResetSettings {
  readonly root: string;
  readonly oldRoots: string;
  readonly blank: string | undefined;
  readonly storage: string;
  /** What to mount, where no top level is mounted; undefined: what `/` is mounted from. */
  readonly device: string | undefined;
}
