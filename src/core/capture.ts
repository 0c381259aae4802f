import type { Category } from './category.ts';
import { BOOT_SCHEMA, type BootFacts, parseBoot } from './old-root.ts';
import type { RawName, RawPath } from './rawpath.ts';
import type { Warning } from './report.ts';

/** What is captured where nothing else is asked: what somebody could miss. */
export const capturedCategories: readonly Category[] = ['state', 'secret', 'home', 'unknown', 'log'];

export interface CaptureReport {
  readonly root: RawPath;
  /** Where captures are kept. */
  readonly directory: RawPath;
  readonly name: RawName;
  /** An earlier capture of this boot, whose place it took. */
  readonly replaced: boolean;
  readonly dryRun: boolean;
  /** Paths that differ, deleted ones too. */
  readonly changes: number;
  /** What was copied, with the directories above it; 0 in a dry run. */
  readonly entries: number;
  readonly bytes: number;
  readonly leftOut: readonly RawPath[];
  readonly failures: readonly { readonly path: RawPath; readonly problem: string }[];
  readonly warnings: readonly Warning[];
}

/** The boot that runs, as its root's `/.ebb/boot.json` has it, else as the machine and its old roots tell. */
export function bootOf(
  document: string | undefined,
  machine: { readonly bootId: string; readonly bootedAt: number; readonly kernel: string },
  newest: BootFacts | undefined,
): { readonly facts: BootFacts; readonly document: string } {
  const own = document === undefined ? undefined : parsed(document);
  if (document !== undefined && own !== undefined) return { facts: own, document };
  const { bootId, bootedAt, kernel } = machine;
  // Captured before: then this boot has its number.
  const sequence = newest === undefined ? 1 : newest.bootId === bootId ? newest.sequence : newest.sequence + 1;
  const at = new Date(bootedAt * 1000).toISOString();
  const made = { schema: BOOT_SCHEMA, sequence, bootId, bootedAt: at, kernel };
  const facts = { sequence, bootId, bootedAt, kernel, endedClean: false, generation: undefined };
  return { facts, document: `${JSON.stringify(made)}\n` };
}

function parsed(document: string): BootFacts | undefined {
  try {
    const reading = parseBoot(JSON.parse(document));
    return 'facts' in reading ? reading.facts : undefined;
  } catch {
    return undefined;
  }
}
