import { EntryType, entryTypeName } from '../core/change.ts';
import { evidenceOfRule } from '../core/claims.ts';
import { DEFAULT_STORAGE } from '../core/configuration.ts';
import { Failure } from '../core/failure.ts';
import { verdictWith } from '../core/judge.ts';
import { fateOf, type Mount } from '../core/mount-table.ts';
import { covers, type RawPath, ROOT, rebase } from '../core/rawpath.ts';
import type { Change, Totals, Warning } from '../core/report.ts';
import { changesOf, isHidden } from '../core/rows.ts';
import { RuleSet } from '../core/rules.ts';
import type { SurveyRow } from '../core/survey/groups.ts';
import type { KeptPath } from '../core/survey/report.ts';
import { rulesBelow } from '../core/survey/rules-below.ts';
import type { Machine } from '../ports/machine.ts';
import type { OpenRoot } from '../ports/open-root.ts';
import { judgedBy, type Knowledge } from './evidence.ts';
import { absoluteOf, locate, pointInRoot, rootMount } from './locate.ts';

/** What the reset does not touch, and what lies there. */
export interface Kept {
  readonly paths: readonly KeptPath[];
  readonly rows: readonly SurveyRow[];
  readonly warnings: readonly Warning[];
}

/** Where services and people keep what is theirs. */
const PLACES = ['/etc', '/var', '/root', '/srv', '/opt', '/home', '/usr/local'];
/** Packages, kernels, and what a running program mounts. */
const OTHERS = ['/nix', '/boot', '/efi', '/usr', '/snap', '/run', '/tmp', '/proc', '/sys', '/dev', '/var/lib/snapd'];
const LAYERS = /\/(overlay2?|vfs|btrfs|zfs)(\/|-containers\/)/;
/** Disks of this machine: what is far away, or made up by a program, is another machine's to survey. */
const LOCAL = /^(btrfs|bcachefs|ext[234]|xfs|f2fs|zfs|jfs|reiserfs|nilfs2|tmpfs)$/;
const USUAL_STORAGES: readonly string[] = [DEFAULT_STORAGE, '/nix/persist'];

/** `looksInto`: mounts are looked into, too, where services and people keep what is theirs. */
export async function keptOf(
  root: OpenRoot,
  knowledge: Knowledge,
  machine: Machine,
  looksInto: boolean,
  progress: (entries: number) => void,
): Promise<Kept> {
  const paths: KeptPath[] = [];
  const rows: SurveyRow[] = [];
  const warnings: Warning[] = [];
  const known = new RuleSet(knowledge.rules);
  const looked = new Set<string>();
  for (const mount of mountsKept(root)) {
    const point = pointInRoot(root, mount);
    const identity = `${mount.device} ${mount.subtree}`;
    let size: Totals | undefined;
    if (looksInto && isPlace(root, mount, point) && !looked.has(identity)) {
      looked.add(identity);
      try {
        const seen = await lookInto(root, point, { knowledge, known, machine, progress });
        size = seen.size;
        rows.push(...seen.rows);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        warnings.push({ code: 'unreadable', message: `${point} was not looked into: ${error.message}` });
      }
    }
    const { filesystem, source, subtree } = mount;
    const declared = root.configuration.declared.some(({ path }) => path === point);
    paths.push({ path: point, how: 'mount', filesystem, source, subtree, declared, size });
  }
  return { paths: [...paths, ...linksKept(root)], rows, warnings };
}

/** The topmost ones at their points, in the order of the paths. */
function mountsKept(root: OpenRoot): Mount[] {
  const own = rootMount(root);
  const mounts = root.table.mounts.filter((mount) => {
    const { id, point, filesystem } = mount;
    if (id === root.mount.id || point === root.facts.mount || !covers(root.facts.mount, point)) return false;
    if (filesystem === 'overlay' || filesystem === 'squashfs' || LAYERS.test(`${point}/`)) return false;
    if (covers('/nix', pointInRoot(root, mount)) && !USUAL_STORAGES.includes(pointInRoot(root, mount))) return false;
    return (
      root.table.of(point) === mount &&
      fateOf(mount, own, root.table) === 'persistent' &&
      locate(root, pointInRoot(root, mount)).fate === 'persistent'
    );
  });
  return mounts.sort((a, b) => (a.point < b.point ? -1 : 1));
}

function isPlace(root: OpenRoot, { filesystem, device, subtree }: Mount, point: RawPath): boolean {
  if (!LOCAL.test(filesystem) || OTHERS.some((other) => covers(other, point) && !covers('/usr/local', point)))
    return false;
  const storages = [...root.configuration.storages, ...USUAL_STORAGES];
  if (storages.includes(point)) return false;
  if (PLACES.some((place) => covers(place, point))) return true;
  // `/bao-keys`, bound from where persisted paths lie.
  const storage = root.table.mounts.find((mount) => storages.includes(pointInRoot(root, mount)));
  return subtree !== '/' && storage !== undefined && storage.device === device;
}

