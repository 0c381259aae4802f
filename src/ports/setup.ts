import type { Installed, Present } from '../core/installation.ts';
import type { NixosFacts } from '../core/nixos-proposal.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { InitrdTarget, SetupFacts } from '../core/setup.ts';
import type { ShippedFile, Wanted } from '../core/setup-files.ts';
import type { RestoreTarget } from './restore.ts';

/** What is installed on the machine that runs, outside of `/etc/ebb/config.toml`. */
export interface Setup {
  /** @throws Failure where the user may not set the machine up, or the machine does not show its root. */
  facts(storage: RawPath): SetupFacts;
  /**
   * What is mounted where, of a machine with NixOS, looking for persistent storage at `configured` first; undefined where it
   * is another. @throws Failure as `facts`.
   */
  nixosFacts(configured: readonly RawPath[]): Omit<NixosFacts, 'isWiped'> | undefined;
  /** What comes with ebb, by its path in `boot/`. */
  shipped(): readonly ShippedFile[];
  /** Of these, what the root itself has, and nothing that is mounted in it; patterns have `*` in their last name. */
  existing(patterns: readonly string[]): readonly { readonly path: RawPath; readonly kind: 'directory' | 'file' }[];
  lookAt(path: RawPath): Present;
  digestOf(content: string): string;
  /** undefined where `init` has put nothing there. @throws Failure where that cannot be told. */
  installed(): Installed | undefined;
  /** Says what is there, before it is: with it, what a run that was killed has left can be taken away. */
  note(installed: Installed | undefined): void;
  /** Puts it in place whole, or not at all, with the directories above. Gives what undoes that. */
  install(wanted: Wanted): () => void;
  /** Takes away a file or a link, and directories above that ebb alone has made empty. Gives what undoes that. */
  remove(path: RawPath): () => void;
  /** Makes the directory and those above that are missing. Gives what undoes that. */
  makeDirectory(path: RawPath): () => void;
  /** Whether something is mounted there. */
  isMountPoint(path: RawPath): boolean;
  /**
   * Makes the initrds of all kernels anew; the output of that goes to stderr. `resets`: they are to hold what resets the
   * root. @throws Failure where it fails, or one of them does not.
   */
  makeInitrds(target: InitrdTarget, resets: boolean): void;
  /** Where systemd runs, it reads its units anew, and starts these. */
  reloadUnits(start: readonly string[]): void;
  /** Opens the top level of the root's filesystem, which nobody else sees. @throws Failure */
  topLevel(): SetupTopLevel;
}

export interface SetupTopLevel {
  has(name: string): boolean;
  /** An empty root, by its name. */
  create(name: string): void;
  /** A copy of the root that runs, as `to`: a snapshot where there are any. */
  copyRoot(from: string, to: string): void;
  /** The root `name`, and what is copied into: by its name, or the directory where it is mounted. */
  copying(from: string, into: string | { readonly mounted: RawPath }): Copying;
  /** Lets the first reset happen though persistent storage is nowhere at the top level. */
  arm(oldRoots: string): void;
  close(): void;
}

/** A root that is copied from, and a directory that is copied into. */
export interface Copying {
  readonly source: { readonly fd: number; close(): void };
  readonly target: RestoreTarget;
}
