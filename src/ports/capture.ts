import type { RawPath } from '../core/rawpath.ts';
import type { PreparedReference } from './prepared-reference.ts';

export interface CaptureRequest {
  /** Paths that differ from the reference, deleted ones too; in any order. */
  readonly paths: readonly RawPath[];
  /** What the root is compared with; where it is a baseline, the capture can be compared with its own later. */
  readonly reference: PreparedReference | undefined;
  /** The document that tells which boot this was. */
  readonly boot: string;
  /** The empty root to copy into, held open; it is for adapters. */
  readonly target: { readonly fd: number };
  readonly progress: (entries: number) => void;
}

export interface CaptureOutcome {
  readonly entries: number;
  readonly bytes: number;
  /** Sockets; what went meanwhile is in neither list. */
  readonly leftOut: readonly RawPath[];
  /** What could not be read, or not be copied whole, and why. */
  readonly failures: readonly { readonly path: RawPath; readonly problem: string }[];
}
