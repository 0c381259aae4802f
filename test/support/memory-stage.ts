import { Baseline } from '../../src/core/baseline.ts';
import { type ByteSource, formatRecord, headerRecord, trailerRecord } from '../../src/core/baseline-format.ts';
import { EntryType } from '../../src/core/change.ts';
import { Examination, type ExaminationOptions, wholeTree } from '../../src/core/examination.ts';
import { PendingPlaces } from '../../src/core/pending-places.ts';
import { bytesOf, type RawPath, rawFromBytes } from '../../src/core/rawpath.ts';
import { changedSince, nothing, type Reference } from '../../src/core/reference.ts';
import type { Change } from '../../src/core/report.ts';
import { RowGatherer } from '../../src/core/rollup.ts';
import { changesOf } from '../../src/core/rows.ts';
import { RuleSet } from '../../src/core/rules.ts';
import { catalogue } from './catalogue.ts';
import { type MemoryNode, MemoryTree } from './memory-tree.ts';
import type { AgainstOnStage, Stage } from './stage.ts';

/** The core alone: no system call is made. */
export function memoryStage(): Stage {
  const tree = new MemoryTree();
  let baseline: ByteSource | undefined;
  return {
    kind: 'memory',
    file: (path, content = '', mode = 0o644) => {
      tree.put(path, EntryType.file, mode).size = content.length;
    },
    directory: (path, mode = 0o755) => {
      tree.put(path, EntryType.directory, mode);
    },
    symlink: (path, target) => {
      tree.put(path, EntryType.symlink, 0o777).link = target;
    },
    fifo: (path) => {
      tree.put(path, EntryType.fifo, 0o644);
    },
    hardLink: (path, existing) => tree.link(path, existing),
    sparse: (path, _size, written) => {
      tree.put(path, EntryType.file, 0o644).size = written;
    },
    rewriteKeepingTime: (path, content) => tree.write(path, content.length, true),
    chmod: (path, mode) => tree.change(path, { mode }),
    chown: (path, uid) => tree.change(path, { uid }),
    rename: (from, to) => tree.move(from, to),
    remove: (path) => tree.remove(path),
    record: async () => {
      baseline = byteSource(baselineOf(tree));
    },
    diff: async (against) => examined(tree, referenceOf(against, baseline)),
    moment: () => tree.now,
    close: () => {},
  };
}

function referenceOf(against: AgainstOnStage, baseline: ByteSource | undefined): Reference {
  if (against === 'nothing') return nothing;
  if (against !== 'baseline') return changedSince(against.boot);
  if (baseline === undefined) throw new Error('no baseline was recorded');
  return new Baseline(baseline);
}

export function examined(
  tree: MemoryTree,
  reference: Reference,
  facts: Partial<ExaminationOptions> = {},
): readonly Change[] {
  const options: ExaminationOptions = {
    ...{ reference, rules: new RuleSet(catalogue()), ignored: undefined, mountPoints: new Map(), seesShadowed: true },
    keptPrefixes: new Set(['/nix/store', '/etc/static'] as RawPath[]),
    ...facts,
  };
  const sink = new RowGatherer();
  const examination = new Examination(options, sink);
  const pending = new PendingPlaces();
  pending.add(wholeTree(reference.directory('/' as RawPath) === undefined));
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    const visit = examination.visit(place, pending);
    const outcome = tree.list(place.path, (listing) => visit.batch(listing));
    visit.finish(outcome === 'read');
  }
  return [...changesOf([sink.gathered()], catalogue())];
}

/** In no order, as a shell's `find` writes it. */
export function baselineOf(tree: MemoryTree): string {
  const records: string[] = [];
  const below = (node: MemoryNode, path: string): void => {
    records.push(recordOf(node, path));
    for (const [name, entry] of node.entries) {
      if (path === '' && name === '.ebb') continue;
      below(entry, path === '' ? name : `${path}/${name}`);
    }
  };
  below(tree.root, '');
  const header = { recorded: tree.now, uptime: undefined, generation: undefined, subvolume: undefined, sorted: false };
  return headerRecord(header) + records.join('') + trailerRecord;
}

function recordOf({ type, mode, uid, gid, inode, size, mtime, ctime }: MemoryNode, path: string): string {
  const times = { mtimeSec: mtime, mtimeNsec: 0, ctimeSec: ctime, ctimeNsec: 0 };
  return formatRecord({ type, mode, uid, gid, inode, size, ...times }, path);
}

export function byteSource(text: string): ByteSource {
  const bytes = bytesOf(text);
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
    text: rawFromBytes,
  };
}
