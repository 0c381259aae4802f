import type { JournalEntry } from '../core/doctor/journal-entry.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { Warning } from '../core/report.ts';

/** Where the messages are: the running machine's, or files of systemd's journal. Paths are absolute on this machine. */
export type JournalSource =
  | { readonly kind: 'running' }
  | { readonly kind: 'directory'; readonly path: RawPath }
  | { readonly kind: 'files'; readonly paths: readonly RawPath[] };

export interface JournalRequest {
  readonly source: JournalSource;
  /** As `journalctl --boot` takes it: `0`, `-1`, an id, `all`. */
  readonly boot: string;
  /** Told now and then how many entries were read. */
  readonly progress: (entries: number) => void;
}

export interface JournalOutcome {
  readonly entries: number;
  /** All of it was read; false where whoever reads it is missing, or ended in the middle. */
  readonly complete: boolean;
  readonly warnings: readonly Warning[];
}

/** The messages of a boot, oldest first, each taken as it comes: none is kept, however many there are. */
export interface Journal {
  /** Never throws for what is missing or broken in the journal. What was taken until then counts. */
  read(request: JournalRequest, take: (entry: JournalEntry) => void): Promise<JournalOutcome>;
}
