import type { RawPath } from '../core/rawpath.ts';
import type { OldRoots } from './old-roots.ts';
import type { PreparedReference } from './prepared-reference.ts';
import type { TopLevel } from './top-level.ts';

/** Where the captures of a root that leaves no old roots behind are kept. */
export interface Captures {
  /** As this machine names it. */
  readonly directory: RawPath;
  /** The commands on old roots look there by themselves. */
  readonly isUsual: boolean;
  /** Of its filesystem, whether the directory is there yet or not, in bytes. */
  room(): { readonly free: number; readonly total: number };
  /**
   * Makes the directory where it is missing, for root alone, and holds it; a dry run makes nothing, so that there may be
   * none. @throws Failure where it cannot be made.
   */
  open(dryRun: boolean): OpenCaptures | undefined;
}

/** The directory by one descriptor, as what keeps old roots and as a place to make them in. */
export interface OpenCaptures {
  readonly kept: OldRoots;
  readonly level: TopLevel;
  close(): void;
}

/** The earlier capture of the same root, held open; it is for adapters. */
export interface EarlierRoot {
  readonly fd: number;
}

export interface SurveyRequest {
  /** Paths that differ from the reference, deleted ones too; in any order. */
  readonly paths: readonly RawPath[];
  readonly earlier: EarlierRoot | undefined;
}

/** How much a capture would be. Bytes are allocated ones, as everywhere. */
export interface CaptureSurvey {
  readonly entries: number;
  readonly bytes: number;
  readonly deletions: number;
  /** Of the files those that the earlier capture has. */
  readonly shared: { readonly files: number; readonly bytes: number };
  /** It would hold just what the earlier capture holds. */
  readonly unchanged: boolean;
  readonly largest: readonly { readonly path: RawPath; readonly bytes: number }[];
}

export interface CaptureRequest extends SurveyRequest {
  /** What the root is compared with; where it is a baseline, the capture can be compared with its own later. */
  readonly reference: PreparedReference | undefined;
  /** The document that tells which boot this was. */
  readonly boot: string;
  /** The empty root to copy into, held open; it is for adapters. */
  readonly target: { readonly fd: number };
  readonly progress: (entries: number) => void;
}

export interface CaptureOutcome {
  readonly shared: { readonly files: number; readonly bytes: number };
  /** Sockets; what went meanwhile is in neither list. */
  readonly leftOut: readonly RawPath[];
  /** What could not be read, or not be copied whole, and why. */
  readonly failures: readonly { readonly path: RawPath; readonly problem: string }[];
  /** A path of the earlier capture whose content this one has not; undefined where it has all. */
  readonly lacking: RawPath | undefined;
}
