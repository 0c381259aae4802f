import type { MessagePort } from 'node:worker_threads';
import type { Gathered } from '../../core/gathered.ts';
import type { RawPath } from '../../core/rawpath.ts';
import type { ExaminationSpec, HandedOver } from './thread.ts';

/** What an examination, or a thread's part of it, came to. */
export interface ExaminationResult {
  readonly gathered: readonly Gathered[];
  readonly entries: number;
  readonly unreadable: { readonly count: number; readonly examples: readonly RawPath[] };
  /** Files that should have been read to compare them, and could not be. */
  readonly unverified: number;
}

/** Between the threads. `hungry`: has nothing to do, wants half of the other's. */
export type Letter =
  | { readonly kind: 'hungry' }
  | { readonly kind: 'work'; readonly work: HandedOver }
  | { readonly kind: 'paths'; readonly bytes: Uint8Array }
  | { readonly kind: 'finish' }
  | { readonly kind: 'finished'; readonly result: ExaminationResult }
  /** An error's class does not survive the way. */
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

export interface ThreadData {
  readonly spec: ExaminationSpec;
  readonly port: MessagePort;
  /** Rung whenever a letter was sent to the main thread, which may be waiting for one. */
  readonly bell: Int32Array;
}
