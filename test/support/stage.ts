/**
 * Where the contract suite plays: one small language for making a tree, whatever holds it. Paths are byte strings,
 * absolute in the root; directories above a path are made as they are needed.
 */
import type { Change } from '../../src/core/report.ts';

export type AgainstOnStage = 'baseline' | 'nothing' | { readonly boot: number };

export interface Stage {
  readonly kind: StageKind;
  file(path: string, content?: string, mode?: number): void;
  directory(path: string, mode?: number): void;
  symlink(path: string, target: string): void;
  fifo(path: string): void;
  hardLink(path: string, existing: string): void;
  /** A file of this apparent size of which `written` bytes at the end were written, at most. */
  sparse(path: string, size: number, written: number): void;
  /** Other content of the same length, and the mtime set back to what it was. */
  rewriteKeepingTime(path: string, content: string): void;
  chmod(path: string, mode: number): void;
  chown(path: string, uid: number): void;
  rename(from: string, to: string): void;
  /** With all below it. */
  remove(path: string): void;
  record(): Promise<void>;
  diff(against: AgainstOnStage): Promise<readonly Change[]>;
  /** A moment for `{ boot }`: what is there is older than it, what is made from now on is not. */
  moment(): number;
  close(): void;
}

export type StageKind = 'memory' | 'directory' | 'tmpfs' | 'btrfs' | 'xfs';
