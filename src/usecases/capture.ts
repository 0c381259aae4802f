import {
  type Boot,
  bootOf,
  type CaptureReport,
  captureDocument,
  capturedCategories,
  type EarlierCapture,
  type Excluded,
} from '../core/capture.ts';
import { changeKinds } from '../core/change.ts';
import { Failure } from '../core/failure.ts';
import { type CaptureMark, compareOldRoots } from '../core/old-root.ts';
import { deletingNameFor, isHalfDeleted, nameFor } from '../core/old-root-name.ts';
import { join, type RawName, type RawPath, ROOT, rawFromBytes } from '../core/rawpath.ts';
import type { Totals } from '../core/report.ts';
import { changesOf } from '../core/rows.ts';
import type { CaptureOutcome, Captures, OpenCaptures } from '../ports/capture.ts';
import type { Machine } from '../ports/machine.ts';
import type { KeptOldRoot, OldRoots } from '../ports/old-roots.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { refuseTooLarge } from './capture-size.ts';
import { type DiffRequest, examine, type Opened, preparedFor, warningsOf } from './diff.ts';
import { sizeOf } from './list-old-roots.ts';
import { locate } from './locate.ts';

export interface CaptureAsked {
  readonly root: RawPath;
  /** undefined: where the configuration says, or the usual place in persistent storage. */
  readonly oldRoots: RawPath | undefined;
  /** Bytes that it may have; undefined: as the configuration says. */
  readonly maxSize: number | undefined;
  /** The machine is shutting down in order: nothing comes after this one. */
  readonly ending: boolean;
  readonly dryRun: boolean;
}

export interface CapturePorts {
  readonly machine: Machine;
  readonly progress: (entries: number) => void;
}

/**
 * Copies what the next reboot would wash away into persistent storage, as an old root of this boot: for a root that
 * leaves none behind, a tmpfs. It takes the place of the last capture of the same root and boot where it holds all that
 * that one holds; else both stay, and retention thins them out.
 * @throws Failure where it would be larger than it may be, or there is no room; what was captured before is then as it was.
 */
export async function capture(asked: CaptureAsked, ports: CapturePorts): Promise<CaptureReport> {
  const { machine } = ports;
  const root = machine.openRoot(asked.root);
  try {
    const captures = placeOf(asked, root, machine);
    const found = await changesIn(root, asked, ports);
    const open = captures.open(asked.dryRun);
    if (open === undefined) return await captured(asked, root, found, captures, undefined, ports);
    try {
      const lock = asked.dryRun ? { release: () => {} } : open.kept.lock();
      if (lock === undefined) throw new Failure('locked', `another ebb is at work in ${captures.directory}`);
      try {
        return await captured(asked, root, found, captures, open, ports);
      } finally {
        lock.release();
      }
    } finally {
      open.close();
    }
  } finally {
    root.close();
  }
}

/** @throws Failure where it would be lost with the root. */
function placeOf({ oldRoots, root: at }: CaptureAsked, root: OpenRoot, machine: Machine): Captures {
  const captures = machine.captures(oldRoots);
  const { directory } = captures;
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
  return captures;
}

interface Found {
  readonly opened: Opened;
  readonly paths: readonly RawPath[];
  readonly excluded: Excluded;
  readonly warnings: CaptureReport['warnings'];
}

async function changesIn(root: OpenRoot, asked: CaptureAsked, ports: CapturePorts): Promise<Found> {
  const request: DiffRequest = {
    ...{ root: asked.root, paths: [], against: undefined, categories: undefined, kinds: undefined },
    ...{ all: false, depth: undefined, noSync: false },
  };
  const opened = preparedFor(root, request, ports);
  const chunks: string[] = [];
  const output = {
    kind: 'paths',
    nul: true,
    categories: capturedCategories,
    kinds: changeKinds,
    ignored: false,
  } as const;
  const outcome = await examine(opened, request, ports, output, (bytes) => chunks.push(rawFromBytes(bytes)));
  const paths = chunks.join('').split('\0').slice(0, -1) as RawPath[];
  const warnings = [...opened.warnings, ...warningsOf(opened, request, outcome)];
  return { opened, paths, excluded: await excludedOf(opened, request, ports), warnings };
}

/** What there is besides. */
async function excludedOf(opened: Opened, request: DiffRequest, ports: CapturePorts): Promise<Excluded> {
  const { gathered } = await examine(opened, request, ports, { kind: 'rows' }, () => {});
  const excluded: Partial<Record<keyof Excluded, Totals>> = {};
  for (const { category, kind, ignored, entries, bytes } of changesOf(gathered, opened.knowledge.rules)) {
    if (kind === 'deleted' || (!ignored && capturedCategories.includes(category))) continue;
    const key = ignored ? 'ignored' : category;
    const before = excluded[key] ?? { entries: 0, bytes: 0 };
    excluded[key] = { entries: before.entries + entries, bytes: before.bytes + bytes };
  }
  return excluded;
}

