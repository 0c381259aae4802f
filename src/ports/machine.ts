import type { CatalogueEntry } from '../core/catalogue-entry.ts';
import type { Configuration } from '../core/configuration.ts';
import type { Gathered } from '../core/gathered.ts';
import type { Mount, MountTable } from '../core/mount-table.ts';
import type { BootFacts } from '../core/old-root.ts';
import type { Output } from '../core/output.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { ResetReport, RootFacts, ViewFacts, Warning } from '../core/report.ts';
import type { Rule, Rules } from '../core/rules.ts';
import type { CaptureOutcome, CaptureRequest, CaptureSurvey, Captures, SurveyRequest } from './capture.ts';
import type { ClaimSource, Witness } from './evidence.ts';
import type { OldRoots } from './old-roots.ts';
import type { Against, PreparedReference } from './prepared-reference.ts';
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

export interface ExaminationRequest {
  readonly reference: PreparedReference;
  readonly rules: Rules;
  /** Places in the root to look at, with what is below them; empty: all of it. */
  readonly paths: readonly RawPath[];
  readonly ignored: readonly Rule[];
  readonly output: Output;
  /** Takes the paths, where the output is `paths`. */
  readonly write: (bytes: Uint8Array) => void;
  /** Do not ask btrfs for what is new, which has to be written out first: walk. */
  readonly noSync: boolean;
  readonly progress: (entries: number) => void;
}

export interface ExaminationOutcome {
  /** The rows, where the output is `rows`. */
  readonly gathered: readonly Gathered[];
  readonly search: ViewFacts['search'];
  readonly unreadable: { readonly count: number; readonly examples: readonly RawPath[] };
  readonly warnings: readonly Warning[];
}

/** One entry, what lies in it aside. */
export interface EntryComparison {
  readonly unchanged: boolean;
  /** The package that it came with, where that is what it was compared with. */
  readonly package: string | undefined;
}

/** A root that is held open by descriptors, and the mounts upon it at that moment. */
export interface OpenRoot {
  readonly facts: RootFacts;
  readonly configuration: Configuration;
  readonly method: ViewFacts['method'];
  readonly seesShadowed: boolean;
  /** Why the view is not the better one; undefined where it is. */
  readonly limitation: string | undefined;
  readonly table: MountTable;
  readonly mount: Mount;
  /** What of its filesystem the root is: the mount's subtree and the directory in it. */
  readonly subtree: RawPath;
  /** Its files with what is mounted upon them. */
  readonly files: RootFiles;
  /** Whether the path is in the root itself, mounts aside. */
  holds(path: RawPath): boolean;
  /** Whether the reference has the path, so that its absence is a change. */
  knows(reference: PreparedReference, path: RawPath): boolean;
  /** How the entry at `path`, whose directories are no links, is by the reference; undefined where there is none. */
  compare(reference: PreparedReference, path: RawPath): EntryComparison | undefined;
  /** What was noticed while it was opened and prepared. */
  readonly warnings: readonly Warning[];
  /** undefined where the root offers no such reference. @throws Failure where it is there and unusable. */
  prepare(against: Against): PreparedReference | undefined;
  /**
   * The root as it was at a moment of this boot, for what was written since: seconds since 1970, and of btrfs the generation
   * that `generation` gave then.
   */
  since(at: number, generation: number | undefined): PreparedReference;
  /** What its boot has written down of itself; undefined where it did not, or it cannot be read. */
  boot(): BootFacts | undefined;
  /** Of btrfs, that of the root's subvolume; undefined elsewhere. */
  generation(): number | undefined;
  examine(request: ExaminationRequest): Promise<ExaminationOutcome>;
  /** Tells it from every other root of this boot. */
  identity(): string;
  /** How much a capture of these paths would be. */
  survey(request: SurveyRequest): CaptureSurvey;
  /** Copies paths of the root to a new one. @throws Failure where there is no room for them. */
  capture(request: CaptureRequest): CaptureOutcome;
  /** Writes the baseline of the root as it is now; a dry run only counts. Gives the number of entries. */
  recordBaseline(dryRun: boolean): Promise<{ readonly entries: number; readonly path: RawPath }>;
  close(): void;
}