interface Looking {
  readonly knowledge: Knowledge;
  readonly known: RuleSet;
  readonly machine: Machine;
  readonly progress: (entries: number) => void;
}

async function lookInto(
  root: OpenRoot,
  point: RawPath,
  looking: Looking,
): Promise<{ rows: SurveyRow[]; size: Totals }> {
  const facts = root.files.lstat(point);
  if (facts !== undefined && facts.type !== EntryType.directory) {
    const { size: bytes, mtime, type } = facts;
    const change = ownRow(point, type, { entries: 1, bytes }, mtime, looking);
    return { rows: isHidden(change) ? [] : [{ change, fate: 'kept' }], size: { entries: 1, bytes } };
  }
  const changes = await changesBelow(root, point, looking);
  const size = changes.reduce(
    (sum, { entries, bytes }) => ({ entries: sum.entries + entries, bytes: sum.bytes + bytes }),
    { entries: 0, bytes: 0 },
  );
  const kept = isOfOne(point) ? gathered(point, changes, looking) : changes;
  return { rows: kept.filter((change) => !isHidden(change)).map((change) => ({ change, fate: 'kept' })), size };
}

/** A mount of one service's directory, and not of a directory in which many have theirs. */
function isOfOne(point: RawPath): boolean {
  return !/^\/(etc|var|root|srv|opt|home|usr\/local|var\/(lib|log|cache|spool|db|www)|home\/[^/]+|var\/lib\/private)$/s.test(
    point,
  );
}

/** What is of the category of the mount point itself becomes one row. */
function gathered(point: RawPath, changes: readonly Change[], looking: Looking): Change[] {
  const own = ownRow(point, EntryType.directory, { entries: 1, bytes: 0 }, 0, looking);
  const like = changes.filter(({ category, verdict }) => category === own.category && verdict === own.verdict);
  if (like.length === 0) return [...changes];
  const sum = (value: (change: Change) => number): number => like.reduce((total, change) => total + value(change), 0);
  const one = {
    ...own,
    entries: sum(({ entries }) => entries) + 1,
    bytes: sum(({ bytes }) => bytes),
    mtime: like.reduce((newest, { mtime }) => Math.max(newest, mtime), 0),
  };
  return [one, ...changes.filter((change) => !like.includes(change))];
}

function ownRow(path: RawPath, type: number, size: Totals, mtime: number, { knowledge, known }: Looking): Change {
  const rule = knowledge.rules[known.matchPath(path, type)];
  const evidence = rule === undefined ? [] : [evidenceOfRule(rule)];
  const category = rule?.category ?? 'unknown';
  const circumstances = { kind: 'added', ignored: false, shadowed: false } as const;
  const change: Change = {
    ...{ path, type: entryTypeName(type), category, ...size, mtime, apart: 0, folds: 1, evidence, ...circumstances },
    verdict: verdictWith(category, rule?.persist, circumstances),
  };
  return judgedBy(change, knowledge.claims.about(path, change.type, type === EntryType.directory));
}

async function changesBelow(
  root: OpenRoot,
  point: RawPath,
  { knowledge, machine, progress }: Looking,
): Promise<Change[]> {
  const mounted = machine.openRoot(absoluteOf(root, point));
  try {
    const reference = mounted.prepare({ kind: 'nothing' });
    if (reference === undefined) return [];
    const { rules, originals } = rulesBelow(knowledge.rules, point);
    const request = { reference, rules, paths: [], ignored: [], noSync: true, progress };
    const output = { kind: 'rows' } as const;
    const { gathered: parts } = await mounted.examine({ ...request, output, write: () => {} });
    return Array.from(changesOf(parts, originals), (change) => {
      const path = change.path === ROOT ? point : rebase(change.path, ROOT, point);
      const here = { ...change, path };
      return judgedBy(here, knowledge.claims.about(path, change.type, change.type === 'directory'));
    });
  } finally {
    mounted.close();
  }
}

/** Declared paths that are links into persistent storage. */
function linksKept(root: OpenRoot): KeptPath[] {
  return root.configuration.declared.flatMap(({ path }): KeptPath[] => {
    const { fate, links, mount, resolved } = locate(root, path);
    if (fate !== 'persistent' || links.length === 0) return [];
    const { filesystem, source } = mount;
    const inMount = rebase(resolved, pointInRoot(root, mount), mount.subtree);
    return [{ path, how: 'link', filesystem, source, subtree: inMount, declared: true, size: undefined }];
  });
}
