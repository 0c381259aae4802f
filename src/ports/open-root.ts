import type { Configuration } from '../core/configuration.ts';
import type { Gathered } from '../core/gathered.ts';
import type { Mount, MountTable } from '../core/mount-table.ts';
import type { BootFacts } from '../core/old-root.ts';
import type { Output } from '../core/output.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { RootFacts, ViewFacts, Warning } from '../core/report.ts';
import type { Rule, Rules } from '../core/rule.ts';
import type { CaptureOutcome, CaptureRequest, CaptureSurvey, SurveyRequest } from './capture.ts';
import type { Against, PreparedReference } from './prepared-reference.ts';
import type { RootFiles } from './root-files.ts';

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
