import { Failure } from '../core/failure.ts';
import { isHalfDeleted } from '../core/old-root-name.ts';
import type { RawPath } from '../core/rawpath.ts';
import type { JudgedOldRoot, ListedOldRoot, OldRootsReport, Space, Totals, Warning } from '../core/report.ts';
import type { RetentionPolicy } from '../core/retention.ts';
import { changesOf } from '../core/rows.ts';
import type { Machine } from '../ports/machine.ts';
import type { KeptOldRoot, OldRoots } from '../ports/old-roots.ts';
import { doubts, judged, policyOf } from './gc.ts';

export interface ListRequest {
  /** undefined: where the configuration says. */
  readonly oldRoots: RawPath | undefined;
  readonly policy: Partial<RetentionPolicy>;
  /** The newest ones only; undefined: all. */
  readonly count: number | undefined;
  /** Work out every size that is not known yet, however long it takes. */
  readonly sizes: boolean;
}

export interface ListPorts {
  readonly machine: Machine;
  readonly progress: (entries: number) => void;
}

type Judged = KeptOldRoot & JudgedOldRoot;

/** Seconds that a listing may take longer to work out sizes where nobody asked for them. */
const PATIENCE = 0.5;

/** The old roots, newest first, each with what `gc` would do with it. Sizes are worked out once, and written down. */
export async function listOldRoots(request: ListRequest, ports: ListPorts): Promise<OldRootsReport> {
  const { machine } = ports;
  const policy = policyOf(request.policy, machine);
  const kept = machine.oldRoots(request.oldRoots);
  try {
    const all = judged(kept.list(), policy);
    const now = machine.now();
    const warnings: Warning[] = doubts(all);
    const oldRoots: ListedOldRoot[] = [];
    let unsized = 0;
    let space: Space | undefined;
    let counted = true;
    for (const oldRoot of request.count === undefined ? all : all.slice(0, request.count)) {
      let { size } = oldRoot;
      if (size === undefined && canBeSized(oldRoot)) {
        if (request.sizes || machine.now() - now < PATIENCE) size = await sizeOf(kept, oldRoot, ports, warnings);
        else unsized++;
      }
      // Where the newest is not counted, none is.
      if (counted) space = spaceOf(kept, oldRoot);
      counted = space !== undefined;
      oldRoots.push({ ...oldRoot, size, space });
    }
    const { directory, backend, supports } = kept;
    const directoryGiven = request.oldRoots !== undefined;
    return {
      now,
      directory,
      directoryGiven,
      backend,
      supports,
      policy,
      oldRoots,
      total: all.length,
      condemned: all.filter(({ decision }) => decision === 'delete').length,
      unsized,
      warnings,
    };
  } finally {
    kept.close();
  }
}

function spaceOf(kept: OldRoots, { name }: Judged): Space | undefined {
  try {
    return kept.space(name);
  } catch (error) {
    // One that this user may not look into.
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}

function canBeSized({ name, hasBaseline }: Judged): boolean {
  return hasBaseline && !isHalfDeleted(name);
}

/** Worked out, and written down. */
export async function sizeOf(
  kept: OldRoots,
  oldRoot: Pick<KeptOldRoot, 'name' | 'inUse'>,
  ports: ListPorts,
  warnings: Warning[],
): Promise<Totals | undefined> {
  const { name } = oldRoot;
  try {
    const opened = kept.open(name);
    if (opened === undefined) return undefined;
    try {
      const size = await examined(opened.path, ports);
      // One that is in use may still change.
      if (size !== undefined && oldRoot.inUse === undefined) noteSize(kept, oldRoot, size);
      return size;
    } finally {
      opened.close();
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    warnings.push({ code: 'old-root', message: `the size of ${name} is not known: ${error.message}` });
    return undefined;
  }
}

/** What it holds beyond its own baseline. */
async function examined(directory: RawPath, { machine, progress }: ListPorts): Promise<Totals | undefined> {
  const root = machine.openRoot(directory);
  try {
    const reference = root.prepare({ kind: 'baseline' });
    if (reference === undefined) return undefined;
    const output = { kind: 'rows' } as const;
    const how = { paths: [], ignored: [], output, write: () => {}, noSync: false, progress };
    const rules = machine.catalogue();
    const { gathered } = await root.examine({ reference, rules, ...how });
    const size = { entries: 0, bytes: 0 };
    for (const { kind, entries, bytes } of changesOf(gathered, rules)) {
      if (kind === 'deleted') continue;
      size.entries += entries;
      size.bytes += bytes;
    }
    return size;
  } finally {
    root.close();
  }
}

function noteSize(kept: OldRoots, { name }: Pick<KeptOldRoot, 'name'>, size: Totals): void {
  try {
    const notes = kept.notes(name);
    // Written anew, they would lose what could not be read.
    if (notes.doubt === undefined) kept.writeNotes(name, { ...notes, size });
  } catch (error) {
    // Read-only, full, or somebody else's: it is worked out again the next time.
    if (!(error instanceof Failure)) throw error;
  }
}
