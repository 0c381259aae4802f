import { bootOf, type CaptureReport, capturedCategories } from '../core/capture.ts';
import { Failure } from '../core/failure.ts';
import type { BootFacts } from '../core/old-root.ts';
import { compareOldRoots, parseBoot } from '../core/old-root.ts';
import { deletingNameFor, nameFor } from '../core/old-root-name.ts';
import { join, type RawName, type RawPath, ROOT, rawFromBytes } from '../core/rawpath.ts';
import type { Machine, OpenRoot } from '../ports/machine.ts';
import type { OldRoots } from '../ports/old-roots.ts';
import type { TopLevel } from '../ports/top-level.ts';
import { type DiffRequest, diffPaths } from './diff.ts';
import { locate } from './locate.ts';

export interface CaptureAsked {
  readonly root: RawPath;
  /** undefined: where the configuration says, or the usual place in persistent storage. */
  readonly oldRoots: RawPath | undefined;
  readonly dryRun: boolean;
}

export interface CapturePorts {
  readonly machine: Machine;
  readonly progress: (entries: number) => void;
}

/**
 * Copies what the next reboot would wash away into persistent storage, as an old root of this boot: for a root that
 * leaves none behind, a tmpfs. A later capture of the same boot takes the place of the earlier one, at once.
 */
export async function capture(asked: CaptureAsked, ports: CapturePorts): Promise<CaptureReport> {
  const { machine } = ports;
  const root = machine.openRoot(asked.root);
  try {
    const directory = place(asked, root, machine);
    const found = await changedPaths(asked, ports);
    return asked.dryRun ? planned(asked, directory, found, machine) : captured(asked, root, directory, found, ports);
  } finally {
    root.close();
  }
}

interface Found {
  readonly paths: readonly RawPath[];
  readonly warnings: CaptureReport['warnings'];
}

/** The directory of captures, made where it is missing. @throws Failure where it would be lost with the root. */
function place({ oldRoots, root: at, dryRun }: CaptureAsked, root: OpenRoot, machine: Machine): RawPath {
  const directory = machine.makeOldRoots(oldRoots, true);
  const running = at === ROOT ? root : machine.openRoot(ROOT);
  try {
    const { fate, mount } = locate(running, directory);
    if (at === ROOT ? fate !== 'persistent' : fate === 'volatile' && oldRoots === undefined) {
      const hint = 'name a directory of persistent storage: --old-roots DIR';
      throw new Failure('failed', `${directory} lies on ${mount.filesystem} and is lost with the root`, hint);
    }
  } finally {
    if (running !== root) running.close();
  }
  return machine.makeOldRoots(directory, dryRun);
}

async function changedPaths({ root }: CaptureAsked, ports: CapturePorts): Promise<Found> {
  const request: DiffRequest = {
    ...{ root, paths: [], against: undefined, categories: new Set(capturedCategories), kinds: undefined },
    ...{ all: false, depth: undefined, noSync: false },
  };
  const chunks: string[] = [];
  const warnings = await diffPaths(request, true, ports, (bytes) => chunks.push(rawFromBytes(bytes)));
  return { paths: chunks.join('').split('\0').slice(0, -1) as RawPath[], warnings };
}

function planned(
  { root }: CaptureAsked,
  directory: RawPath,
  { paths, warnings }: Found,
  machine: Machine,
): CaptureReport {
  const name = nameFor(machine.bootedAt(), new Set());
  return {
    ...{ root, directory, name, replaced: false, dryRun: true, changes: paths.length },
    ...{ entries: 0, bytes: 0, leftOut: [], failures: [], warnings },
  };
}

function captured(
  asked: CaptureAsked,
  root: OpenRoot,
  directory: RawPath,
  { paths, warnings }: Found,
  { machine, progress }: CapturePorts,
): CaptureReport {
  const kept = machine.oldRoots(directory);
  const level = machine.topLevel(directory);
  const lock = kept.lock();
  try {
    if (lock === undefined) throw new Failure('locked', `another ebb is at work in ${directory}`);
    const taken = new Set<string>(kept.list().map(({ name }) => name));
    const newest = newestOf(kept);
    const own = root.files.readFile('/.ebb/boot.json' as RawPath);
    const boot = bootOf(
      own && rawFromBytes(own),
      { bootId: machine.bootId(), bootedAt: machine.bootedAt(), kernel: machine.kernel() },
      newest?.facts,
    );
    const earlier = newest !== undefined && newest.facts.bootId === boot.facts.bootId ? newest.name : undefined;
    const name = earlier ?? nameFor(boot.facts.bootedAt, taken);
    // Until it is whole it has the name of one that is to be deleted, so that nobody takes it for an old root.
    const unfinished = deletingNameFor(name, taken);
    level.create(join(ROOT, unfinished));
    const target = level.hold(join(ROOT, unfinished));
    try {
      const reference = root.prepare({ kind: 'baseline' });
      const outcome = root.capture({ paths, reference, boot: boot.document, target, progress });
      // What is pinned stays as it is, and what lacks something takes the place of nothing.
      const replaces =
        earlier !== undefined && outcome.failures.length === 0 && kept.notes(earlier).pinned === undefined;
      const placed = replaces || earlier === undefined ? name : nameFor(boot.facts.bootedAt, taken);
      putInPlace(level, unfinished, placed, replaces);
      return {
        ...{ root: asked.root, directory, name: placed, replaced: replaces, dryRun: false },
        ...{ changes: paths.length, ...outcome, warnings },
      };
    } finally {
      target.close();
      discard(kept, unfinished);
    }
  } finally {
    lock?.release();
    level.close();
    kept.close();
  }
}

function putInPlace(level: TopLevel, unfinished: RawName, name: RawName, replaces: boolean): void {
  const [from, to] = [join(ROOT, unfinished), join(ROOT, name)];
  if (replaces) level.exchange(from, to);
  else level.move(from, to);
}

/** What could not be finished, or the earlier capture. One that is being read is left to `gc`. */
function discard(kept: OldRoots, name: RawName): void {
  try {
    kept.remove(name);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

function newestOf(kept: OldRoots): { readonly name: RawName; readonly facts: BootFacts } | undefined {
  const [newest] = kept
    .list()
    .filter(({ sequence }) => sequence !== undefined)
    .toSorted((a, b) => compareOldRoots(b, a));
  if (newest === undefined) return undefined;
  const opened = kept.open(newest.name);
  try {
    const document = opened?.files.readFile('/.ebb/boot.json' as RawPath);
    const reading = document === undefined ? undefined : parseBoot(JSON.parse(rawFromBytes(document)));
    return reading !== undefined && 'facts' in reading ? { name: newest.name, facts: reading.facts } : undefined;
  } finally {
    opened?.close();
  }
}
