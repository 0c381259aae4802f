import type { CommandContext, StricliProcess } from '@stricli/core';
import type { RawPath } from '../core/rawpath.ts';
import type { Machine } from '../ports/machine.ts';
import type { ExitStatus } from './exit-status.ts';
import type { Interruption } from './interruption.ts';
import type { Terminal } from './output.ts';
import type { Screen } from './screen.ts';

/** What a command is given instead of the process: so it runs in a test as it does in a shell. */
export interface Context extends CommandContext {
  readonly process: StricliProcess;
  readonly out: Terminal;
  readonly err: Terminal;
  readonly workingDirectory: RawPath;
  /** Loaded when first asked for. */
  machine(): Promise<Machine>;
  /** Progress of long work, on the terminal only. */
  progress(entries: number): void;
  /** Asks the person at the terminal, after `before`; undefined where nobody sits there, as for a timer or a script. */
  ask(question: string, before?: () => void): boolean | undefined;
  /** The terminal as a whole, where stdout is one; undefined where it is not. */
  screen(): Screen | undefined;
  /** From here on signals are told, and no longer end this process. */
  interruption(): Interruption;
  /** A number that is no `ExitStatus` is that of a command that was run. */
  exit(status: ExitStatus | number): void;
}