async function captured(
  asked: CaptureAsked,
  root: OpenRoot,
  { opened, paths, excluded, warnings }: Found,
  captures: Captures,
  open: OpenCaptures | undefined,
  ports: CapturePorts,
): Promise<CaptureReport> {
  const { machine } = ports;
  const all = open?.kept.list() ?? [];
  // A copy of a capture is somebody else's.
  const list = all.filter((oldRoot) => !isHalfDeleted(oldRoot.name) && oldRoot.foreign === false);
  const taken = new Set<string>(all.map((oldRoot) => oldRoot.name));
  const own = root.files.readFile('/.ebb/boot.json' as RawPath);
  const boot = bootOf(own && rawFromBytes(own), machine.bootId());
  const of = `${boot.bootId} ${root.identity()}`;
  const earlier = newest(list.filter(({ capture }) => capture?.of === of));
  const mark: CaptureMark = { of, number: (earlier?.capture?.number ?? 0) + 1, at: machine.now() };
  const name = nameFor(mark.at, taken);
  let before = earlier && open?.kept.open(earlier.name);
  const release = (): void => {
    before?.close();
    before = undefined;
  };
  try {
    const survey = root.survey({ paths, earlier: before });
    const report = {
      ...{ root: asked.root, directory: captures.directory, directoryGiven: !captures.isUsual, name },
      ...{ dryRun: asked.dryRun, entries: survey.entries, bytes: survey.bytes, deletions: survey.deletions },
      ...{ shared: survey.shared, earlier: undefined, leftOut: [], excluded, failures: [], warnings },
    };
    // The last one of a boot says how that ended.
    if (earlier !== undefined && survey.unchanged && !asked.ending) {
      const same = { name: earlier.name, outcome: 'unchanged' } as const;
      return { ...report, ...earlier.size, name: earlier.name, earlier: same };
    }
    refuseTooLarge(survey, captures.room(), asked.maxSize ?? opened.configuration.maxCapture);
    if (open === undefined || asked.dryRun) return report;
    const fallback = {
      sequence: sequenceOf(boot, earlier, list),
      bootedAt: machine.bootedAt(),
      kernel: machine.kernel(),
    };
    const document = captureDocument(boot, fallback, mark, asked.ending);
    const { reference } = opened;
    const outcome = make(open, name, deletingNameFor(name, taken), (target) =>
      root.capture({ paths, earlier: before, reference, boot: document, target, progress: ports.progress }),
    );
    release();
    const fate = earlier && fateOf(earlier, outcome, open.kept);
    const size = await sizeOf(open.kept, { name, inUse: undefined }, ports, []);
    const { shared, leftOut, failures } = outcome;
    return { ...report, ...size, earlier: fate, shared, leftOut, failures };
  } finally {
    release();
  }
}

function newest(oldRoots: readonly KeptOldRoot[]): KeptOldRoot | undefined {
  return oldRoots.filter(({ sequence }) => sequence !== undefined).toSorted((a, b) => compareOldRoots(b, a))[0];
}

/** Where the root does not tell: that of its earlier captures, or of others of this boot, else the next one. */
function sequenceOf({ bootId }: Boot, earlier: KeptOldRoot | undefined, list: readonly KeptOldRoot[]): number {
  const last = earlier ?? newest(list);
  const isOfThisBoot = last?.capture?.of.startsWith(`${bootId} `) === true;
  return last?.sequence === undefined ? 1 : isOfThisBoot ? last.sequence : last.sequence + 1;
}

/**
 * Makes the old root `name` with what `fill` puts into it. Until it is whole it has the name of one that is to be deleted,
 * so that nobody takes it for an old root, and the next `gc` removes what a crash left.
 */
function make(
  { kept, level }: OpenCaptures,
  name: RawName,
  unfinished: RawName,
  fill: (target: { readonly fd: number }) => CaptureOutcome,
): CaptureOutcome {
  level.create(join(ROOT, unfinished));
  try {
    const target = level.hold(join(ROOT, unfinished));
    try {
      const outcome = fill(target);
      level.move(join(ROOT, unfinished), join(ROOT, name));
      return outcome;
    } finally {
      target.close();
    }
  } catch (error) {
    removed(kept, unfinished);
    throw error;
  }
}

/** The later one is whole and on the disk: the earlier one goes where it holds nothing else. */
function fateOf({ name }: KeptOldRoot, { lacking }: CaptureOutcome, kept: OldRoots): EarlierCapture {
  const { pinned, doubt } = kept.notes(name);
  if (pinned !== undefined) return { name, outcome: 'kept', because: 'pinned' };
  if (doubt !== undefined) return { name, outcome: 'kept', because: 'unreadable' };
  if (lacking !== undefined) return { name, outcome: 'kept', because: 'lacking', lacking };
  return removed(kept, name) ? { name, outcome: 'replaced' } : { name, outcome: 'kept', because: 'in use' };
}

/** One that is being read is left to `gc`. */
function removed(kept: OldRoots, name: RawName): boolean {
  try {
    kept.remove(name);
    return true;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return false;
  }
}
